#include "daemon/notify/message.h"

#include <stdio.h>
#include <string.h>

#include "daemon/notify/words.h"
#include "scanner/base/text.h"

enum {
    LINE_BYTES_MAX = 8192,
    SAYS_BYTES_MAX = 400,  // of a finding: people read the report for the rest
    MORE_RESERVE = 80,     // for the line that counts the rest
    SHORT_DIGEST = 7 + 12, // "sha256:" and what tells two apart
    ARENA_BYTES_MAX = 4 << 20,
};

struct writing {
    const struct tw_markup *markup;
    const struct tw_sink *sink;
    const struct tw_dispatch *dispatch;
    const struct tw_message_out *out;
    struct tw_arena *arena;
    struct tw_buf line;
    bool full; // something did not fit
    int status;
};

void tw_message_clean(struct tw_buf *out, struct tw_span text, const char *(*swap)(unsigned char c))
{
    if (!tw_text_is_utf8(text)) { // nothing of ours; shown, byte for byte
        tw_text_escape_to(out, text);
        return;
    }
    for (uint64_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];
        const char *other = c < ' ' || c == 0x7F ? " " : swap && c < 0x80 ? swap(c) : NULL;
        if (other)
            tw_buf_puts(out, other);
        else
            tw_buf_append(out, &c, 1);
    }
}

// ---- pieces ----

static const char *say(const struct writing *w, enum tw_notify_word word)
{
    return tw_notify_word(word, w->sink->lang);
}

// In the arena, made safe for the robot; at most max_bytes of it.
static const char *clean(struct writing *w, const char *text, size_t max_bytes)
{
    struct tw_span whole = tw_span_str(text),
                   kept = tw_span_of(text, tw_text_cut(whole, max_bytes));
    TW_AUTO(tw_buf_done) struct tw_buf buf = TW_BUF(LINE_BYTES_MAX);
    w->markup->clean(&buf, kept);
    if (kept.n < whole.n)
        tw_buf_puts(&buf, "…");
    const char *copy = tw_arena_strndup(w->arena, buf.data ? buf.data : "", buf.size);
    if (!copy || buf.status == TW_E_NOMEM)
        w->status = TW_E_NOMEM;
    return copy ? copy : "";
}

static const char *format(struct writing *w, enum tw_notify_word word, const char *text)
{
    const char *form = say(w, word), *at = strstr(form, "%s");
    const char *made =
        at ? tw_arena_printf(w->arena, "%.*s%s%s", (int)(at - form), form, text, at + 2) : form;
    w->status = made ? w->status : TW_E_NOMEM;
    return made ? made : "";
}

static const char *number(struct writing *w, enum tw_notify_word word, size_t n)
{
    const char *form = say(w, word), *at = strchr(form, '%');
    const char *rest = at + (at[1] == 'z' ? 3 : 2);
    const char *made = tw_arena_printf(w->arena, "%.*s%zu%s", (int)(at - form), form, n, rest);
    w->status = made ? w->status : TW_E_NOMEM;
    return made ? made : "";
}

// Gives the line that was written; true: it fitted.
static bool give(struct writing *w, size_t reserve_bytes)
{
    struct tw_buf *line = &w->line;
    if (line->status < 0 && line->status != TW_E_LIMIT)
        w->status = line->status;
    bool fits = w->status == 0 && line->size > 0 &&
                w->out->take(w->out->ctx, line->data, line->size, reserve_bytes);
    w->full |= !fits;
    tw_buf_reset(line);
    return fits;
}

static void fact(struct writing *w, enum tw_notify_word label, const char *value)
{
    w->markup->fact(&w->line, say(w, label), say(w, TW_SAY_COLON), value);
    give(w, MORE_RESERVE);
}

static const char *as_link(struct writing *w, const char *url)
{
    const struct tw_markup *markup = w->markup;
    const char *link = markup->before_link ? tw_arena_printf(w->arena, "%s%s%s",
                                                 markup->before_link, url, markup->behind_link)
                                           : url;
    w->status = link ? w->status : TW_E_NOMEM;
    return link ? link : "";
}

