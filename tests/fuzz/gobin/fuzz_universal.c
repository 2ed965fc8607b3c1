// Universal Mach-O: parts that overlap, lie outside, or are none.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_MACHO, "\xCA\xFE\xBA\xBE\0\0\0\2",
        sizeof "\xCA\xFE\xBA\xBE\0\0\0\2" - 1, data, size);
}
