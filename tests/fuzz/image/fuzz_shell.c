#include "scanner/image/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(16 << 20);
    struct tw_traces traces = {.arena = arena, .max = 100};
    if (arena) {
        tw_shell_is_script(tw_span_of(data, size));
        tw_shell_traces(tw_span_of(data, size), NULL, NULL, &traces);
    }
    tw_arena_free(arena);
    return 0;
}
