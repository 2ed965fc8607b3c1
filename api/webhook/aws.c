// Amazon ECR through EventBridge. facts/webhooks.md, 9.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
#include <stdio.h>
#include <string.h>

#include "api/webhook/senders.h"

static const struct tw_said at = {
    .host = "account",
    .repository = "detail.repository-name",
    .tag = "detail.image-tag",
    .digest = "detail.image-digest",
};

static bool fits(const struct tw_letter *delivery, const struct tw_told *event)
{
    (void)delivery;
    return tw_told_says(event->body, "source", "aws.ecr") &&
           tw_told_has(event->body, "detail-type");
}

static bool is_push(const json_t *event)
{
    return tw_told_says(event, "detail-type", "ECR Image Action") &&
           tw_told_says(event, "detail.action-type", "PUSH") &&
           tw_told_says(event, "detail.result", "SUCCESS");
}

static int read_event(struct tw_reading *reading, const struct tw_told *event, struct tw_err *err)
{
    struct tw_said said;
    const char *account = NULL, *region = NULL;
    char host[TW_REFERENCE_NAME_MAX + 1];
    if (!is_push(event->body))
        return tw_reading_ignore(reading);
    int r = tw_said_read(event->body, &at, &said, err);
    if (r == 0)
        r = tw_told_needs(event->body, "account", &account, err);
    if (r == 0)
        r = tw_told_needs(event->body, "region", &region, err);
    if (r < 0)
        return r;
    const char *end = strncmp(region, "cn-", 3) == 0 ? ".cn" : "";
    if (snprintf(host, sizeof host, "%s.dkr.ecr.%s.amazonaws.com%s", account, region, end) >=
        (int)sizeof host)
        return tw_err_set(err, TW_E_FORMAT, "account and region are too long");
    said.host = host;
    return tw_reading_push(reading, &said, &at, err);
}

const struct tw_webhook_sender tw_webhook_aws = {
    .name = "aws",
    .requested_by = "webhook:aws",
    .content_types = tw_webhook_json,
    .place = "{host}",
    .refusal = TW_REFUSAL_BLOCKS, // it tries for a day
    .shape = "what EventBridge sends of Amazon ECR: \"source\" aws.ecr and \"detail-type\"",
    .fits = fits,
    .read = read_event,
};
