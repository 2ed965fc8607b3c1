// /v1/compare and /v1/images/{digest}/drift: what a running program will do differently.
#include <stdio.h>
#include <string.h>

#include "api/accept.h"
#include "api/lang.h"
#include "api/route.h"

static int digest_of(
    const char *name, const char *text, struct tw_digest *ret_digest, struct tw_err *err)
{
    if (!text)
        return tw_err_set(err, TW_E_USAGE,
            "%s is missing: it is the digest of an image, and GET /v1/images lists what is known",
            name);
    if (tw_digest_parse(text, ret_digest, err) == 0)
        return 0;
    return tw_err_set(err, TW_E_USAGE,
        "%s: \"%.80s\" is no digest; it reads like sha256:<64 hex digits>", name, text);
}

static int answer(const struct tw_call *call, struct tw_compare_request *request,
    struct tw_answer *answer, struct tw_err *err)
{
    static const char text_type[] = "text/plain; charset=utf-8", json_type[] = "application/json";
    const char *format = tw_query_get(call->query, "format");
    if (format && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
        return tw_err_set(err, TW_E_USAGE, "format \"%.40s\" is none of: json, text", format);
    answer->varies = !format;
    request->as_text = format ? format[0] == 't'
                              : tw_accept_quality(call->accept, text_type) >
                                    tw_accept_quality(call->accept, json_type);
    int r = tw_lang_of_call(call, answer, &request->lang, err);
    if (r == 0)
        r = call->service->compare(call->service->ctx, request, &answer->body, err);
    if (r < 0)
        return r;
    answer->status = 200;
    answer->content_type = request->as_text ? text_type : json_type;
    return 0;
}

int tw_handle_compare(const struct tw_call *call, struct tw_answer *ret_answer, struct tw_err *err)
{
    struct tw_compare_request request = {0};
    int r = digest_of("from", tw_query_get(call->query, "from"), &request.from, err);
    if (r == 0)
        r = digest_of("to", tw_query_get(call->query, "to"), &request.to, err);
    return r < 0 ? r : answer(call, &request, ret_answer, err);
}

int tw_handle_drift(const struct tw_call *call, struct tw_answer *ret_answer, struct tw_err *err)
{
    struct tw_compare_request request = {0};
    int r = digest_of("the path", call->path[0], &request.to, err);
    if (r == 0)
        r = call->service->previous(call->service->ctx, &request.to, &request.from, err);
    return r < 0 ? r : answer(call, &request, ret_answer, err);
}
