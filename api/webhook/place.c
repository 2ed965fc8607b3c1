#include "api/webhook/place.h"

#include <stdio.h>
#include <string.h>

#include "scanner/base/buf.h"

// The value of the name in braces that `text` begins with, and how long that is.
static int value_of(const char *text, const char *host, const char *repo, const char **ret_value,
    size_t *ret_size, struct tw_err *err)
{
    const struct {
        const char *name, *value;
    } rows[] = {{"{host}", host}, {"{repo}", repo}};
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (strncmp(text, rows[i].name, strlen(rows[i].name)) != 0)
            continue;
        if (!rows[i].value || !rows[i].value[0])
            return tw_err_set(err, TW_E_USAGE,
                "the sender names no registry: give this webhook a \"registry\" (docs/webhooks.md; "
                "%s is not said)",
                rows[i].name);
        *ret_value = rows[i].value;
        *ret_size = strlen(rows[i].name);
        return 0;
    }
    return tw_err_set(err, TW_E_USAGE, "only {host} and {repo} may stand in braces");
}

int tw_hook_place_fill(const char *place, const char *host, const char *repo,
    struct tw_hook_place *ret_place, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TW_REFERENCE_NAME_MAX);
    for (const char *at = place; *at;) {
        const char *value = at;
        size_t size = strcspn(at, "{}"), taken = size;
        if (size == 0) {
            int r = value_of(at, host, repo, &value, &taken, err);
            if (r < 0)
                return r;
            size = strlen(value);
        }
        tw_buf_append(&text, value, size);
        at += taken;
    }
    if (text.status < 0)
        return tw_err_set(err, text.status == TW_E_NOMEM ? TW_E_NOMEM : TW_E_USAGE,
            text.status == TW_E_NOMEM ? "out of memory" : "it is longer than %d bytes",
            TW_REFERENCE_NAME_MAX);
    const char *filled = text.data ? text.data : "";
    size_t size = strcspn(filled, "/");
    struct tw_hook_place made = {0};
    memcpy(made.host, filled, size);
    if (filled[size] == '/' && filled[size + 1])
        snprintf(made.prefix, sizeof made.prefix, "%s/", filled + size + 1);
    *ret_place = made;
    return 0;
}

int tw_place_check(const char *place, struct tw_err *err)
{
    struct tw_hook_place filled;
    struct tw_reference reference;
    char repository[sizeof filled.prefix + 1];
    int r = tw_hook_place_fill(place, "h", "r", &filled, err);
    if (r < 0)
        return r;
    snprintf(repository, sizeof repository, "%sa", filled.prefix);
    return tw_reference_make(filled.host, repository, NULL, NULL, &reference, err);
}
