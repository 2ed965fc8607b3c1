#include "api/admission/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/text.h"

enum {
    FINDINGS_SHOWN = 5, // of one container in a denial
    WARNINGS_MAX = 200, // that are sorted
    LINE_BYTES_MAX = 1500,
    NAME_BYTES_MAX = 100, // of a container, a variable, a channel
    IMAGE_BYTES_MAX = 300,
    PATH_BYTES_MAX = 200,
    REASON_BYTES_MAX = 600,
    DIGEST_SHOWN = 19, // "sha256:" and 12 digits
};

static const char *const kinds[] = {
    [TW_CONTAINER] = "container",
    [TW_CONTAINER_INIT] = "init container",
    [TW_CONTAINER_EPHEMERAL] = "ephemeral container",
    [TW_CONTAINER_VOLUME] = "image volume",
};

// ---- texts ----

// U+0000 to U+001F, U+007F, and U+0080 to U+009F, which are C2 80 to C2 9F: a warning that has one
// is dropped by the API server.
static void blank_controls(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
        if (c < ' ' || c == 0x7F)
            text[i] = ' ';
        else if (c == 0xC2 && next >= 0x80 && next <= 0x9F)
            text[i] = text[i + 1] = ' ';
    }
}

// At most `max` bytes of text that others wrote, as UTF-8 without control characters.
static void put_cut(struct tw_buf *out, const char *text, size_t max)
{
    size_t size = tw_text_cut(tw_span_of(text, strnlen(text, max + 1)), max), at = out->size;
    struct tw_span span = tw_span_of(text, size);
    if (!tw_text_is_utf8(span))
        tw_text_escape_to(out, span);
    else if (tw_buf_append(out, text, size) == 0 && size > 0)
        blank_controls(out->data + at, size);
}

// All that was put there, in at most `max` bytes.
static json_t *clean(const struct tw_buf *text, size_t max)
{
    const char *data = text->data ? text->data : "";
    size_t size =
        text->size > max ? tw_text_cut(tw_span_of(data, text->size), max - 3) : text->size;
    char *copy = tw_mem_alloc(size + 4);
    if (!copy)
        return NULL;
    memcpy(copy, data, size);
    blank_controls(copy, size);
    if (size < text->size) {
        memcpy(copy + size, "...", 3);
        size += 3;
    }
    json_t *json = json_stringn(copy, size);
    free(copy);
    tw_mem_failures += !json;
    return json;
}

// Without its digest.
static void put_image(struct tw_buf *out, const struct tw_pod_container *c)
{
    size_t named = strcspn(c->image, "@");
    put_cut(out, c->image, named < IMAGE_BYTES_MAX ? named : IMAGE_BYTES_MAX);
}

// "container till, registry.example/till:1.4 (sha256:3f1c0a1b2c3d)"
static void put_name(struct tw_buf *out, const struct tw_admitted *item)
{
    const struct tw_pod_container *c = item->container;
    if (*c->name) {
        tw_buf_printf(out, "%s ", kinds[c->kind]);
        put_cut(out, c->name, NAME_BYTES_MAX);
        tw_buf_puts(out, ", ");
    }
    put_image(out, c);
    if (tw_digest_is_set(&item->digest))
        tw_buf_printf(out, " (%.*s)", DIGEST_SHOWN, item->digest.text);
    if (item->platform)
        tw_buf_printf(out, " for %s", item->platform);
}

// "till: "
static void put_short(struct tw_buf *out, const struct tw_admitted *item, const char *colon)
{
    const struct tw_pod_container *c = item->container;
    put_cut(out, *c->name ? c->name : c->image, NAME_BYTES_MAX);
    tw_buf_puts(out, colon);
}

static bool counts(const struct tw_finding *finding)
{
    return !finding->waiver_until && finding->severity >= TW_LOW;
}

// Where in the Pod, or in the image's history, the setting is.
static const char *place_of(const struct tw_finding *finding)
{
    for (size_t i = 0; i < finding->evidence_count; i++) {
        if (finding->evidence[i].instruction)
            return finding->evidence[i].instruction;
    }
    return NULL;
}

