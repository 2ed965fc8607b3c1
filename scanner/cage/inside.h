// One try in a process of its own, behind walls. Private to the self-test.
#pragma once

#include <stdbool.h>

#include "scanner/cage/sandbox.h"

enum tw_fate { TW_FATE_WORKED, TW_FATE_REFUSED, TW_FATE_ENDED, TW_FATE_NO_WALLS };

struct tw_try {
    enum tw_fate fate;
    int number; // errno of TW_FATE_REFUSED, signal of TW_FATE_ENDED
};

// Forks; in the child `prepare` (may be NULL), the walls, `try`. A try that hangs is ended by
// SIGALRM. Nothing hostile may have been read by this process.
struct tw_try tw_try_inside(const struct tw_sandbox_options *options, void (*prepare)(void),
    long (*try)(void *ctx), void *ctx);

// "SIGSYS", "EACCES", "worked", "no walls".
const char *tw_try_name(struct tw_try t);

// Whether a wall refused it, and not, say, a file that is missing.
bool tw_try_is_refused(struct tw_try t);
