// What receivers answer: the status in two bytes, then the body.
#include <stdlib.h>

#include "daemon/notify/answer.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct tw_http_answer answer = {.status = 100 + (data[0] << 8 | data[1]) % 500};
    const struct tw_span body = tw_span_of(data + 2, size - 2);
    for (size_t i = 0; tw_sink_kind_at(i); i++) {
        struct tw_outcome outcome = tw_sink_kind_at(i)->read(&answer, body);
        bool good = answer.status / 100 == 2;
        if (outcome.end == TW_OUTCOME_DELIVERED ? !good : !outcome.why)
            abort();
        if (outcome.end != TW_OUTCOME_AGAIN && outcome.wait_s > 0)
            abort();
        if (outcome.end == TW_OUTCOME_DELIVERED)
            fuzz_taken();
    }
    return 0;
}
