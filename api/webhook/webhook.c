#include "api/webhook/webhook.h"

#include <stdio.h>
#include <string.h>

#include "api/webhook/letter.h"
#include "api/webhook/senders.h"
#include "scanner/base/json.h"

#define FORM "application/x-www-form-urlencoded"
#define EVENTS(version) "application/vnd.docker.distribution.events." version "+json"
#define CLOUDEVENTS "application/cloudevents+json", "application/cloudevents-batch+json"

const char *const tw_webhook_json[] = {"application/json", NULL};
const char *const tw_webhook_events[] = {"application/json", CLOUDEVENTS, NULL};
const char *const tw_webhook_forms[] = {"application/json", FORM, NULL};
static const char *const all_types[] = {
    "application/json", FORM, CLOUDEVENTS, EVENTS("v1"), EVENTS("v2"), NULL};

// In the order in which "auto" asks them: first whom a header tells (Gitea sends GitHub's too),
// then whom only the keys of the body tell.
static const struct tw_webhook_sender *const senders[] = {
    &tw_webhook_gitea,
    &tw_webhook_github,
    &tw_webhook_nexus,
    &tw_webhook_zot,
    &tw_webhook_distribution,
    &tw_webhook_gitlab,
    &tw_webhook_harbor,
    &tw_webhook_docker_hub,
    &tw_webhook_quay,
    &tw_webhook_google,
    &tw_webhook_aws,
    &tw_webhook_artifactory,
    &tw_webhook_azure,
};

// ---- the table ----

const struct tw_webhook_sender *tw_webhook_at(size_t index)
{
    return index < TW_COUNT(senders) ? senders[index] : NULL;
}

size_t tw_webhook_index(const struct tw_webhook_sender *sender)
{
    size_t i = 0;
    while (senders[i] != sender)
        i++;
    return i;
}

const struct tw_webhook_sender *tw_webhook_find(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(senders); i++) {
        if (strcmp(senders[i]->name, name) == 0)
            return senders[i];
    }
    return NULL;
}

bool tw_hook_find(const struct tw_access *access, const char *name, struct tw_hook *ret_hook)
{
    const struct tw_access_hook *own = access ? tw_access_hook(access, name) : NULL;
    const char *sender = own ? own->sender : name;
    struct tw_hook hook = {.sender = tw_webhook_find(sender)};
    if (!hook.sender && strcmp(sender, TW_WEBHOOK_AUTO) != 0)
        return false;
    if (own && own->registry)
        snprintf(hook.place, sizeof hook.place, "%s", own->registry);
    *ret_hook = hook;
    return true;
}

const char *const *tw_webhook_types(const struct tw_webhook_sender *sender)
{
    return sender ? sender->content_types : all_types;
}

// ---- a notice ----

void tw_notice_free(struct tw_notice *notice)
{
    if (notice)
        tw_arena_free(notice->arena); // the notice itself lives there
}

// The ceiling: texts that are taken out of the body, some twice, and the array of pushes, which
// grows by doubling, so that at most four times its final size is asked for.
static int new_notice(const struct tw_letter *delivery, const struct tw_limits *limits,
    struct tw_notice **ret_notice, struct tw_err *err)
{
    uint64_t pushes = 4 * sizeof(struct tw_push) * limits->webhook_events;
    TW_AUTO(tw_arena_freep)
    struct tw_arena *arena = tw_arena_new(65536 + 8 * delivery->body.n + pushes);
    struct tw_notice *notice = arena ? tw_arena_alloc(arena, sizeof *notice) : NULL;
    if (!notice)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    notice->arena = TW_TAKE(arena);
    *ret_notice = notice;
    return 0;
}

// ---- one body ----

static bool fits(const struct tw_webhook_sender *sender, const struct tw_letter *delivery,
    const struct tw_told *event)
{
    if (sender->list && !json_is_array(json_object_get(event->body, sender->list)))
        return false;
    return sender->fits(delivery, event);
}

// A form is any web page's to send. Those who have forms are told by a header, which it cannot
// send.
static const struct tw_webhook_sender *recognise(
    const struct tw_letter *delivery, const struct tw_told *event)
{
    for (size_t i = 0; i < TW_COUNT(senders); i++) {
        if (delivery->is_form && senders[i]->content_types != tw_webhook_forms)
            continue;
        if (fits(senders[i], delivery, event))
            return senders[i];
    }
    return NULL;
}

// Whose body it is, by its first event.
static int find_sender(struct tw_reading *reading, const json_t *first, struct tw_err *err)
{
    struct tw_told event;
    const struct tw_webhook_sender *wanted = reading->sender;
    int r = tw_reading_event(reading, first, &event, err);
    if (r < 0 && r != TW_E_FORMAT)
        return r;
    if (!wanted && r == 0)
        reading->sender = recognise(reading->delivery, &event);
    if (r < 0 || !reading->sender || (wanted && !fits(wanted, reading->delivery, &event)))
        return tw_err_set(err, TW_E_FORMAT, "the body must be %s",
            wanted ? wanted->shape
                   : "what one of the senders in docs/webhooks.md sends; this one is not known");
    reading->notice->sender = reading->sender;
    return 0;
}

static int read_event(
    struct tw_reading *reading, const json_t *item, const void *ctx, struct tw_err *err)
{
    (void)ctx;
    struct tw_told event;
    int r = tw_reading_event(reading, item, &event, err);
    if (r == 0 && !reading->sender->fits(reading->delivery, &event))
        r = tw_err_set(err, TW_E_FORMAT, "is no event of this sender");
    return r < 0 ? r : reading->sender->read(reading, &event, err);
}

// An array: of CloudEvents, or of Event Grid's events. An empty one is nobody's.
static int read_batch(struct tw_reading *reading, const json_t *items, struct tw_err *err)
{
    int r = find_sender(reading, json_array_get(items, 0), err);
    if (r == 0 && reading->sender->content_types != tw_webhook_events)
        r = tw_err_set(err, TW_E_FORMAT, "the body must be %s", reading->sender->shape);
    return r < 0 ? r : tw_reading_each(reading, items, "", read_event, NULL, err);
}

static int read_body(struct tw_reading *reading, const json_t *body, struct tw_err *err)
{
    if (json_is_array(body))
        return read_batch(reading, body, err);
    int r = find_sender(reading, body, err);
    if (r < 0)
        return r;
    const char *list = reading->sender->list;
    if (list)
        return tw_reading_each(reading, json_object_get(body, list), list, read_event, NULL, err);
    return tw_reading_one(reading, body, read_event, NULL, err);
}

int tw_webhook_parse(const struct tw_webhook_sender *sender, const struct tw_letter *delivery,
    const struct tw_limits *limits, struct tw_notice **ret_notice, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    TW_AUTO(tw_json_decrefp) json_t *seen = json_object();
    TW_AUTO(tw_json_decrefp) json_t *kept = json_array();
    TW_AUTO(tw_notice_freep) struct tw_notice *notice = NULL;
    int r = tw_letter_json(delivery, limits, &json, err);
    if (r == 0)
        r = new_notice(delivery, limits, &notice, err);
    if (r == 0 && (!seen || !kept))
        r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_reading reading = {sender, delivery, limits, notice, seen, kept};
    if (r == 0)
        r = read_body(&reading, json, err);
    if (r == 0)
        *ret_notice = TW_TAKE(notice);
    return r;
}
