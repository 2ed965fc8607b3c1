#include "api/webhook/distribution.h"

#include <stdio.h>
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/base/text.h"
#include "scanner/image/manifest.h"

// One envelope on its way to a notice.
struct reading {
    struct tw_notice *notice;
    json_t *seen; // references of this envelope, as keys
};

enum { ACTOR_MAX = 255 }; // a longer name is nobody's

// What one event turned out to be.
enum outcome { PUSH, IGNORED };

static int wrong(struct tw_err *err, const char *field, const char *why)
{
    return tw_err_set(err, TW_E_FORMAT, "%s %s", field, why);
}

// The string at `key`; NULL when it is absent or null. `field` is its name for the message.
static int optional(const json_t *object, const char *key, const char *field, const char **ret_text,
    struct tw_err *err)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value)) {
        *ret_text = NULL;
        return 0;
    }
    // A NUL would end the text early: what is checked would not be what was sent.
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return wrong(err, field, "must be a string");
    *ret_text = json_string_value(value);
    return 0;
}

static int required(const json_t *object, const char *key, const char *field, const char **ret_text,
    struct tw_err *err)
{
    const char *text = NULL;
    int r = optional(object, key, field, &text, err);
    if (r < 0)
        return r;
    if (!text || !text[0])
        return wrong(err, field, "is missing");
    *ret_text = text;
    return 0;
}

// An object that may be absent: then NULL, which jansson takes for an object without keys.
static int object_at(
    const json_t *event, const char *key, const json_t **ret_object, struct tw_err *err)
{
    const json_t *value = json_object_get(event, key);
    if (value && !json_is_null(value) && !json_is_object(value))
        return wrong(err, key, "must be an object");
    *ret_object = value;
    return 0;
}

