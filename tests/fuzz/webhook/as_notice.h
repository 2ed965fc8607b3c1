// What holds for every body, whoever sent it.
#pragma once

#include <stdlib.h>
#include <string.h>

#include "api/webhook/webhook.h"
#include "tests/fuzz/taken.h"

static inline void as_notice(
    const struct tw_webhook_sender *sender, const struct tw_letter *delivery)
{
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    int r = tw_webhook_parse(sender, delivery, &tw_limits_default, &notice, &err);
    if (r < 0) {
        if (notice || err.code != r || err.msg[0] == '\0')
            abort();
        return;
    }
    if ((notice->malformed > 0) != (notice->first_wrong.code != 0) || !notice->sender)
        abort();
    for (size_t i = 0; i < notice->push_count; i++) {
        // What came through is a reference that reads back as itself.
        struct tw_reference again;
        const struct tw_push *push = &notice->pushes[i];
        if (tw_reference_make(push->reference.registry, push->reference.repository,
                push->reference.tag, push->reference.digest.text, &again, NULL) < 0 ||
            memcmp(&again, &push->reference, sizeof again) != 0 || !push->requested_by)
            abort();
    }
    fuzz_taken();
    tw_notice_free(notice);
}