// ---- one event ----

static enum tw_severity worst(const struct tw_event *event)
{
    if (event->kind == TW_EVENT_DEAD_LETTER)
        return TW_HIGH;
    enum tw_severity severity = TW_INFO;
    for (size_t i = 0; i < event->count; i++)
        severity = event->findings[i].severity > severity ? event->findings[i].severity : severity;
    return severity;
}

static const char *heading_of(struct writing *w, const struct tw_event *event)
{
    static const enum tw_notify_word headings[TW_EVENT_KINDS] = {
        [TW_EVENT_FINDINGS] = TW_SAY_FINDINGS,
        [TW_EVENT_DRIFT] = TW_SAY_DRIFT,
        [TW_EVENT_DEAD_LETTER] = TW_SAY_DEAD_LETTER,
        [TW_EVENT_TEST] = TW_SAY_TEST,
    };
    const char *reference = tw_event_reference(event, w->arena);
    if (!reference)
        w->status = TW_E_NOMEM;
    return format(w, headings[event->kind], clean(w, reference ? reference : "", 512));
}

// "2 critical, 1 high"
static const char *counts_of(struct writing *w, const struct tw_event *event)
{
    unsigned counts[TW_SEVERITY_COUNT];
    const char *text = "";
    memcpy(counts, event->more, sizeof counts);
    for (size_t i = 0; i < event->count; i++)
        counts[event->findings[i].severity]++;
    for (int s = TW_CRITICAL; s >= TW_INFO && text; s--) {
        const char *word = tw_notify_severity((enum tw_severity)s, w->sink->lang);
        const char *comma = *text ? say(w, TW_SAY_COMMA) : "";
        if (counts[s] > 0)
            text = w->sink->lang == TW_ZH
                       ? tw_arena_printf(w->arena, "%s%s%s %u", text, comma, word, counts[s])
                       : tw_arena_printf(w->arena, "%s%s%u %s", text, comma, counts[s], word);
    }
    w->status = text ? w->status : TW_E_NOMEM;
    return text ? text : "";
}

static unsigned unlisted(const struct tw_event *event, size_t listed)
{
    unsigned n = (unsigned)(event->count - listed);
    for (int s = 0; s < TW_SEVERITY_COUNT; s++)
        n += event->more[s];
    return n;
}

static void write_finding(struct writing *w, const struct tw_event_finding *f)
{
    const struct tw_rule *rule = tw_rule_find(f->rule);
    const char *title = rule ? rule->text[w->sink->lang].title : "";
    const char *where = f->binary ? f->binary : say(w, TW_SAY_WHOLE_IMAGE);
    const char *head = tw_arena_printf(w->arena, "%s %s", f->rule, title);
    const char *text = tw_arena_printf(w->arena, "%s%s%s", clean(w, where, 256),
        say(w, TW_SAY_COLON), clean(w, f->message[w->sink->lang], SAYS_BYTES_MAX));
    if (!head || !text) {
        w->status = TW_E_NOMEM;
        return;
    }
    w->markup->item(&w->line, f->severity, tw_notify_severity(f->severity, w->sink->lang),
        clean(w, head, 256), text);
}

static void write_findings(struct writing *w, const struct tw_event *event)
{
    size_t listed = 0;
    for (; listed < event->count && w->status == 0; listed++) {
        write_finding(w, &event->findings[listed]);
        bool is_last = unlisted(event, listed) == 1;
        if (!give(w, is_last ? 0 : MORE_RESERVE))
            break;
    }
    if (unlisted(event, listed) > 0) {
        w->markup->note(&w->line, number(w, TW_SAY_MORE, unlisted(event, listed)));
        give(w, 0);
    }
}

