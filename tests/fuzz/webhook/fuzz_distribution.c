#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/webhook/distribution.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_limits limits = tw_limits_default;
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    int r = tw_distribution_parse(tw_span_of(data, size), &limits, &notice, &err);
    if (r < 0) {
        if (notice || err.code != r || err.msg[0] == '\0')
            abort();
        return 0;
    }
    if ((notice->malformed > 0) != (notice->first_wrong.code != 0))
        abort();
    for (size_t i = 0; i < notice->push_count; i++) {
        // What came through is a reference that reads back as itself.
        char text[TW_REFERENCE_TEXT_MAX + 1];
        struct tw_reference again;
        const struct tw_push *push = &notice->pushes[i];
        tw_reference_format(&push->reference, text);
        if (tw_reference_make(push->reference.registry, push->reference.repository,
                push->reference.tag, push->reference.digest.text, &again, NULL) < 0 ||
            memcmp(&again, &push->reference, sizeof again) != 0 || !push->requested_by)
            abort();
    }
    fuzz_taken();
    tw_notice_free(notice);
    return 0;
}
