#include "scanner/facts/goexperiment.h"

#include "scanner/facts/similar.h"
#include "scanner/facts/tables.h"

static const struct tw_goexperiment *find(struct tw_span name)
{
    for (size_t i = 0; i < tw_goexperiments_count; i++) {
        if (tw_span_equals(name, tw_goexperiments[i].name))
            return &tw_goexperiments[i];
    }
    return NULL;
}

const struct tw_goexperiment *tw_goexperiment_find(struct tw_span name)
{
    const struct tw_goexperiment *experiment = find(name);
    struct tw_span rest;
    if (!experiment && tw_span_starts_with(name, "no") && tw_span_from(name, 2, &rest))
        experiment = find(rest);
    return experiment;
}

const struct tw_goexperiment *tw_goexperiment_at(size_t index)
{
    return index < tw_goexperiments_count ? &tw_goexperiments[index] : NULL;
}

bool tw_goexperiment_known(const struct tw_goexperiment *experiment, struct tw_goversion version)
{
    version.kind = TW_GO_RELEASE; // a pre-release has what its release has
    return tw_goversion_compare(version, experiment->first) >= 0 &&
           (experiment->removed.major == 0 ||
               tw_goversion_compare(version, experiment->removed) < 0);
}

static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p && *p; p += strcspn(p, " "), p += *p == ' ') {
        if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
            return true;
    }
    return false;
}

bool tw_goexperiment_baseline(const struct tw_goexperiment *experiment, struct tw_goversion version,
    const char *os, const char *arch)
{
    version.kind = TW_GO_RELEASE;
    if (!tw_goexperiment_known(experiment, version))
        return false;
    for (size_t i = 0; i < experiment->baseline_count; i++) {
        const struct tw_goexperiment_baseline *b =
            &tw_goexperiment_baselines[experiment->baseline_at + i];
        if (tw_goversion_compare(version, b->from) < 0)
            continue;
        if (b->arches && (!arch || !listed(b->arches, arch)))
            continue;
        if (!b->not_os || !os || !listed(b->not_os, os))
            return true;
    }
    return false;
}

const struct tw_goexperiment *tw_goexperiment_nearest(
    struct tw_span name, struct tw_goversion version)
{
    const struct tw_goexperiment *best = NULL;
    unsigned limit = tw_similar_tolerance(name);
    for (size_t i = 0; i < tw_goexperiments_count; i++) {
        const struct tw_goexperiment *e = &tw_goexperiments[i];
        if (!tw_goexperiment_known(e, version))
            continue;
        unsigned distance = tw_similar_distance(name, tw_span_str(e->name), limit);
        if (distance <= limit) {
            best = e;
            if (distance == 0)
                break;
            limit = distance - 1;
        }
    }
    return best;
}
