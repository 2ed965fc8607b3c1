#include "scanner/layer/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/layer/contents.h"
#include "scanner/layer/decompress.h"

enum {
    STARGZ_FOOTER_BYTES = 51,
    STARGZ_OFFSET_AT = 16, // of 16 hex digits, behind gzip's header and the extra field's
    STARGZ_OFFSET_DIGITS = 16,
    GAP_BYTES = 64 * 1024, // rather read than asked around
};

static const uint8_t zeros[64 * 1024];

// One chunk's bytes, or the table's, as a stream of their own.
struct part {
    struct tw_parts *parts;
    uint64_t left; // compressed
};

struct tw_parts {
    const struct tw_ranges *ranges;
    const struct tw_limits *limits;
    struct tw_contents *contents;
    bool *wanted; // of each item
    uint64_t unopened, in_bytes, out_bytes;
    uint64_t at, run_end;         // of the blob: what is asked for and still comes
    size_t next_item, next_chunk; // the chunk within the current item
    // The chunk that is open.
    struct tw_decompress *inflated;
    struct tw_stream source; // of `part`
    struct part part;
    struct tw_hash *hash;
    uint64_t skip_left, chunk_left;
    bool zeros;
    int failed; // sticky
    struct tw_err why;
};

// ---- ranges ----

static int64_t read_answer(struct tw_parts *s, void *buf, size_t size, struct tw_err *err)
{
    uint64_t left = s->run_end - s->at;
    if (size > left)
        size = (size_t)left;
    if (size == 0)
        return 0;
    int64_t n = s->ranges->answers.read(s->ranges->answers.ctx, buf, size, err);
    if (n == 0)
        return tw_err_set(err, TW_E_TRUNCATED, "a part of the layer did not come whole");
    if (n > 0) {
        s->at += (uint64_t)n;
        s->in_bytes += (uint64_t)n;
    }
    return n;
}

static int read_past(struct tw_parts *s, uint64_t end, struct tw_err *err)
{
    uint8_t bytes[4096];
    while (s->at < end) {
        uint64_t left = end - s->at;
        int64_t n = read_answer(s, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, err);
        if (n < 0)
            return (int)n;
    }
    return 0;
}

static int ask(struct tw_parts *s, uint64_t begin, uint64_t end, struct tw_err *err)
{
    int r = read_past(s, s->run_end, err);
    if (r == 0)
        r = s->ranges->ask(s->ranges->ctx, (struct tw_range){begin, end - begin}, err);
    s->at = begin;
    s->run_end = r < 0 ? begin : end;
    return r;
}

static int64_t read_part(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    struct part *part = ctx;
    if (size > part->left)
        size = (size_t)part->left;
    int64_t n = read_answer(part->parts, buf, size, err);
    if (n > 0)
        part->left -= (uint64_t)n;
    return n;
}

// ---- the table ----

static int append(struct tw_buf *buf, const void *bytes, size_t size, struct tw_err *err)
{
    int r = tw_buf_append(buf, bytes, size);
    return r == TW_E_LIMIT
               ? tw_err_set(err, r, "the table of contents is over the limit contents_bytes")
           : r < 0 ? tw_err_set(err, r, "out of memory")
                   : 0;
}

// The bytes of the blob from `begin` to `end`, at most contents_bytes.
static int fetch(
    struct tw_parts *s, uint64_t begin, uint64_t end, struct tw_buf *out, struct tw_err *err)
{
    if (end - begin > s->limits->contents_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "a table of contents of %" PRIu64 " bytes (limit contents_bytes)", end - begin);
    int r = ask(s, begin, end, err);
    while (r == 0 && s->at < end) {
        uint8_t bytes[4096];
        int64_t n = read_answer(s, bytes, sizeof bytes, err);
        r = n < 0 ? (int)n : append(out, bytes, (size_t)n, err);
    }
    return r;
}

static int64_t read_span(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    struct tw_span *rest = ctx;
    (void)err;
    uint64_t n = size < rest->n ? size : rest->n;
    if (n > 0)
        memcpy(buf, rest->p, n);
    tw_span_from(*rest, n, rest);
    return (int64_t)n;
}

static int take_all(struct tw_decompress *from, struct tw_buf *out, struct tw_err *err)
{
    for (;;) {
        const void *bytes;
        size_t size;
        int r = tw_decompress_next(from, &bytes, &size, err);
        if (r < 0 || size == 0)
            return r;
        r = append(out, bytes, size, err);
        if (r < 0)
            return r;
    }
}

