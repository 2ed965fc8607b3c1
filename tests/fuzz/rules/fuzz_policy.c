#include "scanner/rules/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_policy *policy = NULL;
    if (tw_policy_read(tw_span_of(data, size), &tw_limits_default, &policy, NULL) == 0)
        tw_policy_free(policy);
    return 0;
}
