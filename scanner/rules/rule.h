// The rule catalogue: one row a rule, one file a family. design/rules.md.
#pragma once

#include <stddef.h>

#include "scanner/base/err.h"

enum tw_severity { TW_INFO, TW_LOW, TW_MEDIUM, TW_HIGH, TW_CRITICAL, TW_SEVERITY_COUNT };
const char *tw_severity_name(enum tw_severity severity); // "critical" ...
int tw_severity_parse(const char *name, enum tw_severity *ret_severity, struct tw_err *err);

enum tw_lang { TW_EN, TW_ZH, TW_LANG_COUNT };

struct tw_rule_text { // all fields always there, in every language
    const char *title;
    const char *what; // what happens
    const char *why;
    const char *see;      // how to see it in production: a log line, a PromQL query
    const char *now;      // what to do now
    const char *for_good; // what to do for good
};

struct tw_rule {
    const char *id;   // "TW201"
    const char *name; // "godebug-fatal"
    enum tw_severity severity;
    const char *const *sources; // NULL-terminated: files of golang/go, documents, with versions
    struct tw_rule_text text[TW_LANG_COUNT];
};

// In order of id.
const struct tw_rule *tw_rule_at(size_t index);     // NULL past the end
const struct tw_rule *tw_rule_find(const char *id); // by id or name; NULL: no such rule