// eStargz keeps its table in a tar of one member.
static int take_member(struct tw_decompress *from, const struct tw_limits *limits,
    struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_tar_freep) struct tw_tar *tar = NULL;
    struct tw_tar_entry entry;
    int r = tw_tar_new(from, limits, &tar, err);
    if (r == 0)
        r = tw_tar_next(tar, &entry, err);
    if (r < 0)
        return r;
    if (r == 0 || !tw_span_equals(entry.raw_path, "stargz.index.json"))
        return tw_err_set(err, TW_E_FORMAT, "there is no stargz.index.json where the footer says");
    for (;;) {
        const void *bytes;
        size_t size;
        r = tw_tar_data(tar, &bytes, &size, err);
        if (r < 0 || size == 0)
            return r;
        r = append(out, bytes, size, err);
        if (r < 0)
            return r;
    }
}

static int check_digest(
    const struct tw_digest *digest, const struct tw_buf *bytes, struct tw_err *err)
{
    TW_AUTO(tw_hash_freep) struct tw_hash *hash = NULL;
    int r = tw_hash_new(digest, &hash, err);
    if (r == 0 && tw_hash_update(hash, bytes->data, bytes->size) < 0)
        r = tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
    if (r == 0)
        r = tw_hash_finish(hash, NULL, err);
    return r < 0 ? tw_err_wrap(err, r, "the table of contents") : 0;
}

// Behind gzip's header: XLEN 26, "SG", 22, 16 hex digits and "STARGZ".
static int read_footer(
    struct tw_parts *s, uint64_t blob_bytes, uint64_t *ret_offset, struct tw_err *err)
{
    static const uint8_t field[] = {26, 0, 'S', 'G', 22, 0};
    TW_AUTO(tw_buf_done) struct tw_buf footer = TW_BUF(STARGZ_FOOTER_BYTES + 1);
    if (blob_bytes <= STARGZ_FOOTER_BYTES)
        return tw_err_set(err, TW_E_FORMAT, "it is too short for an eStargz footer");
    int r = fetch(s, blob_bytes - STARGZ_FOOTER_BYTES, blob_bytes, &footer, err);
    if (r < 0)
        return r;
    const uint8_t *p = (const uint8_t *)footer.data;
    char digits[STARGZ_OFFSET_DIGITS + 1] = {0};
    memcpy(digits, p + STARGZ_OFFSET_AT, STARGZ_OFFSET_DIGITS);
    if (p[0] != 0x1f || p[1] != 0x8b || p[3] != 4 || memcmp(p + 10, field, sizeof field) != 0 ||
        strspn(digits, "0123456789abcdefABCDEF") != STARGZ_OFFSET_DIGITS ||
        memcmp(p + STARGZ_OFFSET_AT + STARGZ_OFFSET_DIGITS, "STARGZ", 6) != 0)
        return tw_err_set(err, TW_E_FORMAT, "it does not end with an eStargz footer");
    *ret_offset = strtoull(digits, NULL, 16);
    return *ret_offset < blob_bytes - STARGZ_FOOTER_BYTES
               ? 0
               : tw_err_set(err, TW_E_FORMAT, "the footer points past the end");
}

static int read_table(
    struct tw_parts *s, const struct tw_seekable *seekable, uint64_t blob_bytes, struct tw_err *err)
{
    bool stargz = seekable->kind == TW_SEEKABLE_STARGZ;
    uint64_t begin = seekable->offset, end = begin + seekable->size_bytes;
    TW_AUTO(tw_buf_done) struct tw_buf stored = TW_BUF(s->limits->contents_bytes);
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(s->limits->contents_bytes);
    int r = 0;
    if (stargz) {
        r = read_footer(s, blob_bytes, &begin, err);
        end = blob_bytes - STARGZ_FOOTER_BYTES;
    } else if (begin > blob_bytes || seekable->size_bytes > blob_bytes - begin) {
        r = tw_err_set(err, TW_E_FORMAT, "the manifest has its table of contents past its end");
    }
    if (r == 0)
        r = fetch(s, begin, end, &stored, err);
    if (r == 0 && !stargz)
        r = check_digest(&seekable->digest, &stored, err);
    if (r < 0)
        return r;
    TW_AUTO(tw_decompress_freep) struct tw_decompress *inflated = NULL;
    struct tw_span rest = tw_buf_span(&stored);
    const struct tw_stream source = {.read = read_span, .ctx = &rest};
    r = tw_decompress_new(&source, s->limits, &inflated, err);
    if (r == 0)
        r = stargz ? take_member(inflated, s->limits, &json, err) : take_all(inflated, &json, err);
    if (r == 0 && stargz)
        r = check_digest(&seekable->digest, &json, err);
    return r < 0 ? r : tw_contents_parse(tw_buf_span(&json), begin, s->limits, &s->contents, err);
}

