#include "scanner/base/seekable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[TW_SEEKABLE_KINDS] = {
    [TW_SEEKABLE_STARGZ] = "eStargz",
    [TW_SEEKABLE_ZSTD_CHUNKED] = "zstd:chunked",
};

const char *tw_seekable_kind_name(enum tw_seekable_kind kind)
{
    return kind_names[kind];
}

void tw_seekable_format(
    const struct tw_seekable *seekable, uint64_t blob_bytes, char ret_line[TW_SEEKABLE_LINE_BYTES])
{
    snprintf(ret_line, TW_SEEKABLE_LINE_BYTES, "%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
        kind_names[seekable->kind], seekable->digest.text, blob_bytes, seekable->offset,
        seekable->size_bytes);
}

// A decimal number that ends with `end`; moves on behind it.
static bool take_number(const char **at, char end, uint64_t *ret_n)
{
    char *after;
    errno = 0;
    *ret_n = strtoull(*at, &after, 10);
    if (errno != 0 || **at < '0' || **at > '9' || *after != end)
        return false;
    *at = after + 1;
    return true;
}

static bool take_word(const char **at, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*at, word, n) != 0 || (*at)[n] != ' ')
        return false;
    *at += n + 1;
    return true;
}

bool tw_seekable_parse(const char *line, struct tw_seekable *ret_seekable, uint64_t *ret_blob_bytes)
{
    struct tw_seekable s = {0};
    for (int kind = 0; kind < TW_SEEKABLE_KINDS && s.kind == TW_SEEKABLE_NONE; kind++) {
        if (kind_names[kind] && take_word(&line, kind_names[kind]))
            s.kind = kind;
    }
    char digest[TW_DIGEST_TEXT_MAX + 1] = {0};
    size_t n = strcspn(line, " ");
    if (s.kind == TW_SEEKABLE_NONE || n >= sizeof digest || line[n] != ' ')
        return false;
    memcpy(digest, line, n);
    line += n + 1;
    if (tw_digest_parse(digest, &s.digest, NULL) < 0 || !take_number(&line, ' ', ret_blob_bytes) ||
        !take_number(&line, ' ', &s.offset) || !take_number(&line, '\n', &s.size_bytes) || *line)
        return false;
    *ret_seekable = s;
    return true;
}

void tw_range_format(struct tw_range range, char ret_line[TW_RANGE_LINE_BYTES])
{
    snprintf(ret_line, TW_RANGE_LINE_BYTES, "range %" PRIu64 " %" PRIu64 "\n", range.offset,
        range.size_bytes);
}

bool tw_range_parse(const char *line, struct tw_range *ret_range)
{
    return take_word(&line, "range") && take_number(&line, ' ', &ret_range->offset) &&
           take_number(&line, '\n', &ret_range->size_bytes) && *line == '\0';
}
