// Go releases: dates and end of support, as far as the facts go.
#pragma once

#include <stdbool.h>

#include "scanner/base/goversion.h"

struct tw_release {
    struct tw_goversion minor; // 1.26
    const char *released;      // "2026-02-10"
    const char *ended;         // when two newer ones existed; NULL: supported
    const char *latest;        // newest patch known to the facts, "1.26.11"; NULL: not known
};

// NULL: newer than the facts, or before Go 1.1.
const struct tw_release *tw_release_find(struct tw_goversion version);

const struct tw_release *tw_release_newest(void);

// "go1.27.4": the newest release that the facts know, which is how they are named in a report.
const char *tw_facts_version(void);
