// What is read again while the daemon runs: the settings, and the files policy, access, notify and
// TLS.
#pragma once

#include "api/server.h"
#include "daemon/admit/lookup.h"
#include "daemon/config/current.h"
#include "daemon/judge/rejudge.h"
#include "daemon/notify/notify.h"
#include "daemon/worker/worker.h"

struct tw_reload {
    struct tw_current *current;
    // The settings as they would be at a start now. To be given back by tw_settings_done() whatever
    // it returns.
    int (*read)(void *ctx, struct tw_settings *ret_settings, struct tw_err *err);
    void *ctx;
    struct tw_server *server;
    struct tw_lookup *lookup;
    struct tw_workers *workers;
    struct tw_jury *jury;
    struct tw_rejudge *rejudge;
    struct tw_notify *notify;
    struct tw_file_mark {
        uint64_t device, inode, size;
        int64_t changed_s, changed_ns;
    } marks[8];         // of the settings' files, as they were read last
    bool server_is_due; // it could not take the settings over yet
    bool policy_is_due; // another policy or profile is set
};

// How the files are now counts as read.
void tw_reload_init(struct tw_reload *reload);

// Reads the files that have changed since, and logs each; what cannot be read leaves what was in
// force. `all` (SIGHUP): the settings first, then every file. Settings that need a restart are
// named in the log and stay. When one is wrong, none changes.
void tw_reload_run(struct tw_reload *reload, bool all);
