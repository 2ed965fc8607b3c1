// Files that are read again while the daemon runs: policy, access, notify, TLS.
#pragma once

#include "api/server.h"
#include "daemon/config/settings.h"
#include "daemon/judge/rejudge.h"
#include "daemon/notify/notify.h"

struct tw_reload {
    const struct tw_settings *settings;
    struct tw_server *server;
    struct tw_jury *jury;
    struct tw_rejudge *rejudge;
    struct tw_notify *notify;
    struct tw_file_mark {
        uint64_t device, inode, size;
        int64_t changed_s, changed_ns;
    } marks[8]; // of the settings' files, as they were read last
};

// How the files are now counts as read.
void tw_reload_init(struct tw_reload *reload);

// Reads what has changed since (`all`: everything), and logs each. What cannot be read leaves
// what was in force.
void tw_reload_run(struct tw_reload *reload, bool all);
