// Custom robots of DingTalk (钉钉). facts/output-formats.md section 9.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/notify/answer.h"
#include "daemon/notify/body.h"
#include "daemon/notify/robot.h"
#include "daemon/notify/sign.h"

enum {
    BODY_BYTES_MAX = 20000,
    TITLE_BYTES_MAX = 120,
    TAIL_BYTES_MAX = 8192, // mentions and keyword
    PER_MINUTE = 20,
    THROTTLED_S = 600, // it is deaf for ten minutes then
};

// ---- markup: a line ends with two blanks ----

static void heading(struct tw_buf *out, enum tw_severity severity, const char *text)
{
    (void)severity;
    tw_buf_printf(out, "#### %s\n\n", text);
}

static void fact(struct tw_buf *out, const char *label, const char *colon, const char *value)
{
    tw_buf_printf(out, "%s%s%s  \n", label, colon, value);
}

static void item(struct tw_buf *out, enum tw_severity severity, const char *word, const char *head,
    const char *text)
{
    (void)severity;
    tw_buf_printf(out, "\n**(%s) %s**\n\n> %s\n", word, head, text);
}

static void note(struct tw_buf *out, const char *text)
{
    tw_buf_printf(out, "\n%s\n", text);
}

static const struct tw_markup markdown = {tw_robot_clean, heading, fact, item, note, NULL, NULL};

// ---- the body ----

static bool is_all(const char *who)
{
    return strcmp(who, "all") == 0;
}

// Who is mentioned must stand in the text, and so must the keyword of the robot's settings.
static void write_tail(const struct tw_sink *sink, struct tw_buf *tail)
{
    const struct tw_texts *lists[] = {&sink->mentions, &sink->mobiles};
    if (sink->mentions.count + sink->mobiles.count > 0)
        tw_buf_puts(tail, "\n\n");
    for (size_t k = 0; k < TW_COUNT(lists); k++) {
        for (size_t i = 0; i < lists[k]->count; i++)
            tw_buf_printf(tail, "@%s ", lists[k]->items[i]);
    }
    if (sink->keyword)
        tw_buf_printf(tail, "\n\n%s", sink->keyword);
}

static json_t *at_json(const struct tw_sink *sink)
{
    json_t *ids = json_array();
    bool all = false, good = ids != NULL;
    for (size_t i = 0; i < sink->mentions.count; i++) {
        const char *who = sink->mentions.items[i];
        all |= is_all(who);
        if (!is_all(who))
            good &= json_array_append_new(ids, json_string(who)) == 0;
    }
    if (!good) {
        json_decref(ids);
        return NULL;
    }
    return json_pack("{s:o, s:o, s:b}", "atMobiles", tw_robot_list(&sink->mobiles), "atUserIds",
        ids, "isAtAll", (int)all);
}

static int write_body(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    size_t max_bytes, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf title = TW_BUF(TITLE_BYTES_MAX * 2);
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(BODY_BYTES_MAX + TAIL_BYTES_MAX);
    const struct tw_markup *markup = sink->as_text ? &tw_markup_plain : &markdown;
    int r = tw_message_title(&tw_markup_plain, sink, dispatch, TITLE_BYTES_MAX, &title, err);
    if (r == 0)
        r = tw_message_text(markup, sink, dispatch, max_bytes, &text, err);
    if (r < 0)
        return r;
    write_tail(sink, &text);
    if (text.status < 0)
        return tw_err_set(err, text.status, "the message does not fit");
    json_t *json = sink->as_text
                       ? json_pack("{s:s, s:{s:s}, s:o}", "msgtype", "text", "text", "content",
                             text.data, "at", at_json(sink))
                       : json_pack("{s:s, s:{s:s, s:s}, s:o}", "msgtype", "markdown", "markdown",
                             "title", title.data, "text", text.data, "at", at_json(sink));
    return tw_body_write(json, out, err);
}

// The limit is one of the body as JSON, where some characters are two or six bytes: what is too
// much is taken off the text until it fits.
static int render(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_buf *out, struct tw_err *err)
{
    size_t max_bytes = BODY_BYTES_MAX;
    for (;;) {
        tw_buf_reset(out);
        int r = write_body(sink, dispatch, max_bytes, out, err);
        if (r < 0 || out->size <= BODY_BYTES_MAX)
            return r;
        size_t over = out->size - BODY_BYTES_MAX;
        if (over >= max_bytes)
            return tw_err_set(err, TW_E_LIMIT, "keyword and mentions leave no room");
        max_bytes -= over;
    }
}

static int sign(const struct tw_sink *sink, const struct tw_dispatch *dispatch, struct tw_span body,
    struct tw_signed *out, struct tw_err *err)
{
    char timestamp[24];
    TW_AUTO(tw_buf_done) struct tw_buf signature = TW_BUF(128);
    (void)body;
    if (!sink->secret)
        return 0;
    snprintf(timestamp, sizeof timestamp, "%" PRId64, dispatch->now_ms);
    if (tw_sign_dingtalk(sink->secret, timestamp, &signature) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_url_parse(sink->url.text, &out->url, err);
    if (r == 0)
        r = tw_url_add_query(&out->url, "timestamp", timestamp, err);
    return r < 0 ? r : tw_url_add_query(&out->url, "sign", signature.data, err);
}

// ---- answers ----

static const struct tw_answer_code codes[] = {
    {-1, {.end = TW_OUTCOME_AGAIN, .why = "it is busy"}},
    {130101,
        {.end = TW_OUTCOME_AGAIN, .wait_s = THROTTLED_S, .why = "it takes 20 messages a minute"}},
    {410100,
        {.end = TW_OUTCOME_AGAIN, .wait_s = THROTTLED_S, .why = "it takes 20 messages a minute"}},
    {300001,
        {.end = TW_OUTCOME_STOP,
            .why = "it does not know the token: put the robot's address into url as DingTalk shows "
                   "it"}},
    {400101, {.end = TW_OUTCOME_STOP, .why = "it does not know the token in url"}},
    {400102, {.end = TW_OUTCOME_STOP, .why = "the robot was switched off: switch it on again"}},
    {310000,
        {.end = TW_OUTCOME_STOP,
            .why = "its security settings refuse us: look at secret (signature), keyword, and the "
                   "addresses that it allows; this machine's clock must be right within an hour"}},
};

static struct tw_outcome read_answer(const struct tw_http_answer *answer, struct tw_span body)
{
    return tw_answer_errcode(answer, body, codes, TW_COUNT(codes));
}

const struct tw_sink_kind tw_sink_dingtalk = {
    .name = "dingtalk",
    .content_type = "application/json; charset=utf-8",
    .options =
        TW_SINK_SECRET | TW_SINK_FORMAT | TW_SINK_MENTIONS | TW_SINK_MOBILES | TW_SINK_KEYWORD,
    .per_minute = PER_MINUTE,
    .merges = true,
    .render = render,
    .sign = sign,
    .read = read_answer,
};
