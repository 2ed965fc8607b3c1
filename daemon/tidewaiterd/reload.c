#include "daemon/tidewaiterd/reload.h"

#include <stddef.h>
#include <sys/stat.h>

#include "daemon/config/access.h"
#include "daemon/config/tls.h"
#include "daemon/log/log.h"

static int reload_policy(struct tw_reload *reload, struct tw_err *err)
{
    int r = tw_jury_reload(reload->jury, err);
    if (r == 0)
        tw_rejudge_wake(reload->rejudge, true);
    return r;
}

static int reload_access(struct tw_reload *reload, struct tw_err *err)
{
    struct tw_access *access = NULL;
    int r = tw_access_load(reload->settings, &access, err);
    if (r == 0)
        tw_server_set_access(reload->server, access);
    return r;
}

static int reload_notify(struct tw_reload *reload, struct tw_err *err)
{
    return tw_notify_reload(reload->notify, err);
}

static int reload_tls(struct tw_reload *reload, struct tw_err *err)
{
    struct tw_tls tls = {0};
    int r = tw_tls_load(reload->settings, &tls, err);
    if (r == 0)
        r = tw_server_set_tls(reload->server, &tls, err);
    tw_tls_unload(&tls);
    return r;
}

// What is read together stands together.
static const struct file {
    size_t setting; // offset of its path in struct tw_settings; NULL there: no such file
    const char *what;
    int (*read)(struct tw_reload *reload, struct tw_err *err);
} files[] = {
    {offsetof(struct tw_settings, policy), "policy", reload_policy},
    {offsetof(struct tw_settings, access), "access", reload_access},
    {offsetof(struct tw_settings, notify), "notify file", reload_notify},
    {offsetof(struct tw_settings, tls_cert), "TLS certificate", reload_tls},
    {offsetof(struct tw_settings, tls_key), "TLS certificate", reload_tls},
    {offsetof(struct tw_settings, tls_client_ca), "TLS certificate", reload_tls},
};

_Static_assert(
    TW_COUNT(files) <= TW_COUNT(((struct tw_reload *)0)->marks), "more marks are needed");

static const char *path_of(const struct tw_reload *reload, size_t i)
{
    return *(char *const *)(const void *)((const char *)reload->settings + files[i].setting);
}

// Whether the file is another one than the mark says. Kubernetes swaps a link: the inode differs.
static bool has_changed(struct tw_reload *reload, size_t i, struct tw_file_mark *ret_mark)
{
    struct stat st;
    const char *path = path_of(reload, i);
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
    for (size_t i = 0; i < TW_COUNT(files); i++)
        (void)has_changed(reload, i, &reload->marks[i]);
}

// TW_E_BUSY is tried again at the next look: the files have not been refused.
static void read_again(
    struct tw_reload *reload, size_t first, size_t end, const struct tw_file_mark *marks)
{
    struct tw_err err = {0};
    int r = files[first].read(reload, &err);
    for (size_t i = first; i < end && r != TW_E_BUSY; i++)
        reload->marks[i] = marks[i];
    if (r < 0)
        tw_log(TW_LOG_ERROR, "reload: %s; the %s that was in force stays so", err.msg,
            files[first].what);
    else
        tw_log(TW_LOG_INFO, "reload: the %s was read again", files[first].what);
}

void tw_reload_run(struct tw_reload *reload, bool all)
{
    struct tw_file_mark marks[TW_COUNT(files)];
    for (size_t i = 0, end; i < TW_COUNT(files); i = end) {
        bool is_due = false;
        for (end = i; end < TW_COUNT(files) && files[end].read == files[i].read; end++) {
            marks[end] = reload->marks[end];
            is_due |= has_changed(reload, end, &marks[end]) || (all && path_of(reload, end));
        }
        if (is_due)
            read_again(reload, i, end, marks);
    }
}
