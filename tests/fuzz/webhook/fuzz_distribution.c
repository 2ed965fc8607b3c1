#include <stdint.h>

#include "tests/fuzz/webhook/as_notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *no_header(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tw_letter delivery = {.body = tw_span_of(data, size), .header = no_header};
    as_notice(tw_webhook_find("distribution"), &delivery);
    return 0;
}
