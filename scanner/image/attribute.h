// Inside scanner/image/: which ENV instruction of the history set each variable.
#pragma once

#include "scanner/image/config.h"

// How the builder writes ENV into history.
enum tw_env_style {
    TW_ENV_UNKNOWN,
    TW_ENV_RAW,   // as in the Dockerfile: quotes, escapes and $VARIABLES stand (buildah, kaniko)
    TW_ENV_PLAIN, // expanded and without quotes: "ENV A=b C=d e" (BuildKit, classic builder)
};

// created_by and comment as in the configuration; comment may be NULL.
enum tw_env_style tw_env_style_of(const char *created_by, const char *comment);

// Fills `instruction` and `history_index` of config->env; `styles` has one entry for each
// history entry. A variable is left without an instruction rather than given a wrong one.
// TW_E_NOMEM.
int tw_attribute_env(struct tw_config *config, const enum tw_env_style *styles,
    const struct tw_limits *limits, struct tw_err *err);
