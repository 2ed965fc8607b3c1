// Plan 9: the header and the symbols.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_PLAN9, "\0\0\x8A\x97", sizeof "\0\0\x8A\x97" - 1, data, size);
}
