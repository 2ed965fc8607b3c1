// /v1/rules: the catalogue.
#include <string.h>

#include "api/json.h"
#include "api/lang.h"
#include "api/route.h"

static json_t *rule_json(const struct tw_rule *rule, enum tw_lang lang)
{
    const struct tw_rule_text *text = &rule->text[lang];
    json_t *sources = json_array();
    for (size_t i = 0; rule->sources && rule->sources[i]; i++) {
        if (json_array_append_new(sources, tw_json_text(rule->sources[i])) < 0) {
            json_decref(sources);
            sources = NULL;
        }
    }
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",   //
        "id", tw_json_text(rule->id), "name", tw_json_text(rule->name),           //
        "severity", tw_severity_name(rule->severity), "lang", tw_lang_name(lang), //
        "title", tw_json_text(text->title), "what", tw_json_text(text->what),     //
        "why", tw_json_text(text->why), "see", tw_json_text(text->see),           //
        "now", tw_json_text(text->now), "for_good", tw_json_text(text->for_good), //
        "sources", sources);
}

// The cursor is the id of the last rule of the page before.
static int first_of_page(const char *cursor, size_t *ret_index, struct tw_err *err)
{
    *ret_index = 0;
    if (!cursor)
        return 0;
    for (size_t i = 0; tw_rule_at(i); i++) {
        if (strcmp(tw_rule_at(i)->id, cursor) == 0) {
            *ret_index = i + 1;
            return 0;
        }
    }
    return tw_err_set(
        err, TW_E_USAGE, "cursor \"%.40s\" is not one that a page of rules gave", cursor);
}

int tw_handle_rule_list(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    enum tw_lang lang;
    unsigned limit;
    size_t first;
    int r = tw_lang_of_call(call, answer, &lang, err);
    if (r == 0)
        r = tw_query_limit(call->query, &limit, err);
    if (r == 0)
        r = first_of_page(tw_query_get(call->query, "cursor"), &first, err);
    if (r < 0)
        return r;
    json_t *items = json_array();
    size_t i = first;
    for (; tw_rule_at(i) && i < first + limit; i++) {
        if (json_array_append_new(items, rule_json(tw_rule_at(i), lang)) < 0) {
            json_decref(items);
            items = NULL;
        }
    }
    const char *next = i > first && tw_rule_at(i) ? tw_rule_at(i - 1)->id : NULL;
    return tw_answer_json(answer, 200, tw_json_page(items, next), err);
}

int tw_handle_rule_get(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    enum tw_lang lang;
    int r = tw_lang_of_call(call, answer, &lang, err);
    if (r < 0)
        return r;
    const struct tw_rule *rule = tw_rule_find(call->path[0]);
    if (!rule)
        return tw_err_set(err, TW_E_NOT_FOUND,
            "there is no rule \"%.40s\"; GET /v1/rules lists them", call->path[0]);
    return tw_answer_json(answer, 200, rule_json(rule, lang), err);
}
