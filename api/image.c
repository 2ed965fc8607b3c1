// /v1/images: what is known, and the report of one.
#include <stdio.h>
#include <string.h>

#include "api/accept.h"
#include "api/filter.h"
#include "api/json.h"
#include "api/lang.h"
#include "api/route.h"
#include "scanner/report/report.h"

static json_t *counts_of(const struct tw_image_summary *image)
{
    json_t *counts = json_object();
    for (int s = TW_SEVERITY_COUNT - 1; s >= 0; s--) {
        if (json_object_set_new(counts, tw_severity_name((enum tw_severity)s),
                json_integer(image->counts[s])) < 0) {
            json_decref(counts);
            return NULL;
        }
    }
    return counts;
}

static json_t *image_json(const struct tw_image_summary *image)
{
    char report[TW_DIGEST_TEXT_MAX + 32];
    snprintf(report, sizeof report, "/v1/images/%s/report", image->digest.text);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:s}", //
        "digest", tw_json_text(image->digest.text), "kind", tw_json_text(image->kind),    //
        "registry", tw_json_text_or_null(image->registry),                                //
        "repository", tw_json_text_or_null(image->repository),                            //
        "tag", tw_json_text_or_null(image->tag),                                          //
        "platform", tw_json_text_or_null(image->platform),                                //
        "completeness", tw_json_text_or_null(image->completeness),                        //
        "decision", tw_json_text_or_null(image->decision),                                //
        "counts", counts_of(image), "go_binaries", (json_int_t)image->go_binaries,        //
        "pushed", tw_json_time(image->pushed_ms), "scanned",                              //
        tw_json_time(image->scanned_ms), "report", report);
}

static int read_order(const struct tw_call *call, struct tw_image_query *query, struct tw_err *err)
{
    static const char *const words[] = {"-pushed", "pushed", "-severity", "repository", NULL};
    static const enum tw_order orders[] = {
        TW_ORDER_PUSHED, TW_ORDER_PUSHED, TW_ORDER_SEVERITY, TW_ORDER_REPOSITORY};
    int index;
    int r = tw_filter_word(call->query, "sort", words, -1, &index, err);
    if (r < 0)
        return r;
    query->order = index < 0 ? TW_ORDER_STORED : orders[index];
    query->descending = index == 0 || index == 2;
    return 0;
}

// Everything but place and cursor, which are any texts.
static int read_filters(
    const struct tw_call *call, struct tw_image_query *query, struct tw_err *err)
{
    static const char *const decisions[] = {"pass", "warn", "deny", NULL},
                             *const kinds[] = {"image", "index", NULL},
                             *const statuses[] = {"complete", "partial", "failed", NULL},
                             *const severities[] = {
                                 "info", "low", "medium", "high", "critical", NULL};
    int index, severity;
    int r = tw_query_limit(call->query, &query->limit, err);
    if (r == 0)
        r = tw_filter_word(call->query, "decision", decisions, 0, &index, err);
    if (r == 0)
        r = tw_filter_word(call->query, "kind", kinds, 0, &index, err);
    if (r == 0)
        r = tw_filter_word(call->query, "completeness", statuses, 0, &index, err);
    if (r == 0)
        r = tw_filter_word(call->query, "min_severity", severities, -1, &severity, err);
    if (r == 0)
        r = tw_filter_go(call->query, &query->go_from, &query->go_until, err);
    if (r == 0)
        r = tw_filter_bool(call->query, "current", -1, &index, err);
    if (r == 0)
        query->current = index < 0 ? 0 : index ? 1 : -1;
    if (r == 0)
        r = tw_filter_time(call->query, "since", 0, &query->since_ms, err);
    if (r == 0)
        r = tw_filter_time(call->query, "until", 0, &query->until_ms, err);
    if (r == 0)
        query->min_severity = severity + 1;
    return r == 0 ? read_order(call, query, err) : r;
}

