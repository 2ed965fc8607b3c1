// YAML as people write it for us: every key known, every mistake told with its line and column.
// Anchors, references, tags and several documents are not taken. The only header that sees libyaml.
#pragma once

#include <yaml.h>

#include "scanner/base/arena.h"
#include "scanner/base/err.h"
#include "scanner/rules/policy.h"

struct tw_yaml {
    yaml_document_t document;
    struct tw_arena *arena; // values are copied there
    struct tw_err *err;
    const char *name; // of the file, for messages "name:3:5: ..."; NULL: "line 3, column 5: ..."
};

// Reads the whole text: TW_E_FORMAT, TW_E_NOMEM. Close it when this returned 0.
int tw_yaml_open(struct tw_yaml *yaml, struct tw_span text);
void tw_yaml_close(struct tw_yaml *yaml);

// NULL: the document is empty.
const yaml_node_t *tw_yaml_root(struct tw_yaml *yaml);
const yaml_node_t *tw_yaml_node(struct tw_yaml *yaml, int index);

// "line 3, column 5: ..." (or the file's name before it) with TW_E_FORMAT.
int tw_yaml_fail(struct tw_yaml *yaml, const yaml_node_t *node, const char *fmt, ...)
    TW_PRINTF(3, 4);

// The start of a text of the file, fit to stand in a message: one line, nothing but printable.
const char *tw_yaml_shown(struct tw_yaml *yaml, struct tw_span text);
int tw_yaml_no_memory(struct tw_yaml *yaml);

// The text of a scalar; an empty span of any other node.
struct tw_span tw_yaml_scalar(const yaml_node_t *node);

// Puts a value where it belongs.
typedef int (*tw_yaml_read)(struct tw_yaml *yaml, const yaml_node_t *node, void *target);

// A text that is not empty: target is const char **.
int tw_yaml_text(struct tw_yaml *yaml, const yaml_node_t *node, void *target);

// A text, or a list of them: target is struct tw_texts *.
int tw_yaml_texts(struct tw_yaml *yaml, const yaml_node_t *node, void *target);

// One of `count` words, as its number.
int tw_yaml_word(struct tw_yaml *yaml, const yaml_node_t *node, const char *const *words,
    size_t count, size_t *ret_word);

// A calendar day, "2027-01-31": target is const char **.
int tw_yaml_day(struct tw_yaml *yaml, const yaml_node_t *node, void *target);

enum { TW_YAML_KEYS = 24 };

struct tw_yaml_key {
    const char *name;
    tw_yaml_read read;
    bool required;
};

// A mapping whose keys are those of the table; targets[i] belongs to keys[i]. The error for an
// unknown key names the one most like it.
int tw_yaml_mapping(struct tw_yaml *yaml, const yaml_node_t *node, const struct tw_yaml_key *keys,
    size_t count, void *const *targets);

// A list: `read` for each item, with the same target.
int tw_yaml_list(struct tw_yaml *yaml, const yaml_node_t *node, tw_yaml_read read, void *target);

// A mapping with keys of any name: `read` for each pair.
int tw_yaml_pairs(struct tw_yaml *yaml, const yaml_node_t *node, const char *what,
    int (*read)(
        struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target),
    void *target);
