// Group robots of WeCom (企业微信). facts/output-formats.md section 9.
#include "daemon/notify/answer.h"
#include "daemon/notify/body.h"
#include "daemon/notify/robot.h"

enum { MARKDOWN_BYTES_MAX = 4096, TEXT_BYTES_MAX = 2048, PER_MINUTE = 20, SLOW_DOWN_S = 60 };

// ---- markup ----

static const char *colour(enum tw_severity severity)
{
    return severity >= TW_HIGH ? "warning" : severity == TW_MEDIUM ? "info" : "comment";
}

static void heading(struct tw_buf *out, enum tw_severity severity, const char *text)
{
    (void)severity;
    tw_buf_printf(out, "## %s\n", text);
}

static void fact(struct tw_buf *out, const char *label, const char *colon, const char *value)
{
    tw_buf_printf(out, "%s%s%s\n", label, colon, value);
}

static void item(struct tw_buf *out, enum tw_severity severity, const char *word, const char *head,
    const char *text)
{
    tw_buf_printf(
        out, "<font color=\"%s\">%s</font> **%s**\n> %s\n", colour(severity), word, head, text);
}

static void note(struct tw_buf *out, const char *text)
{
    tw_buf_printf(out, "<font color=\"comment\">%s</font>\n", text);
}

static const struct tw_markup markdown = {tw_robot_clean, heading, fact, item, note, NULL, NULL};

// ---- the body ----

static int write_markdown(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_buf *text, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf mentions = TW_BUF(MARKDOWN_BYTES_MAX / 2);
    for (size_t i = 0; i < sink->mentions.count; i++)
        tw_buf_printf(&mentions, "%s<@%s>", i ? "" : "\n", sink->mentions.items[i]);
    int r =
        tw_message_text(&markdown, sink, dispatch, MARKDOWN_BYTES_MAX - mentions.size, text, err);
    if (r == 0 && mentions.size > 0)
        tw_buf_append(text, mentions.data, mentions.size);
    return r;
}

static json_t *text_json(const struct tw_sink *sink, const char *content)
{
    json_t *text = json_pack("{s:s}", "content", content);
    if (!text ||
        (sink->mentions.count > 0 &&
            json_object_set_new(text, "mentioned_list", tw_robot_list(&sink->mentions)) < 0) ||
        (sink->mobiles.count > 0 && json_object_set_new(text, "mentioned_mobile_list",
                                        tw_robot_list(&sink->mobiles)) < 0)) {
        json_decref(text);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "msgtype", "text", "text", text);
}

static int render(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(MARKDOWN_BYTES_MAX);
    int r = sink->as_text
                ? tw_message_text(&tw_markup_plain, sink, dispatch, TEXT_BYTES_MAX, &text, err)
                : write_markdown(sink, dispatch, &text, err);
    if (r == 0 && text.status < 0)
        r = tw_err_set(err, text.status, "the message does not fit");
    if (r < 0)
        return r;
    json_t *json = sink->as_text ? text_json(sink, text.data)
                                 : json_pack("{s:s, s:{s:s}}", "msgtype", "markdown", "markdown",
                                       "content", text.data);
    return tw_body_write(json, out, err);
}

// ---- answers ----

static const struct tw_answer_code codes[] = {
    {-1, {.end = TW_OUTCOME_AGAIN, .why = "it is busy"}},
    {45009,
        {.end = TW_OUTCOME_AGAIN, .wait_s = SLOW_DOWN_S, .why = "it takes 20 messages a minute"}},
    {45033, {.end = TW_OUTCOME_AGAIN, .wait_s = SLOW_DOWN_S, .why = "too much at a time"}},
    {40058, {.end = TW_OUTCOME_NEVER, .why = "it finds the message too long or malformed"}},
    {40008, {.end = TW_OUTCOME_NEVER, .why = "it does not know this kind of message"}},
    {93000,
        {.end = TW_OUTCOME_STOP,
            .why = "it does not know the key: put the robot's address into url as WeCom shows it"}},
};

static struct tw_outcome read_answer(const struct tw_http_answer *answer, struct tw_span body)
{
    return tw_answer_errcode(answer, body, codes, TW_COUNT(codes));
}

const struct tw_sink_kind tw_sink_wecom = {
    .name = "wecom",
    .content_type = "application/json; charset=utf-8",
    .options = TW_SINK_FORMAT | TW_SINK_MENTIONS | TW_SINK_MOBILES,
    .per_minute = PER_MINUTE,
    .merges = true,
    .render = render,
    .read = read_answer,
};
