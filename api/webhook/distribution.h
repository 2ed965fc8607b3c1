// CNCF distribution (docker-registry) and GitLab's registry: an envelope of events.
// https://distribution.github.io/distribution/about/notifications/
#pragma once

#include "api/webhook/webhook.h"

int tw_distribution_parse(struct tw_span body, const struct tw_limits *limits,
    struct tw_notice **ret_notice, struct tw_err *err);
