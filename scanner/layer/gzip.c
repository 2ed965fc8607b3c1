// gzip by ISA-L. RFC 1952.
#include <inttypes.h>
#include <isa-l/igzip_lib.h>

#include "scanner/layer/codec.h"

enum { LONGEST_MATCH = 258 };

struct gzip {
    struct inflate_state state;
    struct isal_gzip_header header;
    enum { HEADER, BODY, BETWEEN } at; // BETWEEN: a member has ended, the next has not begun
    uint64_t members;
};

static bool gzip_magic(struct tw_span head)
{
    return tw_span_starts_with(head, "\x1f\x8b");
}

// isal_inflate() can take the header too, but only when all of it is in one buffer
// (github.com/intel/isa-l/issues/224); a pipe cuts where it likes.
static void begin_member(struct gzip *gzip)
{
    isal_inflate_reset(&gzip->state);
    isal_gzip_header_init(&gzip->header);
    gzip->state.crc_flag = ISAL_GZIP_NO_HDR_VER; // checksum and length are checked
    gzip->at = HEADER;
}

static int gzip_open(void **ret_state, struct tw_err *err)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    isal_inflate_init(&gzip->state);
    begin_member(gzip);
    *ret_state = gzip;
    return 0;
}

static void gzip_close(void *state)
{
    free(state);
}

static const char *reason_of(int code)
{
    static const struct {
        int code;
        const char *reason;
    } reasons[] = {
        {ISAL_INVALID_BLOCK, "a deflate block is invalid"},
        {ISAL_INVALID_SYMBOL, "a deflate symbol is invalid"},
        {ISAL_INVALID_LOOKBACK, "a deflate distance points before the start"},
        {ISAL_INVALID_WRAPPER, "the header is invalid"},
        {ISAL_UNSUPPORTED_METHOD, "the header names an unknown method"},
        {ISAL_INCORRECT_CHECKSUM, "a checksum or a length is wrong"},
    };
    for (size_t i = 0; i < TW_COUNT(reasons); i++) {
        if (reasons[i].code == code)
            return reasons[i].reason;
    }
    return "it cannot be inflated";
}

// After a member: another one, zero padding (tar writers pad to a block), or bytes that are
// none of ours. Returns 1 when a member begins, 0 at the end.
static int next_member(struct gzip *gzip, struct tw_codec_io *io, struct tw_err *err)
{
    for (;;) {
        while (io->in_at < io->in_end && io->in[io->in_at] == 0)
            io->in_at++;
        if (io->in_end - io->in_at >= 2 || (io->in_eof && io->in_at < io->in_end))
            break;
        if (io->in_eof)
            return 0;
        int r = tw_codec_fill(io, err);
        if (r < 0)
            return r;
    }
    if (!gzip_magic(tw_span_of(io->in + io->in_at, io->in_end - io->in_at))) {
        // Docker and containerd stop here as well; the digest still covers these bytes.
        io->trailing_bytes = io->in_end - io->in_at;
        io->in_at = io->in_end;
        return 0;
    }
    begin_member(gzip);
    return 1;
}

// When a symbol or a distance is bad, ISA-L counts one match more, of anything.
static void drop_last_match(struct tw_codec_io *io, size_t out_before)
{
    size_t size = io->out_size - out_before;
    io->out_size -= size < LONGEST_MATCH ? size : LONGEST_MATCH;
}

// One call of ISA-L. Returns whether it took or gave any byte, negative when the data is bad.
static int inflate_some(struct gzip *gzip, struct tw_codec_io *io, struct tw_err *err)
{
    struct inflate_state *s = &gzip->state;
    size_t in_before = io->in_at, out_before = io->out_size;
    s->next_in = io->in + io->in_at;
    s->avail_in = (uint32_t)(io->in_end - io->in_at);
    s->next_out = io->out + io->out_size;
    s->avail_out = (uint32_t)(TW_CODEC_OUT_BYTES - io->out_size);
    bool header = gzip->at == HEADER;
    int code = header ? isal_read_gzip_header(s, &gzip->header) : isal_inflate(s);
    io->in_at = io->in_end - s->avail_in;
    io->out_size = TW_CODEC_OUT_BYTES - s->avail_out;
    if (header && code == ISAL_DECOMP_OK)
        gzip->at = BODY;
    if (code < 0 && code != ISAL_INCORRECT_CHECKSUM)
        drop_last_match(io, out_before);
    if (code < 0 || code == ISAL_NEED_DICT)
        return tw_err_set(err, TW_E_FORMAT, "damaged gzip data in member %" PRIu64 ": %s",
            gzip->members + 1, reason_of(code));
    return io->in_at != in_before || io->out_size != out_before;
}

static int gzip_run(void *state, struct tw_codec_io *io, struct tw_err *err)
{
    struct gzip *gzip = state;
    while (io->out_size < TW_CODEC_OUT_BYTES) {
        if (gzip->at == BETWEEN) {
            int r = next_member(gzip, io, err);
            if (r <= 0)
                return r;
        }
        if (io->in_at == io->in_end && !io->in_eof) {
            int r = tw_codec_fill(io, err);
            if (r < 0)
                return r;
        }
        bool last = io->in_eof;
        int moved = inflate_some(gzip, io, err);
        if (moved < 0)
            return moved;
        if (gzip->at == BODY && gzip->state.block_state == ISAL_BLOCK_FINISH) {
            gzip->at = BETWEEN;
            gzip->members++;
        } else if (!moved && last) {
            return tw_err_set(err, TW_E_TRUNCATED,
                "the gzip data ends in the middle of member %" PRIu64, gzip->members + 1);
        } else if (!moved && io->in_at < io->in_end) {
            return tw_err_set(err, TW_E_INTERNAL, "the inflater stands still");
        }
    }
    return 1;
}

const struct tw_codec tw_codec_gzip = {"gzip", gzip_magic, gzip_open, gzip_run, gzip_close};
