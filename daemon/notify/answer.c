#include "daemon/notify/answer.h"

#include "scanner/base/json.h"

#define ONE(code) code, code

// First match wins.
static const struct {
    long first, last;
    struct tw_outcome outcome;
} statuses[] = {
    {200, 299, {.end = TW_OUTCOME_DELIVERED}},
    {300, 399,
        {.end = TW_OUTCOME_NEVER,
            .why = "it sends us elsewhere, where we do not go: write the new address into url"}},
    {ONE(408), {.end = TW_OUTCOME_AGAIN, .why = "it waited too long for us"}},
    {ONE(425), {.end = TW_OUTCOME_AGAIN, .why = "it is not ready for this yet"}},
    {ONE(429), {.end = TW_OUTCOME_AGAIN, .why = "it takes no more for now"}},
    {401, 403, {.end = TW_OUTCOME_NEVER, .why = "it does not let us in: look at url and secret"}},
    {ONE(404), {.end = TW_OUTCOME_NEVER, .why = "there is nothing at url: look at its path"}},
    {ONE(410),
        {.end = TW_OUTCOME_STOP, .why = "it is gone for good: put another address into url"}},
    {ONE(413), {.end = TW_OUTCOME_NEVER, .why = "it takes no body of this size"}},
    {400, 499, {.end = TW_OUTCOME_NEVER, .why = "it refuses what we send"}},
    {500, 599, {.end = TW_OUTCOME_AGAIN, .why = "it is in trouble"}},
};

struct tw_outcome tw_answer_status(long status, uint32_t retry_after_s)
{
    struct tw_outcome outcome = {.end = TW_OUTCOME_AGAIN, .why = "this is no answer"};
    for (size_t i = 0; i < TW_COUNT(statuses); i++) {
        if (status >= statuses[i].first && status <= statuses[i].last) {
            outcome = statuses[i].outcome;
            break;
        }
    }
    if (outcome.end == TW_OUTCOME_AGAIN)
        outcome.wait_s = retry_after_s;
    outcome.code = status;
    return outcome;
}

struct tw_outcome tw_answer_errcode(const struct tw_http_answer *answer, struct tw_span body,
    const struct tw_answer_code *codes, size_t count)
{
    struct tw_outcome outcome = tw_answer_status(answer->status, answer->retry_after_s);
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    if (outcome.end != TW_OUTCOME_DELIVERED)
        return outcome;
    int r =
        tw_json_parse(body, (struct tw_json_caps){TW_RECEIVED_BYTES_MAX, 16, 1000}, &json, NULL);
    const json_t *code = r == 0 ? json_object_get(json, "errcode") : NULL;
    if (!json_is_integer(code))
        return (struct tw_outcome){.end = TW_OUTCOME_AGAIN,
            .code = answer->status,
            .why = "what answers is no such robot: look at url, or at a proxy in between"};
    json_int_t n = json_integer_value(code);
    if (n == 0)
        return outcome;
    outcome = (struct tw_outcome){
        .end = TW_OUTCOME_NEVER, .why = "it refuses this message; its documents tell the code"};
    for (size_t i = 0; i < count; i++) {
        if (codes[i].code == n)
            outcome = codes[i].outcome;
    }
    outcome.code = n > INT32_MAX || n < INT32_MIN ? 0 : (long)n;
    return outcome;
}
