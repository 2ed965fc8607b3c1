#include "scanner/layer/decompress.h"

#include <inttypes.h>

#include "scanner/layer/codec.h"

// The ratio counts past the first 64 MiB: small layers of zeros are common and harmless.
#define RATIO_FREE_BYTES TW_MIB(64)

// The longest magic below, with the bytes that tell a tar from a short stream.
#define MAGIC_BYTES_MAX 6

struct tw_decompress {
    struct tw_stream source;
    const struct tw_limits *limits;
    const struct tw_codec *codec;
    void *state; // of the codec
    struct tw_codec_io io;
    uint64_t in_bytes, out_bytes;
    bool ended; // the codec has nothing more
    int failed; // sticky
    struct tw_err why;
};

static bool xz_magic(struct tw_span head)
{
    return head.n >= 6 && memcmp(head.p,
                              "\xfd"
                              "7zXZ\0",
                              6) == 0;
}

static bool bzip2_magic(struct tw_span head)
{
    return tw_span_starts_with(head, "BZh") && head.n >= 4 && head.p[3] >= '1' && head.p[3] <= '9';
}

static bool lz4_magic(struct tw_span head)
{
    return tw_span_starts_with(head, "\x04\x22\x4d\x18");
}

static bool any(struct tw_span head)
{
    (void)head;
    return true;
}

static int open_nothing(void **ret_state, struct tw_err *err)
{
    (void)err;
    *ret_state = NULL;
    return 0;
}

// The input buffer itself is the output.
static int run_nothing(void *state, struct tw_codec_io *io, struct tw_err *err)
{
    (void)state;
    if (io->in_at == io->in_end && !io->in_eof) {
        int r = tw_codec_fill(io, err);
        if (r < 0)
            return r;
    }
    return io->in_at < io->in_end;
}

static void close_nothing(void *state)
{
    (void)state;
}

// In this order; the last row takes everything.
static const struct tw_codec plain = {"none", any, open_nothing, run_nothing, close_nothing};
static const struct tw_codec bzip2 = {.name = "bzip2", .magic = bzip2_magic};
static const struct tw_codec xz = {.name = "xz", .magic = xz_magic};
static const struct tw_codec lz4 = {.name = "lz4", .magic = lz4_magic};
static const struct tw_codec *const codecs[] = {
    &tw_codec_gzip, &tw_codec_zstd, &bzip2, &xz, &lz4, &plain};

static int read_source(struct tw_decompress *d, void *buf, size_t size, struct tw_err *err)
{
    int64_t n = d->source.read(d->source.ctx, buf, size, err);
    if (n < 0)
        return (int)n;
    if ((uint64_t)n > size)
        return tw_err_set(err, TW_E_INTERNAL, "the source gave more bytes than were asked for");
    d->in_bytes += (uint64_t)n;
    return (int)n;
}

int tw_codec_fill(struct tw_codec_io *io, struct tw_err *err)
{
    memmove(io->in, io->in + io->in_at, io->in_end - io->in_at);
    io->in_end -= io->in_at;
    io->in_at = 0;
    if (io->in_eof || io->in_end == TW_CODEC_IN_BYTES)
        return 0;
    struct tw_decompress *d = io->owner;
    int n = read_source(d, io->in + io->in_end, TW_CODEC_IN_BYTES - io->in_end, err);
    if (n < 0)
        return n;
    if (n == 0)
        io->in_eof = true;
    io->in_end += (size_t)n;
    if (d->in_bytes > d->limits->layer_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "more than %" PRIu64 " compressed bytes (limit layer_bytes)", d->limits->layer_bytes);
    return 0;
}

// Looks at the first bytes and picks the codec.
static int recognise(struct tw_decompress *d, struct tw_err *err)
{
    while (d->io.in_end < MAGIC_BYTES_MAX && !d->io.in_eof) {
        int r = tw_codec_fill(&d->io, err);
        if (r < 0)
            return r;
    }
    struct tw_span head = tw_span_of(d->io.in, d->io.in_end);
    size_t i = 0;
    while (!codecs[i]->magic(head))
        i++;
    d->codec = codecs[i];
    if (d->codec == &plain && head.n > 0 && head.n < MAGIC_BYTES_MAX)
        return tw_err_set(err, TW_E_TRUNCATED,
            "only %" PRIu64 " bytes: too few to be a tar or compressed data", head.n);
    if (!d->codec->open)
        return tw_err_set(err, TW_E_UNSUPPORTED,
            "%s compression is not read; gzip, zstd and plain tar are", d->codec->name);
    return d->codec->open(&d->state, err);
}