static void put_finding(struct tw_buf *out, const struct tw_finding *finding)
{
    const char *place = place_of(finding);
    tw_buf_printf(out, "%s %s", finding->rule->id, tw_severity_name(finding->severity));
    if (finding->binary) {
        tw_buf_puts(out, ", ");
        put_cut(out, finding->binary, PATH_BYTES_MAX);
    }
    tw_buf_puts(out, ": ");
    put_cut(out, finding->message, LINE_BYTES_MAX);
    if (place) {
        tw_buf_puts(out, " (from ");
        put_cut(out, place, PATH_BYTES_MAX);
        tw_buf_puts(out, ")");
    }
}

// ---- the denial ----

static void put_line(struct tw_buf *out, const struct tw_finding *finding)
{
    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(LINE_BYTES_MAX * 8);
    put_finding(&line, finding);
    if (finding->remediation) {
        tw_buf_puts(&line, " What to do: ");
        put_cut(&line, finding->remediation, LINE_BYTES_MAX);
    }
    json_t *cut = clean(&line, LINE_BYTES_MAX);
    tw_buf_printf(out, "\n%s", cut ? json_string_value(cut) : "?");
    json_decref(cut);
}

static void put_denied(
    struct tw_buf *out, const struct tw_admission *a, const struct tw_admitted *item)
{
    put_name(out, item);
    if (item->state != TW_IMAGE_JUDGED) {
        bool scanning = item->state == TW_IMAGE_SCANNING;
        tw_buf_puts(out, scanning ? ", may not run before it is scanned: "
                                  : ": it cannot be told whether it may run: ");
        put_cut(out, item->reason, REASON_BYTES_MAX);
        tw_buf_puts(out, scanning ? "; try again in a moment" : "");
        return;
    }
    const struct tw_verdict *verdict = item->verdict;
    unsigned shown = 0, more = 0;
    tw_buf_puts(out, ", may not run by policy ");
    put_cut(out, a->policy, NAME_BYTES_MAX);
    if (verdict->channel) {
        tw_buf_puts(out, " (channel ");
        put_cut(out, verdict->channel, NAME_BYTES_MAX);
        tw_buf_puts(out, ")");
    }
    tw_buf_puts(out, ":");
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct tw_finding *finding = &verdict->findings[i];
        if (finding->waiver_until || finding->severity < verdict->fail_on)
            continue;
        if (shown == FINDINGS_SHOWN) {
            more++;
            continue;
        }
        put_line(out, finding);
        shown++;
    }
    if (shown == 0)
        tw_buf_puts(out, "\nparts of the image could not be looked at");
    if (more > 0)
        tw_buf_printf(out, "\nand %u more", more);
}

json_t *tw_words_denial(const struct tw_admission *a)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(TW_DENIAL_BYTES_MAX);
    size_t denied = 0;
    if (a->trouble) {
        tw_buf_puts(&out, "it cannot be told whether this may run: ");
        put_cut(&out, a->trouble, REASON_BYTES_MAX);
    }
    for (size_t i = 0; i < a->count; i++) {
        TW_AUTO(tw_buf_done) struct tw_buf one = TW_BUF(TW_DENIAL_BYTES_MAX * 4);
        if (a->items[i].decision != TW_ADMIT_DENY)
            continue;
        put_denied(&one, a, &a->items[i]);
        denied++;
        // One that does not fit any more is only counted.
        if (one.status == 0 && out.size + one.size + 64 < TW_DENIAL_BYTES_MAX) {
            tw_buf_puts(&out, out.size ? "\n" : "");
            tw_buf_append(&out, one.data, one.size);
            denied--;
        }
    }
    if (denied > 0)
        tw_buf_printf(&out, "\nand %zu more containers", denied);
    return out.status < 0 || !out.data ? NULL : json_stringn(out.data, out.size);
}

// ---- warnings ----

struct warning {
    int weight; // the larger the worse
    size_t order;
    json_t *text;
};

struct warnings {
    struct warning items[WARNINGS_MAX];
    size_t count, left_out;
    bool no_memory;
};

