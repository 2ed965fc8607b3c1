// A notice as it comes, with its headers: of the sender that its first line names, and of whichever
// "auto" finds. The seeds are the samples of tests/unit/webhook/data, some of each sender.
#include <stdint.h>

#include "tests/fuzz/webhook/as_notice.h"
#include "tests/unit/webhook/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample sample;
    if (sample_read(data, size, &sample)) {
        as_notice(tw_webhook_find(sample.sender), &sample.delivery);
        as_notice(NULL, &sample.delivery);
    }
    sample_done(&sample);
    return 0;
}
