#include "daemon/tidewaiterd/apply.h"

#include <string.h>

#include "daemon/log/log.h"

void tw_apply_to_server(const struct tw_settings *settings, struct tw_server_options *options)
{
    uint64_t half = (settings->max_connections + 1) / 2;
    options->max_streams = (unsigned)(settings->events_max < half ? settings->events_max : half);
    options->max_connections = (unsigned)settings->max_connections;
    options->client_connections = (unsigned)settings->client_connections;
    options->client_rate = (unsigned)settings->client_rate;
    options->idle_timeout_s = (unsigned)settings->idle_timeout_s;
    options->admission_timeout_s = (unsigned)settings->admission_timeout_s;
}

void tw_apply_to_lookup(const struct tw_settings *settings, struct tw_lookup_options *options)
{
    uint64_t connections = settings->max_connections;
    if (settings->client_connections && settings->client_connections < connections)
        connections = settings->client_connections;
    options->tag_seconds = (unsigned)settings->admission_tag_s;
    options->patience_s = (unsigned)(settings->admission_timeout_s + 1) / 2;
    // Every waiting request holds a connection, and they come from one address.
    options->waiters_max = (unsigned)(connections + 1) / 2;
    options->memory_bytes = settings->admission_memory_mib << 20;
}

void tw_apply_to_log(const struct tw_settings *settings)
{
    enum tw_log_level level = TW_LOG_INFO; // the table takes no other word
    (void)tw_log_level_parse(settings->log_level, &level, NULL);
    tw_log_init(level, strcmp(settings->log_format, "json") == 0);
}