// ---- the plan ----

static int plan(struct tw_parts *s, uint64_t blob_bytes, tw_parts_wants wants, struct tw_err *err)
{
    const struct tw_contents *contents = s->contents;
    uint64_t most = 0;
    s->wanted = calloc(contents->count + 1, sizeof *s->wanted);
    if (!s->wanted)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < contents->count; i++) {
        const struct tw_content *item = &contents->items[i];
        if (item->chunk_count == 0)
            continue;
        int wanted = wants(&item->entry);
        if (wanted < 0)
            return tw_err_set(err, wanted, "out of memory");
        s->wanted[i] = wanted;
        s->unopened += !s->wanted[i];
        for (size_t k = 0; s->wanted[i] && k < item->chunk_count; k++) {
            const struct tw_chunk *chunk = &contents->chunks[item->first_chunk + k];
            most += chunk->end - chunk->begin;
        }
    }
    if (most > blob_bytes / 2)
        return tw_err_set(err, TW_E_UNSUPPORTED,
            "%" PRIu64 " of its %" PRIu64 " bytes are of files that have to be looked at", most,
            blob_bytes);
    return 0;
}

int tw_parts_open(const struct tw_seekable *seekable, uint64_t blob_bytes,
    const struct tw_ranges *ranges, const struct tw_limits *limits, tw_parts_wants wants,
    struct tw_parts **ret_parts, struct tw_err *err)
{
    TW_AUTO(tw_parts_freep) struct tw_parts *s = calloc(1, sizeof *s);
    if (!s)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    s->ranges = ranges;
    s->limits = limits;
    int r = read_table(s, seekable, blob_bytes, err);
    if (r == 0)
        r = plan(s, blob_bytes, wants, err);
    if (r == 0)
        *ret_parts = TW_TAKE(s);
    return r;
}

static void close_chunk(struct tw_parts *s)
{
    tw_decompress_free(s->inflated);
    tw_hash_free(s->hash);
    s->inflated = NULL;
    s->hash = NULL;
    s->zeros = false;
    s->chunk_left = 0;
}

void tw_parts_free(struct tw_parts *s)
{
    if (!s)
        return;
    close_chunk(s);
    tw_contents_free(s->contents);
    free(s->wanted);
    free(s);
}

// ---- data ----

static const struct tw_content *current(const struct tw_parts *s)
{
    return &s->contents->items[s->next_item - 1];
}

// Where a run of ranges ends that begins with chunk `k` of the current item: it takes in what is
// needed for certain and lies close behind. Of a file in several chunks only the first is needed
// for certain, which tells whether it is an executable.
static uint64_t end_of_run(const struct tw_parts *s, size_t k)
{
    const struct tw_contents *contents = s->contents;
    uint64_t end = contents->chunks[current(s)->first_chunk + k].end;
    bool whole = k > 0;
    k++;
    for (size_t i = s->next_item - 1; i < contents->count; i++, k = 0, whole = false) {
        const struct tw_content *item = &contents->items[i];
        for (; s->wanted[i] && k < item->chunk_count; k++) {
            const struct tw_chunk *chunk = &contents->chunks[item->first_chunk + k];
            if (k > 0 && !whole)
                return end;
            if (chunk->zeros)
                continue;
            if (chunk->begin < end || chunk->begin - end > GAP_BYTES)
                return end;
            end = chunk->end;
        }
    }
    return end;
}

static int open_chunk(struct tw_parts *s, struct tw_err *err)
{
    size_t k = s->next_chunk++;
    const struct tw_chunk *chunk = &s->contents->chunks[current(s)->first_chunk + k];
    close_chunk(s);
    s->chunk_left = chunk->size_bytes;
    s->zeros = chunk->zeros;
    if (chunk->zeros)
        return 0;
    bool asked = s->at <= chunk->begin && chunk->end <= s->run_end;
    int r = asked ? read_past(s, chunk->begin, err) : ask(s, chunk->begin, end_of_run(s, k), err);
    if (r == 0)
        r = tw_hash_new(&chunk->digest, &s->hash, err);
    s->skip_left = chunk->skip;
    s->part = (struct part){.parts = s, .left = chunk->end - chunk->begin};
    s->source = (struct tw_stream){.read = read_part, .ctx = &s->part};
    return r < 0 ? r : tw_decompress_new(&s->source, s->limits, &s->inflated, err);
}

