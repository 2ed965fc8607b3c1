// /v1/notifications: what somebody is still to be told, or could not be. Where to is not told.
#include <stdio.h>
#include <string.h>

#include "api/json.h"
#include "api/route.h"

static json_t *notification_json(const struct tw_notification *n)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:s, s:i, s:o, s:o, s:o}", //
        "id", tw_json_text(n->id), "sink", tw_json_text(n->sink),     //
        "event", n->event, "reference", tw_json_text(n->reference),   //
        "state", n->state, "attempts", (int)n->attempts,              //
        "created", tw_json_time(n->created_ms),                       //
        "next_attempt", tw_json_time(n->due_ms),                      //
        "error", tw_json_text_or_null(n->error));
}

static int check_state(const char *state, struct tw_err *err)
{
    if (!state || strcmp(state, "waiting") == 0 || strcmp(state, "failed") == 0)
        return 0;
    return tw_err_set(err, TW_E_USAGE, "state \"%.40s\" is none of: waiting, failed", state);
}

int tw_handle_notification_list(
    const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_notification_query query = {
        .sink = tw_query_get(call->query, "sink"),
        .state = tw_query_get(call->query, "state"),
        .cursor = tw_query_get(call->query, "cursor"),
    };
    struct tw_notification_list list = {0};
    int r = tw_query_limit(call->query, &query.limit, err);
    if (r == 0)
        r = check_state(query.state, err);
    if (r == 0)
        r = call->service->notification_list(call->service->ctx, &query, &list, err);
    if (r < 0)
        return r;
    json_t *items = json_array();
    for (size_t i = 0; i < list.count; i++) {
        if (json_array_append_new(items, notification_json(&list.items[i])) < 0) {
            json_decref(items);
            items = NULL; // and stays so: a list without one of its items is no answer
        }
    }
    r = tw_answer_json(answer, 200, tw_json_page(items, list.next), err);
    tw_notification_list_done(&list);
    return r;
}

int tw_handle_notification_retry(
    const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_notification notification;
    struct tw_err why = {0};
    int r =
        call->service->notification_retry(call->service->ctx, call->path[0], &notification, &why);
    if (r == TW_E_USAGE) // the words are right, it is in the wrong state
        return tw_answer_problem(call, answer, 409, why.msg, 0);
    if (r < 0)
        return tw_answer_failure(call, answer, &why);
    return tw_answer_json(answer, 202, notification_json(&notification), err);
}