static void write_facts(struct writing *w, const struct tw_event *event)
{
    const struct tw_sink *sink = w->sink;
    if (event->decision)
        fact(w, TW_SAY_DECISION, tw_notify_decision(event->decision, sink->lang));
    if (event->kind != TW_EVENT_DEAD_LETTER)
        fact(w, TW_SAY_COUNTS, counts_of(w, event));
    if (event->digest[0])
        fact(w, TW_SAY_IMAGE, clean(w, event->digest, SHORT_DIGEST));
    if (event->previous)
        fact(w, TW_SAY_BEFORE, clean(w, event->previous, SHORT_DIGEST));
    if (w->dispatch->link && event->digest[0] && event->kind != TW_EVENT_DEAD_LETTER) {
        const char *url = tw_arena_printf(w->arena, "%s/v1/images/%s/%s?format=text%s",
            w->dispatch->link, event->digest, event->kind == TW_EVENT_DRIFT ? "drift" : "report",
            sink->lang == TW_ZH ? "&lang=zh" : "");
        w->status = url ? w->status : TW_E_NOMEM;
        fact(w, TW_SAY_REPORT, as_link(w, clean(w, url ? url : "", LINE_BYTES_MAX / 2)));
    }
}

static void write_dead_letter(struct writing *w, const struct tw_event *event)
{
    char attempts[16];
    snprintf(attempts, sizeof attempts, "%u", event->attempts);
    fact(w, TW_SAY_SCAN, clean(w, event->scan ? event->scan : "", 64));
    fact(w, TW_SAY_ATTEMPTS, attempts);
    const char *error = tw_arena_printf(w->arena, "%s%s%s", event->error ? event->error : "",
        say(w, TW_SAY_COLON), event->message ? event->message : "");
    w->status = error ? w->status : TW_E_NOMEM;
    fact(w, TW_SAY_ERROR, clean(w, error ? error : "", 600));
    w->markup->note(
        &w->line, format(w, TW_SAY_RETRY, clean(w, event->scan ? event->scan : "", 64)));
    give(w, 0);
}

static void write_one(struct writing *w, const struct tw_event *event)
{
    w->markup->heading(&w->line, worst(event), heading_of(w, event));
    give(w, MORE_RESERVE);
    if (event->kind == TW_EVENT_TEST) {
        w->markup->note(&w->line, say(w, TW_SAY_TEST_BODY));
        give(w, 0);
        return;
    }
    write_facts(w, event);
    if (event->kind == TW_EVENT_DEAD_LETTER)
        write_dead_letter(w, event);
    else
        write_findings(w, event);
}

// ---- many ----

static void write_digest_line(struct writing *w, const struct tw_event *event)
{
    enum tw_severity severity = worst(event);
    const char *text = event->kind == TW_EVENT_DEAD_LETTER
                           ? clean(w, event->error ? event->error : "", 64)
                           : counts_of(w, event);
    w->markup->item(&w->line, severity, tw_notify_severity(severity, w->sink->lang),
        heading_of(w, event), text);
}

// Worst first, else in the order in which they came.
static void write_digest(struct writing *w)
{
    const struct tw_dispatch *d = w->dispatch;
    size_t listed = 0;
    enum tw_severity top = TW_INFO;
    for (size_t i = 0; i < d->count; i++)
        top = worst(&d->events[i]) > top ? worst(&d->events[i]) : top;
    w->markup->heading(&w->line, top, number(w, TW_SAY_DIGEST, d->count));
    give(w, MORE_RESERVE);
    for (int s = TW_CRITICAL; s >= TW_INFO; s--) {
        for (size_t i = 0; i < d->count; i++) {
            if ((int)worst(&d->events[i]) != s || w->full || w->status < 0)
                continue;
            write_digest_line(w, &d->events[i]);
            listed += give(w, listed + 1 == d->count ? 0 : MORE_RESERVE);
        }
    }
    if (listed < d->count) {
        w->markup->note(&w->line, number(w, TW_SAY_MORE_LINES, d->count - listed));
        give(w, 0);
    }
}

int tw_message_write(const struct tw_markup *markup, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, const struct tw_message_out *out, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(ARENA_BYTES_MAX);
    struct writing w = {.markup = markup,
        .sink = sink,
        .dispatch = dispatch,
        .out = out,
        .arena = arena,
        .line = TW_BUF(LINE_BYTES_MAX)};
    if (!arena)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (dispatch->count == 1)
        write_one(&w, &dispatch->events[0]);
    else
        write_digest(&w);
    tw_buf_done(&w.line);
    return w.status < 0 ? tw_err_set(err, w.status, "out of memory") : 0;
}

