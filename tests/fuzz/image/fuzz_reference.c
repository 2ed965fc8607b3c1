#include <stdlib.h>
#include <string.h>

#include "scanner/image/reference.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct tw_reference a, b;
    char formatted[TW_REFERENCE_TEXT_MAX + 1], again[TW_REFERENCE_TEXT_MAX + 1];
    if (text && tw_reference_parse(text, &a, NULL) == 0) {
        fuzz_taken();
        // What was accepted once reads back as the same.
        tw_reference_format(&a, formatted);
        if (tw_reference_parse(formatted, &b, NULL) != 0)
            abort();
        tw_reference_format(&b, again);
        if (strcmp(formatted, again) != 0)
            abort();
    }
    free(text);
    return 0;
}
