#include "daemon/judge/jury.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "scanner/facts/release.h"

struct tw_jury {
    const struct tw_settings *settings;
    pthread_rwlock_t lock; // held for reading while somebody judges
    struct tw_policy_in_force policy;
};

int tw_jury_new(const struct tw_settings *settings, struct tw_jury **ret_jury, struct tw_err *err)
{
    struct tw_jury *jury = calloc(1, sizeof *jury);
    if (!jury)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    jury->settings = settings;
    int r = tw_policy_load(settings, &jury->policy, err);
    if (r == 0 && pthread_rwlock_init(&jury->lock, NULL) != 0)
        r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (r < 0) {
        tw_policy_unload(&jury->policy);
        free(jury);
        return r;
    }
    *ret_jury = jury;
    return 0;
}

void tw_jury_free(struct tw_jury *jury)
{
    if (!jury)
        return;
    pthread_rwlock_destroy(&jury->lock);
    tw_policy_unload(&jury->policy);
    free(jury);
}

int tw_jury_reload(struct tw_jury *jury, struct tw_err *err)
{
    struct tw_policy_in_force fresh = {0};
    int r = tw_policy_load(jury->settings, &fresh, err);
    if (r < 0)
        return r;
    pthread_rwlock_wrlock(&jury->lock);
    struct tw_policy_in_force old = jury->policy;
    jury->policy = fresh;
    pthread_rwlock_unlock(&jury->lock);
    tw_policy_unload(&old);
    return 0;
}

static void write_mark(
    const struct tw_policy *policy, const struct tw_day *today, char mark[TW_JURY_MARK_BYTES])
{
    snprintf(mark, TW_JURY_MARK_BYTES, "%s %s %s%s%s", TW_VERSION, tw_facts_version(),
        policy->fingerprint, policy->waiver_count ? " " : "",
        policy->waiver_count ? today->text : "");
}

void tw_jury_mark(struct tw_jury *jury, char ret_mark[TW_JURY_MARK_BYTES])
{
    struct tw_day today = tw_today();
    pthread_rwlock_rdlock(&jury->lock);
    write_mark(jury->policy.policy, &today, ret_mark);
    pthread_rwlock_unlock(&jury->lock);
}

int tw_jury_judge(struct tw_jury *jury, const struct tw_image_inventory *image, enum tw_lang lang,
    struct tw_verdict **ret_verdict, char ret_mark[TW_JURY_MARK_BYTES], struct tw_err *err)
{
    struct tw_day today = tw_today();
    pthread_rwlock_rdlock(&jury->lock);
    struct tw_judge_options options = {
        .policy = jury->policy.policy, .lang = lang, .today = today.text};
    int r = tw_judge(image, &options, ret_verdict, err);
    if (r == 0 && ret_mark)
        write_mark(jury->policy.policy, &today, ret_mark);
    pthread_rwlock_unlock(&jury->lock);
    return r;
}

int tw_jury_compare(struct tw_jury *jury, const struct tw_compare_side *from,
    const struct tw_compare_side *to, enum tw_lang lang, struct tw_comparisons *ret_comparisons,
    struct tw_err *err)
{
    struct tw_day today = tw_today();
    pthread_rwlock_rdlock(&jury->lock);
    struct tw_judge_options options = {
        .policy = jury->policy.policy, .lang = lang, .today = today.text};
    int r = tw_compare_all(from, to, &options, ret_comparisons, err);
    pthread_rwlock_unlock(&jury->lock);
    return r;
}