// "http://user@reg.example:5000/v2/..." -> "reg.example:5000" (RFC 3986, section 3.2).
static int host_of_url(
    struct tw_arena *arena, const char *url, const char **ret_host, struct tw_err *err)
{
    const char *scheme = url ? strstr(url, "://") : NULL;
    const char *start = scheme ? scheme + 3 : "", *end = start + strcspn(start, "/?#");
    const char *at = memrchr(start, '@', (size_t)(end - start));
    if (at)
        start = at + 1;
    if (start == end)
        return wrong(err, "request.host", "is missing, and target.url names no host");
    *ret_host = tw_arena_strndup(arena, start, (size_t)(end - start));
    return *ret_host ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

// The name that the pusher used. source.addr is no help: it is the registry's own host name,
// and often that of a container.
static int read_host(struct tw_arena *arena, const json_t *request, const json_t *target,
    const char **ret_host, struct tw_err *err)
{
    const char *url = NULL, *host = NULL;
    int r = optional(request, "host", "request.host", &host, err);
    if (r == 0)
        r = optional(target, "url", "target.url", &url, err);
    if (r < 0)
        return r;
    if (!host || !host[0])
        return host_of_url(arena, url, ret_host, err);
    *ret_host = host;
    return 0;
}

// Checks the parts one after the other, so that the message can name the field.
static int make_reference(
    const char *host, const json_t *target, struct tw_reference *ret_reference, struct tw_err *err)
{
    const char *repository = NULL, *tag = NULL, *digest = NULL;
    int r = required(target, "repository", "target.repository", &repository, err);
    if (r == 0)
        r = optional(target, "tag", "target.tag", &tag, err);
    if (r == 0)
        r = required(target, "digest", "target.digest", &digest, err);
    if (r < 0)
        return r;
    if ((r = tw_reference_make(host, "a/a", NULL, NULL, ret_reference, err)) < 0)
        return tw_err_wrap(err, r, "request.host");
    if ((r = tw_reference_make(host, repository, NULL, NULL, ret_reference, err)) < 0)
        return tw_err_wrap(err, r, "target.repository");
    if ((r = tw_reference_make(host, repository, tag, NULL, ret_reference, err)) < 0)
        return tw_err_wrap(err, r, "target.tag");
    if ((r = tw_reference_make(host, repository, tag, digest, ret_reference, err)) < 0)
        return tw_err_wrap(err, r, "target.digest");
    return 0;
}

// Blobs and configurations are pushed in events of their own; pulls are often our own; deletes
// may have neither digest nor media type. None of them is looked at further.
static int is_push(const json_t *event, const json_t *target, const json_t *request, bool *ret_push,
    struct tw_err *err)
{
    const char *action = NULL, *media_type = NULL, *agent = NULL;
    int r = required(event, "action", "action", &action, err);
    if (r == 0)
        r = optional(request, "useragent", "request.useragent", &agent, err);
    if (r < 0)
        return r;
    *ret_push = false;
    if (strcmp(action, "push") != 0)
        return 0;
    if (agent && strncmp(agent, TW_WEBHOOK_OWN_AGENT, strlen(TW_WEBHOOK_OWN_AGENT)) == 0)
        return 0;
    if ((r = required(target, "mediaType", "target.mediaType", &media_type, err)) < 0)
        return r;
    *ret_push = tw_media_type_is_manifest(media_type);
    return 0;
}

static int read_event(struct tw_arena *arena, const json_t *event, struct tw_push *push,
    enum outcome *ret_outcome, struct tw_err *err)
{
    if (!json_is_object(event))
        return tw_err_set(err, TW_E_FORMAT, "must be an object");
    const json_t *target, *request, *actor;
    const char *host, *name = NULL;
    bool wanted;
    int r = object_at(event, "target", &target, err);
    if (r == 0)
        r = object_at(event, "request", &request, err);
    if (r == 0)
        r = object_at(event, "actor", &actor, err);
    if (r == 0)
        r = is_push(event, target, request, &wanted, err);
    if (r < 0)
        return r;
    *ret_outcome = wanted ? PUSH : IGNORED;
    if (!wanted)
        return 0;
    if ((r = read_host(arena, request, target, &host, err)) < 0 ||
        (r = make_reference(host, target, &push->reference, err)) < 0 ||
        (r = optional(actor, "name", "actor.name", &name, err)) < 0)
        return r;
    push->requested_by = "webhook:distribution";
    if (name && name[0] && strlen(name) <= ACTOR_MAX &&
        !(push->actor = tw_text_escape(arena, tw_span_str(name))))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    return 0;
}

static int keep(struct reading *reading, const struct tw_push *push, struct tw_err *err)
{
    struct tw_notice *notice = reading->notice;
    char text[TW_REFERENCE_TEXT_MAX + 1];
    tw_reference_format(&push->reference, text);
    if (json_object_get(reading->seen, text)) {
        notice->ignored++;
        return 0;
    }
    struct tw_push *item = tw_arena_push(notice->arena, &notice->pushes, &notice->push_count);
    if (!item || json_object_set_new(reading->seen, text, json_true()) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *item = *push;
    return 0;
}

static int read_events(struct reading *reading, const json_t *events, struct tw_err *err)
{
    struct tw_notice *notice = reading->notice;
    for (size_t i = 0; i < json_array_size(events); i++) {
        struct tw_push push = {0};
        struct tw_err why = {0};
        enum outcome outcome;
        int r = read_event(notice->arena, json_array_get(events, i), &push, &outcome, &why);
        if (r == TW_E_NOMEM)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        if (r < 0) {
            if (notice->malformed++ == 0) {
                tw_err_wrap(&why, r, "events[%zu]", i);
                why.code = TW_E_FORMAT;
                notice->first_wrong = why;
            }
        } else if (outcome == IGNORED) {
            notice->ignored++;
        } else if ((r = keep(reading, &push, err)) < 0) {
            return r;
        }
    }
    return 0;
}

static int events_of(const json_t *body, const struct tw_limits *limits, const json_t **ret_events,
    struct tw_err *err)
{
    const json_t *events = json_object_get(body, "events");
    if (!json_is_array(events))
        return tw_err_set(err, TW_E_FORMAT,
            "the body must be an object with an array \"events\", as docker-registry sends it");
    if (json_array_size(events) > limits->webhook_events)
        return tw_err_set(err, TW_E_LIMIT,
            "%zu events in one body, at most %llu are taken (limit webhook_events)",
            json_array_size(events), (unsigned long long)limits->webhook_events);
    *ret_events = events;
    return 0;
}

static int new_notice(uint64_t max_bytes, struct tw_notice **ret_notice, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(max_bytes);
    struct tw_notice *notice = arena ? tw_arena_alloc(arena, sizeof *notice) : NULL;
    if (!notice)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    notice->arena = TW_TAKE(arena);
    *ret_notice = notice;
    return 0;
}

int tw_distribution_parse(struct tw_span body, const struct tw_limits *limits,
    struct tw_notice **ret_notice, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    TW_AUTO(tw_json_decrefp) json_t *seen = json_object();
    TW_AUTO(tw_notice_freep) struct tw_notice *notice = NULL;
    const json_t *events;
    int r = tw_json_parse(body,
        (struct tw_json_caps){limits->webhook_bytes, limits->json_depth, limits->json_values},
        &json, err);
    if (r == 0)
        r = events_of(json, limits, &events, err);
    // The array of pushes grows by doubling: at most four times its final size is asked for.
    if (r == 0)
        r = new_notice(65536 + 4 * body.n + 4 * sizeof(struct tw_push) * json_array_size(events),
            &notice, err);
    if (r < 0)
        return r;
    if (!seen)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if ((r = read_events(&(struct reading){notice, seen}, events, err)) < 0)
        return r;
    *ret_notice = TW_TAKE(notice);
    return 0;
}
