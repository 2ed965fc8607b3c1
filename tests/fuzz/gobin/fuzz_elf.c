// ELF: headers, sections, symbols, relocations.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_ELF, "\177ELF", sizeof "\177ELF" - 1, data, size);
}
