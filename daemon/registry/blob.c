#include "daemon/registry/blob.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    RESUMES_MAX = 5,
    PROGRESS_BYTES = 16 << 20, // so much more since the last break starts the count again
};

struct download {
    const struct tw_descriptor *blob;
    tw_blob_sink sink;
    void *ctx;
    struct tw_range range; // what is wanted of the blob
    struct tw_hash *hash;  // of what the sink got; NULL: a part, which has no digest
    uint64_t got;          // of the range, by the sink
    uint64_t skip;         // bytes of this answer that the sink got before
    bool sink_failed;
};

bool tw_blob_is_range(const char *content_range, struct tw_range range, uint64_t size)
{
    char wanted[2][96];
    uint64_t last = range.offset + range.size_bytes - 1;
    snprintf(wanted[0], sizeof wanted[0], "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.offset,
        last, size);
    snprintf(wanted[1], sizeof wanted[1], "bytes %" PRIu64 "-%" PRIu64 "/*", range.offset, last);
    return range.size_bytes > 0 && last < size &&
           (strcmp(content_range, wanted[0]) == 0 || strcmp(content_range, wanted[1]) == 0);
}

// What is still to come.
static struct tw_range rest_of(const struct download *d)
{
    return (struct tw_range){d->range.offset + d->got, d->range.size_bytes - d->got};
}

static bool is_part(const struct download *d)
{
    return d->range.size_bytes < d->blob->size_bytes;
}

static int wrong_size(uint64_t offered, uint64_t promised, struct tw_err *err)
{
    return tw_err_set(err, TW_E_DIGEST,
        "it sends %" PRIu64 " bytes where the manifest promises %" PRIu64, offered, promised);
}

// Judges an answer by its headers, before any byte is used.
static int begin(void *ctx, const struct tw_http_answer *answer, struct tw_err *err)
{
    struct download *d = ctx;
    struct tw_range rest = rest_of(d);
    d->skip = 0;
    if (answer->status == 206 && (d->got > 0 || is_part(d))) {
        if (!tw_blob_is_range(answer->content_range, rest, d->blob->size_bytes))
            return tw_err_set(err, TW_E_FORMAT, "status 206 with another range than was asked for");
        return answer->body_bytes >= 0 && (uint64_t)answer->body_bytes != rest.size_bytes
                   ? wrong_size((uint64_t)answer->body_bytes, rest.size_bytes, err)
                   : 0;
    }
    if (answer->status != 200)
        return tw_err_set(
            err, TW_E_FORMAT, "status %ld, which is no answer to this", answer->status);
    if (is_part(d))
        return tw_err_set(err, TW_E_UNSUPPORTED, "it sends whole blobs only, no ranges");
    if (answer->body_bytes >= 0 && (uint64_t)answer->body_bytes != d->blob->size_bytes)
        return wrong_size((uint64_t)answer->body_bytes, d->blob->size_bytes, err);
    d->skip = d->got; // no ranges here: all of it comes again
    return 0;
}

static int take(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct download *d = ctx;
    size_t skipped = d->skip < size ? (size_t)d->skip : size;
    d->skip -= skipped;
    bytes = (const char *)bytes + skipped;
    size -= skipped;
    if (size == 0)
        return 0;
    if (size > d->range.size_bytes - d->got)
        return tw_err_set(err, TW_E_DIGEST, "it sends more than the %" PRIu64 " bytes that %s",
            d->range.size_bytes, is_part(d) ? "were asked for" : "the manifest promises");
    if (d->hash && tw_hash_update(d->hash, bytes, size) < 0)
        return tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
    d->got += size;
    int r = d->sink(d->ctx, bytes, size, err);
    d->sink_failed |= r < 0;
    return r;
}

// A short break that grows: a registry that restarts is back within seconds.
static int wait_before(const struct tw_client *client, unsigned resume, struct tw_err *err)
{
    static const unsigned ms[] = {0, 200, 1000, 2000, 4000};
    unsigned wait_ms = ms[resume < TW_COUNT(ms) ? resume : TW_COUNT(ms) - 1];
    return tw_client_wait(client, wait_ms, err);
}

static int attempt(
    struct tw_client *client, struct download *d, bool *broke_off, struct tw_err *err)
{
    char path[sizeof "blobs/" + TW_DIGEST_TEXT_MAX], what[sizeof "blob " + TW_DIGEST_TEXT_MAX];
    char range[48];
    struct tw_range rest = rest_of(d);
    snprintf(path, sizeof path, "blobs/%s", d->blob->digest.text);
    snprintf(what, sizeof what, "blob %.19s", d->blob->digest.text);
    snprintf(range, sizeof range, "%" PRIu64 "-%" PRIu64, rest.offset,
        rest.offset + rest.size_bytes - 1);
    struct tw_client_request request = {.path = path,
        .what = what,
        .range = d->got > 0 || is_part(d) ? range : NULL,
        .begin = begin,
        .body = take,
        .ctx = d};
    *broke_off = false;
    int r = tw_client_get(client, &request, broke_off, err);
    // Without a Content-Length an answer that breaks off looks like one that ends.
    if (r == 0 && d->got < d->range.size_bytes) {
        *broke_off = true;
        return tw_err_set(err, TW_E_UNAVAILABLE,
            "%s: %s: the answer ended after %" PRIu64 " of %" PRIu64 " bytes",
            tw_client_host(client), what, d->got, d->range.size_bytes);
    }
    return r;
}

static int download(struct tw_client *client, struct download *d, struct tw_err *err)
{
    uint64_t last = 0;
    for (unsigned resumes = 0;;) {
        struct tw_err why = {0};
        bool broke_off = false;
        int r = attempt(client, d, &broke_off, &why);
        if (r == 0)
            return 0;
        uint64_t got = d->got;
        resumes = got - last >= PROGRESS_BYTES ? 0 : resumes;
        // Nothing came yet: whoever asked decides when to try again. A 5xx to a resumed request
        // is a registry that restarts; a Retry-After is longer than a download waits.
        bool again = got > 0 && r == TW_E_UNAVAILABLE && !d->sink_failed && !why.retry_after_s;
        if (!again || resumes == RESUMES_MAX) {
            if (err)
                *err = why;
            return again ? tw_err_wrap(err, r, "after %u more tries", resumes) : r;
        }
        r = wait_before(client, resumes++, err);
        if (r < 0)
            return r;
        last = got;
    }
}

int tw_blob_get(struct tw_client *client, const struct tw_descriptor *blob, uint64_t max_bytes,
    tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    if (blob->size_bytes > max_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "%s: blob %.19s has %" PRIu64 " bytes; the limit layer_bytes is %" PRIu64,
            tw_client_host(client), blob->digest.text, blob->size_bytes, max_bytes);
    TW_AUTO(tw_hash_freep) struct tw_hash *hash = NULL;
    int r = tw_hash_new(&blob->digest, &hash, err);
    if (r < 0)
        return r;
    struct download d = {
        .blob = blob, .sink = sink, .ctx = ctx, .range = {0, blob->size_bytes}, .hash = hash};
    r = download(client, &d, err);
    if (r < 0)
        return r;
    r = tw_hash_finish(hash, NULL, err);
    return r < 0 ? tw_err_wrap(err, r, "%s: blob %.19s", tw_client_host(client), blob->digest.text)
                 : 0;
}

int tw_blob_get_range(struct tw_client *client, const struct tw_descriptor *blob,
    struct tw_range range, tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    struct download d = {.blob = blob, .sink = sink, .ctx = ctx, .range = range};
    return download(client, &d, err);
}
