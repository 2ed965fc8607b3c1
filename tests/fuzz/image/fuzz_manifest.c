#include <stdlib.h>

#include "scanner/image/manifest.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_manifest *manifest = NULL;
    struct tw_err err;
    if (tw_manifest_parse(tw_span_of(data, size), NULL, &tw_limits_default, &manifest, &err) == 0 &&
        manifest->kind == TW_MANIFEST_IMAGE && !tw_digest_is_set(&manifest->config.digest))
        abort();
    if (manifest)
        fuzz_taken();
    tw_manifest_free(manifest);
    return 0;
}
