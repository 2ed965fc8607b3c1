#include <stdlib.h>

#include "scanner/base/text.h"
#include "scanner/rules/policy.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_policy *policy = NULL;
    struct tw_err err = {0};
    // What is taken is text, and what is said of the rest is one line of it.
    if (tw_policy_read(tw_span_of(data, size), &tw_limits_default, &policy, &err) == 0) {
        if (!tw_text_is_utf8(tw_span_of(data, size)))
            abort();
        fuzz_taken();
        tw_policy_free(policy);
        return 0;
    }
    for (const char *p = err.msg; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 127)
            abort();
    }
    if (!tw_text_is_utf8(tw_span_str(err.msg)))
        abort();
    return 0;
}
