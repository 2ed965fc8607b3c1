// The webhooks of the access file, and their secrets: docs/webhooks.md.
#pragma once

#include "api/access/access.h"
#include "scanner/rules/yaml.h"

// Keys of the file (tw_yaml_read); target is struct tw_access *. Messages hold no secret.
int tw_hooks_read(struct tw_yaml *yaml, const yaml_node_t *node, void *target);        // webhooks
int tw_hook_secrets_read(struct tw_yaml *yaml, const yaml_node_t *node, void *target); // secrets
