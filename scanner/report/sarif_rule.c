#include "scanner/report/sarif_rule.h"

#include <string.h>

#include "scanner/base/text.h"
#include "scanner/report/binary.h"

enum { // GitHub's
    NAME_MAX_BYTES = 255,
    DESCRIPTION_MAX_BYTES = 1024,
};

// GitHub's bounds: critical from 9.0, high from 7.0, medium from 4.0, low above 0. Infos have no
// security severity.
static const struct {
    const char *level, *score;
} severities[TW_SEVERITY_COUNT] = {
    [TW_INFO] = {"note", NULL},
    [TW_LOW] = {"note", "2.0"},
    [TW_MEDIUM] = {"warning", "5.5"},
    [TW_HIGH] = {"error", "8.0"},
    [TW_CRITICAL] = {"error", "9.5"},
};

const char *tw_sarif_level(enum tw_severity severity)
{
    return severities[severity].level;
}

static int by_id(const void *a, const void *b)
{
    const struct tw_sarif_rule *x = a, *y = b;
    return strcmp(x->rule->id, y->rule->id);
}

static struct tw_sarif_rule *find(const struct tw_sarif_rules *rules, const struct tw_rule *rule)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->rows[i].rule == rule)
            return &rules->rows[i];
    }
    return NULL;
}

int tw_sarif_rules_of(const struct tw_verdict *verdict, size_t count, struct tw_arena *arena,
    struct tw_sarif_rules *ret_rules, struct tw_err *err)
{
    struct tw_sarif_rules rules = {0};
    for (size_t i = 0; i < count; i++) {
        const struct tw_finding *finding = &verdict->findings[i];
        struct tw_sarif_rule *row = find(&rules, finding->rule);
        if (!row && !(row = tw_arena_push(arena, &rules.rows, &rules.count)))
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        row->rule = finding->rule;
        row->worst = finding->severity > row->worst ? finding->severity : row->worst;
    }
    if (rules.count > 0)
        qsort(rules.rows, rules.count, sizeof *rules.rows, by_id);
    *ret_rules = rules;
    return 0;
}

size_t tw_sarif_rule_index(const struct tw_sarif_rules *rules, const struct tw_rule *rule)
{
    return (size_t)(find(rules, rule) - rules->rows);
}

// At most so many bytes of it, whole characters.
static json_t *clipped(const char *text, size_t max_bytes)
{
    return json_stringn(text, tw_text_cut(tw_span_str(text), max_bytes));
}

static json_t *help_json(const struct tw_rule_text *text, enum tw_lang lang)
{
    static const char *const headings[TW_LANG_COUNT][5] = {
        [TW_EN] = {"What happens", "Why", "How to see it", "What to do now", "What to do for good"},
        [TW_ZH] = {"会发生什么", "为什么", "怎样看到", "现在怎么办", "根本的办法"},
    };
    const char *bodies[] = {text->what, text->why, text->see, text->now, text->for_good};
    TW_AUTO(tw_buf_done) struct tw_buf plain = TW_BUF(1 << 16), markdown = TW_BUF(1 << 16);
    for (size_t i = 0; i < TW_COUNT(bodies); i++) {
        tw_buf_printf(&plain, "%s%s: %s", i ? "\n\n" : "", headings[lang][i], bodies[i]);
        tw_buf_printf(&markdown, "%s**%s**\n\n%s", i ? "\n\n" : "", headings[lang][i], bodies[i]);
    }
    if (plain.status < 0 || markdown.status < 0)
        return NULL;
    return json_pack("{s:s, s:s}", "text", plain.data, "markdown", markdown.data);
}

static json_t *rule_json(const struct tw_sarif_rule *row, enum tw_lang lang)
{
    const struct tw_rule_text *text = &row->rule->text[lang];
    const char *score = severities[row->worst].score;
    json_t *properties =
        json_pack("{s:[s,s,s], s:s}", "tags", "security", "go", "container", "precision", "high");
    if (score && json_object_set_new(properties, "security-severity", json_string(score)) < 0) {
        json_decref(properties);
        properties = NULL;
    }
    return json_pack("{s:s, s:o, s:{s:o}, s:{s:o}, s:o, s:{s:s}, s:o}", //
        "id", row->rule->id, "name", clipped(row->rule->name, NAME_MAX_BYTES), "shortDescription",
        "text", clipped(text->title, DESCRIPTION_MAX_BYTES), "fullDescription", "text",
        clipped(text->what, DESCRIPTION_MAX_BYTES), "help", help_json(text, lang),
        "defaultConfiguration", "level", tw_sarif_level(row->worst), "properties", properties);
}

json_t *tw_sarif_rules_json(const struct tw_sarif_rules *rules, enum tw_lang lang)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rules->count; i++)
        list = tw_json_append(list, rule_json(&rules->rows[i], lang));
    return list;
}
