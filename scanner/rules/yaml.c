#include "scanner/rules/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/base/text.h"
#include "scanner/facts/similar.h"

enum { DEPTH_MAX = 16, SHOWN_BYTES_MAX = 40 };

static int fail_at(struct tw_yaml *yaml, yaml_mark_t at, const char *text)
{
    if (yaml->name)
        return tw_err_set(yaml->err, TW_E_FORMAT, "%.200s:%zu:%zu: %.220s", yaml->name, at.line + 1,
            at.column + 1, text);
    return tw_err_set(
        yaml->err, TW_E_FORMAT, "line %zu, column %zu: %.220s", at.line + 1, at.column + 1, text);
}

int tw_yaml_fail(struct tw_yaml *yaml, const yaml_node_t *node, const char *fmt, ...)
{
    char text[sizeof(struct tw_err)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return fail_at(yaml, node->start_mark, text);
}

const char *tw_yaml_shown(struct tw_yaml *yaml, struct tw_span text)
{
    text.n = tw_text_cut(text, SHOWN_BYTES_MAX);
    const char *shown = tw_text_escape(yaml->arena, text);
    return shown ? shown : "";
}

int tw_yaml_no_memory(struct tw_yaml *yaml)
{
    return tw_err_set(yaml->err, TW_E_NOMEM, "out of memory");
}

const yaml_node_t *tw_yaml_root(struct tw_yaml *yaml)
{
    return yaml_document_get_root_node(&yaml->document);
}

const yaml_node_t *tw_yaml_node(struct tw_yaml *yaml, int index)
{
    return yaml_document_get_node(&yaml->document, index);
}

// ---- the text ----

// libyaml tells where it refused to read by the byte only. Columns are characters.
static yaml_mark_t mark_of(struct tw_span bytes, uint64_t offset)
{
    yaml_mark_t mark = {0};
    for (uint64_t i = 0; i < offset && i < bytes.n; i++) {
        bool ends = bytes.p[i] == '\n' ||
                    (bytes.p[i] == '\r' && !(i + 1 < bytes.n && bytes.p[i + 1] == '\n'));
        mark.line += ends;
        mark.column = ends ? 0 : mark.column + ((bytes.p[i] & 0xc0) != 0x80);
    }
    return mark;
}

static int parser_error(struct tw_yaml *yaml, const yaml_parser_t *parser, struct tw_span bytes)
{
    char text[sizeof(struct tw_err)];
    if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR)
        return tw_yaml_no_memory(yaml);
    if (parser->error == YAML_READER_ERROR)
        return fail_at(yaml, mark_of(bytes, parser->problem_offset),
            tw_text_is_utf8(bytes) ? "control characters are not allowed" : "this is not UTF-8");
    snprintf(text, sizeof text, "%s%s%s", parser->context ? parser->context : "",
        parser->context ? ": " : "", parser->problem ? parser->problem : "no YAML");
    return fail_at(yaml, parser->problem_mark, text);
}

// What is not taken: references make small files large, tags mean nothing here.
static const char *objection(const yaml_event_t *event, int *depth, int *documents)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return "references (*name) are not taken";
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? "there must be one document only" : NULL;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        ++*depth;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        ++*depth;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        --*depth;
        break;
    default:
        break;
    }
    return anchor               ? "anchors (&name) are not taken"
           : tag                ? "tags (!name) are not taken"
           : *depth > DEPTH_MAX ? "nested too deep"
                                : NULL;
}

static int start(struct tw_yaml *yaml, yaml_parser_t *parser, struct tw_span text)
{
    if (!yaml_parser_initialize(parser))
        return tw_yaml_no_memory(yaml);
    yaml_parser_set_input_string(parser, text.p, text.n);
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    return 0;
}

static int check_events(struct tw_yaml *yaml, struct tw_span text)
{
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0, documents = 0;
    int code = start(yaml, &parser, text);
    if (code < 0)
        return code;
    for (bool end = false; code == 0 && !end;) {
        if (!yaml_parser_parse(&parser, &event)) {
            code = parser_error(yaml, &parser, text);
            break;
        }
        const char *why = objection(&event, &depth, &documents);
        if (why)
            code = fail_at(yaml, event.start_mark, why);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return code;
}

int tw_yaml_open(struct tw_yaml *yaml, struct tw_span text)
{
    yaml_parser_t parser;
    if (text.n == 0)
        text = tw_span_of("", 0);
    int code = check_events(yaml, text);
    if (code == 0)
        code = start(yaml, &parser, text);
    if (code < 0)
        return code;
    if (!yaml_parser_load(&parser, &yaml->document))
        code = parser_error(yaml, &parser, text);
    yaml_parser_delete(&parser);
    return code;
}

void tw_yaml_close(struct tw_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
}

// ---- values ----

struct tw_span tw_yaml_scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE
               ? tw_span_of(node->data.scalar.value, node->data.scalar.length)
               : tw_span_of("", 0);
}

