#include "api/webhook/told.h"

#include <string.h>

// What is at a path; NULL when there is nothing, or null. TW_E_FORMAT: a part of it that should
// hold the rest is no object.
static int find(
    const json_t *object, const char *path, const json_t **ret_value, struct tw_err *err)
{
    const json_t *value = object;
    for (const char *at = path; value;) {
        if (!json_is_object(value))
            return at == path ? tw_err_set(err, TW_E_FORMAT, "must be an object")
                              : tw_err_set(err, TW_E_FORMAT, "%.*s must be an object",
                                    (int)(at - path - 1), path);
        size_t size = strcspn(at, ".");
        value = json_object_getn(value, at, size);
        if (json_is_null(value))
            value = NULL;
        if (!at[size])
            break;
        at += size + 1;
    }
    *ret_value = value;
    return 0;
}

int tw_told_text(const json_t *object, const char *path, const char **ret_text, struct tw_err *err)
{
    const json_t *value = NULL;
    int r = find(object, path, &value, err);
    if (r == 0 && value && !json_is_string(value))
        r = tw_err_set(err, TW_E_FORMAT, "%s must be a string", path);
    if (r == 0)
        *ret_text = json_string_value(value);
    return r;
}

int tw_told_needs(const json_t *object, const char *path, const char **ret_text, struct tw_err *err)
{
    const char *text = NULL;
    int r = tw_told_text(object, path, &text, err);
    if (r == 0 && (!text || !text[0]))
        r = tw_err_set(err, TW_E_FORMAT, "%s is missing", path);
    if (r == 0)
        *ret_text = text;
    return r;
}

bool tw_told_says(const json_t *object, const char *path, const char *text)
{
    const char *there = NULL;
    return tw_told_text(object, path, &there, NULL) == 0 && there && strcmp(there, text) == 0;
}

bool tw_told_has(const json_t *object, const char *path)
{
    const json_t *value = NULL;
    return find(object, path, &value, NULL) == 0 && value;
}

bool tw_told_is_own(const char *agent)
{
    return agent && strncmp(agent, TW_WEBHOOK_OWN_AGENT, strlen(TW_WEBHOOK_OWN_AGENT)) == 0;
}
