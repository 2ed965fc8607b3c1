// A whole executable, as the cage gets it.
#include <stdlib.h>

#include "scanner/gobin/gobin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(4 << 20);
    struct tw_gobin *records;
    size_t count;
    int r =
        tw_gobin_read(tw_span_of(data, size), &tw_limits_default, arena, &records, &count, NULL);
    if (r == 0 && (count == 0 || (records[0].is_go && !records[0].go.source)))
        abort(); // a Go record always says how it was recognised
    tw_arena_free(arena);
    return 0;
}
