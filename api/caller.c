#include "api/caller.h"

#include <string.h>

#include "api/tls.h"
#include "api/webhook/webhook.h"

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// ---- certificates ----

// Looked at once a connection: verifying a signature costs.
static const char *names_of(struct tw_visit *visit, struct MHD_Connection *connection)
{
    if (!visit)
        return NULL;
    if (!visit->knows_names) {
        visit->names = tw_tls_client_names(connection);
        visit->knows_names = true;
    }
    return visit->names;
}

static void add_certificate(
    const struct tw_access *access, const char *names, struct tw_caller *caller)
{
    char name[256 + 1];
    while (names && *names) {
        size_t size = strcspn(names, "\n");
        if (size < sizeof name) {
            memcpy(name, names, size);
            name[size] = '\0';
            tw_access_by_certificate(access, name, caller);
        }
        names += size + (names[size] == '\n');
    }
}

// ---- signatures ----

// The sender of a webhook that can sign, or NULL.
static const struct tw_webhook_sender *signer_of(const struct tw_match *match)
{
    if (match->route->handle != tw_handle_webhook)
        return NULL;
    const struct tw_webhook_sender *sender = tw_webhook_find(match->parameters[0]);
    return sender && sender->signature ? sender : NULL;
}

static bool may_sign(
    const struct tw_access *access, struct MHD_Connection *connection, const struct tw_match *match)
{
    const struct tw_webhook_sender *sender = signer_of(match);
    return sender && tw_access_has_secret(access, sender->name) &&
           header(connection, sender->signature->header);
}

bool tw_is_signed(struct tw_server *server, struct MHD_Connection *connection,
    const struct tw_match *match, struct tw_span body, struct tw_err *err)
{
    const struct tw_webhook_sender *sender = signer_of(match);
    const char *value = sender ? header(connection, sender->signature->header) : NULL;
    pthread_rwlock_rdlock(&server->access_lock);
    bool fits = !server->access || (value && tw_signature_fits(server->access, sender->name,
                                                 sender->signature, value, body));
    pthread_rwlock_unlock(&server->access_lock);
    if (!fits)
        tw_err_set(err, TW_E_DENIED, "the signature in %s does not fit the body and the secret",
            sender ? sender->signature->header : "the headers");
    return fits;
}

// ---- the caller ----

static enum tw_permission judge(const struct tw_caller *caller, bool has_shown,
    const struct tw_match *match, struct tw_err *err)
{
    if (tw_roles_suffice(caller->roles, match->route->roles))
        return TW_PERMITTED;
    const char *wanted = "admin";
    for (size_t i = 0; i < TW_ROLE_COUNT; i++) {
        if (match->route->roles == 1u << i)
            wanted = tw_role_names[i];
    }
    if (caller->name[0])
        tw_err_set(err, TW_E_NOT_ALLOWED, "\"%s\" has not the role %s, which this request needs",
            caller->name, wanted);
    else if (has_shown)
        tw_err_set(err, TW_E_DENIED, "the token in Authorization is not known here");
    else
        tw_err_set(err, TW_E_DENIED,
            "send a token with the role %s: \"Authorization: Bearer TOKEN\", or Basic with the "
            "token's name as user and the token as password",
            wanted);
    return TW_REFUSED;
}

enum tw_permission tw_permission(struct tw_server *server, struct MHD_Connection *connection,
    struct tw_visit *visit, const struct tw_match *match, struct tw_err *err)
{
    if (match->route->roles == 0)
        return TW_PERMITTED;
    struct tw_caller caller = {0};
    const char *authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *names = names_of(visit, connection);
    enum tw_permission permission = TW_PERMITTED;
    pthread_rwlock_rdlock(&server->access_lock);
    const struct tw_access *access = server->access;
    if (access) {
        caller.roles = access->anybody;
        if (authorization)
            tw_access_by_header(access, authorization, &caller);
        add_certificate(access, names, &caller);
        permission = judge(&caller, authorization != NULL, match, err);
        if (permission == TW_REFUSED && may_sign(access, connection, match))
            permission = TW_PERMITTED_WHEN_SIGNED;
    }
    pthread_rwlock_unlock(&server->access_lock);
    return permission;
}
