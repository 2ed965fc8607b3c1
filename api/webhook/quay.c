// Quay and quay.io. After three failures it disables the notification until a person enables it
// again. facts/webhooks.md, 6. https://docs.quay.io/guides/notifications.html
#include "api/webhook/senders.h"

static const struct tw_said at = {
    .host = "docker_url", .repository = "docker_url", .tag = "updated_tags"};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    return tw_told_has(event->body, "docker_url");
}

// ctx: the repository.
static int read_tag(
    struct tw_reading *reading, const json_t *item, const void *ctx, struct tw_err *err)
{
    struct tw_said said = *(const struct tw_said *)ctx;
    if (!json_is_string(item))
        return tw_err_set(err, TW_E_FORMAT, "must be a string");
    said.tag = json_string_value(item);
    return tw_reading_push(reading, &said, &at, err);
}

// Old ones had an object: tag -> image id.
static int names_of(
    struct tw_reading *reading, const json_t *object, const json_t **ret_names, struct tw_err *err)
{
    json_t *names = json_array();
    const char *name;
    json_t *value;
    bool fits = names && json_array_append_new(reading->kept, names) == 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        fits = fits && json_array_append_new(names, json_string(name)) == 0;
    }
    if (!fits)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_names = names;
    return 0;
}

// It tells of builds, vulnerabilities and more in the same way: without tags it is none of a push.
static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    struct tw_said said;
    const char *url = NULL;
    const json_t *tags = json_object_get(event->body, "updated_tags");
    int r = tw_told_needs(event->body, "docker_url", &url, err);
    if (r == 0)
        r = tw_reading_split(reading, url, &said, err);
    if (r == 0 && json_is_object(tags))
        r = names_of(reading, tags, &tags, err);
    if (r < 0)
        return r;
    if (!tags || json_is_null(tags) || (json_is_array(tags) && json_array_size(tags) == 0))
        return tw_reading_ignore(reading);
    if (!json_is_array(tags))
        return tw_err_set(err, TW_E_FORMAT, "updated_tags must be an array");
    return tw_reading_each(reading, tags, "updated_tags", read_tag, &said, err);
}

const struct tw_webhook_sender tw_webhook_quay = {
    .name = "quay",
    .requested_by = "webhook:quay",
    .content_types = tw_webhook_json,
    .place = "{host}",
    .refusal = TW_REFUSAL_HARMS,
    .shape = "what Quay sends: \"docker_url\" and \"updated_tags\"",
    .fits = fits,
    .read = read_event,
};
