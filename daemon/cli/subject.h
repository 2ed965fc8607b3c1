// What a SOURCE on the command line names, read: images of registries, layouts and archives, root
// file systems, single files, Dockerfiles.
#pragma once

#include "daemon/cli/options.h"
#include "daemon/scan/scan.h"
#include "scanner/image/reference.h"

struct tw_subject {
    const char *name; // as the person wrote it
    bool has_reference;
    struct tw_reference reference; // of a registry
    struct tw_scan_result result;
};

// Shows progress unless o->quiet. With --plain-http the registry is asked so whatever the settings
// say of it.
int tw_subject_read(struct tw_settings *settings, const struct tw_options *o, const char *name,
    struct tw_subject *ret_subject, struct tw_err *err);
void tw_subject_done(struct tw_subject *subject);
