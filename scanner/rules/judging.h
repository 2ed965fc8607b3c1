// What the checks of a verdict work with. For this folder only.
#pragma once

#include <stdbool.h>

#include "scanner/base/goversion.h"
#include "scanner/rules/message.h"
#include "scanner/rules/verdict.h"

struct tw_judging;

// A rule and the check that finds it; a family's file has an array of these.
struct tw_rule_row {
    struct tw_rule rule;
    // NULL: it is not of one image, but of two (compare.h).
    void (*check)(struct tw_judging *judging, const struct tw_rule *rule);
};

struct tw_rule_family {
    const struct tw_rule_row *rows;
    size_t count;
};

extern const struct tw_rule_family tw_rule_families[]; // in order of id
extern const size_t tw_rule_family_count;

extern const struct tw_rule_row tw_rules_goroot[9];
extern const struct tw_rule_row tw_rules_godebug[10];
extern const struct tw_rule_row tw_rules_goexperiment[7];
extern const struct tw_rule_row tw_rules_release[8];
extern const struct tw_rule_row tw_rules_process[8];
extern const struct tw_rule_row tw_rules_drift[4];
extern const struct tw_rule_row tw_rules_house[1];
extern const struct tw_rule_row tw_rules_completeness[4];

enum tw_certainty {
    TW_VERSION_UNKNOWN,
    TW_VERSION_AT_LEAST, // only the lower bound is known
    TW_VERSION_EXACT,
};

struct tw_judged_binary {
    const struct tw_image_binary *image;
    const struct tw_gobin *bin;
    enum tw_certainty certainty;
    struct tw_goversion version;
    const char *shown; // "go1.27.4", in the language of the verdict
    bool of_toolchain; // a program of a Go toolchain in the image: go, gofmt, what they call
};

struct tw_judging {
    const struct tw_image_inventory *image;
    const struct tw_judge_options *options;
    enum tw_lang lang;
    struct tw_arena *arena; // the verdict's
    struct tw_verdict *verdict;
    struct tw_judged_binary *binaries; // Go programs only
    size_t binary_count;
    uint64_t mem_failures; // when it began
    bool out_of_memory;    // sticky: the verdict is dropped at the end
};

// Starts a verdict: the image's programs, no finding yet. *arena is made when it is NULL;
// everything goes there.
int tw_judging_begin(const struct tw_image_inventory *image, const struct tw_judge_options *options,
    struct tw_arena **arena, struct tw_judging *ret_judging, struct tw_err *err);

// Applies the policy to the findings, sorts them and decides. The verdict takes the arena over.
int tw_judging_end(struct tw_judging *judging, struct tw_arena **arena,
    struct tw_verdict **ret_verdict, struct tw_err *err);

// Text in the arena, never NULL: on failure "" and out_of_memory is set.
const char *tw_judging_span(struct tw_judging *judging, struct tw_span text);
const char *tw_judging_join(struct tw_judging *judging, const char *a, const char *b);

// The message with its {names} filled in from pairs of name and value, closed by NULL.
const char *tw_say(struct tw_judging *judging, enum tw_message_id id, ...);

// Whether a file that is not in the inventory is not there: the image was read to its end, and is
// one.
bool tw_judging_sees_files(const struct tw_judging *judging);

// Whether there is no Go toolchain, for sure.
bool tw_judging_no_toolchain(const struct tw_judging *judging);

// Whether nobody can tell if the process will have the variable, and with which value.
bool tw_judging_unknown(const struct tw_judging *judging, const char *name);

// ---- traces: what texts say, beside the environment and the programs ----

struct tw_traced { // starts as zeros
    const struct tw_text_file *text;
    const struct tw_trace *trace;
    size_t text_at, trace_at;
};

// The next trace of that kind and name (NULL: any); false at the end.
bool tw_traced_next(const struct tw_judging *judging, enum tw_trace_kind kind, const char *name,
    struct tw_traced *traced);

// Whether it is of what built this image, or will: its history, or the Dockerfile that was asked
// about; not of a Dockerfile or script that lies in the image.
bool tw_traced_is_build(const struct tw_judging *judging, const struct tw_traced *traced);

// The version of the toolchain that the text runs with, as the text or the image tells it.
bool tw_traced_go(
    const struct tw_judging *judging, const struct tw_traced *traced, struct tw_goversion *ret_go);

// A finding on the trace, with its place as evidence.
struct tw_finding *tw_find_traced(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_traced *traced, const char *subject, const char *message);

// ---- groups: binaries that a finding says the same of ----

struct tw_group {
    const char *key;
    const void *detail;
    const struct tw_judged_binary **members;
    size_t count;
};

struct tw_groups {
    struct tw_group *items;
    size_t count;
};

// Adds the binary to the group of that key; the first one sets `detail`.
void tw_groups_add(struct tw_judging *judging, struct tw_groups *groups, const char *key,
    const void *detail, const struct tw_judged_binary *binary);

// "go1.27.4", "go1.19.8, go1.22.1", "go1.19.8, go1.22.1 and 4 more": each version once, oldest
// first.
const char *tw_group_versions(struct tw_judging *judging, const struct tw_group *group);

// ---- findings ----

enum { TW_EVIDENCE_MAX = 50 }; // rows of one finding: a wall of paths helps nobody

// A finding on the image as a whole, or on one binary. `subject` makes it itself among the findings
// of its rule and binary ("GODEBUG=gctrace"); it must not change when the image is built again.
// NULL when out of memory: all of these take a NULL finding.
struct tw_finding *tw_find(struct tw_judging *judging, const struct tw_rule *rule,
    const char *binary_path, const char *subject, const char *message);

// On one binary, or on the image with a line of evidence a binary when the group has several.
struct tw_finding *tw_find_group(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_group *group, const char *subject, const char *message);

void tw_evidence_add(
    struct tw_judging *judging, struct tw_finding *finding, struct tw_evidence evidence);

// The variable, with the instruction that set it. NULL: nothing is added.
void tw_evidence_env(
    struct tw_judging *judging, struct tw_finding *finding, const struct tw_env_var *variable);
