// An http(s) URL taken apart; those that come from a registry (Location, realm) are hostile.
#pragma once

#include <stdbool.h>

#include "scanner/base/err.h"
#include "scanner/base/mem.h"

enum { TW_URL_BYTES_MAX = 8192 };

struct tw_url {
    char *text;   // whole, without user, password and fragment; NULL: not set
    char *host;   // lower case, without port; IPv6 without brackets
    char *origin; // "host:port" for messages, the port left out when it is the scheme's own
    unsigned port;
    bool https;
};

void tw_url_done(struct tw_url *url);

// Absolute URLs with http or https only; a user or password in it is dropped.
// TW_E_FORMAT: not such a URL, or too long. The message never has the text itself: queries of
// storage URLs hold signatures.
int tw_url_parse(const char *text, struct tw_url *ret_url, struct tw_err *err);

// `text` may be relative to `base` (RFC 3986 section 5).
int tw_url_resolve(
    const struct tw_url *base, const char *text, struct tw_url *ret_url, struct tw_err *err);

// Appends "name=value" to the query, with the value percent-encoded.
int tw_url_add_query(struct tw_url *url, const char *name, const char *value, struct tw_err *err);

// Same scheme, host and port: where credentials may go.
bool tw_url_same_origin(const struct tw_url *a, const struct tw_url *b);
