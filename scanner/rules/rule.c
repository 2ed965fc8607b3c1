#include "scanner/rules/rule.h"

#include <string.h>

#include "scanner/rules/judging.h"

static const char *const severity_names[TW_SEVERITY_COUNT] = {
    [TW_INFO] = "info",
    [TW_LOW] = "low",
    [TW_MEDIUM] = "medium",
    [TW_HIGH] = "high",
    [TW_CRITICAL] = "critical",
};

const struct tw_rule_family tw_rule_families[] = {
    {tw_rules_goroot, TW_COUNT(tw_rules_goroot)},
    {tw_rules_godebug, TW_COUNT(tw_rules_godebug)},
    {tw_rules_goexperiment, TW_COUNT(tw_rules_goexperiment)},
    {tw_rules_release, TW_COUNT(tw_rules_release)},
    {tw_rules_process, TW_COUNT(tw_rules_process)},
    {tw_rules_drift, TW_COUNT(tw_rules_drift)},
    {tw_rules_house, TW_COUNT(tw_rules_house)},
    {tw_rules_completeness, TW_COUNT(tw_rules_completeness)},
};
const size_t tw_rule_family_count = TW_COUNT(tw_rule_families);

const char *tw_severity_name(enum tw_severity severity)
{
    return severity_names[severity];
}

int tw_severity_parse(const char *name, enum tw_severity *ret_severity, struct tw_err *err)
{
    for (unsigned i = 0; i < TW_SEVERITY_COUNT; i++) {
        if (strcmp(name, severity_names[i]) == 0) {
            *ret_severity = (enum tw_severity)i;
            return 0;
        }
    }
    return tw_err_set(err, TW_E_USAGE,
        "\"%.40s\" is no severity; write critical, high, medium, low or info", name);
}

const struct tw_rule *tw_rule_at(size_t index)
{
    for (size_t i = 0; i < tw_rule_family_count; i++) {
        if (index < tw_rule_families[i].count)
            return &tw_rule_families[i].rows[index].rule;
        index -= tw_rule_families[i].count;
    }
    return NULL;
}

const struct tw_rule *tw_rule_find(const char *id)
{
    const struct tw_rule *rule;
    for (size_t i = 0; (rule = tw_rule_at(i)); i++) {
        if (strcmp(rule->id, id) == 0 || strcmp(rule->name, id) == 0)
            return rule;
    }
    return NULL;
}
