// Whether a Pod may run: what is asked through api/service.h, and what comes back.
#pragma once

#include "scanner/pod/pod.h"
#include "scanner/pod/view.h"
#include "scanner/rules/policy.h"
#include "scanner/rules/verdict.h"

struct tw_admission_question {
    const struct tw_pod *pod;
    bool dry_run;     // no scan is asked for
    int64_t until_ms; // CLOCK_MONOTONIC: the answer is there by then
    bool may_wait;    // for scans, when the policy says wait
    // What was asked is not understood: why. It counts as what cannot be told; NULL.
    const char *trouble;
};

enum tw_image_state {
    TW_IMAGE_JUDGED,
    TW_IMAGE_SCANNING, // not scanned yet
    TW_IMAGE_UNKNOWN,  // it cannot be told
};
const char *tw_image_state_name(enum tw_image_state state); // "judged" ...

struct tw_admitted { // one container
    const struct tw_pod_container *container;
    enum tw_image_state state;
    enum tw_admit decision;           // allow, warn or deny, as the policy wants it
    struct tw_digest digest;          // of what the name points to; empty: not known
    const struct tw_verdict *verdict; // of the worst of its platforms; NULL unless judged
    const char *platform;             // "linux/arm64", when there are several; NULL
    const char *reason;               // why it was not judged; NULL
    const char *doubt;                // what speaks against the digest; NULL
    const struct tw_unknown *unknown; // variables
    size_t unknown_count;
};

struct tw_admission {
    enum tw_admit decision; // the worst
    bool is_enforced;       // false: what would be denied is not
    const char *policy;
    const char *trouble; // of the question, or of the policy: why it cannot be told; NULL
    struct tw_admitted *items;
    size_t count;
    void *owner; // of all of it; for `release`
    void (*release)(void *owner);
};

void tw_admission_free(struct tw_admission *admission);
TW_DEFINE_AUTO(struct tw_admission, tw_admission_free)

const char *tw_admit_name(enum tw_admit decision); // "allow" ...
