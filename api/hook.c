// POST /v1/webhooks/{name}: from a push notice to the queue.
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

// What became of the pushes of a notice.
struct tally {
    size_t accepted, refused;
    struct tw_err first_refusal;
};

static bool takes(const struct tw_webhook_sender *sender, const char *content_type)
{
    for (const char *const *type = tw_webhook_types(sender); *type; type++) {
        if (content_type ? tw_media_type_equals(content_type, *type) : (*type)[0] == '\0')
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
static int deliver(const struct tw_call *call, const struct tw_notice *notice, struct tally *tally,
    struct tw_err *err)
{
    const struct tw_webhook_sender *sender = notice->sender;
    tw_metrics_pushes(call->metrics, sender->name, TW_PUSH_IGNORED, notice->ignored);
    tw_metrics_pushes(call->metrics, sender->name, TW_PUSH_MALFORMED, notice->malformed);
    for (size_t i = 0; i < notice->push_count; i++) {
        struct tw_err why = {0};
        int r = deliver_one(call, sender, &notice->pushes[i], &why);
        if (r == 0) {
            tally->accepted++;
        } else if (r == TW_E_NOT_ALLOWED) {
            if (tally->refused++ == 0)
                tally->first_refusal = why;
        } else {
            *err = why;
            return r;
        }
    }
    return 0;
}

// ---- answers ----

static int refuse(const struct tw_call *call, struct tw_answer *answer, unsigned status,
    const char *why, const struct tally *tally)
{
    char detail[640];
    snprintf(detail, sizeof detail, "%s (%zu other pushes of this body were accepted)", why,
        tally->accepted);
    return tw_answer_problem(call, answer, status, tally->accepted > 0 ? detail : why, 0);
}

static int refuse_type(
    const struct tw_call *call, struct tw_answer *answer, const struct tw_webhook_sender *sender)
{
    char detail[400] = "Content-Type must be one of:";
    size_t size = strlen(detail);
    for (const char *const *type = tw_webhook_types(sender); *type && size < sizeof detail; type++)
        size += (size_t)snprintf(
            detail + size, sizeof detail - size, "%s%s", (*type)[0] ? " " : "", *type);
    return tw_answer_problem(call, answer, 415, detail, 0);
}

// 200, to a sender that would do harm otherwise: with the reason, for the log too.
static int answer_unusable(struct tw_answer *answer, const char *sender, size_t accepted,
    size_t ignored, size_t unusable, const char *why, struct tw_err *err)
{
    snprintf(answer->detail, sizeof answer->detail, "%s: %zu events cannot be used: %.400s", sender,
        unusable, why);
    return tw_answer_json(answer, 200,
        json_pack("{s:I, s:I, s:I, s:o}", "accepted", (json_int_t)accepted, "ignored",
            (json_int_t)ignored, "unusable", (json_int_t)unusable, "reason", tw_json_text(why)),
        err);
}

static int answer_notice(const struct tw_call *call, struct tw_answer *answer,
    const struct tw_notice *notice, const struct tally *tally, struct tw_err *err)
{
    enum tw_webhook_refusal refusal = notice->sender->refusal;
    const char *why = tally->refused > 0 ? tally->first_refusal.msg : notice->first_wrong.msg;
    if (tally->refused > 0 && refusal != TW_REFUSAL_HARMS)
        return refuse(call, answer, 403, why, tally);
    if (notice->malformed > 0 && refusal == TW_REFUSAL_SHOWN)
        return refuse(call, answer, 400, why, tally);
    if (tally->refused + notice->malformed > 0)
        return answer_unusable(answer, notice->sender->requested_by, tally->accepted,
            notice->ignored, tally->refused + notice->malformed, why, err);
    if (notice->handshake)
        return tw_answer_json(answer, 200,
            json_pack("{s:o}", "validationResponse", tw_json_text(notice->handshake)), err);
    return tw_answer_json(answer, 200,
        json_pack("{s:I, s:I}", "accepted", (json_int_t)tally->accepted, "ignored",
            (json_int_t)notice->ignored),
        err);
}

// ---- one request ----

// ?registry= goes before what the access file says of this webhook.
static int place_of(const struct tw_call *call, const char **ret_place, struct tw_err *err)
{
    const char *place = tw_query_get(call->query, "registry");
    int r = place ? tw_place_check(place, err) : 0;
    if (r < 0)
        return tw_err_wrap(err, r, "query parameter \"registry\"");
    *ret_place = place ? place : call->hook->place;
    return 0;
}

int tw_handle_webhook(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    if (!call->hook)
        return tw_err_set(err, TW_E_NOT_FOUND,
            "there is no webhook for \"%.40s\"; /openapi.yaml lists the senders", call->path[0]);
    const struct tw_webhook_sender *sender = call->hook->sender;
    if (!takes(sender, call->content_type))
        return refuse_type(call, answer, sender);
    TW_AUTO(tw_notice_freep) struct tw_notice *notice = NULL;
    struct tally tally = {0};
    struct tw_letter delivery = {
        .body = call->body,
        .is_form = tw_media_type_equals(call->content_type, "application/x-www-form-urlencoded"),
        .header = call->header,
        .ctx = call->header_ctx,
    };
    int r = place_of(call, &delivery.place, err);
    if (r < 0)
        return r;
    r = tw_webhook_parse(sender, &delivery, call->limits, &notice, err);
    if (sender && (r == TW_E_FORMAT || r == TW_E_LIMIT))
        tw_metrics_pushes(call->metrics, sender->name, TW_PUSH_MALFORMED, 1);
    if (r == TW_E_FORMAT && sender && sender->refusal == TW_REFUSAL_HARMS)
        return answer_unusable(answer, sender->requested_by, 0, 0, 1, err->msg, err);
    if (r == 0)
        r = deliver(call, notice, &tally, err);
    if (r < 0)
        return r;
    return answer_notice(call, answer, notice, &tally, err);
}
