#include "daemon/tidewaiterd/reload.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config/access.h"
#include "daemon/config/tls.h"
#include "daemon/log/log.h"
#include "daemon/tidewaiterd/apply.h"

static int reload_policy(
    struct tw_reload *reload, const struct tw_settings *settings, struct tw_err *err)
{
    int r = tw_jury_reload(reload->jury, settings, err);
    reload->policy_is_due = false;
    if (r == 0)
        tw_rejudge_wake(reload->rejudge, true);
    return r;
}

static int reload_access(
    struct tw_reload *reload, const struct tw_settings *settings, struct tw_err *err)
{
    struct tw_access *access = NULL;
    int r = tw_access_load(settings, &access, err);
    if (r == 0)
        tw_server_set_access(reload->server, access);
    return r;
}

static int reload_notify(
    struct tw_reload *reload, const struct tw_settings *settings, struct tw_err *err)
{
    (void)settings;
    return tw_notify_reload(reload->notify, err);
}

static int reload_tls(
    struct tw_reload *reload, const struct tw_settings *settings, struct tw_err *err)
{
    struct tw_tls tls = {0};
    int r = tw_tls_load(settings, &tls, err);
    if (r == 0)
        r = tw_server_set_tls(reload->server, &tls, err);
    tw_tls_unload(&tls);
    return r;
}

// What is read together stands together.
static const struct file {
    size_t setting; // offset of its path in struct tw_settings; NULL there: no such file
    const char *what;
    int (*read)(struct tw_reload *reload, const struct tw_settings *settings, struct tw_err *err);
} files[] = {
    {offsetof(struct tw_settings, policy), "policy", reload_policy},
    {offsetof(struct tw_settings, access), "access", reload_access},
    {offsetof(struct tw_settings, google_keys), "access", reload_access},
    {offsetof(struct tw_settings, notify), "notify file", reload_notify},
    {offsetof(struct tw_settings, tls_cert), "TLS certificate", reload_tls},
    {offsetof(struct tw_settings, tls_key), "TLS certificate", reload_tls},
    {offsetof(struct tw_settings, tls_client_ca), "TLS certificate", reload_tls},
};

_Static_assert(
    TW_COUNT(files) <= TW_COUNT(((struct tw_reload *)0)->marks), "more marks are needed");

static const char *path_of(const struct tw_settings *settings, size_t i)
{
    return *(char *const *)(const void *)((const char *)settings + files[i].setting);
}

