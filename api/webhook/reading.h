// Inside api/webhook/: a body on its way to a notice. All senders read by this.
#pragma once

#include "api/webhook/told.h"
#include "scanner/base/limits.h"

struct tw_reading {
    const struct tw_webhook_sender *sender;
    const struct tw_letter *delivery;
    const struct tw_limits *limits;
    struct tw_notice *notice;
    json_t *seen; // references of this body, as keys
    json_t *kept; // values that were decoded out of it: borrowed strings stay until the end
};

// What is said of one image that was pushed; NULL or "": nothing.
struct tw_said {
    const char *host, *repo, *repository, *tag, *digest, *actor;
};

// The same members, as paths: where each is to be found, for tw_said_read and for messages. `repo`
// is the key that a registry of many repositories gives one of them (place.h).
int tw_said_read(
    const json_t *object, const struct tw_said *at, struct tw_said *ret_said, struct tw_err *err);

// Adds the push to the notice, or counts it as ignored when it is there. A tag that is a digest is
// taken as one. TW_E_FORMAT names the field by `at`.
int tw_reading_push(struct tw_reading *reading, const struct tw_said *said,
    const struct tw_said *at, struct tw_err *err);

// Read and pushed in one: an event that has it all in plain fields.
int tw_reading_push_at(
    struct tw_reading *reading, const json_t *object, const struct tw_said *at, struct tw_err *err);

// Counts an event that is no push of an image; 0.
int tw_reading_ignore(struct tw_reading *reading);

// The event in a value of the body: unpacks CloudEvents (binary, structured, base64) and events of
// Azure's Event Grid. TW_E_FORMAT.
int tw_reading_event(
    struct tw_reading *reading, const json_t *item, struct tw_told *ret_event, struct tw_err *err);

// What reads one item: TW_E_FORMAT, or any other failure of a reference, says that it is malformed.
typedef int (*tw_read_item)(
    struct tw_reading *reading, const json_t *item, const void *ctx, struct tw_err *err);

// Reads one item, and counts it when it is malformed. TW_E_NOMEM, TW_E_LIMIT.
int tw_reading_one(struct tw_reading *reading, const json_t *item, tw_read_item read,
    const void *ctx, struct tw_err *err);

// Reads each item of an array; what is malformed is told with `name` and its index, and the others
// are read all the same.
int tw_reading_each(struct tw_reading *reading, const json_t *array, const char *name,
    tw_read_item read, const void *ctx, struct tw_err *err);

// JSON in base64; *ret_json is kept by the reading.
int tw_reading_decode(
    struct tw_reading *reading, const char *base64, const json_t **ret_json, struct tw_err *err);

// "reg.example/team/app:1@sha256:..." in its parts; what it does not have is NULL.
int tw_reading_split(struct tw_reading *reading, const char *reference, struct tw_said *ret_said,
    struct tw_err *err);

// "http://user@reg.example:5000/v2/..." -> "reg.example:5000" (RFC 3986, section 3.2); a text
// without "://" is its host already. "" when there is none.
int tw_reading_host(
    struct tw_reading *reading, const char *url, const char **ret_host, struct tw_err *err);

// "owner/name" (or the name alone, without an owner) in lower case: registries lower the names of
// owners, senders tell them as they are shown.
int tw_reading_lower(struct tw_reading *reading, const char *owner, const char *name,
    const char **ret_text, struct tw_err *err);

// An attribute of a CloudEvent that is no part of its data, or the key of the same name in any
// other event; NULL: there is none.
int tw_reading_attribute(struct tw_reading *reading, const struct tw_told *event, const char *name,
    const char **ret_text, struct tw_err *err);