int tw_decompress_new(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_decompress **ret_decompress, struct tw_err *err)
{
    TW_AUTO(tw_decompress_freep) struct tw_decompress *d = calloc(1, sizeof *d);
    if (!d)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    d->source = *source;
    d->limits = limits;
    d->io.owner = d;
    d->io.in = malloc(TW_CODEC_IN_BYTES);
    d->io.out = malloc(TW_CODEC_OUT_BYTES);
    if (!d->io.in || !d->io.out)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    d->failed = recognise(d, &d->why);
    *ret_decompress = TW_TAKE(d);
    return 0;
}

void tw_decompress_free(struct tw_decompress *d)
{
    if (!d)
        return;
    if (d->codec && d->codec->close && d->state)
        d->codec->close(d->state);
    free(d->io.in);
    free(d->io.out);
    free(d);
}

static int check_limits(const struct tw_decompress *d, struct tw_err *err)
{
    const struct tw_limits *limits = d->limits;
    if (d->out_bytes > limits->layer_unpacked_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "more than %" PRIu64 " bytes when unpacked (limit layer_unpacked_bytes)",
            limits->layer_unpacked_bytes);
    uint64_t most;
    if (d->out_bytes > RATIO_FREE_BYTES &&
        !__builtin_mul_overflow(d->in_bytes, limits->layer_ratio, &most) &&
        d->out_bytes - RATIO_FREE_BYTES > most)
        return tw_err_set(err, TW_E_LIMIT,
            "%" PRIu64 " compressed bytes unpack to more than %" PRIu64 ": over %" PRIu64
            " times (limit layer_ratio)",
            d->in_bytes, d->out_bytes, limits->layer_ratio);
    return 0;
}

// One run of output, of at least one byte unless the data has ended.
static int run(struct tw_decompress *d, const void **ret_bytes, size_t *ret_size)
{
    struct tw_codec_io *io = &d->io;
    io->out_size = 0;
    while (!d->ended && io->out_size == 0) {
        int r = d->codec->run(d->state, io, &d->why);
        // Bytes in front of damage are good: give them first, the failure with the next call.
        if (r < 0) {
            d->failed = r;
            if (io->out_size == 0)
                return r;
        }
        d->ended = r == 0;
        if (d->codec == &plain && r > 0) {
            *ret_bytes = io->in + io->in_at;
            *ret_size = io->in_end - io->in_at;
            io->in_at = io->in_end;
            return 0;
        }
    }
    *ret_bytes = io->out;
    *ret_size = io->out_size;
    return 0;
}

int tw_decompress_next(
    struct tw_decompress *d, const void **ret_bytes, size_t *ret_size, struct tw_err *err)
{
    const void *bytes = NULL;
    size_t size = 0;
    int r = d->failed;
    if (r == 0)
        r = run(d, &bytes, &size);
    if (r == 0) {
        d->out_bytes += size;
        r = check_limits(d, &d->why);
    }
    if (r < 0) {
        d->failed = r;
        if (err)
            *err = d->why;
        return r;
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return 0;
}

const char *tw_decompress_name(const struct tw_decompress *d)
{
    return d->codec && d->codec->open ? d->codec->name : NULL;
}

int tw_decompress_drain(struct tw_decompress *d, struct tw_err *err)
{
    // The input buffer is of no use any more once somebody drains.
    d->ended = true;
    int n;
    do {
        n = read_source(d, d->io.in, TW_CODEC_IN_BYTES, err);
    } while (n > 0);
    return n;
}

uint64_t tw_decompress_in_bytes(const struct tw_decompress *d)
{
    return d->in_bytes;
}

uint64_t tw_decompress_out_bytes(const struct tw_decompress *d)
{
    return d->out_bytes;
}

uint64_t tw_decompress_trailing_bytes(const struct tw_decompress *d)
{
    return d->io.trailing_bytes;
}
