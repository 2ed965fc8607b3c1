#include "api/service.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
    [TW_SCAN_QUEUED] = "queued",
    [TW_SCAN_RUNNING] = "running",
    [TW_SCAN_DONE] = "done",
    [TW_SCAN_FAILED] = "failed",
};

const char *tw_scan_state_name(enum tw_scan_state state)
{
    return (size_t)state < TW_COUNT(state_names) ? state_names[state] : "unknown";
}

int tw_scan_state_parse(const char *name, enum tw_scan_state *ret_state, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(state_names); i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *ret_state = (enum tw_scan_state)i;
            return 0;
        }
    }
    return tw_err_set(
        err, TW_E_USAGE, "state \"%.40s\" is none of: queued, running, done, failed", name);
}

void tw_scan_list_done(struct tw_scan_list *list)
{
    free(list->items);
    *list = (struct tw_scan_list){0};
}

void tw_image_list_done(struct tw_image_list *list)
{
    free(list->items);
    *list = (struct tw_image_list){0};
}

void tw_notification_list_done(struct tw_notification_list *list)
{
    free(list->items);
    *list = (struct tw_notification_list){0};
}

void tw_binary_list_done(struct tw_binary_list *list)
{
    tw_arena_free(list->arena);
    *list = (struct tw_binary_list){0};
}

void tw_finding_list_done(struct tw_finding_list *list)
{
    tw_arena_free(list->arena);
    *list = (struct tw_finding_list){0};
}

void tw_stats_done(struct tw_stats *stats)
{
    tw_arena_free(stats->arena);
    *stats = (struct tw_stats){0};
}
