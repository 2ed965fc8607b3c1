#include "scanner/inventory/field.h"

#include <inttypes.h>
#include <string.h>

#include "scanner/inventory/path.h"

int tw_field_fail(const struct tw_field *f, const char *name, const char *why)
{
    if (!f->where)
        return tw_err_set(f->err, TW_E_CAGE, "%s: %s", name, why);
    return tw_err_set(f->err, TW_E_CAGE, "%s[%zu].%s: %s", f->where, f->index, name, why);
}

static int fail_item(const struct tw_field *f, const char *name, size_t index, const char *why)
{
    if (!f->where)
        return tw_err_set(f->err, TW_E_CAGE, "%s[%zu]: %s", name, index, why);
    return tw_err_set(
        f->err, TW_E_CAGE, "%s[%zu].%s[%zu]: %s", f->where, f->index, name, index, why);
}

int tw_field_keys(const struct tw_field *f, const char *const *names)
{
    if (!json_is_object(f->object))
        return tw_field_fail(f, "(all)", "is no object");
    size_t count = 0;
    for (; names[count]; count++) {
        if (!json_object_get(f->object, names[count]))
            return tw_field_fail(f, names[count], "is missing");
    }
    if (json_object_size(f->object) != count)
        return tw_field_fail(f, "(all)", "has a field that is not known");
    return 0;
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    }
    return false;
}

static bool is_word(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n <= 40 && text[n] == '\0';
}

// What is wrong with a text; NULL: nothing.
static const char *objection(const char *text, int kind)
{
    switch (kind & ~TW_FIELD_NULL) {
    case TW_FIELD_LINE:
        return has_control(text) ? "has control characters" : NULL;
    case TW_FIELD_ESCAPED:
        return tw_path_is_escaped(text) ? NULL : "is not escaped as it should be";
    case TW_FIELD_PATH:
        return tw_path_is_canonical(text) ? NULL : "is no canonical path";
    case TW_FIELD_WORD:
        return is_word(text) ? NULL : "is no word";
    default:
        return NULL;
    }
}

// Copies a text out; returns what is wrong, NULL when all is well.
static const char *take_text(
    const struct tw_field *f, const json_t *value, int kind, const char **ret_text)
{
    if ((kind & TW_FIELD_NULL) && json_is_null(value)) {
        *ret_text = NULL;
        return NULL;
    }
    const char *text = json_string_value(value);
    if (!text)
        return "is no text";
    const char *why = objection(text, kind);
    if (why)
        return why;
    const char *copy = tw_arena_strndup(f->arena, text, json_string_length(value));
    if (!copy)
        return "does not fit into memory";
    *ret_text = copy;
    return NULL;
}

int tw_field_text(const struct tw_field *f, const char *name, int kind, const char **ret_text)
{
    const char *why = take_text(f, json_object_get(f->object, name), kind, ret_text);
    return why ? tw_field_fail(f, name, why) : 0;
}

int tw_field_u64(const struct tw_field *f, const char *name, uint64_t *ret_value)
{
    const json_t *value = json_object_get(f->object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return tw_field_fail(f, name, "is no number from 0 up");
    *ret_value = (uint64_t)json_integer_value(value);
    return 0;
}

int tw_field_bool(const struct tw_field *f, const char *name, bool *ret_value)
{
    const json_t *value = json_object_get(f->object, name);
    if (!json_is_boolean(value))
        return tw_field_fail(f, name, "is neither true nor false");
    *ret_value = json_is_true(value);
    return 0;
}

int tw_field_digest(
    const struct tw_field *f, const char *name, bool optional, struct tw_digest *ret_digest)
{
    const char *text = tw_json_string(f->object, name);
    if (!text)
        return tw_field_fail(f, name, "is no text");
    if (optional && text[0] == '\0') {
        *ret_digest = (struct tw_digest){0};
        return 0;
    }
    struct tw_err why = {0};
    return tw_digest_parse(text, ret_digest, &why) < 0 ? tw_field_fail(f, name, why.msg) : 0;
}

int tw_field_array(
    const struct tw_field *f, const char *name, uint64_t max, const json_t **ret_array)
{
    const json_t *array = json_object_get(f->object, name);
    if (!json_is_array(array))
        return tw_field_fail(f, name, "is no list");
    if (json_array_size(array) > max)
        return tw_field_fail(f, name, "has more items than the limits allow");
    *ret_array = array;
    return 0;
}

int tw_field_texts(const struct tw_field *f, const char *name, uint64_t max, int kind,
    const char ***ret_texts, size_t *ret_count)
{
    const json_t *array;
    int r = tw_field_array(f, name, max, &array);
    if (r < 0)
        return r;
    size_t count = json_array_size(array);
    const char **texts = tw_arena_alloc(f->arena, count * sizeof *texts + 1);
    if (!texts)
        return tw_field_fail(f, name, "does not fit into memory");
    for (size_t i = 0; i < count; i++) {
        const char *why = take_text(f, json_array_get(array, i), kind, &texts[i]);
        if (why)
            return fail_item(f, name, i, why);
    }
    *ret_texts = texts;
    *ret_count = count;
    return 0;
}

int tw_field_rows(const struct tw_field *f, const char *name, uint64_t max, size_t width,
    const int *kinds, const char ***ret_cells, size_t *ret_count)
{
    const json_t *array;
    int r = tw_field_array(f, name, max, &array);
    if (r < 0)
        return r;
    size_t count = json_array_size(array);
    const char **cells = tw_arena_alloc(f->arena, count * width * sizeof *cells + 1);
    if (!cells)
        return tw_field_fail(f, name, "does not fit into memory");
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(array, i);
        if (!json_is_array(row) || json_array_size(row) != width)
            return fail_item(f, name, i, "is no row of the right length");
        for (size_t k = 0; k < width; k++) {
            const char *why = take_text(f, json_array_get(row, k), kinds[k], &cells[i * width + k]);
            if (why)
                return fail_item(f, name, i, why);
        }
    }
    *ret_cells = cells;
    *ret_count = count;
    return 0;
}

static int append(const char *bytes, size_t size, void *ctx)
{
    return tw_buf_append(ctx, bytes, size) < 0 ? -1 : 0;
}

int tw_field_dump(json_t *json, uint64_t failures, struct tw_buf *out, struct tw_err *err)
{
    int failed = json ? json_dump_callback(json, append, out, JSON_COMPACT) : -1;
    json_decref(json);
    if (out->status == TW_E_LIMIT)
        return tw_err_set(
            err, TW_E_LIMIT, "the inventory is larger than %zu bytes as JSON", out->max_bytes);
    return failed || tw_mem_failures != failures ? tw_err_set(err, TW_E_NOMEM, "out of memory") : 0;
}
