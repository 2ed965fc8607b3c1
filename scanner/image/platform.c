#include "scanner/image/platform.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/mem.h"
#include "scanner/base/span.h"

// containerd/platforms, normalizeArch: what an absent variant means.
static const struct {
    const char *architecture, *variant;
} usual_variants[] = {{"arm64", "v8"}, {"arm", "v7"}, {"amd64", "v1"}};

static const char *variant_of(const char *architecture, const char *variant)
{
    if (variant && *variant)
        return variant;
    for (size_t i = 0; architecture && i < TW_COUNT(usual_variants); i++) {
        if (strcmp(usual_variants[i].architecture, architecture) == 0)
            return usual_variants[i].variant;
    }
    return "";
}

// The next part of "a/b/c"; empty past the end.
static struct tw_span next_part(const char **rest)
{
    size_t n = strcspn(*rest, "/");
    struct tw_span part = tw_span_of(*rest, n);
    *rest += n + ((*rest)[n] == '/');
    return part;
}

bool tw_platform_matches(
    const char *wanted, const char *os, const char *architecture, const char *variant)
{
    if (!wanted || strcmp(wanted, "all") == 0)
        return true;
    const char *rest = wanted;
    if (!tw_span_equals(next_part(&rest), os ? os : "") ||
        !tw_span_equals(next_part(&rest), architecture ? architecture : ""))
        return false;
    struct tw_span wanted_variant = next_part(&rest);
    return wanted_variant.n == 0 ||
           tw_span_equals(wanted_variant, variant_of(architecture, variant));
}

void tw_platform_format(const char *os, const char *architecture, const char *variant,
    char ret_text[TW_PLATFORM_TEXT_MAX + 1])
{
    bool has_variant = variant && *variant;
    snprintf(ret_text, TW_PLATFORM_TEXT_MAX + 1, "%s/%s%s%s", os ? os : "?",
        architecture ? architecture : "?", has_variant ? "/" : "", has_variant ? variant : "");
}
