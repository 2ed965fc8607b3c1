// A daemon that runs somewhere, asked over HTTP. What it answers is not trusted: sizes, depth and
// types are looked at, and what is shown of it is escaped.
#pragma once

#include <jansson.h>

#include "daemon/cli/options.h"
#include "scanner/base/buf.h"

struct tw_remote;

// The settings must outlive it. TW_E_USAGE: the URL, the token or the CA file is no good.
int tw_remote_open(
    const struct tw_settings *settings, struct tw_remote **ret_remote, struct tw_err *err);
void tw_remote_free(struct tw_remote *remote);
TW_DEFINE_AUTO(struct tw_remote, tw_remote_free)

// The path begins with "/v1". `query`: names and values in turn, NULL at the end; NULL: none.
// Errors tell what to do: TW_E_UNAVAILABLE (no answer, or "later", with retry_after_s),
// TW_E_DENIED, TW_E_NOT_ALLOWED, TW_E_NOT_FOUND, TW_E_USAGE, TW_E_FORMAT (what answers is no
// tidewaiterd).
int tw_remote_get(struct tw_remote *remote, const char *path, const char *const *query,
    json_t **ret_json, struct tw_err *err);
// `body` NULL: none.
int tw_remote_post(struct tw_remote *remote, const char *path, const json_t *body,
    json_t **ret_json, struct tw_err *err);
// Of another media type than JSON's.
int tw_remote_get_text(struct tw_remote *remote, const char *path, const char *const *query,
    const char *media_type, struct tw_buf *out, struct tw_err *err);

// The frame of a command: options, operands between `min` and `max`, a remote, the exit code. `run`
// returns an exit code, or negative.
struct tw_asking {
    struct tw_remote *remote;
    const struct tw_options *options;
};
int tw_remote_command(const char *name, int min, int max,
    int (*run)(const struct tw_asking *asking, struct tw_err *err), struct tw_settings *settings,
    int argc, char **argv);
