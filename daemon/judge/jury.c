#include "daemon/judge/jury.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "scanner/facts/release.h"

// A policy, for as long as somebody judges by it. Nobody waits for anybody: a new one comes into
// force while verdicts by the one before are still being reached.
struct in_force {
    struct tw_policy_in_force loaded;
    atomic_uint holders;
};

struct tw_jury {
    pthread_mutex_t lock; // of what follows
    struct in_force *now;
    struct tw_err trouble; // of the last reload
};

static struct in_force *hold(struct tw_jury *jury)
{
    pthread_mutex_lock(&jury->lock);
    struct in_force *held = jury->now;
    atomic_fetch_add(&held->holders, 1);
    pthread_mutex_unlock(&jury->lock);
    return held;
}

static void drop(struct in_force *held)
{
    if (!held || atomic_fetch_sub(&held->holders, 1) > 1)
        return;
    tw_policy_unload(&held->loaded);
    free(held);
}
TW_DEFINE_AUTO(struct in_force, drop)

static int load(
    const struct tw_settings *settings, struct in_force **ret_loaded, struct tw_err *err)
{
    struct in_force *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    atomic_init(&fresh->holders, 1);
    int r = tw_policy_load(settings, &fresh->loaded, err);
    if (r < 0)
        free(fresh);
    else
        *ret_loaded = fresh;
    return r;
}

int tw_jury_new(const struct tw_settings *settings, struct tw_jury **ret_jury, struct tw_err *err)
{
    struct tw_jury *jury = calloc(1, sizeof *jury);
    if (!jury)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = load(settings, &jury->now, err);
    if (r < 0) {
        free(jury);
        return r;
    }
    pthread_mutex_init(&jury->lock, NULL);
    *ret_jury = jury;
    return 0;
}

void tw_jury_free(struct tw_jury *jury)
{
    if (!jury)
        return;
    drop(jury->now);
    pthread_mutex_destroy(&jury->lock);
    free(jury);
}

int tw_jury_reload(struct tw_jury *jury, const struct tw_settings *settings, struct tw_err *err)
{
    struct tw_err why = {0};
    struct in_force *fresh = NULL;
    int r = load(settings, &fresh, &why);
    pthread_mutex_lock(&jury->lock);
    jury->trouble = why;
    TW_AUTO(dropp) struct in_force *old = fresh ? jury->now : NULL;
    if (fresh)
        jury->now = fresh;
    pthread_mutex_unlock(&jury->lock);
    if (r < 0 && err)
        *err = why;
    return r;
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
    TW_AUTO(dropp) struct in_force *held = hold(jury);
    write_mark(held->loaded.policy, &today, ret_mark);
}

int tw_jury_judge(struct tw_jury *jury, const struct tw_image_inventory *image, enum tw_lang lang,
    struct tw_verdict **ret_verdict, char ret_mark[TW_JURY_MARK_BYTES], struct tw_err *err)
{
    struct tw_day today = tw_today();
    TW_AUTO(dropp) struct in_force *held = hold(jury);
    struct tw_judge_options options = {
        .policy = held->loaded.policy, .lang = lang, .today = today.text};
    int r = tw_judge(image, &options, ret_verdict, err);
    if (r == 0 && ret_mark)
        write_mark(held->loaded.policy, &today, ret_mark);
    return r;
}

int tw_jury_judge_in(struct tw_jury *jury, const struct tw_image_inventory *image,
    const struct tw_judge_options *place, struct tw_verdict **ret_verdict, struct tw_err *err)
{
    struct tw_day today = tw_today();
    struct tw_judge_options options = *place;
    TW_AUTO(dropp) struct in_force *held = hold(jury);
    options.policy = held->loaded.policy;
    options.today = today.text;
    return tw_judge(image, &options, ret_verdict, err);
}

void tw_jury_admission(struct tw_jury *jury, struct tw_jury_admission *ret_admission)
{
    pthread_mutex_lock(&jury->lock);
    const struct tw_policy *policy = jury->now->loaded.policy;
    ret_admission->modes = policy->admission;
    snprintf(ret_admission->policy, sizeof ret_admission->policy, "%s", policy->name);
    snprintf(ret_admission->trouble, sizeof ret_admission->trouble, "%s", jury->trouble.msg);
    pthread_mutex_unlock(&jury->lock);
}

int tw_jury_compare(struct tw_jury *jury, const struct tw_compare_side *from,
    const struct tw_compare_side *to, enum tw_lang lang, struct tw_comparisons *ret_comparisons,
    struct tw_err *err)
{
    struct tw_day today = tw_today();
    TW_AUTO(dropp) struct in_force *held = hold(jury);
    struct tw_judge_options options = {
        .policy = held->loaded.policy, .lang = lang, .today = today.text};
    return tw_compare_all(from, to, &options, ret_comparisons, err);
}
