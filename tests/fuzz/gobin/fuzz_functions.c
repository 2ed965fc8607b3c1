// Packed names of functions, as they come back from a cage that may lie.
#include <stdlib.h>

#include "scanner/gobin/functions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool look(void *ctx, struct tw_span name)
{
    uint64_t *bytes = ctx;
    *bytes += name.n;
    return *bytes < 1 << 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_limits limits = tw_limits_default;
    limits.binary_names_bytes = 1 << 20;
    limits.binary_functions = 1 << 16;
    uint64_t bytes = 0;
    tw_functions_unpack(tw_span_of(data, size), &limits, look, &bytes, NULL);
    return 0;
}
