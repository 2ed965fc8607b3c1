// POST /v1/webhooks/{sender}: from a push notice to the queue.
//
// What can be stored is stored before anything is refused: registries send a refused notice
// again, whole, and a push that is already there is joined.
#include <stdio.h>
#include <string.h>

#include "api/accept.h"
#include "api/json.h"
#include "api/metrics.h"
#include "api/route.h"
#include "api/webhook/webhook.h"

struct delivery {
    size_t accepted, refused;
    struct tw_err first_refusal;
};

static bool takes(const struct tw_webhook_sender *sender, const char *content_type)
{
    for (const char *const *type = sender->content_types; *type; type++) {
        if (tw_media_type_equals(content_type, *type))
            return true;
    }
    return false;
}

static int deliver_one(const struct tw_call *call, const struct tw_webhook_sender *sender,
    const struct tw_push *told, struct tw_err *err)
{
    const struct tw_service *service = call->service;
    struct tw_push named = *told;
    const struct tw_push *push = &named;
    named.request_id = call->request_id;
    struct tw_scan scan;
    bool is_new = false;
    int r = service->registry_allowed(service->ctx, push->reference.registry, err);
    if (r == 0)
        r = service->push(service->ctx, push, &scan, &is_new, err);
    tw_metrics_pushes(call->metrics, sender->name, tw_push_outcome_of(r, is_new), 1);
    return r;
}

// Stops at a failure that is ours: the sender will come again with the whole notice.
static int deliver(const struct tw_call *call, const struct tw_webhook_sender *sender,
    const struct tw_notice *notice, struct delivery *delivery, struct tw_err *err)
{
    tw_metrics_pushes(call->metrics, sender->name, TW_PUSH_IGNORED, notice->ignored);
    tw_metrics_pushes(call->metrics, sender->name, TW_PUSH_MALFORMED, notice->malformed);
    for (size_t i = 0; i < notice->push_count; i++) {
        struct tw_err why = {0};
        int r = deliver_one(call, sender, &notice->pushes[i], &why);
        if (r == 0) {
            delivery->accepted++;
        } else if (r == TW_E_NOT_ALLOWED) {
            if (delivery->refused++ == 0)
                delivery->first_refusal = why;
        } else {
            *err = why;
            return r;
        }
    }
    return 0;
}

static int refuse(const struct tw_call *call, struct tw_answer *answer, unsigned status,
    const char *why, const struct delivery *delivery)
{
    char detail[640];
    snprintf(detail, sizeof detail, "%s (%zu other pushes of this body were accepted)", why,
        delivery->accepted);
    return tw_answer_problem(call, answer, status, delivery->accepted > 0 ? detail : why, 0);
}

static int refuse_type(
    const struct tw_call *call, struct tw_answer *answer, const struct tw_webhook_sender *sender)
{
    char detail[400] = "Content-Type must be one of:";
    size_t size = strlen(detail);
    for (const char *const *type = sender->content_types; *type && size < sizeof detail; type++)
        size += (size_t)snprintf(detail + size, sizeof detail - size, " %s", *type);
    return tw_answer_problem(call, answer, 415, detail, 0);
}

int tw_handle_webhook(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    const struct tw_webhook_sender *sender = tw_webhook_find(call->path[0]);
    if (!sender)
        return tw_err_set(err, TW_E_NOT_FOUND,
            "there is no webhook for \"%.40s\"; /openapi.yaml lists the senders", call->path[0]);
    if (!takes(sender, call->content_type))
        return refuse_type(call, answer, sender);
    TW_AUTO(tw_notice_freep) struct tw_notice *notice = NULL;
    struct delivery delivery = {0};
    int r = sender->parse(call->body, call->limits, &notice, err);
    if (r == TW_E_FORMAT || r == TW_E_LIMIT)
        tw_metrics_pushes(call->metrics, sender->name, TW_PUSH_MALFORMED, 1);
    if (r == 0)
        r = deliver(call, sender, notice, &delivery, err);
    if (r < 0)
        return r;
    if (delivery.refused > 0)
        return refuse(call, answer, 403, delivery.first_refusal.msg, &delivery);
    if (notice->malformed > 0)
        return refuse(call, answer, 400, notice->first_wrong.msg, &delivery);
    return tw_answer_json(answer, 200,
        json_pack("{s:I, s:I}", "accepted", (json_int_t)delivery.accepted, "ignored",
            (json_int_t)notice->ignored),
        err);
}
