// An input that is always of one format: its first bytes are the format's mark, so that every
// change that the fuzzer makes reaches that format's reader. Seeds: the samples of the unit tests.
#pragma once

#include <stdlib.h>

#include "scanner/gobin/gobin.h"
#include "tests/fuzz/taken.h"

static inline int fuzz_as(
    enum tw_format format, const char *mark, size_t mark_size, const uint8_t *data, size_t size)
{
    if (size < mark_size)
        return 0;
    uint8_t *file = malloc(size);
    struct tw_arena *arena = tw_arena_new(8 << 20);
    struct tw_gobin *records = NULL;
    size_t count = 0;
    memcpy(file, data, size);
    memcpy(file, mark, mark_size);
    int r =
        tw_gobin_read(tw_span_of(file, size), &tw_limits_default, arena, &records, &count, NULL);
    if (r == 0 &&
        (count == 0 || (records[0].format != format && records[0].format != TW_FORMAT_UNKNOWN) ||
            (records[0].is_go && (!records[0].go.source || !records[0].go.confidence))))
        abort(); // a record says what it is, and a Go record how it was recognised
    if (r == 0 && records[0].is_go)
        fuzz_taken();
    tw_arena_free(arena);
    free(file);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