static int next_zeros(struct tw_parts *s, const void **ret_bytes, size_t *ret_size)
{
    *ret_bytes = zeros;
    *ret_size = s->chunk_left < sizeof zeros ? (size_t)s->chunk_left : sizeof zeros;
    s->chunk_left -= *ret_size;
    return 0;
}

// The next bytes of the open chunk; its digest is checked with the last of them.
static int next_of_chunk(
    struct tw_parts *s, const void **ret_bytes, size_t *ret_size, struct tw_err *err)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    if (s->zeros)
        return next_zeros(s, ret_bytes, ret_size);
    while (size == 0) {
        const void *run;
        int r = tw_decompress_next(s->inflated, &run, &size, err);
        if (r == 0 && size == 0)
            r = tw_err_set(err, TW_E_TRUNCATED, "a chunk ends early");
        if (r < 0)
            return r;
        s->out_bytes += size;
        if (s->out_bytes > s->limits->layer_unpacked_bytes)
            return tw_err_set(err, TW_E_LIMIT,
                "the parts inflate to more than %" PRIu64 " bytes (limit layer_unpacked_bytes)",
                s->limits->layer_unpacked_bytes);
        size_t skipped = s->skip_left < size ? (size_t)s->skip_left : size;
        bytes = (const uint8_t *)run + skipped;
        size -= skipped;
        s->skip_left -= skipped;
    }
    if (size > s->chunk_left)
        size = (size_t)s->chunk_left;
    s->chunk_left -= size;
    if (tw_hash_update(s->hash, bytes, size) < 0)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
    *ret_bytes = bytes;
    *ret_size = size;
    return s->chunk_left == 0 ? tw_hash_finish(s->hash, NULL, err) : 0;
}

// Whatever is wrong with a chunk, the table cannot be believed; all but a lack of memory and
// failures of the source are that.
static int fail(struct tw_parts *s, int r, struct tw_err *err)
{
    if (r == TW_E_FORMAT || r == TW_E_TRUNCATED || r == TW_E_LIMIT || r == TW_E_UNSUPPORTED)
        s->why.code = TW_E_DIGEST;
    s->failed = tw_err_wrap(&s->why, s->why.code, "%.200s",
        s->next_item > 0 ? (const char *)current(s)->entry.raw_path.p : "the table of contents");
    if (err)
        *err = s->why;
    return s->failed;
}

int tw_parts_data(struct tw_parts *s, const void **ret_bytes, size_t *ret_size, struct tw_err *err)
{
    int r = s->failed;
    *ret_size = 0;
    if (r < 0) {
        if (err)
            *err = s->why;
        return r;
    }
    if (s->next_item == 0 || !s->wanted[s->next_item - 1])
        return 0;
    if (s->chunk_left == 0) {
        if (s->next_chunk == current(s)->chunk_count)
            return 0;
        r = open_chunk(s, &s->why);
    }
    if (r == 0)
        r = next_of_chunk(s, ret_bytes, ret_size, &s->why);
    return r < 0 ? fail(s, r, err) : 0;
}

int tw_parts_next(struct tw_parts *s, struct tw_tar_entry *ret_entry, struct tw_err *err)
{
    const void *bytes;
    size_t size;
    int r = s->failed;
    // What was handed out is checked to its chunk's end; a hole may have none.
    while (r == 0 && s->chunk_left > 0 && !s->zeros)
        r = tw_parts_data(s, &bytes, &size, err);
    close_chunk(s);
    if (r < 0) {
        if (err)
            *err = s->why;
        return r;
    }
    if (s->next_item == s->contents->count) {
        r = read_past(s, s->run_end, &s->why);
        return r < 0 ? fail(s, r, err) : 0;
    }
    *ret_entry = s->contents->items[s->next_item].entry;
    if (!s->wanted[s->next_item++])
        ret_entry->size_bytes = 0;
    s->next_chunk = 0;
    return 1;
}

uint64_t tw_parts_in_bytes(const struct tw_parts *s)
{
    return s->in_bytes;
}

uint64_t tw_parts_out_bytes(const struct tw_parts *s)
{
    return s->out_bytes;
}

uint64_t tw_parts_unopened(const struct tw_parts *s)
{
    return s->unopened;
}