int tw_yaml_text(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char **text = target;
    if (node->type != YAML_SCALAR_NODE)
        return tw_yaml_fail(yaml, node, "must be a text");
    struct tw_span value = tw_yaml_scalar(node);
    if (value.n == 0 || memchr(value.p, 0, value.n))
        return tw_yaml_fail(yaml, node, "must be a text that is not empty");
    *text = tw_arena_strndup(yaml->arena, value.p, value.n);
    return *text ? 0 : tw_yaml_no_memory(yaml);
}

static int add_text(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct tw_texts *texts = target;
    const char **slot = tw_arena_push(yaml->arena, &texts->items, &texts->count);
    return slot ? tw_yaml_text(yaml, node, slot) : tw_yaml_no_memory(yaml);
}

int tw_yaml_texts(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    if (node->type == YAML_MAPPING_NODE)
        return tw_yaml_fail(yaml, node, "must be a text or a list of texts");
    return node->type == YAML_SEQUENCE_NODE ? tw_yaml_list(yaml, node, add_text, target)
                                            : add_text(yaml, node, target);
}

int tw_yaml_word(struct tw_yaml *yaml, const yaml_node_t *node, const char *const *words,
    size_t count, size_t *ret_word)
{
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(1024);
    const char *text = NULL;
    int code = tw_yaml_text(yaml, node, &text);
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_word = i;
            return 0;
        }
        tw_buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
    }
    return code < 0 ? code
                    : tw_yaml_fail(yaml, node, "\"%s\" must be one of: %s",
                          tw_yaml_shown(yaml, tw_span_str(text)), list.data);
}

static bool is_day(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int number[3] = {0};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (int i = 0, part = 0; i < 10; i++) {
        if (i == 4 || i == 7)
            part++;
        else if (text[i] < '0' || text[i] > '9')
            return false;
        else
            number[part] = number[part] * 10 + text[i] - '0';
    }
    int year = number[0], month = number[1], day = number[2];
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

int tw_yaml_day(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char **text = target;
    int code = tw_yaml_text(yaml, node, target);
    return code < 0        ? code
           : is_day(*text) ? 0
                           : tw_yaml_fail(yaml, node, "\"%s\" is no day; write it as 2027-01-31",
                                 tw_yaml_shown(yaml, tw_span_str(*text)));
}

// ---- lists and mappings ----

int tw_yaml_list(struct tw_yaml *yaml, const yaml_node_t *node, tw_yaml_read read, void *target)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return tw_yaml_fail(yaml, node, "must be a list");
    int code = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         code == 0 && item < node->data.sequence.items.top; item++)
        code = read(yaml, tw_yaml_node(yaml, *item), target);
    return code;
}

int tw_yaml_pairs(struct tw_yaml *yaml, const yaml_node_t *node, const char *what,
    int (*read)(
        struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target),
    void *target)
{
    if (node->type != YAML_MAPPING_NODE)
        return tw_yaml_fail(yaml, node, "must be a mapping of %s", what);
    int code = 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         code == 0 && pair < node->data.mapping.pairs.top; pair++)
        code = read(yaml, tw_yaml_node(yaml, pair->key), tw_yaml_node(yaml, pair->value), target);
    return code;
}

struct table {
    const struct tw_yaml_key *keys;
    size_t count;
    void *const *targets;
    bool seen[TW_YAML_KEYS];
};

static const char *key_at(void *ctx, size_t index)
{
    const struct table *table = ctx;
    return index < table->count ? table->keys[index].name : NULL;
}

static int unknown_key(struct tw_yaml *yaml, const yaml_node_t *node, struct table *table)
{
    struct tw_span name = tw_yaml_scalar(node);
    const char *near = tw_similar_nearest(name, key_at, table);
    return tw_yaml_fail(yaml, node, "unknown key \"%s\"%s%s%s", tw_yaml_shown(yaml, name),
        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int read_pair(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    struct table *table = target;
    size_t i = 0;
    if (name->type != YAML_SCALAR_NODE)
        return tw_yaml_fail(yaml, name, "a key must be a text");
    while (i < table->count && !tw_span_equals(tw_yaml_scalar(name), table->keys[i].name))
        i++;
    if (i == table->count)
        return unknown_key(yaml, name, table);
    if (table->seen[i])
        return tw_yaml_fail(yaml, name, "\"%s\" is there twice", table->keys[i].name);
    table->seen[i] = true;
    return table->keys[i].read(yaml, value, table->targets[i]);
}

int tw_yaml_mapping(struct tw_yaml *yaml, const yaml_node_t *node, const struct tw_yaml_key *keys,
    size_t count, void *const *targets)
{
    struct table table = {.keys = keys, .count = count, .targets = targets};
    int code = tw_yaml_pairs(yaml, node, "names to values", read_pair, &table);
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (keys[i].required && !table.seen[i])
            code = tw_yaml_fail(yaml, node, "\"%s\" is missing", keys[i].name);
    }
    return code;
}
