// queue: scans that are still to be done, or that failed; and another try for these.
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/cli/answer.h"
#include "scanner/base/json.h"

enum { TEXT_BYTES_MAX = 64 << 20, PAGE = 200, PATH_BYTES = 128, ID_BYTES_MAX = 64 };

// ---- listing ----

// Adds the newest of a state until `items` has `count`.
static int add_state(
    const struct tw_asking *a, const char *state, json_t *items, bool *ret_more, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *page = NULL;
    do {
        char limit[24];
        json_t *next = NULL;
        uint64_t left = a->options->count - json_array_size(items);
        const char *cursor = page ? tw_json_string(page, "next") : NULL;
        snprintf(limit, sizeof limit, "%u", left < PAGE ? (unsigned)left : PAGE);
        int r = tw_remote_get(a->remote, "/v1/scans",
            (const char *const[]){"state", state, "limit", limit, "cursor", cursor, NULL}, &next,
            err);
        if (r < 0)
            return r;
        json_decref(page);
        page = next;
        if (json_array_extend(items, json_object_get(page, "items")) < 0)
            return tw_err_set(err, TW_E_FORMAT, "the daemon's answer has no list in it");
        *ret_more = tw_json_string(page, "next") != NULL;
    } while (*ret_more && json_array_size(items) < a->options->count);
    return 0;
}

static int list(const struct tw_asking *a, struct tw_err *err)
{
    const struct tw_options *o = a->options;
    const char *one = o->failed ? "failed" : o->state;
    const char *const states[] = {one ? one : "running", one ? NULL : "queued"};
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TEXT_BYTES_MAX);
    TW_AUTO(tw_json_decrefp) json_t *items = json_array();
    TW_AUTO(tw_json_decrefp) json_t *all = json_pack("{s:O?}", "items", items);
    bool more = false;
    if (!items || !all)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < TW_COUNT(states); i++) {
        bool of_this = false;
        if (!states[i])
            continue;
        int r = json_array_size(items) < o->count ? add_state(a, states[i], items, &of_this, err)
                                                  : (of_this = true, 0);
        if (r < 0)
            return r;
        more |= of_this;
    }
    for (size_t i = 0; i < json_array_size(items); i++)
        tw_answer_show_scan(json_array_get(items, i), false, &text);
    if (json_array_size(items) == 0)
        tw_buf_printf(&text, "no scan is %s\n", one ? one : "running or queued");
    else if (more)
        tw_buf_puts(&text, "there may be more: --count=N\n");
    return tw_answer_write(o, all, &text, err);
}

// ---- another try ----

static int retry_one(const struct tw_asking *a, const char *id, struct tw_buf *text, json_t *items,
    struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *scan = NULL;
    char path[PATH_BYTES];
    size_t size = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
    if (id[size] != '\0' || size == 0 || size > ID_BYTES_MAX)
        return tw_err_set(err, TW_E_USAGE,
            "\"%.60s\" is no id of a scan; tidewaiter queue --failed lists them", id);
    snprintf(path, sizeof path, "/v1/scans/%s/retry", id);
    int r = tw_remote_post(a->remote, path, NULL, &scan, err);
    if (r < 0)
        return r;
    tw_answer_show_scan(scan, false, text);
    return json_array_append(items, scan) < 0 ? tw_err_set(err, TW_E_NOMEM, "out of memory") : 0;
}

static int retry(const struct tw_asking *a, struct tw_err *err)
{
    const struct tw_options *o = a->options;
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TEXT_BYTES_MAX);
    TW_AUTO(tw_json_decrefp) json_t *items = json_array();
    TW_AUTO(tw_json_decrefp) json_t *all = json_pack("{s:O?}", "items", items);
    if (!items || !all)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (o->operand_count < 2)
        return tw_err_set(err, TW_E_USAGE, "queue retry takes one or more ids of scans");
    int r = 0;
    for (int i = 1; r == 0 && i < o->operand_count; i++)
        r = retry_one(a, o->operands[i], &text, items, err);
    return r < 0 ? r : tw_answer_write(o, all, &text, err);
}

static int queue(const struct tw_asking *a, struct tw_err *err)
{
    const struct tw_options *o = a->options;
    if (o->failed && o->state)
        return tw_err_set(err, TW_E_USAGE, "--failed is --state failed: one of them is enough");
    if (o->operand_count == 0)
        return list(a, err);
    if (strcmp(o->operands[0], "retry") == 0)
        return retry(a, err);
    return tw_err_set(
        err, TW_E_USAGE, "queue \"%.40s\": there is only queue retry SCAN...", o->operands[0]);
}

int tw_command_queue(struct tw_settings *settings, int argc, char **argv)
{
    return tw_remote_command("queue", 0, INT_MAX, queue, settings, argc, argv);
}
