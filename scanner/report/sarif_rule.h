// The rules of a SARIF run, and what severities are called there. Private to sarif.c.
#pragma once

#include <jansson.h>

#include "scanner/base/arena.h"
#include "scanner/report/report.h"

struct tw_sarif_rule {
    const struct tw_rule *rule;
    enum tw_severity worst; // of its findings
};

struct tw_sarif_rules {
    struct tw_sarif_rule *rows; // those with findings, in order of id
    size_t count;
};

// "error" "warning" "note"
const char *tw_sarif_level(enum tw_severity severity);

// Of the first `count` findings. TW_E_NOMEM.
int tw_sarif_rules_of(const struct tw_verdict *verdict, size_t count, struct tw_arena *arena,
    struct tw_sarif_rules *ret_rules, struct tw_err *err);
size_t tw_sarif_rule_index(const struct tw_sarif_rules *rules, const struct tw_rule *rule);

// tool.driver.rules: a new reference, NULL when out of memory.
json_t *tw_sarif_rules_json(const struct tw_sarif_rules *rules, enum tw_lang lang);
