#include "api/webhook/reading.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/base64.h"
#include "scanner/base/json.h"
#include "scanner/base/percent.h"
#include "scanner/base/text.h"

enum { ACTOR_MAX = 255 }; // a longer name is nobody's

static int no_memory(struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOMEM, "out of memory");
}

int tw_reading_ignore(struct tw_reading *reading)
{
    reading->notice->ignored++;
    return 0;
}

int tw_said_read(
    const json_t *object, const struct tw_said *at, struct tw_said *ret_said, struct tw_err *err)
{
    struct tw_said said = {0};
    const struct {
        const char *path, **text;
    } rows[] = {
        {at->host, &said.host},
        {at->repo, &said.repo},
        {at->repository, &said.repository},
        {at->tag, &said.tag},
        {at->digest, &said.digest},
        {at->actor, &said.actor},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        int r = rows[i].path ? tw_told_text(object, rows[i].path, rows[i].text, err) : 0;
        if (r < 0)
            return r;
    }
    *ret_said = said;
    return 0;
}

// ---- a push ----

static int keep(struct tw_reading *reading, const struct tw_push *push, struct tw_err *err)
{
    struct tw_notice *notice = reading->notice;
    char text[TW_REFERENCE_TEXT_MAX + 1];
    tw_reference_format(&push->reference, text);
    if (json_object_get(reading->seen, text))
        return tw_reading_ignore(reading);
    if (notice->push_count >= reading->limits->webhook_events)
        return tw_err_set(err, TW_E_LIMIT,
            "more than %llu pushes in one body (limit webhook_events)",
            (unsigned long long)reading->limits->webhook_events);
    struct tw_push *item = tw_arena_push(notice->arena, &notice->pushes, &notice->push_count);
    if (!item || json_object_set_new(reading->seen, text, json_true()) < 0)
        return no_memory(err);
    *item = *push;
    return 0;
}

// Where the image is, by the webhook's place, else the sender's.
static int fill_place(const struct tw_reading *reading, const struct tw_said *said,
    const struct tw_said *at, struct tw_hook_place *ret_place, struct tw_err *err)
{
    const char *own = reading->delivery->place;
    bool is_own = own && own[0];
    const char *place = is_own ? own : reading->sender->place;
    if (!is_own && at->host && (!said->host || !said->host[0]))
        return tw_err_set(err, TW_E_FORMAT, "%s is missing", at->host);
    return tw_hook_place_fill(place, said->host, said->repo, ret_place, err);
}

// Checks the parts one after the other, so that the message can name the field.
static int make_reference(const struct tw_hook_place *place, const struct tw_said *said,
    const struct tw_said *at, struct tw_reference *ret_reference, struct tw_err *err)
{
    char repository[2 * TW_REFERENCE_NAME_MAX];
    bool is_digest = said->tag && strncmp(said->tag, "sha256:", strlen("sha256:")) == 0;
    const char *tag = is_digest ? NULL : said->tag;
    const char *digest = is_digest && !(said->digest && said->digest[0]) ? said->tag : said->digest;
    if (!said->repository || !said->repository[0])
        return tw_err_set(err, TW_E_FORMAT, "%s is missing", at->repository);
    if (!(tag && tag[0]) && !(digest && digest[0]))
        return tw_err_set(err, TW_E_FORMAT, "%s is missing, and there is no digest", at->tag);
    snprintf(repository, sizeof repository, "%s%s", place->prefix, said->repository);
    const struct {
        const char *field, *repository, *tag, *digest;
    } steps[] = {
        {at->host ? at->host : "the registry", "a/a", NULL, NULL},
        {at->repository, repository, NULL, NULL},
        {at->tag, repository, tag, NULL},
        {is_digest || !at->digest ? at->tag : at->digest, repository, tag, digest},
    };
    for (size_t i = 0; i < TW_COUNT(steps); i++) {
        int r = tw_reference_make(
            place->host, steps[i].repository, steps[i].tag, steps[i].digest, ret_reference, err);
        if (r < 0)
            return tw_err_wrap(err, r, "%s", steps[i].field);
    }
    return 0;
}

int tw_reading_push(struct tw_reading *reading, const struct tw_said *said,
    const struct tw_said *at, struct tw_err *err)
{
    struct tw_push push = {.requested_by = reading->sender->requested_by};
    struct tw_hook_place place;
    int r = fill_place(reading, said, at, &place, err);
    if (r == 0)
        r = make_reference(&place, said, at, &push.reference, err);
    if (r < 0)
        return r;
    if (said->actor && said->actor[0] && strlen(said->actor) <= ACTOR_MAX &&
        !(push.actor = tw_text_escape(reading->notice->arena, tw_span_str(said->actor))))
        return no_memory(err);
    return keep(reading, &push, err);
}

int tw_reading_push_at(
    struct tw_reading *reading, const json_t *object, const struct tw_said *at, struct tw_err *err)
{
    struct tw_said said;
    int r = tw_said_read(object, at, &said, err);
    return r < 0 ? r : tw_reading_push(reading, &said, at, err);
}

// ---- several of them ----

// `index` only when it has a name.
static int read_one(struct tw_reading *reading, const json_t *item, const char *name, size_t index,
    tw_read_item read, const void *ctx, struct tw_err *err)
{
    struct tw_notice *notice = reading->notice;
    struct tw_err why = {0};
    int r = read(reading, item, ctx, &why);
    if (r == TW_E_NOMEM || r == TW_E_LIMIT)
        return tw_err_set(err, r, "%s", why.msg);
    if (r < 0 && notice->malformed++ == 0) {
        if (name)
            tw_err_wrap(&why, r, "%s[%zu]", name, index);
        why.code = TW_E_FORMAT;
        notice->first_wrong = why;
    }
    return 0;
}

