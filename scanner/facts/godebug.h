// What each Go version does with each GODEBUG key, and how it reads the variable.
// Sources: src/runtime/runtime1.go, src/internal/godebug(s), doc/godebug.md of Go 1.0 to 1.27.4.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/base/goversion.h"
#include "scanner/base/span.h"

enum tw_godebug_form {
    TW_GODEBUG_WORD,  // compared with a few words, anything else counts as the default
    TW_GODEBUG_INT32, // the runtime's numbers: what does not parse is ignored
    TW_GODEBUG_INT,   // strconv.Atoi in a package: what does not parse counts as the default
    TW_GODEBUG_ONOFF, // cpu.*
};

enum tw_godebug_reader {
    TW_READ_RUNTIME,    // every Go program
    TW_READ_PACKAGE,    // programs that have `package` linked in
    TW_READ_GO,         // the go command and its tools, no compiled service
    TW_READ_TEST,       // go test -fuzz only
    TW_READ_WINDOWS,    // programs on Windows
    TW_READ_DARWIN,     // programs on macOS (some on Windows too); never on Linux
    TW_READ_EXPERIMENT, // only programs built with the experiment of the same name
};

enum tw_harm_class {
    TW_HARM_FATAL,     // the program does not start
    TW_HARM_DEAD,      // the key is known but nothing reads it
    TW_HARM_TRACE,     // prints
    TW_HARM_RUNTIME,   // changes the runtime for the worse
    TW_HARM_WEAKENS,   // turns a protection off
    TW_HARM_HTTP2_OFF, // switches HTTP/2 off
};

enum tw_harm_condition { TW_IF_ANY, TW_IF_IS, TW_IF_NOT, TW_IF_ABOVE, TW_IF_UNTESTED };

struct tw_godebug_harm {
    enum tw_harm_class class;
    enum tw_harm_condition condition;
    const char *word; // TW_IF_IS
    int64_t number;   // TW_IF_IS of a number, TW_IF_NOT, TW_IF_ABOVE
    struct tw_goversion from;
    struct tw_goversion until; // not included; zero: open
    int severity;              // instead of the rule's own; -1: the rule's
    const char *package;       // only in programs that have it linked in; NULL: as the key
    const char *says[2];       // English, Chinese: what really happens, a clause
};

struct tw_godebug_default {
    struct tw_goversion from;
    const char *value;
};

struct tw_godebug {
    const char *name;
    const char *package; // acts when this one is linked in: "net/http"
    enum tw_godebug_form form;
    enum tw_godebug_reader reader;
    bool env_only;               // DefaultGODEBUG does not act on it
    const char *tests;           // words: the values that the code compares with; "*": any
    const char *arch;            // cpu.*: GOARCH words; NULL: all
    struct tw_goversion changed; // default changed for newer go lines; zero: never
    const char *old_value;       // what an older go line keeps; NULL
    struct tw_goversion removed; // first version without it; zero: still there
    uint16_t known_at, known_count, default_at, default_count, harm_at, harm_count;
    const char *values; // English prose: "1 = no signal-based preemption"
    const char *effect; // what it is about
    const char *risk;   // in production; NULL
    const char *source; // files of golang/go
};

// By exact name; `arch` (GOARCH) chooses among the cpu.* keys, NULL: any. NULL: never existed.
const struct tw_godebug *tw_godebug_find(struct tw_span name, const char *arch);

// The key known to that Go whose name is most like `name` (at most two letters differ, fewer for
// short names), or NULL. Ties go to the first by name.
const struct tw_godebug *tw_godebug_nearest(
    struct tw_span name, struct tw_goversion version, const char *arch);

// Whether that Go acts on the key at all; false before its first version and once it is removed.
bool tw_godebug_known(const struct tw_godebug *key, struct tw_goversion version);
bool tw_godebug_removed(const struct tw_godebug *key, struct tw_goversion version);

// The first version that knows the key on the newest branch it began on ("1.23.11" or "1.25").
struct tw_goversion tw_godebug_first(const struct tw_godebug *key);

// The value that holds when nobody sets the key; NULL: none, or the key is not known.
const char *tw_godebug_default(const struct tw_godebug *key, struct tw_goversion version);

// The row of `class` that applies to that value in that version, or NULL. Linking and platform are
// the caller's to check.
const struct tw_godebug_harm *tw_godebug_harm(const struct tw_godebug *key,
    enum tw_harm_class class, struct tw_span value, struct tw_goversion version);

// Whether this Go takes the value as one (a number, a word it compares with).
bool tw_godebug_valid(
    const struct tw_godebug *key, struct tw_span value, struct tw_goversion version);

// Whether two values do the same; a NULL span pointer is "not set".
bool tw_godebug_same(
    const struct tw_godebug *key, struct tw_span a, struct tw_span b, struct tw_goversion version);

// The runtime's number syntax: decimal int32, sign and leading zeros allowed ("+" from 1.26).
bool tw_godebug_int32(struct tw_span text, struct tw_goversion version, int32_t *ret_value);

struct tw_godebug_element {
    struct tw_span text; // between the commas, nothing trimmed
    struct tw_span key;  // up to the first "="; all of it when there is none
    struct tw_span value;
    bool has_value;
};

// Takes the next element off `rest`; false at the end. Empty elements are passed over.
bool tw_godebug_next(struct tw_span *rest, struct tw_godebug_element *ret_element);

// The value that a program of that version takes for `key` from one GODEBUG text: the last number
// that parses for the runtime's keys; the last element for others from 1.20, the first before it;
// a substring search for those keys that do so. A "#pattern" is cut where the program cuts it.
bool tw_godebug_lookup(struct tw_span text, const struct tw_godebug *key,
    struct tw_goversion version, struct tw_span *ret_value);

// By index in order of name; NULL past the end.
const struct tw_godebug *tw_godebug_at(size_t index);
