#include "scanner/inventory/text_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/json.h"

static const char *const keys[] = {"path", "kind", "layer", "traces", NULL};

// A trace is a row: kind, name, value, text, go, line, forgiven.
enum { COLUMNS = 7 };

// ---- out ----

static json_t *trace_json(const struct tw_trace *t)
{
    char line[24];
    snprintf(line, sizeof line, "%" PRIu64, t->line);
    return json_pack("[s, s, o, s, o, s, s]", tw_trace_kind_name(t->kind), t->name,
        tw_json_or_null(t->value), t->text, tw_json_or_null(t->go), line,
        t->forgiven ? "yes" : "no");
}

json_t *tw_texts_json(const struct tw_text_file *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++) {
        json_t *traces = json_array();
        for (size_t t = 0; t < texts[i].trace_count; t++)
            json_array_append_new(traces, trace_json(&texts[i].traces[t]));
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:o}", "path", tw_json_or_null(texts[i].path), "kind",
                      tw_text_kind_name(texts[i].kind), "layer", tw_json_or_null(texts[i].layer),
                      "traces", traces));
    }
    return list;
}

// ---- in ----

static bool trace_of(const char *const *cells, struct tw_trace *ret_trace)
{
    struct tw_trace t = {.name = cells[1], .value = cells[2], .text = cells[3], .go = cells[4]};
    char *end;
    while (t.kind < TW_TRACE_KINDS && strcmp(cells[0], tw_trace_kind_name(t.kind)) != 0)
        t.kind++;
    t.line = strtoull(cells[5], &end, 10);
    t.forgiven = strcmp(cells[6], "yes") == 0;
    *ret_trace = t;
    return t.kind < TW_TRACE_KINDS && *end == '\0' && end > cells[5] &&
           (t.forgiven || strcmp(cells[6], "no") == 0);
}

static int take_traces(
    const struct tw_field *f, const struct tw_limits *limits, struct tw_text_file *text)
{
    static const int kinds[COLUMNS] = {TW_FIELD_WORD, TW_FIELD_ANY, TW_FIELD_ANY | TW_FIELD_NULL,
        TW_FIELD_ANY, TW_FIELD_ANY | TW_FIELD_NULL, TW_FIELD_WORD, TW_FIELD_WORD};
    const char **cells;
    int r =
        tw_field_rows(f, "traces", limits->text_traces, COLUMNS, kinds, &cells, &text->trace_count);
    if (r < 0)
        return r;
    text->traces = tw_arena_alloc(f->arena, (text->trace_count + 1) * sizeof *text->traces);
    if (!text->traces)
        return tw_field_fail(f, "traces", "does not fit into memory");
    for (size_t i = 0; i < text->trace_count; i++) {
        if (!trace_of(cells + i * COLUMNS, &text->traces[i]))
            return tw_field_fail(f, "traces", "has a row that is no trace");
    }
    return 0;
}

static int take_text(
    const struct tw_field *f, const struct tw_limits *limits, struct tw_text_file *text)
{
    const char *kind;
    int r;
    if ((r = tw_field_keys(f, keys)) < 0 ||
        (r = tw_field_text(f, "path", TW_FIELD_PATH | TW_FIELD_NULL, &text->path)) < 0 ||
        (r = tw_field_text(f, "kind", TW_FIELD_WORD, &kind)) < 0 ||
        (r = tw_field_text(f, "layer", TW_FIELD_LINE | TW_FIELD_NULL, &text->layer)) < 0)
        return r;
    while (text->kind < TW_TEXT_KINDS && strcmp(kind, tw_text_kind_name(text->kind)) != 0)
        text->kind++;
    if (text->kind == TW_TEXT_KINDS)
        return tw_field_fail(f, "kind", "is not known");
    return take_traces(f, limits, text);
}

int tw_texts_take(const struct tw_field *top, const char *name, const struct tw_limits *limits,
    uint64_t max, struct tw_text_file **ret_texts, size_t *ret_count)
{
    const json_t *list;
    int r = tw_field_array(top, name, max, &list);
    for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
        struct tw_field f = *top;
        f.object = json_array_get(list, i);
        f.where = name;
        f.index = i;
        struct tw_text_file *text = tw_arena_push(top->arena, ret_texts, ret_count);
        r = text ? take_text(&f, limits, text)
                 : tw_field_fail(top, name, "does not fit into memory");
    }
    return r;
}
