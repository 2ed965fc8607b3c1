#include "daemon/judge/drift.h"

#include <stdio.h>
#include <string.h>

#include "daemon/judge/loaded.h"

int tw_push_drift(struct tw_store *store, struct tw_jury *jury, const struct tw_limits *limits,
    const struct tw_digest *digest, struct tw_push_drift *ret_drift, struct tw_err *err)
{
    TW_AUTO(tw_loaded_done) struct tw_loaded from = {0};
    TW_AUTO(tw_loaded_done) struct tw_loaded to = {0};
    TW_AUTO(tw_comparisons_done) struct tw_comparisons all = {0};
    struct tw_push_drift drift = {0};
    int r = tw_store_previous(store, digest, &drift.previous, err);
    if (r == 0)
        r = tw_loaded_read(store, limits, &drift.previous, &from, err);
    if (r == 0)
        r = tw_loaded_read(store, limits, digest, &to, err);
    if (r == 0)
        r = tw_jury_compare(jury, &(struct tw_compare_side){from.images, from.count},
            &(struct tw_compare_side){to.images, to.count}, TW_EN, &all, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < all.count; i++) {
        const struct tw_verdict *verdict = all.items[i].drift;
        for (int s = 0; s < TW_SEVERITY_COUNT; s++)
            drift.counts[s] += verdict->counts[s];
        if (verdict->finding_count > 0 && !drift.worst[0])
            snprintf(drift.worst, sizeof drift.worst, "%s", verdict->findings[0].rule->id);
    }
    *ret_drift = drift;
    return 0;
}
