// zstd by libzstd. RFC 8878.
#include <inttypes.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "scanner/layer/codec.h"

// Frames may ask for windows of 2 GiB (zstd --long=31); 128 MiB is what `zstd -d` grants.
#define WINDOW_LOG_MAX 27

enum {
    HEADER_BYTES_MAX = 18, // RFC 8878 section 3.1.1.1, with the magic number
    FRAME_BYTES_MIN = 9,   // of a data frame
};

struct zstd {
    ZSTD_DStream *stream;
    size_t hint; // 0: a frame has just ended
    uint64_t frames;
    uint64_t said_bytes; // content size in the frame's header, or ZSTD_CONTENTSIZE_*
    uint64_t frame_bytes;
};

// A data frame, or a skippable frame in front of one.
static bool zstd_magic(struct tw_span head)
{
    uint32_t magic;
    return tw_span_u32(head, 0, false, &magic) &&
           (magic == ZSTD_MAGICNUMBER ||
               (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START);
}

static void zstd_close(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

static int zstd_open(void **ret_state, struct tw_err *err)
{
    struct zstd *zstd = calloc(1, sizeof *zstd);
    if (!zstd)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    zstd->stream = ZSTD_createDStream();
    if (!zstd->stream ||
        ZSTD_isError(ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        zstd_close(zstd);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    zstd->hint = 0;
    *ret_state = zstd;
    return 0;
}

static int fail(const struct zstd *zstd, size_t result, struct tw_err *err)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
    const char *name = ZSTD_getErrorName(result);
    if (code == ZSTD_error_memory_allocation)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (code == ZSTD_error_frameParameter_windowTooLarge)
        return tw_err_set(err, TW_E_LIMIT,
            "zstd frame %" PRIu64 " needs a window of more than 128 MiB to unpack",
            zstd->frames + 1);
    return tw_err_set(
        err, TW_E_FORMAT, "damaged zstd data in frame %" PRIu64 ": %s", zstd->frames + 1, name);
}

// Whether another frame follows; as with gzip, zero padding and foreign bytes end the data.
static int next_frame(struct zstd *zstd, struct tw_codec_io *io, struct tw_err *err)
{
    while (io->in_end - io->in_at < HEADER_BYTES_MAX && !io->in_eof) {
        int r = tw_codec_fill(io, err);
        if (r < 0)
            return r;
    }
    struct tw_span rest = tw_span_of(io->in + io->in_at, io->in_end - io->in_at);
    if (rest.n == 0)
        return 0;
    if (zstd_magic(rest)) {
        zstd->frame_bytes = 0;
        zstd->said_bytes = ZSTD_getFrameContentSize(rest.p, rest.n);
        return 1;
    }
    io->trailing_bytes = rest.n;
    io->in_at = io->in_end;
    return 0;
}

// libzstd looks at it too, but not in every way of reading a frame.
static bool is_as_said(const struct zstd *zstd)
{
    return zstd->said_bytes == ZSTD_CONTENTSIZE_UNKNOWN ||
           zstd->said_bytes == ZSTD_CONTENTSIZE_ERROR || zstd->said_bytes == zstd->frame_bytes;
}

static int zstd_run(void *state, struct tw_codec_io *io, struct tw_err *err)
{
    struct zstd *zstd = state;
    while (io->out_size < TW_CODEC_OUT_BYTES) {
        if (zstd->hint == 0) {
            int r = next_frame(zstd, io, err);
            if (r <= 0)
                return r;
        }
        if (io->in_at == io->in_end && !io->in_eof) {
            int r = tw_codec_fill(io, err);
            if (r < 0)
                return r;
        }
        // A frame that is there as a whole libzstd would read in another way, which takes what the
        // usual one refuses: what comes out must not hang on how much there is at a time.
        size_t end = io->in_end;
        if (zstd->hint == 0 && end - io->in_at >= FRAME_BYTES_MIN)
            end = io->in_at + FRAME_BYTES_MIN - 1;
        ZSTD_inBuffer in = {io->in, end, io->in_at};
        ZSTD_outBuffer out = {io->out, TW_CODEC_OUT_BYTES, io->out_size};
        size_t hint = ZSTD_decompressStream(zstd->stream, &out, &in);
        bool moved = in.pos != io->in_at || out.pos != io->out_size;
        zstd->frame_bytes += out.pos - io->out_size;
        io->in_at = in.pos;
        io->out_size = out.pos;
        if (ZSTD_isError(hint))
            return fail(zstd, hint, err);
        zstd->hint = hint;
        if (hint == 0 && !is_as_said(zstd))
            return tw_err_set(err, TW_E_FORMAT,
                "damaged zstd data in frame %" PRIu64 ": it has another size than it says",
                zstd->frames + 1);
        if (hint == 0)
            zstd->frames++;
        else if (!moved && io->in_at == io->in_end && io->in_eof)
            return tw_err_set(err, TW_E_TRUNCATED,
                "the zstd data ends in the middle of frame %" PRIu64, zstd->frames + 1);
    }
    return 1;
}

const struct tw_codec tw_codec_zstd = {"zstd", zstd_magic, zstd_open, zstd_run, zstd_close};
