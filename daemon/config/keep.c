// A reload: which of the fresh settings may come into force.
#include <stdlib.h>
#include <string.h>

#include "daemon/config/table.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int keep_row(struct tw_settings *fresh, const struct tw_settings *now,
    const struct tw_setting_row *row, bool *ret_differs)
{
    *tw_setting_origin(fresh, row) = *tw_setting_origin(now, row);
    if (row->kind == TW_SETTING_NUMBER) {
        *ret_differs = *tw_setting_number(fresh, row) != *tw_setting_number(now, row);
        *tw_setting_number(fresh, row) = *tw_setting_number(now, row);
        return 0;
    }
    const char *old = *tw_setting_text(now, row);
    *ret_differs = !same_text(*tw_setting_text(fresh, row), old);
    if (!*ret_differs)
        return 0;
    char *copy = old ? strdup(old) : NULL;
    if (old && !copy)
        return TW_E_NOMEM;
    free(*tw_setting_text(fresh, row));
    *tw_setting_text(fresh, row) = copy;
    return 0;
}

int tw_settings_keep(struct tw_settings *fresh, const struct tw_settings *now,
    void (*tell)(void *ctx, const char *name), void *ctx, struct tw_err *err)
{
    const struct tw_setting_row *row;
    for (size_t i = 0; (row = tw_setting_at(i)); i++) {
        bool differs = false;
        if (row->traits & TW_SETTING_LIVE || !(row->traits & TW_FOR_DAEMON))
            continue;
        if (keep_row(fresh, now, row, &differs) < 0)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        if (differs)
            tell(ctx, row->name);
    }
    if (memcmp(&fresh->limits, &now->limits, sizeof fresh->limits) != 0)
        tell(ctx, "limits");
    fresh->limits = now->limits;
    return 0;
}
