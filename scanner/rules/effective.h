// The GODEBUG that is in force for one binary: its own DefaultGODEBUG, then the environment, key by
// key. facts: src/runtime/runtime1.go parsedebugvars, src/internal/godebug.
#pragma once

#include "scanner/facts/godebug.h"
#include "scanner/rules/judging.h"

enum tw_linked { TW_LINKED_NO, TW_LINKED_YES, TW_LINKED_NOT_KNOWN };

// Whether the package has functions in the program.
enum tw_linked tw_package_linked(const struct tw_gobin *bin, const char *package);

// Whether something in this binary reads the key at all.
enum tw_linked tw_effective_linked(
    const struct tw_judged_binary *binary, const struct tw_godebug *key);

struct tw_effective {
    struct tw_span value;
    bool from_default; // DefaultGODEBUG, not the environment
};

// The value in force; false when nobody sets the key. `environment` may be empty.
bool tw_effective_value(const struct tw_judged_binary *binary, const struct tw_godebug *key,
    struct tw_span environment, struct tw_effective *ret_effective);

// What the value would be without the environment: DefaultGODEBUG's, else the toolchain's default,
// else a span with p == NULL.
struct tw_span tw_effective_without(
    const struct tw_judged_binary *binary, const struct tw_godebug *key);

// Whether this DefaultGODEBUG value is there because the go line in go.mod is old, rather than
// because somebody wrote a godebug or //go:debug line.
bool tw_effective_from_go_line(
    const struct tw_judged_binary *binary, const struct tw_godebug *key, struct tw_span value);

// The elements of a GODEBUG text with each key once, in order of first appearance. At most
// TW_EFFECTIVE_ELEMENTS of them: no more are looked at.
enum { TW_EFFECTIVE_ELEMENTS = 256 };
struct tw_elements {
    struct tw_godebug_element *items;
    size_t count;
};
void tw_elements_of(struct tw_judging *judging, struct tw_span text, struct tw_elements *ret);

// GODEBUG in the image's ENV, or NULL; and its value as a span (empty when NULL).
const struct tw_env_var *tw_godebug_variable(const struct tw_judging *judging);
struct tw_span tw_godebug_text(const struct tw_judging *judging);

// DefaultGODEBUG of the binary, or empty.
struct tw_span tw_default_godebug(const struct tw_judged_binary *binary);
