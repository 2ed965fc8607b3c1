#include "daemon/judge/summary.h"

#include <stdio.h>
#include <string.h>

#include "scanner/image/platform.h"

struct tw_image_summary tw_summary_of_image(
    const struct tw_image_inventory *image, const struct tw_verdict *verdict)
{
    struct tw_image_summary s = {
        .digest = image->digest, .kind = "image", .go_binaries = (unsigned)image->binary_count};
    if (image->os || image->architecture) {
        char platform[TW_PLATFORM_TEXT_MAX + 1];
        tw_platform_format(image->os, image->architecture, image->variant, platform);
        snprintf(s.platform, sizeof s.platform, "%.63s", platform);
    }
    snprintf(s.completeness, sizeof s.completeness, "%s", tw_completeness_name(image->status));
    snprintf(s.decision, sizeof s.decision, "%s", tw_decision_name(verdict->decision));
    memcpy(s.counts, verdict->counts, sizeof s.counts);
    return s;
}

// The index in `words` of the worse of two.
static size_t worse(const char *const *words, size_t count, const char *word, size_t so_far)
{
    for (size_t i = so_far; i < count; i++) {
        if (strcmp(word, words[i]) == 0)
            return i;
    }
    return so_far;
}

struct tw_image_summary tw_summary_of_index(
    const struct tw_digest *digest, const struct tw_image_summary *children, size_t count)
{
    static const char *const decisions[] = {"pass", "warn", "deny"};
    static const char *const statuses[] = {"complete", "partial", "failed"};
    struct tw_image_summary s = {.digest = *digest, .kind = "index"};
    size_t decision = 0, status = 0;
    for (size_t i = 0; i < count; i++) {
        decision = worse(decisions, TW_COUNT(decisions), children[i].decision, decision);
        status = worse(statuses, TW_COUNT(statuses), children[i].completeness, status);
        for (int j = 0; j < TW_SEVERITY_COUNT; j++)
            s.counts[j] += children[i].counts[j];
        s.go_binaries += children[i].go_binaries;
    }
    snprintf(s.decision, sizeof s.decision, "%s", decisions[decision]);
    snprintf(s.completeness, sizeof s.completeness, "%s", statuses[status]);
    return s;
}
