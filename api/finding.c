// /v1/findings: what was found in all images.
#include "api/filter.h"
#include "api/json.h"
#include "api/route.h"

static json_t *finding_json(const struct tw_listed *f)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:o}", //
        "image", tw_json_text(f->image),                                                  //
        "registry", tw_json_text_or_null(f->registry),                                    //
        "repository", tw_json_text_or_null(f->repository),                                //
        "tag", tw_json_text_or_null(f->tag),                                              //
        "platform", tw_json_text_or_null(f->platform),                                    //
        "rule", tw_json_text(f->rule), "severity", tw_severity_name(f->severity),         //
        "title", tw_json_text(f->title), "message", tw_json_text(f->message),             //
        "binary", f->binary ? tw_json_text(f->binary) : json_null(),                      //
        "fingerprint", tw_json_text(f->fingerprint), "waived", (int)f->waived,            //
        "first_seen", tw_json_time(f->first_seen_ms));
}

static int read_rule(const struct tw_call *call, struct tw_finding_query *query, struct tw_err *err)
{
    const char *name = tw_query_get(call->query, "rule");
    const struct tw_rule *rule = name ? tw_rule_find(name) : NULL;
    query->rule = rule ? rule->id : NULL;
    if (name && !rule)
        return tw_err_set(
            err, TW_E_USAGE, "there is no rule \"%.40s\"; GET /v1/rules lists them", name);
    return 0;
}

static int read_order(
    const struct tw_call *call, struct tw_finding_query *query, struct tw_err *err)
{
    static const char *const words[] = {"-severity", "-first_seen", "first_seen", NULL};
    int index;
    int r = tw_filter_word(call->query, "sort", words, 0, &index, err);
    if (r < 0)
        return r;
    query->order = index == 0 ? TW_ORDER_SEVERITY : TW_ORDER_FIRST_SEEN;
    query->descending = index < 2;
    return 0;
}

static int read_query(
    const struct tw_call *call, struct tw_finding_query *query, struct tw_err *err)
{
    query->cursor = tw_query_get(call->query, "cursor");
    int r = tw_query_limit(call->query, &query->limit, err);
    if (r == 0)
        r = tw_filter_place(call->query, &query->place, err);
    if (r == 0)
        r = read_rule(call, query, err);
    if (r == 0)
        r = tw_filter_severity(call->query, &query->severity_from, &query->severity_to, err);
    if (r == 0)
        r = tw_filter_time(call->query, "since", 0, &query->since_ms, err);
    if (r == 0)
        r = tw_filter_time(call->query, "until", 0, &query->until_ms, err);
    if (r == 0)
        r = tw_filter_bool(call->query, "waived", -1, &query->waived, err);
    return r == 0 ? read_order(call, query, err) : r;
}

int tw_handle_finding_list(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    TW_AUTO(tw_finding_list_done) struct tw_finding_list list = {0};
    struct tw_finding_query query = {0};
    int r = read_query(call, &query, err);
    if (r == 0)
        r = call->service->finding_list(call->service->ctx, &query, &list, err);
    if (r < 0)
        return r;
    json_t *items = json_array();
    for (size_t i = 0; i < list.count; i++) {
        if (json_array_append_new(items, finding_json(&list.items[i])) < 0) {
            json_decref(items);
            items = NULL; // and stays so: a list without one of its items is no answer
        }
    }
    return tw_answer_json(answer, 200, tw_json_page(items, list.next), err);
}
