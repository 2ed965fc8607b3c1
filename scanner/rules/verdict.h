// The verdict: what we think of an image. inventory x facts x policy, nothing else: no clock,
// no order of arrival. The same input gives the same verdict, byte for byte.
#pragma once

#include "scanner/inventory/image.h"
#include "scanner/rules/rule.h"

struct tw_evidence {
    const char *kind;        // "env" "setting" "binary" "layer" "file" "toolchain" ...
    const char *name;        // NULL
    const char *value;       // NULL
    const char *instruction; // NULL
    const char *layer;       // digest text; NULL
    const char *path;        // NULL
};

struct tw_finding {
    const struct tw_rule *rule;
    enum tw_severity severity;
    const char *title;
    const char *message; // names setting, Go version and what really happens there
    const char *binary;  // path; NULL: the image as a whole
    struct tw_evidence *evidence;
    size_t evidence_count;
    const char *remediation;
    char fingerprint[33]; // stable over rebuilds: rule, binary path, subject
};

enum tw_decision { TW_PASS, TW_WARN, TW_DENY };
const char *tw_decision_name(enum tw_decision decision);

struct tw_policy {
    const char *name;         // "default"
    enum tw_severity fail_on; // findings at or above it: deny
};
extern const struct tw_policy tw_policy_default; // fail_on high

struct tw_verdict {
    struct tw_arena *arena; // owns everything below
    const char *policy;
    enum tw_severity fail_on; // the policy's
    enum tw_decision decision;
    unsigned counts[TW_SEVERITY_COUNT];
    struct tw_finding *findings; // worst first, then rule, binary, fingerprint
    size_t finding_count;
};

int tw_judge(const struct tw_image_inventory *image, const struct tw_policy *policy,
    enum tw_lang lang, struct tw_verdict **ret_verdict, struct tw_err *err);
void tw_verdict_free(struct tw_verdict *verdict);
TW_DEFINE_AUTO(struct tw_verdict, tw_verdict_free)
