#include "scanner/image/dockerfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_dockerfile *file = NULL;
    if (tw_dockerfile_parse(tw_span_of(data, size), &tw_limits_default, &file, NULL) == 0)
        tw_dockerfile_free(file);
    return 0;
}
