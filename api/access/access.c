#include "api/access/access.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "scanner/base/base64.h"
#include "scanner/base/hmac.h"

const char *const tw_role_names[TW_ROLE_COUNT] = {"webhook", "read", "admission", "admin"};

struct tw_access *tw_access_new(uint64_t max_bytes)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(max_bytes);
    struct tw_access *access = arena ? tw_arena_alloc(arena, sizeof *access) : NULL;
    if (access)
        access->arena = TW_TAKE(arena);
    return access;
}

void tw_access_free(struct tw_access *access)
{
    if (!access)
        return;
    for (size_t i = 0; i < access->secret_count; i++)
        explicit_bzero((void *)(uintptr_t)access->secrets[i].secret.p, access->secrets[i].secret.n);
    tw_jwks_free(access->google_keys);
    tw_arena_free(access->arena);
}

static void add(struct tw_caller *caller, const char *name, unsigned roles)
{
    if (!caller->name[0])
        snprintf(caller->name, sizeof caller->name, "%s", name);
    caller->roles |= roles;
}

// `name` NULL: whoever it is. All tokens are compared, whichever fits.
static bool by_token(const struct tw_access *access, const char *name, struct tw_span token,
    struct tw_caller *caller)
{
    uint8_t sum[TW_SHA256_BYTES];
    const struct tw_access_token *found = NULL;
    if (token.n == 0 || token.n > TW_TOKEN_MAX || tw_sha256(token.p, token.n, sum) < 0)
        return false;
    for (size_t i = 0; i < access->token_count; i++) {
        const struct tw_access_token *t = &access->tokens[i];
        if (tw_secret_equal(t->sha256, sum, sizeof sum) && (!name || strcmp(t->name, name) == 0))
            found = t;
    }
    if (found)
        add(caller, found->name, found->roles);
    return found != NULL;
}

// base64 of "name:token"
static bool by_basic(const struct tw_access *access, const char *encoded, struct tw_caller *caller)
{
    TW_AUTO(tw_buf_done) struct tw_buf pair = TW_BUF(TW_CALLER_NAME_MAX + 1 + TW_TOKEN_MAX);
    bool fits = tw_base64_decode(tw_span_str(encoded), &pair);
    char *colon = fits && pair.size ? memchr(pair.data, ':', pair.size) : NULL;
    if (colon && !memchr(pair.data, '\0', pair.size)) {
        *colon = '\0';
        struct tw_span token = tw_span_of(colon + 1, (uint64_t)(pair.data + pair.size - colon - 1));
        fits = by_token(access, pair.data, token, caller);
    } else {
        fits = false;
    }
    if (pair.data)
        explicit_bzero(pair.data, pair.size);
    return fits;
}

bool tw_access_by_header(
    const struct tw_access *access, const char *authorization, struct tw_caller *caller)
{
    size_t scheme = strcspn(authorization, " ");
    const char *rest = authorization + scheme;
    rest += strspn(rest, " ");
    if (scheme == 6 && strncasecmp(authorization, "Bearer", scheme) == 0)
        return by_token(access, NULL, tw_span_str(rest), caller);
    if (scheme == 5 && strncasecmp(authorization, "Basic", scheme) == 0)
        return by_basic(access, rest, caller);
    return false;
}

bool tw_access_by_certificate(
    const struct tw_access *access, const char *name, struct tw_caller *caller)
{
    bool found = false;
    for (size_t i = 0; i < access->certificate_count; i++) {
        if (strcmp(access->certificates[i].name, name) == 0) {
            add(caller, name, access->certificates[i].roles);
            found = true;
        }
    }
    return found;
}

const struct tw_access_hook *tw_access_hook(const struct tw_access *access, const char *name)
{
    for (size_t i = 0; i < access->hook_count; i++) {
        if (strcmp(access->hooks[i].name, name) == 0)
            return &access->hooks[i];
    }
    return NULL;
}

bool tw_access_has_secret(const struct tw_access *access, const char *hook)
{
    for (size_t i = 0; i < access->secret_count; i++) {
        if (strcmp(access->secrets[i].hook, hook) == 0)
            return true;
    }
    return false;
}

// Their hashes are compared: neither the size nor the start of a secret shows in the time.
bool tw_access_by_secret(const struct tw_access *access, const char *hook, const char *shown)
{
    uint8_t given[TW_SHA256_BYTES], wanted[TW_SHA256_BYTES];
    bool fits = false;
    if (tw_sha256(shown, strlen(shown), given) < 0)
        return false;
    for (size_t i = 0; i < access->secret_count; i++) {
        const struct tw_access_secret *s = &access->secrets[i];
        if (strcmp(s->hook, hook) == 0 && tw_sha256(s->secret.p, s->secret.n, wanted) == 0)
            fits |= tw_secret_equal(given, wanted, sizeof given);
    }
    explicit_bzero(wanted, sizeof wanted);
    return fits;
}

bool tw_roles_suffice(unsigned roles, unsigned wanted)
{
    return wanted == 0 || (roles & (wanted | TW_ROLE_ADMIN)) != 0;
}
