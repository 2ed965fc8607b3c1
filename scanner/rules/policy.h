// What a house makes of findings: which count how much, where exceptions hold, and until when.
// design/rules.md, "Policy"; the form of the file is in docs/policy.md.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/limits.h"
#include "scanner/image/config.h"
#include "scanner/rules/rule.h"

enum tw_incomplete { TW_INCOMPLETE_ALLOW, TW_INCOMPLETE_WARN, TW_INCOMPLETE_DENY };

struct tw_texts {
    const char **items;
    size_t count;
};

struct tw_override {
    const struct tw_rule *rule;
    bool off;
    enum tw_severity severity;
};

struct tw_overrides {
    struct tw_override *items;
    size_t count;
};

struct tw_label_pattern {
    const char *name;
    struct tw_texts patterns;
};

struct tw_channel { // a kind of image or place, for which other things hold
    const char *name;
    // Patterns (base/glob.h); an empty list fits everything.
    struct tw_texts repositories, tags, namespaces;
    struct tw_label_pattern *labels;
    size_t label_count;
    struct tw_texts experiments, godebug; // allowed there
    bool has_fail_on;
    enum tw_severity fail_on;
    struct tw_overrides severity;
};

struct tw_waiver { // a finding that is known and accepted for a time
    const struct tw_rule *rule;
    struct tw_texts images; // patterns on "registry/repository:tag"; empty: every image
    // Patterns on the program's path, or on those of all that a finding is about; empty: every one,
    // and the image.
    struct tw_texts paths;
    const char *reason, *who;
    const char *until; // "2027-01-31": holds up to and including that day, UTC
};

// What Kubernetes is answered: docs/admission.md.
enum tw_admit { TW_ADMIT_ALLOW, TW_ADMIT_WARN, TW_ADMIT_DENY, TW_ADMIT_WAIT };

struct tw_admission_policy {
    bool enforce;            // else what would be denied is warned of
    enum tw_admit unscanned; // an image that nobody has scanned: allow, wait or deny
    enum tw_admit unknown;   // what cannot be told: allow, warn or deny
};

struct tw_policy {
    struct tw_arena *arena; // owns everything below; NULL for the built-in ones
    const char *name;
    const char *profile; // "default", "strict", "declared"
    enum tw_severity fail_on;
    enum tw_incomplete incomplete;
    bool declared; // the house rules are on
    struct tw_overrides severity;
    struct tw_admission_policy admission;
    struct tw_texts goroots;     // patterns; empty: any
    struct tw_channel *channels; // the first that fits counts
    size_t channel_count;
    struct tw_waiver *waivers;
    size_t waiver_count;
    char fingerprint[33]; // of the file's bytes: tells when stored images must be judged again
};

extern const struct tw_policy tw_policy_default; // fail_on high, incomplete warn

// A profile without a file. TW_E_USAGE names those that there are.
int tw_policy_of_profile(const char *name, const struct tw_policy **ret_policy, struct tw_err *err);

// Reads the YAML form. TW_E_FORMAT: "line 3, column 5: ..."; TW_E_LIMIT: over limits->policy_bytes.
int tw_policy_read(struct tw_span yaml, const struct tw_limits *limits,
    struct tw_policy **ret_policy, struct tw_err *err);
void tw_policy_free(struct tw_policy *policy);
TW_DEFINE_AUTO(struct tw_policy, tw_policy_free)

// Whether one of the patterns fits; an empty list fits everything.
bool tw_texts_fit(const struct tw_texts *patterns, const char *text);

// Whether one of the patterns fits; an empty list fits nothing.
bool tw_texts_allow(const struct tw_texts *patterns, const char *text);

// The severity of a finding of this rule, which is `severity` when nobody says otherwise. `channel`
// may be NULL. False: the rule is off.
bool tw_policy_weighs(const struct tw_policy *policy, const struct tw_channel *channel,
    const struct tw_rule *rule, enum tw_severity severity, enum tw_severity *ret_severity);
