#include "daemon/config/policy.h"

#include <string.h>
#include <time.h>

#include "daemon/config/document.h"

// A profile beside a file that has another one: whoever asked for it must not be judged by less.
static int check_profile(
    const struct tw_settings *settings, const struct tw_policy *policy, struct tw_err *err)
{
    const struct tw_policy *profile;
    int r = tw_policy_of_profile(settings->profile, &profile, err);
    if (r < 0)
        return tw_err_wrap(err, r, "profile");
    if (profile == &tw_policy_default || strcmp(profile->profile, policy->profile) == 0)
        return 0;
    return tw_err_set(err, TW_E_USAGE,
        "profile: %s was asked for, but the policy %s has the profile %s; write profile: %s into "
        "it, or ask for none",
        profile->profile, settings->policy, policy->profile, profile->profile);
}

int tw_policy_load(
    const struct tw_settings *settings, struct tw_policy_in_force *ret_policy, struct tw_err *err)
{
    struct tw_policy_in_force loaded = {0};
    int r;
    if (!settings->policy) {
        r = tw_policy_of_profile(settings->profile, &loaded.policy, err);
        if (r < 0)
            return tw_err_wrap(err, r, "profile");
        *ret_policy = loaded;
        return 0;
    }
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(settings->limits.policy_bytes);
    r = tw_document_read(settings->policy, "policy_bytes", &text, err);
    if (r == 0) {
        struct tw_span bytes = text.size ? tw_buf_span(&text) : tw_span_of("", 0);
        r = tw_policy_read(bytes, &settings->limits, &loaded.owned, err);
        if (r < 0)
            tw_err_wrap(err, r, "%s", settings->policy);
    }
    if (r < 0)
        return tw_err_wrap(err, r, "policy");
    r = check_profile(settings, loaded.owned, err);
    if (r < 0) {
        tw_policy_unload(&loaded);
        return r;
    }
    loaded.policy = loaded.owned;
    *ret_policy = loaded;
    return 0;
}

void tw_policy_unload(struct tw_policy_in_force *policy)
{
    tw_policy_free(policy->owned);
    *policy = (struct tw_policy_in_force){0};
}

struct tw_day tw_today(void)
{
    struct tw_day day;
    struct tm tm;
    time_t now = time(NULL);
    gmtime_r(&now, &tm);
    strftime(day.text, sizeof day.text, "%Y-%m-%d", &tm);
    return day;
}
