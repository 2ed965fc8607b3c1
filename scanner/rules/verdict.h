// The verdict: what we think of an image. inventory x facts x policy, nothing else: no clock,
// no order of arrival. The same input gives the same verdict, byte for byte.
#pragma once

#include "scanner/inventory/image.h"
#include "scanner/rules/policy.h"

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
    const char *subject;  // what it is about, among the findings of its rule: "GODEBUG=gctrace"
    // Set when a waiver of the policy covers it; it does not count then.
    const char *waiver_reason, *waiver_who, *waiver_until;
};

enum tw_decision { TW_PASS, TW_WARN, TW_DENY };
const char *tw_decision_name(enum tw_decision decision);

// What a verdict depends on, beside the image and the facts.
struct tw_judge_options {
    const struct tw_policy *policy;
    enum tw_lang lang;
    const char *today; // "2026-11-23", UTC; NULL: waivers do not end
    // Of the Pod and the container that it will run in. NULL, 0: not known, or none.
    const char *kube_namespace;
    const struct tw_label *labels; // go before the image's own
    size_t label_count;
    uint64_t cpu_limit_millis, memory_limit_bytes;
    // Variables whose value is not known here (of a Secret, say): set or not, nobody can tell. With
    // may_set_any that is so for every one that the image's environment does not have.
    const char *const *unknown;
    size_t unknown_count;
    bool may_set_any;
    bool has_fail_on; // goes before the policy's and the channel's
    enum tw_severity fail_on;
};

struct tw_verdict {
    struct tw_arena *arena; // owns everything below
    const char *policy;
    const char *channel; // NULL: none fits
    enum tw_severity fail_on;
    enum tw_decision decision;
    unsigned counts[TW_SEVERITY_COUNT]; // without the waived
    unsigned waived;
    struct tw_finding *findings; // worst first, then rule, binary, fingerprint
    size_t finding_count;
};

int tw_judge(const struct tw_image_inventory *image, const struct tw_judge_options *options,
    struct tw_verdict **ret_verdict, struct tw_err *err);
void tw_verdict_free(struct tw_verdict *verdict);
TW_DEFINE_AUTO(struct tw_verdict, tw_verdict_free)
