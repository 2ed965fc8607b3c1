// Slack's incoming webhooks: blocks of mrkdwn. facts/output-formats.md section 9.
#include <string.h>

#include "daemon/notify/answer.h"
#include "daemon/notify/body.h"
#include "daemon/notify/message.h"
#include "scanner/base/text.h"

enum {
    SECTION_BYTES_MAX = 3000, // characters, says Slack; bytes are never fewer
    BLOCKS_MAX = 50,
    HEADER_BYTES_MAX = 150,
    PER_MINUTE = 60,
};

// ---- markup ----

static const char *swap(unsigned char c)
{
    return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

static void clean(struct tw_buf *out, struct tw_span text)
{
    tw_message_clean(out, text, swap);
}

static void heading(struct tw_buf *out, enum tw_severity severity, const char *text)
{
    (void)severity;
    tw_buf_printf(out, "*%s*\n", text);
}

static void fact(struct tw_buf *out, const char *label, const char *colon, const char *value)
{
    tw_buf_printf(out, "%s%s%s\n", label, colon, value);
}

static void item(struct tw_buf *out, enum tw_severity severity, const char *word, const char *head,
    const char *text)
{
    (void)severity;
    tw_buf_printf(out, "• *[%s] %s*\n%s\n", word, head, text);
}

static void note(struct tw_buf *out, const char *text)
{
    tw_buf_printf(out, "_%s_\n", text);
}

static const struct tw_markup mrkdwn = {clean, heading, fact, item, note, "<", ">"};

// ---- blocks ----

struct blocks {
    json_t *list;
    struct tw_buf section;
    const struct tw_sink *sink;
    int status;
};

static void add_block(struct blocks *b, json_t *block)
{
    if (json_array_append_new(b->list, block) < 0)
        b->status = TW_E_NOMEM;
}

static void end_section(struct blocks *b)
{
    if (b->section.size == 0)
        return;
    while (b->section.size > 0 && b->section.data[b->section.size - 1] == '\n')
        b->section.data[--b->section.size] = '\0';
    // Verbatim: a bare URL or name in it does not become a link or a mention.
    add_block(b, json_pack("{s:s, s:{s:s, s:b, s:s}}", "type", "section", "text", "type", "mrkdwn",
                     "verbatim", 1, "text", b->section.data));
    tw_buf_reset(&b->section);
}

// The last section is for the line that counts the rest.
static bool take(void *ctx, const char *line, size_t size, size_t reserve_bytes)
{
    struct blocks *b = ctx;
    size_t room = BLOCKS_MAX - json_array_size(b->list); // sections, the one being filled included
    size = tw_text_cut(tw_span_of(line, size), SECTION_BYTES_MAX);
    bool fits = b->section.size + size + (room <= 1 ? reserve_bytes : 0) <= SECTION_BYTES_MAX;
    if (!fits && (room <= 1 || (room == 2 && size + reserve_bytes > SECTION_BYTES_MAX)))
        return false;
    if (!fits)
        end_section(b);
    if (tw_buf_append(&b->section, line, size) < 0)
        b->status = b->section.status;
    return true;
}

static void add_mentions(struct blocks *b)
{
    static const char *const words[] = {"here", "channel", "everyone"};
    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(SECTION_BYTES_MAX);
    for (size_t i = 0; i < b->sink->mentions.count; i++) {
        const char *who = b->sink->mentions.items[i], *mark = "@";
        for (size_t k = 0; k < TW_COUNT(words); k++)
            mark = strcmp(who, words[k]) == 0 ? "!" : mark;
        tw_buf_printf(&line, "%s<%s%s>", i ? " " : "", mark, who);
    }
    tw_buf_puts(&line, "\n");
    if (b->sink->mentions.count > 0 && line.status == 0)
        take(b, line.data, line.size, 0);
}

static int add_header(
    struct blocks *b, const struct tw_dispatch *dispatch, struct tw_buf *title, struct tw_err *err)
{
    int r = tw_message_title(&tw_markup_plain, b->sink, dispatch, HEADER_BYTES_MAX, title, err);
    if (r == 0)
        add_block(b, json_pack("{s:s, s:{s:s, s:s}}", "type", "header", "text", "type",
                         "plain_text", "text", title->data));
    return r;
}

// The heading is a block of its own already.
struct body {
    struct blocks *blocks;
    bool has_heading;
};

static bool take_body(void *ctx, const char *line, size_t size, size_t reserve_bytes)
{
    struct body *body = ctx;
    if (body->has_heading)
        return take(body->blocks, line, size, reserve_bytes);
    body->has_heading = true;
    return true;
}

static int render(const struct tw_sink *sink, const struct tw_dispatch *dispatch,
    struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf title = TW_BUF(HEADER_BYTES_MAX * 2);
    struct blocks b = {
        .list = json_array(), .section = TW_BUF(SECTION_BYTES_MAX + 1), .sink = sink};
    struct body body = {.blocks = &b};
    const struct tw_message_out message = {take_body, &body};
    int r = add_header(&b, dispatch, &title, err);
    if (r == 0)
        add_mentions(&b);
    if (r == 0)
        r = tw_message_write(&mrkdwn, sink, dispatch, &message, err);
    end_section(&b);
    tw_buf_done(&b.section);
    if (r < 0 || b.status < 0) {
        json_decref(b.list);
        return r < 0 ? r : tw_err_set(err, b.status, "out of memory");
    }
    return tw_body_write(json_pack("{s:s, s:o}", "text", title.data, "blocks", b.list), out, err);
}

// ---- answers ----

static struct tw_outcome read_answer(const struct tw_http_answer *answer, struct tw_span body)
{
    (void)body;
    struct tw_outcome outcome = tw_answer_status(answer->status, answer->retry_after_s);
    if (answer->status == 403 || answer->status == 404 || answer->status == 410) {
        outcome.end = TW_OUTCOME_STOP;
        outcome.why = "Slack knows this hook no more: make a new one, put its address into url";
    }
    return outcome;
}

const struct tw_sink_kind tw_sink_slack = {
    .name = "slack",
    .content_type = "application/json; charset=utf-8",
    .options = TW_SINK_MENTIONS,
    .per_minute = PER_MINUTE,
    .merges = true,
    .render = render,
    .read = read_answer,
};
