#include <stdlib.h>

#include "scanner/image/config.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_config *config = NULL;
    struct tw_err err;
    tw_config_parse(tw_span_of(data, size), &tw_limits_default, &config, &err);
    if (config)
        fuzz_taken();
    for (size_t i = 0; config && i < config->env_count; i++) {
        const struct tw_config_env *env = &config->env[i];
        if ((env->history_index >= 0) != (env->instruction != NULL) ||
            env->history_index >= (int64_t)config->history_count)
            abort();
    }
    tw_config_free(config);
    return 0;
}
