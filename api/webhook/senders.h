// Inside api/webhook/: the rows of the table, each in the file of its name.
#pragma once

#include "api/webhook/reading.h"

extern const struct tw_webhook_sender tw_webhook_artifactory, tw_webhook_aws, tw_webhook_azure,
    tw_webhook_distribution, tw_webhook_docker_hub, tw_webhook_gitea, tw_webhook_github,
    tw_webhook_gitlab, tw_webhook_google, tw_webhook_harbor, tw_webhook_nexus, tw_webhook_quay,
    tw_webhook_zot;

// Content types that several of them have.
extern const char *const tw_webhook_json[];   // application/json
extern const char *const tw_webhook_events[]; // and CloudEvents of every form
extern const char *const tw_webhook_forms[];  // and application/x-www-form-urlencoded: payload=

// One event of docker-registry, as GitLab's and Azure's registries have it too.
int tw_distribution_read(
    struct tw_reading *reading, const struct tw_told *event, struct tw_err *err);