// Whether the file is another one than the mark says. Kubernetes swaps a link: the inode differs.
static bool has_changed(struct tw_reload *reload, const struct tw_settings *settings, size_t i,
    struct tw_file_mark *ret_mark)
{
    struct stat st;
    const char *path = path_of(settings, i);
    const struct tw_file_mark *old = &reload->marks[i];
    if (!path || stat(path, &st) < 0)
        return false;
    *ret_mark = (struct tw_file_mark){
        st.st_dev, st.st_ino, (uint64_t)st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
    return old->device != ret_mark->device || old->inode != ret_mark->inode ||
           old->size != ret_mark->size || old->changed_s != ret_mark->changed_s ||
           old->changed_ns != ret_mark->changed_ns;
}

void tw_reload_init(struct tw_reload *reload)
{
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(reload->current);
    for (size_t i = 0; i < TW_COUNT(files); i++)
        (void)has_changed(reload, held->settings, i, &reload->marks[i]);
}

// TW_E_BUSY is tried again at the next look: the files have not been refused.
static void read_again(struct tw_reload *reload, const struct tw_settings *settings, size_t first,
    size_t end, const struct tw_file_mark *marks)
{
    struct tw_err err = {0};
    int r = files[first].read(reload, settings, &err);
    for (size_t i = first; i < end && r != TW_E_BUSY; i++)
        reload->marks[i] = marks[i];
    if (r < 0)
        tw_log(TW_LOG_ERROR, "reload: %s; the %s that was in force stays so", err.msg,
            files[first].what);
    else
        tw_log(TW_LOG_INFO, "reload: the %s was read again", files[first].what);
}

// ---- the settings ----

static void tell_restart(void *ctx, const char *name)
{
    (void)ctx;
    tw_log(
        TW_LOG_WARNING, "reload: %s was changed, which needs a restart; it stays as it was", name);
}

// TW_E_BUSY is tried again at the next look.
static void tune_server(struct tw_reload *reload, const struct tw_settings *settings)
{
    struct tw_server_options options = {0};
    struct tw_tls tls = {0};
    struct tw_err err = {0};
    bool wants_tls = tw_tls_is_wanted(settings);
    tw_apply_to_server(settings, &options);
    int r = wants_tls ? tw_tls_load(settings, &tls, &err) : 0;
    if (r == 0)
        r = tw_server_tune(reload->server, &options, wants_tls ? &tls : NULL, &err);
    tw_tls_unload(&tls);
    reload->server_is_due = r < 0;
    if (r < 0)
        tw_log(TW_LOG_WARNING, "reload: connections: %s; tried again soon", err.msg);
}

static void apply(struct tw_reload *reload, const struct tw_settings *settings)
{
    struct tw_lookup_options lookup = {0};
    struct tw_err err = {0};
    tw_apply_to_log(settings);
    tw_apply_to_lookup(settings, &lookup);
    tw_lookup_tune(reload->lookup, &lookup);
    if (tw_workers_set_count(reload->workers, (unsigned)settings->workers, &err) < 0)
        tw_log(TW_LOG_ERROR, "reload: workers: %s", err.msg);
    tune_server(reload, settings);
}

static bool differ(const char *a, const char *b)
{
    return !a || !b ? a != b : strcmp(a, b) != 0;
}

static bool judges_otherwise(const struct tw_settings *fresh, const struct tw_settings *now)
{
    return differ(fresh->policy, now->policy) || differ(fresh->profile, now->profile);
}

// Another policy that cannot be read is found before anything changes.
static int check(const struct tw_settings *fresh, struct tw_err *err)
{
    struct tw_policy_in_force policy = {0};
    int r = tw_policy_load(fresh, &policy, err);
    tw_policy_unload(&policy);
    return r;
}

static int replace(struct tw_reload *reload, struct tw_settings *fresh, struct tw_err *err)
{
    TW_AUTO(tw_held_dropp) struct tw_held *now = tw_current_hold(reload->current);
    bool is_other = judges_otherwise(fresh, now->settings);
    int r = is_other ? check(fresh, err) : 0;
    if (r == 0)
        r = tw_settings_keep(fresh, now->settings, tell_restart, NULL, err);
    if (r == 0)
        r = tw_current_replace(reload->current, fresh, err);
    reload->policy_is_due |= r == 0 && is_other;
    return r;
}

static void reload_settings(struct tw_reload *reload)
{
    TW_AUTO(tw_settings_done) struct tw_settings fresh = {0};
    struct tw_err err = {0};
    int r = reload->read(reload->ctx, &fresh, &err);
    if (r == 0)
        r = replace(reload, &fresh, &err);
    if (r < 0) {
        tw_log(TW_LOG_ERROR, "reload: %s; the settings that were in force stay so", err.msg);
        return;
    }
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(reload->current);
    apply(reload, held->settings);
    tw_log(TW_LOG_INFO, "reload: the settings were read again");
}

void tw_reload_run(struct tw_reload *reload, bool all)
{
    if (all)
        reload_settings(reload);
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(reload->current);
    if (!all && reload->server_is_due)
        tune_server(reload, held->settings);
    struct tw_file_mark marks[TW_COUNT(files)];
    for (size_t i = 0, end; i < TW_COUNT(files); i = end) {
        // A profile is no file, nor is a policy that was there before.
        bool is_due = files[i].read == reload_policy && reload->policy_is_due;
        for (end = i; end < TW_COUNT(files) && files[end].read == files[i].read; end++) {
            marks[end] = reload->marks[end];
            is_due |= has_changed(reload, held->settings, end, &marks[end]) ||
                      (all && path_of(held->settings, end));
        }
        if (is_due)
            read_again(reload, held->settings, i, end, marks);
    }
}
