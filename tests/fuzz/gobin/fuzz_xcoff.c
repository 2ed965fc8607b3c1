// XCOFF: sections and symbols.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_XCOFF, "\x01\xF7", sizeof "\x01\xF7" - 1, data, size);
}
