// What tidewaiterd is asked to do instead of serving: flags that are no settings.
#pragma once

#include "daemon/config/settings.h"

struct tw_errand {
    const char *flag; // "--help"
    // Prints to standard output; a failure is the caller's to tell.
    int (*run)(struct tw_settings *settings, const char *value, struct tw_err *err);
    bool takes_value;
};

struct tw_asked {
    const struct tw_errand *errand; // NULL: to serve
    const char *value;              // NULL when it takes none
};

// Takes "--flag", "--flag value" or "--flag=value". Returns the number of arguments taken, 0 when
// argv[0] is no errand. TW_E_USAGE: its value is missing.
int tw_errand_take(int argc, char **argv, struct tw_asked *asked, struct tw_err *err);