enum { WEIGHT_TROUBLE = TW_SEVERITY_COUNT + 1, WEIGHT_UNKNOWN = TW_SEVERITY_COUNT };

static void add(struct warnings *all, int weight, struct tw_buf *text)
{
    if (all->count == WARNINGS_MAX) {
        all->left_out++;
    } else {
        json_t *json = text->status == TW_E_NOMEM ? NULL : clean(text, TW_WARNING_BYTES_MAX);
        all->no_memory |= !json;
        all->items[all->count] = (struct warning){weight, all->count, json};
        all->count++;
    }
    tw_buf_done(text);
}

static const char *mood(const struct tw_admission *a, const struct tw_admitted *item)
{
    return !a->is_enforced && item->decision == TW_ADMIT_DENY ? "would be denied: " : "";
}

static void warn_of_item(
    struct warnings *all, const struct tw_admission *a, const struct tw_admitted *item)
{
    bool is_told = a->is_enforced && item->decision == TW_ADMIT_DENY; // by the denial
    if (item->state != TW_IMAGE_JUDGED && item->decision != TW_ADMIT_ALLOW && !is_told) {
        struct tw_buf text = TW_BUF(LINE_BYTES_MAX * 8);
        tw_buf_puts(&text, mood(a, item));
        put_short(&text, item, ": ");
        tw_buf_puts(
            &text, item->state == TW_IMAGE_SCANNING ? "not scanned yet: " : "it cannot be told: ");
        put_cut(&text, item->reason, REASON_BYTES_MAX);
        add(all, WEIGHT_TROUBLE, &text);
    }
    if (item->doubt) {
        struct tw_buf text = TW_BUF(LINE_BYTES_MAX * 8);
        put_short(&text, item, ": ");
        put_cut(&text, item->doubt, REASON_BYTES_MAX);
        add(all, WEIGHT_UNKNOWN, &text);
    }
    for (size_t i = 0; item->verdict && i < item->verdict->finding_count; i++) {
        const struct tw_finding *finding = &item->verdict->findings[i];
        struct tw_buf text = TW_BUF(LINE_BYTES_MAX * 8);
        if (!counts(finding))
            continue;
        bool denies = finding->severity >= item->verdict->fail_on;
        if (denies && is_told)
            continue;
        tw_buf_puts(&text, denies ? mood(a, item) : "");
        put_short(&text, item, ": ");
        put_finding(&text, finding);
        add(all, (int)finding->severity, &text);
    }
}

static void warn_of_unknown(
    struct warnings *all, const struct tw_admission *a, const struct tw_admitted *item)
{
    for (size_t i = 0; i < item->unknown_count; i++) {
        const struct tw_unknown *unknown = &item->unknown[i];
        struct tw_buf text = TW_BUF(LINE_BYTES_MAX * 8);
        // That a ConfigMap may hold anything is worth a line only where something is told anyway.
        if (!unknown->name && a->decision == TW_ADMIT_ALLOW)
            continue;
        put_short(&text, item, ": ");
        if (unknown->name)
            put_cut(&text, unknown->name, NAME_BYTES_MAX);
        tw_buf_puts(
            &text, unknown->name ? " is not known here: it comes from " : "variables of Go that ");
        put_cut(&text, unknown->source, PATH_BYTES_MAX);
        tw_buf_puts(&text, unknown->name ? "" : " may set (envFrom) are not known here");
        add(all, TW_INFO, &text);
    }
}

