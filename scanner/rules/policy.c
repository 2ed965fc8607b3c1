#include "scanner/rules/policy.h"

#include <string.h>

#include "scanner/base/glob.h"

static const struct tw_policy strict = {.name = "strict",
    .profile = "strict",
    .fail_on = TW_MEDIUM,
    .incomplete = TW_INCOMPLETE_DENY,
    .admission = {true, TW_ADMIT_WAIT, TW_ADMIT_DENY},
    .fingerprint = "strict"};

static const struct tw_policy declared = {.name = "declared",
    .profile = "declared",
    .fail_on = TW_HIGH,
    .incomplete = TW_INCOMPLETE_WARN,
    .admission = {true, TW_ADMIT_WAIT, TW_ADMIT_WARN},
    .declared = true,
    .fingerprint = "declared"};

const struct tw_policy tw_policy_default = {.name = "default",
    .profile = "default",
    .fail_on = TW_HIGH,
    .incomplete = TW_INCOMPLETE_WARN,
    .admission = {true, TW_ADMIT_WAIT, TW_ADMIT_WARN},
    .fingerprint = "default"};

static const struct tw_policy *const profiles[] = {&tw_policy_default, &strict, &declared};

int tw_policy_of_profile(const char *name, const struct tw_policy **ret_policy, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(profiles); i++) {
        if (strcmp(profiles[i]->name, name) == 0) {
            *ret_policy = profiles[i];
            return 0;
        }
    }
    return tw_err_set(
        err, TW_E_USAGE, "\"%.40s\" is no profile; write default, strict or declared", name);
}

void tw_policy_free(struct tw_policy *policy)
{
    if (policy)
        tw_arena_free(policy->arena); // the record itself lies in it
}

bool tw_texts_allow(const struct tw_texts *patterns, const char *text)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (tw_glob_fits(tw_span_str(patterns->items[i]), tw_span_str(text)))
            return true;
    }
    return false;
}

bool tw_texts_fit(const struct tw_texts *patterns, const char *text)
{
    return patterns->count == 0 || (text && tw_texts_allow(patterns, text));
}

static const struct tw_override *override_of(
    const struct tw_overrides *list, const struct tw_rule *rule)
{
    for (size_t i = 0; list && i < list->count; i++) {
        if (list->items[i].rule == rule)
            return &list->items[i];
    }
    return NULL;
}

// House rules are asked for by the profile, or by giving them a severity.
static bool is_house_rule(const struct tw_rule *rule)
{
    return strncmp(rule->id, "TW8", 3) == 0;
}

bool tw_policy_weighs(const struct tw_policy *policy, const struct tw_channel *channel,
    const struct tw_rule *rule, enum tw_severity severity, enum tw_severity *ret_severity)
{
    const struct tw_override *override = override_of(channel ? &channel->severity : NULL, rule);
    if (!override)
        override = override_of(&policy->severity, rule);
    if (override ? override->off : is_house_rule(rule) && !policy->declared)
        return false;
    *ret_severity = override ? override->severity : severity;
    return true;
}
