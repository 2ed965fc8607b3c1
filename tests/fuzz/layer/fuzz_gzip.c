// gzip: members, header fields, blocks, trailers, padding.
#include "tests/fuzz/layer/as_compressed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_compressed("\x1f\x8b\x08", 3, data, size);
}