int tw_reading_one(struct tw_reading *reading, const json_t *item, tw_read_item read,
    const void *ctx, struct tw_err *err)
{
    return read_one(reading, item, NULL, 0, read, ctx, err);
}

int tw_reading_each(struct tw_reading *reading, const json_t *array, const char *name,
    tw_read_item read, const void *ctx, struct tw_err *err)
{
    size_t count = json_array_size(array);
    if (count > reading->limits->webhook_events)
        return tw_err_set(err, TW_E_LIMIT,
            "%zu events in one body, at most %llu are taken (limit webhook_events)", count,
            (unsigned long long)reading->limits->webhook_events);
    for (size_t i = 0; i < count; i++) {
        int r = read_one(reading, json_array_get(array, i), name, i, read, ctx, err);
        if (r < 0)
            return r;
    }
    return 0;
}

// ---- texts ----

int tw_reading_decode(
    struct tw_reading *reading, const char *base64, const json_t **ret_json, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(reading->limits->webhook_bytes);
    const struct tw_limits *limits = reading->limits;
    json_t *json = NULL;
    if (!tw_base64_decode(tw_span_str(base64), &text))
        return text.status == TW_E_NOMEM ? no_memory(err)
                                         : tw_err_set(err, TW_E_FORMAT, "it is not base64");
    int r = tw_json_parse(tw_buf_span(&text),
        (struct tw_json_caps){limits->webhook_bytes, limits->json_depth, limits->json_values},
        &json, err);
    if (r < 0)
        return r;
    if (json_array_append_new(reading->kept, json) < 0)
        return no_memory(err);
    *ret_json = json;
    return 0;
}

int tw_reading_split(
    struct tw_reading *reading, const char *reference, struct tw_said *ret_said, struct tw_err *err)
{
    char *text = tw_arena_strdup(reading->notice->arena, reference);
    if (!text)
        return no_memory(err);
    struct tw_said said = {.host = text};
    char *slash = strchr(text, '/'), *at = strchr(text, '@');
    if (at) {
        *at = '\0';
        said.digest = at + 1;
    }
    if (!slash || (at && at < slash)) {
        said = (struct tw_said){.repository = text, .digest = said.digest};
    } else {
        *slash = '\0';
        said.repository = slash + 1;
    }
    char *colon = strrchr(said.repository, ':');
    if (colon && !strchr(colon, '/')) {
        *colon = '\0';
        said.tag = colon + 1;
    }
    *ret_said = said;
    return 0;
}

int tw_reading_host(
    struct tw_reading *reading, const char *url, const char **ret_host, struct tw_err *err)
{
    const char *scheme = url ? strstr(url, "://") : NULL;
    const char *start = scheme ? scheme + 3 : url ? url : "", *end = start + strcspn(start, "/?#");
    const char *at = memrchr(start, '@', (size_t)(end - start));
    if (at)
        start = at + 1;
    *ret_host = tw_arena_strndup(reading->notice->arena, start, (size_t)(end - start));
    return *ret_host ? 0 : no_memory(err);
}

int tw_reading_lower(struct tw_reading *reading, const char *owner, const char *name,
    const char **ret_text, struct tw_err *err)
{
    char *text = tw_arena_printf(
        reading->notice->arena, "%s%s%s", owner ? owner : "", owner ? "/" : "", name);
    if (!text)
        return no_memory(err);
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    *ret_text = text;
    return 0;
}

// ---- CloudEvents ----

static const char *header(const struct tw_reading *reading, const char *name)
{
    return reading->delivery->header(reading->delivery->ctx, name);
}

// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
int tw_reading_event(
    struct tw_reading *reading, const json_t *item, struct tw_told *ret_event, struct tw_err *err)
{
    struct tw_told event = {.body = item, .data = item};
    const char *base64 = NULL;
    if (!json_is_object(item))
        return tw_err_set(err, TW_E_FORMAT, "must be an object");
    bool has_envelope = tw_told_has(item, "specversion") || tw_told_has(item, "eventType");
    if (has_envelope) {
        const char *key = tw_told_has(item, "specversion") ? "type" : "eventType";
        int r = tw_told_needs(item, key, &event.type, err);
        if (r == 0)
            r = tw_told_text(item, "data_base64", &base64, err);
        event.data = json_object_get(item, "data");
        if (r == 0 && base64 && (r = tw_reading_decode(reading, base64, &event.data, err)) < 0)
            tw_err_wrap(err, r, "data_base64");
        if (r < 0)
            return r;
        if (!json_is_object(event.data))
            return tw_err_set(err, TW_E_FORMAT, "data must be an object");
    } else {
        event.type = header(reading, "Ce-Type");
    }
    *ret_event = event;
    return 0;
}

int tw_reading_attribute(struct tw_reading *reading, const struct tw_told *event, const char *name,
    const char **ret_text, struct tw_err *err)
{
    char key[32];
    snprintf(key, sizeof key, "Ce-%s", name);
    const char *value = event->type && event->data == event->body ? header(reading, key) : NULL;
    if (!value)
        return tw_told_text(event->body, name, ret_text, err);
    size_t size;
    char *text = tw_arena_strdup(reading->notice->arena, value);
    if (!text)
        return no_memory(err);
    // The binary form encodes what is not ASCII.
    if (tw_percent_decode_bytes(text, false, &size, err) < 0)
        return tw_err_wrap(err, TW_E_FORMAT, "%s", key);
    *ret_text = text;
    return 0;
}