static int by_weight(const void *va, const void *vb)
{
    const struct warning *a = va, *b = vb;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

// As many as the API server keeps whole; the others are counted.
static json_t *list_of(struct warnings *all)
{
    enum { ROOM_FOR_COUNT = 64 };
    json_t *list = json_array();
    size_t bytes = 0, left_out = all->left_out;
    for (size_t i = 0; i < all->count; i++) {
        json_t *text = all->items[i].text;
        size_t size = json_string_length(text);
        bool fits = bytes + size <= TW_WARNINGS_BYTES_MAX - ROOM_FOR_COUNT;
        left_out += !fits;
        if (!fits)
            continue;
        bytes += size;
        all->no_memory |= json_array_append(list, text) < 0;
    }
    if (left_out > 0)
        all->no_memory |= json_array_append_new(
                              list, json_sprintf("%zu more warnings are not shown", left_out)) < 0;
    if (all->no_memory) {
        json_decref(list);
        return NULL;
    }
    return list;
}

json_t *tw_words_warnings(const struct tw_admission *a)
{
    TW_AUTO(tw_freep) struct warnings *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    if (a->trouble && a->decision == TW_ADMIT_WARN) {
        struct tw_buf text = TW_BUF(LINE_BYTES_MAX * 8);
        tw_buf_puts(&text, "tidewaiter: ");
        put_cut(&text, a->trouble, REASON_BYTES_MAX);
        add(all, WEIGHT_TROUBLE, &text);
    }
    for (size_t i = 0; i < a->count; i++)
        warn_of_item(all, a, &a->items[i]);
    for (size_t i = 0; i < a->count; i++)
        warn_of_unknown(all, a, &a->items[i]);
    qsort(all->items, all->count, sizeof all->items[0], by_weight);
    json_t *list = list_of(all);
    for (size_t i = 0; i < all->count; i++)
        json_decref(all->items[i].text);
    return list;
}

// ---- annotations ----

static void put_images(struct tw_buf *out, const struct tw_admitted *item)
{
    put_short(out, item, "=");
    put_image(out, item->container);
    tw_buf_puts(out, tw_digest_is_set(&item->digest) ? "@" : "");
    tw_buf_puts(out, item->digest.text);
}

static void put_findings(struct tw_buf *out, const struct tw_admitted *item)
{
    const char *before = "";
    for (size_t i = 0; item->verdict && i < item->verdict->finding_count; i++) {
        const struct tw_finding *finding = &item->verdict->findings[i];
        if (!counts(finding))
            continue;
        if (!*before)
            put_short(out, item, ": ");
        tw_buf_printf(
            out, "%s%s %s", before, finding->rule->id, tw_severity_name(finding->severity));
        before = ", ";
    }
}

static void put_unknown(struct tw_buf *out, const struct tw_admitted *item)
{
    for (size_t i = 0; i < item->unknown_count; i++) {
        const struct tw_unknown *unknown = &item->unknown[i];
        if (i > 0)
            tw_buf_puts(out, "; ");
        put_short(out, item, ": ");
        put_cut(out, unknown->name ? unknown->name : "any variable", NAME_BYTES_MAX);
        tw_buf_puts(out, " from ");
        put_cut(out, unknown->source, PATH_BYTES_MAX);
    }
}

static void put_reason(struct tw_buf *out, const struct tw_admitted *item)
{
    const char *reason = item->reason ? item->reason : item->doubt;
    if (!reason)
        return;
    put_short(out, item, ": ");
    put_cut(out, reason, REASON_BYTES_MAX);
}

static const struct {
    const char *key;
    void (*put)(struct tw_buf *out, const struct tw_admitted *item);
} annotations[] = {
    {"images", put_images},
    {"findings", put_findings},
    {"unknown", put_unknown},
    {"reason", put_reason},
};

json_t *tw_words_annotations(const struct tw_admission *a)
{
    json_t *all =
        json_pack("{s:s, s:s}", "decision", tw_admit_name(a->decision), "policy", a->policy);
    for (size_t k = 0; k < TW_COUNT(annotations); k++) {
        TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(1 << 20);
        if (a->trouble && strcmp(annotations[k].key, "reason") == 0)
            put_cut(&text, a->trouble, REASON_BYTES_MAX);
        for (size_t i = 0; i < a->count; i++) {
            size_t before = text.size;
            tw_buf_puts(&text, before > 0 ? "; " : "");
            size_t start = text.size;
            annotations[k].put(&text, &a->items[i]);
            if (text.size == start)
                text.size = before; // it has nothing to say
        }
        if (text.size > 0 && json_object_set_new(all, annotations[k].key,
                                 clean(&text, TW_ANNOTATION_BYTES_MAX)) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}