// ---- one text ----

struct text_ctx {
    struct tw_buf *text;
    size_t max_bytes;
    bool whole;  // nothing is kept free: all is hoped to fit
    bool missed; // it did not
    int status;
};

// A line that is too long even for an empty message is cut: the heading, at the least, is told.
static bool take_text(void *ctx, const char *line, size_t size, size_t reserve_bytes)
{
    struct text_ctx *t = ctx;
    size_t used = t->text->size;
    reserve_bytes = t->whole ? 0 : reserve_bytes;
    bool fits = used + size + reserve_bytes <= t->max_bytes;
    t->missed |= !fits;
    if (!fits && used == 0) {
        size = tw_text_cut(tw_span_of(line, size),
            t->max_bytes > reserve_bytes ? t->max_bytes - reserve_bytes : 0);
        fits = true;
    }
    if (fits && tw_buf_append(t->text, line, size) < 0)
        t->status = t->text->status;
    return fits;
}

static void end_text(struct tw_buf *text)
{
    while (text->size > 0 && text->data[text->size - 1] == '\n')
        text->data[--text->size] = '\0';
}

// Once as if all fitted, and when it does not, with room for the line that says so.
int tw_message_text(const struct tw_markup *markup, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, size_t max_bytes, struct tw_buf *ret_text,
    struct tw_err *err)
{
    struct text_ctx t = {.text = ret_text, .max_bytes = max_bytes, .whole = true};
    const struct tw_message_out out = {take_text, &t};
    int r = tw_message_write(markup, sink, dispatch, &out, err);
    if (r == 0 && t.missed) {
        tw_buf_reset(ret_text);
        t.whole = false;
        r = tw_message_write(markup, sink, dispatch, &out, err);
    }
    if (r == 0 && t.status < 0)
        r = tw_err_set(err, t.status, "out of memory");
    end_text(ret_text);
    return r;
}

static bool take_first(void *ctx, const char *line, size_t size, size_t reserve_bytes)
{
    struct text_ctx *t = ctx;
    (void)reserve_bytes;
    if (t->text->size > 0)
        return false;
    size = tw_text_cut(tw_span_of(line, size), t->max_bytes);
    t->status = tw_buf_append(t->text, line, size);
    return true;
}

int tw_message_title(const struct tw_markup *markup, const struct tw_sink *sink,
    const struct tw_dispatch *dispatch, size_t max_bytes, struct tw_buf *ret_text,
    struct tw_err *err)
{
    struct text_ctx t = {.text = ret_text, .max_bytes = max_bytes};
    const struct tw_message_out out = {take_first, &t};
    int r = tw_message_write(markup, sink, dispatch, &out, err);
    if (r == 0 && t.status < 0)
        r = tw_err_set(err, t.status, "out of memory");
    end_text(ret_text);
    return r;
}

// ---- without markup ----

static void plain_clean(struct tw_buf *out, struct tw_span text)
{
    tw_message_clean(out, text, NULL);
}

static void plain_heading(struct tw_buf *out, enum tw_severity severity, const char *text)
{
    (void)severity;
    tw_buf_printf(out, "%s\n", text);
}

static void plain_fact(struct tw_buf *out, const char *label, const char *colon, const char *value)
{
    tw_buf_printf(out, "%s%s%s\n", label, colon, value);
}

static void plain_item(struct tw_buf *out, enum tw_severity severity, const char *word,
    const char *head, const char *text)
{
    (void)severity;
    tw_buf_printf(out, "[%s] %s\n  %s\n", word, head, text);
}

static void plain_note(struct tw_buf *out, const char *text)
{
    tw_buf_printf(out, "%s\n", text);
}

const struct tw_markup tw_markup_plain = {
    plain_clean, plain_heading, plain_fact, plain_item, plain_note, NULL, NULL};