int tw_handle_image_list(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_image_query query = {
        .registry = tw_query_get(call->query, "registry"),
        .repository = tw_query_get(call->query, "repository"),
        .tag = tw_query_get(call->query, "tag"),
        .decision = tw_query_get(call->query, "decision"),
        .kind = tw_query_get(call->query, "kind"),
        .completeness = tw_query_get(call->query, "completeness"),
        .name_part = tw_query_get(call->query, "q"),
        .cursor = tw_query_get(call->query, "cursor"),
    };
    struct tw_image_list list = {0};
    int r = read_filters(call, &query, err);
    if (r == 0)
        r = call->service->image_list(call->service->ctx, &query, &list, err);
    if (r < 0)
        return r;
    json_t *items = json_array();
    for (size_t i = 0; i < list.count; i++) {
        if (json_array_append_new(items, image_json(&list.items[i])) < 0) {
            json_decref(items);
            items = NULL; // and stays so: a list without one of its items is no answer
        }
    }
    r = tw_answer_json(answer, 200, tw_json_page(items, list.next), err);
    tw_image_list_done(&list);
    return r;
}

static int digest_of(const struct tw_call *call, struct tw_digest *ret_digest, struct tw_err *err)
{
    if (tw_digest_parse(call->path[0], ret_digest, err) == 0)
        return 0;
    return tw_err_set(err, TW_E_USAGE,
        "\"%.80s\" is no digest; it reads like sha256:<64 hex digits>, and GET /v1/images lists "
        "what is known",
        call->path[0]);
}

int tw_handle_image_get(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_digest digest;
    struct tw_image_summary image;
    int r = digest_of(call, &digest, err);
    if (r == 0)
        r = call->service->image_get(call->service->ctx, &digest, &image, err);
    return r < 0 ? r : tw_answer_json(answer, 200, image_json(&image), err);
}

static void format_names(char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0, n = 0; tw_report_format_at(i) && n < size; i++)
        n += (size_t)snprintf(
            out + n, size - n, "%s%s", i ? ", " : "", tw_report_format_at(i)->name);
}

// The format of either sort that Accept wants most; NULL: none.
static const struct tw_report_format *most_wanted(const char *accept, bool vague)
{
    const struct tw_report_format *best = vague ? NULL : tw_report_format_find("json"), *format;
    unsigned best_quality = best ? tw_accept_quality(accept, best->media_type) : 0;
    for (size_t i = 0; (format = tw_report_format_at(i)); i++) {
        unsigned quality = tw_accept_quality(accept, format->media_type);
        if (format->is_vague == vague && quality > best_quality) {
            best = format;
            best_quality = quality;
        }
    }
    return best_quality > 0 ? best : NULL;
}

// JSON when it does not matter; a vague one only when nothing else is wanted.
static const struct tw_report_format *wanted_format(const char *accept)
{
    const struct tw_report_format *format = most_wanted(accept, false);
    return format ? format : most_wanted(accept, true);
}

int tw_handle_report(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    struct tw_report_request request = {0};
    const char *name = tw_query_get(call->query, "format");
    char names[120];
    format_names(names, sizeof names);
    int r = digest_of(call, &request.digest, err);
    if (r == 0)
        r = tw_lang_of_call(call, answer, &request.lang, err);
    if (r < 0)
        return r;
    const struct tw_report_format *format =
        name ? tw_report_format_find(name) : wanted_format(call->accept);
    if (!format && name)
        return tw_err_set(
            err, TW_E_USAGE, "there is no report format \"%.40s\"; there are: %s", name, names);
    answer->varies = !name;
    if (!format) {
        char detail[256];
        snprintf(detail, sizeof detail,
            "reports can be had in these formats: %s; ask with Accept or ?format=", names);
        return tw_answer_problem(call, answer, 406, detail, 0);
    }
    request.format = format->name;
    r = call->service->report(call->service->ctx, &request, &answer->body, err);
    if (r == TW_E_LIMIT) // of what we wrote, not of what was asked
        return tw_err_set(err, TW_E_INTERNAL,
            "the report is larger than %llu bytes (limit image_inventory_bytes)",
            (unsigned long long)answer->body.max_bytes);
    if (r < 0)
        return r;
    answer->status = 200;
    answer->content_type = format->media_type;
    return 0;
}
