// Errors as application/problem+json. https://www.rfc-editor.org/rfc/rfc9457
#include "api/call.h"

#include <stdio.h>
#include <string.h>

#include "api/json.h"

enum { RETRY_DEFAULT_S = 5 };

static const struct {
    unsigned status;
    const char *type, *title;
} problems[] = {
    {400, "urn:tidewaiter:problem:bad-request", "The request cannot be understood"},
    {401, "urn:tidewaiter:problem:unauthorized", "It must be known who asks"},
    {403, "urn:tidewaiter:problem:not-allowed", "The configuration does not allow this"},
    {404, "urn:tidewaiter:problem:not-found", "There is no such thing"},
    {405, "urn:tidewaiter:problem:method-not-allowed", "This method does not work here"},
    {406, "urn:tidewaiter:problem:not-acceptable", "None of the wanted media types can be given"},
    {409, "urn:tidewaiter:problem:conflict", "This is not possible in the present state"},
    {413, "urn:tidewaiter:problem:too-large", "The request is too large"},
    {415, "urn:tidewaiter:problem:media-type", "The body is of a kind that is not read here"},
    {422, "urn:tidewaiter:problem:unsupported", "This kind of input is not supported"},
    {429, "urn:tidewaiter:problem:busy", "Too much at once; try again later"},
    {500, "urn:tidewaiter:problem:internal", "Something went wrong on our side"},
    {503, "urn:tidewaiter:problem:unavailable", "Not possible at the moment; try again later"},
};

static const struct {
    int code;
    unsigned status;
} statuses[] = {
    {TW_E_NOMEM, 503},
    {TW_E_IO, 500},
    {TW_E_FORMAT, 400},
    {TW_E_TRUNCATED, 400},
    {TW_E_LIMIT, 413},
    {TW_E_UNSUPPORTED, 422},
    {TW_E_DIGEST, 500},
    {TW_E_NOT_FOUND, 404},
    {TW_E_DENIED, 401},
    {TW_E_NOT_ALLOWED, 403},
    {TW_E_UNAVAILABLE, 503},
    {TW_E_USAGE, 400},
    {TW_E_CAGE, 500},
    {TW_E_INTERRUPTED, 503},
    {TW_E_STORE, 503},
    {TW_E_INTERNAL, 500},
    {TW_E_BUSY, 429},
};

unsigned tw_problem_status(int code)
{
    for (size_t i = 0; i < TW_COUNT(statuses); i++) {
        if (statuses[i].code == code)
            return statuses[i].status;
    }
    return 500;
}

static size_t row_of(unsigned status)
{
    for (size_t i = 0; i < TW_COUNT(problems); i++) {
        if (problems[i].status == status)
            return i;
    }
    return row_of(500);
}

int tw_answer_problem(const struct tw_call *call, struct tw_answer *answer, unsigned status,
    const char *detail, unsigned retry_after_s)
{
    size_t row = row_of(status);
    char instance[96];
    snprintf(instance, sizeof instance, "urn:tidewaiter:request:%s", call->request_id);
    tw_buf_reset(&answer->body);
    int r = tw_answer_json(answer, problems[row].status,
        json_pack("{s:s, s:s, s:i, s:o, s:s}", "type", problems[row].type, "title",
            problems[row].title, "status", (int)problems[row].status, "detail",
            tw_json_text(detail), "instance", instance),
        NULL);
    answer->content_type = "application/problem+json";
    answer->location[0] = '\0';
    snprintf(answer->detail, sizeof answer->detail, "%s", detail);
    answer->retry_after_s = retry_after_s;
    if ((answer->status == 503 || answer->status == 429) && retry_after_s == 0)
        answer->retry_after_s = RETRY_DEFAULT_S;
    return r;
}

int tw_answer_failure(
    const struct tw_call *call, struct tw_answer *answer, const struct tw_err *why)
{
    const char *detail = why->msg[0] ? why->msg : "no more is known; the daemon's log may say more";
    return tw_answer_problem(
        call, answer, tw_problem_status(why->code), detail, why->retry_after_s);
}
