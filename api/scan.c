// /v1/scans: ask for a scan, list, follow one, retry one.
#include <stdio.h>
#include <string.h>

#include "api/filter.h"
#include "api/json.h"
#include "api/metrics.h"
#include "api/route.h"
#include "scanner/base/json.h"

static json_t *error_of(const struct tw_scan *scan)
{
    if (scan->error_code[0] == '\0')
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "code", tw_json_text(scan->error_code), "message",
        tw_json_text(scan->error_message), "retry_at", tw_json_time(scan->retry_at_ms));
}

static json_t *reports_of(const struct tw_scan *scan)
{
    if (scan->state != TW_SCAN_DONE || !tw_digest_is_set(&scan->digest))
        return json_array();
    char path[TW_DIGEST_TEXT_MAX + 32];
    snprintf(path, sizeof path, "/v1/images/%s/report", scan->digest.text);
    return json_pack("[s]", path);
}

static json_t *scan_json(const struct tw_scan *scan)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o}",    //
        "id", tw_json_text(scan->id), "reference", tw_json_text(scan->reference),  //
        "digest", tw_json_text_or_null(scan->digest.text),                         //
        "state", tw_scan_state_name(scan->state), "attempts", (int)scan->attempts, //
        "requested_by", tw_json_text(scan->requested_by),                          //
        "created", tw_json_time(scan->created_ms),                                 //
        "started", tw_json_time(scan->started_ms),                                 //
        "finished", tw_json_time(scan->finished_ms),                               //
        "error", error_of(scan), "reports", reports_of(scan));
}

static int answer_scan(
    const struct tw_scan *scan, unsigned status, struct tw_answer *answer, struct tw_err *err)
{
    snprintf(answer->location, sizeof answer->location, "/v1/scans/%s", scan->id);
    return tw_answer_json(answer, status, scan_json(scan), err);
}

int tw_handle_scan_list(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_scan_query query = {
        .state = tw_query_get(call->query, "state"),
        .registry = tw_query_get(call->query, "registry"),
        .repository = tw_query_get(call->query, "repository"),
        .cursor = tw_query_get(call->query, "cursor"),
    };
    static const char *const orders[] = {"-created", "created", NULL};
    enum tw_scan_state state;
    int order;
    int r = tw_query_limit(call->query, &query.limit, err);
    if (r == 0 && query.state)
        r = tw_scan_state_parse(query.state, &state, err);
    if (r == 0)
        r = tw_filter_time(call->query, "since", 0, &query.since_ms, err);
    if (r == 0)
        r = tw_filter_time(call->query, "until", 0, &query.until_ms, err);
    if (r == 0)
        r = tw_filter_word(call->query, "sort", orders, 0, &order, err);
    query.oldest_first = r == 0 && order == 1;
    struct tw_scan_list list = {0};
    if (r == 0)
        r = call->service->scan_list(call->service->ctx, &query, &list, err);
    if (r < 0)
        return r;
    json_t *items = json_array();
    for (size_t i = 0; i < list.count; i++) {
        if (json_array_append_new(items, scan_json(&list.items[i])) < 0) {
            json_decref(items);
            items = NULL; // and stays so: a list without one of its items is no answer
        }
    }
    r = tw_answer_json(answer, 200, tw_json_page(items, list.next), err);
    tw_scan_list_done(&list);
    return r;
}

int tw_handle_scan_get(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_scan scan;
    int r = call->service->scan_get(call->service->ctx, call->path[0], &scan, err);
    return r < 0 ? r : tw_answer_json(answer, 200, scan_json(&scan), err);
}

int tw_handle_scan_retry(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_scan scan;
    struct tw_err why = {0};
    int r = call->service->scan_retry(call->service->ctx, call->path[0], &scan, &why);
    if (r == TW_E_USAGE) // the words are right, the scan is in the wrong state
        return tw_answer_problem(call, answer, 409, why.msg, 0);
    if (r < 0)
        return tw_answer_failure(call, answer, &why);
    return answer_scan(&scan, 202, answer, err);
}

// The keys of a body. Nothing else is taken, so that a misspelt key is no silent "no".
static const struct {
    const char *name, *wants;
    bool is_text;
} keys[] = {
    {"reference", "a string", true},
    {"rescan", "true or false", false},
};

static int check_key(const char *key, const json_t *value, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(keys); i++) {
        if (strcmp(key, keys[i].name) != 0)
            continue;
        if (keys[i].is_text ? json_is_string(value) : json_is_boolean(value))
            return 0;
        return tw_err_set(err, TW_E_USAGE, "\"%s\" must be %s", key, keys[i].wants);
    }
    return tw_err_set(err, TW_E_USAGE,
        "there is no key \"%.60s\"; the body may have \"reference\" and \"rescan\"", key);
}

static int read_body(const struct tw_call *call, struct tw_push *push, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    int r = tw_json_parse(call->body,
        (struct tw_json_caps){
            call->limits->request_bytes, call->limits->json_depth, call->limits->json_values},
        &json, err);
    if (r < 0)
        return tw_err_wrap(err, r, "the body");
    if (!json_is_object(json))
        return tw_err_set(err, TW_E_USAGE,
            "the body must be an object like {\"reference\": \"registry.example/team/app:1.4\"}");
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        if ((r = check_key(key, value, err)) < 0)
            return r;
    }
    const json_t *reference = json_object_get(json, "reference");
    if (!reference)
        return tw_err_set(err, TW_E_USAGE, "\"reference\" is missing: which image?");
    if (strlen(json_string_value(reference)) != json_string_length(reference))
        return tw_err_set(err, TW_E_USAGE, "\"reference\" has a NUL character");
    push->rescan = json_is_true(json_object_get(json, "rescan"));
    return tw_reference_parse(json_string_value(reference), &push->reference, err);
}

int tw_handle_scan_post(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    const struct tw_service *service = call->service;
    struct tw_push push = {.requested_by = "api", .request_id = call->request_id};
    struct tw_scan scan;
    bool is_new = false;
    int r = read_body(call, &push, err);
    if (r < 0)
        return r;
    r = service->registry_allowed(service->ctx, push.reference.registry, err);
    if (r == 0)
        r = service->push(service->ctx, &push, &scan, &is_new, err);
    tw_metrics_pushes(call->metrics, NULL, tw_push_outcome_of(r, is_new), 1);
    return r < 0 ? r : answer_scan(&scan, 202, answer, err);
}
