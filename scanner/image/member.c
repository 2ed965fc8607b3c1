#include "scanner/image/member.h"

#include <inttypes.h>

const json_t *tw_member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value) ? value : NULL;
}

int tw_member_nomem(struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOMEM, "out of memory, or past the record's ceiling");
}

static int wrong_type(struct tw_err *err, const char *key, const char *wanted)
{
    return tw_err_set(err, TW_E_FORMAT, "\"%s\" must be %s", key, wanted);
}

int tw_member_string(struct tw_arena *arena, const json_t *object, const char *key,
    const char **ret_text, struct tw_err *err)
{
    const json_t *value = tw_member(object, key);
    if (!value) {
        *ret_text = NULL;
        return 0;
    }
    if (!json_is_string(value))
        return wrong_type(err, key, "a string");
    const char *text = tw_arena_strdup(arena, json_string_value(value));
    if (!text)
        return tw_member_nomem(err);
    *ret_text = text;
    return 0;
}

int tw_member_array(const json_t *object, const char *key, uint64_t max_count, const char *limit,
    const json_t **ret_array, struct tw_err *err)
{
    const json_t *value = tw_member(object, key);
    if (value && !json_is_array(value))
        return wrong_type(err, key, "an array");
    if (value && json_array_size(value) > max_count)
        return tw_err_set(err, TW_E_LIMIT, "\"%s\" has %zu entries; the limit %s is %" PRIu64, key,
            json_array_size(value), limit, max_count);
    *ret_array = value;
    return 0;
}

int tw_member_object(
    const json_t *object, const char *key, const json_t **ret_object, struct tw_err *err)
{
    const json_t *value = tw_member(object, key);
    if (value && !json_is_object(value))
        return wrong_type(err, key, "an object");
    *ret_object = value;
    return 0;
}

int tw_member_strings(struct tw_arena *arena, const json_t *object, const char *key,
    uint64_t max_count, const char *limit, const char ***ret_items, size_t *ret_count,
    struct tw_err *err)
{
    const json_t *array = NULL;
    int r = tw_member_array(object, key, max_count, limit, &array, err);
    if (r < 0)
        return r;
    size_t count = json_array_size(array);
    const char **items = count ? tw_arena_alloc(arena, count * sizeof *items) : NULL;
    if (count && !items)
        return tw_member_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (!text)
            return wrong_type(err, key, "an array of strings");
        items[i] = tw_arena_strdup(arena, text);
        if (!items[i])
            return tw_member_nomem(err);
    }
    *ret_items = items;
    *ret_count = count;
    return 0;
}

int tw_member_size(const json_t *object, const char *key, uint64_t *ret_size, struct tw_err *err)
{
    const json_t *value = tw_member(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return wrong_type(err, key, "a whole number, zero or more");
    *ret_size = (uint64_t)json_integer_value(value);
    return 0;
}

int tw_member_digest(
    const json_t *object, const char *key, struct tw_digest *ret_digest, struct tw_err *err)
{
    const json_t *value = tw_member(object, key);
    if (!json_is_string(value))
        return wrong_type(err, key, "a digest");
    return tw_digest_parse(json_string_value(value), ret_digest, err);
}
