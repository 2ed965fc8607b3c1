// WebAssembly: sections, data segments, the memory that they make.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_WASM, "\0asm\1\0\0\0", sizeof "\0asm\1\0\0\0" - 1, data, size);
}
