// PE: headers, sections, the COFF symbol table.
#include "tests/fuzz/gobin/as_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_as(TW_FORMAT_PE, "MZ", sizeof "MZ" - 1, data, size);
}
