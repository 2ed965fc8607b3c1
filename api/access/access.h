// Who may ask what: tokens, certificates of clients, and secrets that webhooks are signed with.
//
// Tokens are kept as their SHA-256 only. They are random (256 bits, `tidewaiterd --new-token`), so
// that a slow hash would add nothing.
#pragma once

#include <stdbool.h>

#include "api/access/jwt.h"
#include "scanner/base/arena.h"
#include "scanner/base/digest.h"
#include "scanner/base/span.h"

// Bits of a set. An admin may do everything.
enum tw_role {
    TW_ROLE_WEBHOOK = 1,   // tell of pushes, ask for scans
    TW_ROLE_READ = 2,      // what was found, and metrics
    TW_ROLE_ADMISSION = 4, // ask whether images may run
    TW_ROLE_ADMIN = 8,
};
enum { TW_ROLE_COUNT = 4, TW_CALLER_NAME_MAX = 63, TW_TOKEN_MAX = 255 };

extern const char *const tw_role_names[TW_ROLE_COUNT]; // by bit: "webhook" ...

struct tw_access_token {
    const char *name; // told in logs; with Basic authentication it is the user
    unsigned roles;
    uint8_t sha256[TW_SHA256_BYTES];
};

struct tw_access_certificate {
    const char *name; // a DNS name, a URI or the common name in it
    unsigned roles;
};

// One webhook of POST /v1/webhooks/{name} that the file speaks of: docs/webhooks.md.
struct tw_access_hook {
    const char *name;
    const char *sender;   // whose notices come there: "quay", or "auto"
    const char *registry; // where its images are (api/webhook/place.h); NULL: as the sender says
    const char *header;   // that shows one of its secrets; NULL: the sender's own
    const char *audience, *email; // of Google's tokens; NULL: none is taken
};

struct tw_access_secret {
    const char *hook; // the webhook that it lets in, and nothing else
    struct tw_span secret;
};

struct tw_access {
    struct tw_arena *arena; // owns everything below, and this
    struct tw_access_token *tokens;
    struct tw_access_certificate *certificates;
    struct tw_access_secret *secrets;
    struct tw_access_hook *hooks;
    struct tw_jwks *google_keys; // owned; NULL: none are known
    unsigned anybody;            // roles of those who show nothing
    size_t token_count, certificate_count, secret_count, hook_count;
};

// Empty: nobody may do anything. `max_bytes`: of all that will be put into its arena. NULL: out
// of memory.
struct tw_access *tw_access_new(uint64_t max_bytes);
void tw_access_free(struct tw_access *access); // secrets are wiped
TW_DEFINE_AUTO(struct tw_access, tw_access_free)

struct tw_caller {
    char name[TW_CALLER_NAME_MAX + 1]; // "": nobody that is known
    unsigned roles;
};

// Adds the one who sent an Authorization header: "Bearer TOKEN", or "Basic NAME:TOKEN" in base64
// (RFC 6750, RFC 7617). False: nobody's, or of no such form. The time does not depend on how
// much of a token was guessed.
bool tw_access_by_header(
    const struct tw_access *access, const char *authorization, struct tw_caller *caller);

// Adds the one whose certificate has this name.
bool tw_access_by_certificate(
    const struct tw_access *access, const char *name, struct tw_caller *caller);

// What the file says of the webhook of that name; NULL: nothing.
const struct tw_access_hook *tw_access_hook(const struct tw_access *access, const char *name);

// Whether there is a secret for the webhook of that name.
bool tw_access_has_secret(const struct tw_access *access, const char *hook);

// Whether `shown` is one of its secrets, in full. The time depends on neither of them.
bool tw_access_by_secret(const struct tw_access *access, const char *hook, const char *shown);

// Whether `roles` are enough for a request that any of `wanted` may make. 0: everybody may.
bool tw_roles_suffice(unsigned roles, unsigned wanted);
