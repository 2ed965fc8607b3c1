// Settings of the environment: TIDEWAITER_NAME.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config/table.h"
#include "scanner/base/text.h"
#include "scanner/facts/similar.h"

#define PREFIX "TIDEWAITER_"

static void in_capitals(char *text)
{
    for (; *text; text++)
        *text = *text == '-' ? '_' : (char)toupper((unsigned char)*text);
}

void tw_variable_of_setting(const char *name, char out[TW_VARIABLE_BYTES])
{
    snprintf(out, TW_VARIABLE_BYTES, PREFIX "%s", name);
    in_capitals(out);
}

void tw_variable_of_limit(const char *name, char out[TW_VARIABLE_BYTES])
{
    snprintf(out, TW_VARIABLE_BYTES, PREFIX "LIMIT_%s", name);
    in_capitals(out);
}

static int read_setting(
    struct tw_settings *settings, const struct tw_setting_row *row, struct tw_err *err)
{
    char variable[TW_VARIABLE_BYTES];
    tw_variable_of_setting(row->name, variable);
    const char *value = getenv(variable);
    int r = row->fallback ? tw_setting_put(settings, row, row->fallback, (struct tw_origin){0}, err)
                          : 0;
    if (r == 0 && value && *value)
        r = tw_setting_put(
            settings, row, value, (struct tw_origin){.from = TW_FROM_ENVIRONMENT}, err);
    return r < 0 ? tw_err_wrap(err, r, "environment variable %s", variable) : 0;
}

static int read_limit(
    struct tw_settings *settings, const struct tw_limit_row *row, struct tw_err *err)
{
    char variable[TW_VARIABLE_BYTES];
    tw_variable_of_limit(row->name, variable);
    const char *value = getenv(variable);
    if (!value || !*value)
        return 0;
    int r =
        tw_limit_put(settings, row, value, (struct tw_origin){.from = TW_FROM_ENVIRONMENT}, err);
    return r < 0 ? tw_err_wrap(err, r, "environment variable %s", variable) : 0;
}

int tw_settings_init(struct tw_settings *settings, struct tw_err *err)
{
    const struct tw_setting_row *row;
    memset(settings, 0, sizeof *settings);
    settings->limits = tw_limits_default;
    int r = 0;
    for (size_t i = 0; r == 0 && (row = tw_setting_at(i)); i++)
        r = read_setting(settings, row, err);
    for (unsigned i = 0; r == 0 && i < tw_limit_row_count; i++)
        r = read_limit(settings, &tw_limit_rows[i], err);
    return r;
}

// ---- variables that are nobody's ----

// The n-th name that means something; built in `out`.
static const char *known_variable(size_t index, char out[TW_VARIABLE_BYTES])
{
    const struct tw_setting_row *row = tw_setting_at(index);
    size_t settings = 0;
    if (row) {
        tw_variable_of_setting(row->name, out);
        return out;
    }
    while (tw_setting_at(settings))
        settings++;
    index -= settings;
    if (index < tw_limit_row_count) {
        tw_variable_of_limit(tw_limit_rows[index].name, out);
        return out;
    }
    return index == tw_limit_row_count ? TW_TOKEN_VARIABLE : NULL;
}

static const char *name_at(void *ctx, size_t index)
{
    return known_variable(index, ctx);
}

// Kubernetes tells every container where the Services of its namespace are, in variables made of
// their names (https://kubernetes.io/docs/concepts/services-networking/service/): ours is often
// called "tidewaiter".
static bool is_of_kubernetes(struct tw_span name)
{
    static const char *const starts[] = {PREFIX "PORT", PREFIX "SERVICE_"};
    for (size_t i = 0; i < TW_COUNT(starts); i++) {
        size_t n = strlen(starts[i]);
        if (name.n >= n && memcmp(name.p, starts[i], n) == 0)
            return true;
    }
    return false;
}

static void tell_stranger(
    struct tw_span name, void (*tell)(void *ctx, const char *message), void *ctx)
{
    char known[TW_VARIABLE_BYTES];
    TW_AUTO(tw_buf_done) struct tw_buf message = TW_BUF(1024);
    const char *at;
    for (size_t i = 0; (at = known_variable(i, known)); i++) {
        if (tw_span_equals(name, at))
            return;
    }
    const char *near = tw_similar_nearest(name, name_at, known);
    tw_buf_puts(&message, "environment: there is no setting ");
    tw_text_escape_to(
        &message, name.n > TW_VARIABLE_BYTES ? tw_span_of(name.p, TW_VARIABLE_BYTES) : name);
    if (near)
        tw_buf_printf(&message, "; did you mean %s?", near);
    if (message.status == 0)
        tell(ctx, message.data);
}

void tw_settings_strangers(void (*tell)(void *ctx, const char *message), void *ctx)
{
    for (char **variable = environ; variable && *variable; variable++) {
        struct tw_span name = tw_span_of(*variable, strcspn(*variable, "="));
        if (strncmp(*variable, PREFIX, strlen(PREFIX)) == 0 && !is_of_kubernetes(name))
            tell_stranger(name, tell, ctx);
    }
}
