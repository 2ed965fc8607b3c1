// Mach-O: load commands, sections, symbols, chained fixups.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_MACHO, "\xCF\xFA\xED\xFE", sizeof "\xCF\xFA\xED\xFE" - 1, data, size);
}
