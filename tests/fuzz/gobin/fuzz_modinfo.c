// The module info text, and the flags in it.
#include <stdlib.h>

#include "scanner/gobin/ldflags.h"
#include "scanner/gobin/modinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *ctx, struct tw_span variable, struct tw_span value)
{
    uint64_t *bytes = ctx;
    *bytes += variable.n + value.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(16 << 20);
    struct tw_gobin bin = {0};
    struct tw_span text = tw_span_of(data, size);
    uint64_t bytes = 0;
    tw_modinfo_parse(text, &tw_limits_default, arena, &bin, NULL);
    const char *flags = tw_gobin_setting(&bin, "-ldflags");
    struct tw_span kept = tw_span_str(flags ? flags : ""); // escaped: up to four times as long
    tw_ldflags_definitions(kept, look, &bytes);
    tw_ldflags_definitions(text, look, &bytes);
    if (bytes > kept.n + size)
        abort(); // no part of the flags is told twice
    tw_arena_free(arena);
    return 0;
}
