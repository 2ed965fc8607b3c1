// zstd: frames, skippable frames, windows, blocks, checksums.
#include "tests/fuzz/layer/as_compressed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_compressed("\x28\xb5\x2f\xfd", 4, data, size);
}
