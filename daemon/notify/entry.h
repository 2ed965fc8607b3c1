// One sink of the settings' file. Private to daemon/notify.
#pragma once

#include "daemon/notify/file.h"
#include "scanner/rules/yaml.h"

// `target` is the struct tw_sinks that gets it.
int tw_entry_read(struct tw_yaml *yaml, const yaml_node_t *node, void *target);
