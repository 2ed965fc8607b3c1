#include "api/encoding.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "api/accept.h"
#include "scanner/base/digest.h"

enum {
    LEVEL = 5,                // of 9: JSON gets to a tenth, at about 100 MB/s
    WINDOW_OF_GZIP = 15 + 16, // zlib.h: the largest window, and gzip around it
    MEMORY_LEVEL = 8,
    TAG_HEX = 32, // digits of the sum that a tag has
};

bool tw_wants_gzip(const char *accept_encoding)
{
    if (!accept_encoding || !accept_encoding[0])
        return false;
    unsigned gzip = tw_accept_quality(accept_encoding, "gzip");
    return gzip > 0 && gzip >= tw_accept_quality(accept_encoding, "identity");
}

bool tw_gzip(struct tw_buf *body)
{
    z_stream z = {0};
    if (body->size > UINT32_MAX || deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_OF_GZIP, MEMORY_LEVEL,
                                       Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    char *out = malloc(body->size + 1); // what does not get shorter is left alone
    z.next_in = (Bytef *)body->data;
    z.avail_in = (uInt)body->size;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)body->size;
    bool fits = out && deflate(&z, Z_FINISH) == Z_STREAM_END;
    size_t size = z.total_out;
    deflateEnd(&z);
    if (!fits) {
        free(out);
        return false;
    }
    out[size] = '\0';
    free(body->data);
    body->data = out;
    body->capacity = body->size + 1;
    body->size = size;
    return true;
}

bool tw_etag_of(struct tw_span bytes, bool weak, char ret_etag[TW_ETAG_BYTES])
{
    struct tw_digest digest;
    if (tw_digest_of(bytes.p, bytes.n, &digest) < 0)
        return false;
    snprintf(
        ret_etag, TW_ETAG_BYTES, "%s\"%.*s\"", weak ? "W/" : "", TAG_HEX, tw_digest_hex(&digest));
    return true;
}

void tw_etag_of_gzip(char etag[TW_ETAG_BYTES])
{
    size_t size = strlen(etag);
    if (size > 0 && strncmp(etag, "W/", 2) != 0)
        snprintf(etag + size - 1, TW_ETAG_BYTES - size + 1, "-gzip\"");
}

// The text between the quotes, without the mark of the packed form.
static struct tw_span inside(const char *tag)
{
    if (strncmp(tag, "W/", 2) == 0)
        tag += 2;
    if (tag[0] != '"')
        return (struct tw_span){0};
    size_t size = strcspn(tag + 1, "\""), mark = strlen("-gzip");
    if (size > mark && strncmp(tag + 1 + size - mark, "-gzip", mark) == 0)
        size -= mark;
    return tw_span_of(tag + 1, size);
}

bool tw_etag_matches(const char *if_none_match, const char *etag)
{
    if (!if_none_match)
        return false;
    struct tw_span ours = inside(etag);
    for (const char *at = if_none_match; *at;) {
        at += strspn(at, " \t,");
        struct tw_span theirs = inside(at);
        if (*at == '*' ||
            (ours.n > 0 && theirs.n == ours.n && memcmp(theirs.p, ours.p, ours.n) == 0))
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        if (*at == '"')
            at += 1 + strcspn(at + 1, "\"");
        at += strcspn(at, ",");
    }
    return false;
}
