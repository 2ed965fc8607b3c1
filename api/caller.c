#include "api/caller.h"

#include <string.h>
#include <strings.h>

#include "api/tls.h"

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

// ---- what senders of webhooks can show ----

// The forms of signatures of a webhook, one after the other; those of all senders for "auto".
static const struct tw_signature_form *next_form(
    const struct tw_hook *hook, size_t *sender, size_t *form)
{
    for (; hook->sender ? *sender == 0 : tw_webhook_at(*sender) != NULL; ++*sender, *form = 0) {
        const struct tw_webhook_sender *s = hook->sender ? hook->sender : tw_webhook_at(*sender);
        if (s->signatures && s->signatures[*form].header)
            return &s->signatures[(*form)++];
    }
    return NULL;
}

static bool may_sign(
    const struct tw_access *access, const struct tw_hook *hook, const struct tw_asked *asked)
{
    size_t sender = 0, form = 0;
    const struct tw_signature_form *f;
    while (tw_access_has_secret(access, asked->match->parameters[0]) &&
           (f = next_form(hook, &sender, &form))) {
        if (header(asked->connection, f->header))
            return true;
    }
    return false;
}

// A secret of the webhook as it is: in its header, or in the URL, where the sender can do no more.
static bool shows_secret(
    const struct tw_access *access, const struct tw_hook *hook, const struct tw_asked *asked)
{
    const char *name = asked->match->parameters[0];
    const struct tw_access_hook *own = tw_access_hook(access, name);
    const char *in_url = tw_query_get(asked->query, "token");
    const char *its = own ? own->header : NULL;
    if (!its && hook->sender)
        its = hook->sender->secret_header;
    const char *in_header = header(asked->connection, its ? its : MHD_HTTP_HEADER_AUTHORIZATION);
    return (in_url && tw_access_by_secret(access, name, in_url)) ||
           (in_header && tw_access_by_secret(access, name, in_header));
}

// A token that Google has signed, where the access file asks for one; err says why it does not fit.
static bool shows_google(const struct tw_server *server, const struct tw_asked *asked,
    const char *authorization, struct tw_err *err)
{
    const struct tw_access *access = server->access;
    const struct tw_access_hook *own = tw_access_hook(access, asked->match->parameters[0]);
    const struct tw_service *service = server->options.service;
    if (!own || !own->audience || !access->google_keys || !authorization ||
        strncasecmp(authorization, "Bearer ", strlen("Bearer ")) != 0)
        return false;
    const struct tw_jwt_wanted wanted = {
        own->audience, own->email, service->now_ms(service->ctx) / 1000};
    struct tw_span token = tw_span_str(authorization + strlen("Bearer "));
    return tw_jwt_check(access->google_keys, token, &wanted, err) == 0;
}

static bool find_hook(
    const struct tw_access *access, const struct tw_match *match, struct tw_hook *ret_hook)
{
    return match->route->handle == tw_handle_webhook &&
           tw_hook_find(access, match->parameters[0], ret_hook);
}

bool tw_caller_hook(
    struct tw_server *server, const struct tw_match *match, struct tw_hook *ret_hook)
{
    pthread_rwlock_rdlock(&server->access_lock);
    bool found = find_hook(server->access, match, ret_hook);
    pthread_rwlock_unlock(&server->access_lock);
    return found;
}

static enum tw_permission judge_hook(const struct tw_server *server, const struct tw_asked *asked,
    const char *authorization, struct tw_err *err)
{
    struct tw_hook hook;
    if (!find_hook(server->access, asked->match, &hook))
        return TW_REFUSED;
    if (shows_secret(server->access, &hook, asked) ||
        shows_google(server, asked, authorization, err))
        return TW_PERMITTED;
    return may_sign(server->access, &hook, asked) ? TW_PERMITTED_WHEN_SIGNED : TW_REFUSED;
}

// ret_header: of the signature that was there last, for a message.
static bool is_signed(const struct tw_access *access, const struct tw_hook *hook,
    const struct tw_asked *asked, struct tw_span body, const char **ret_header)
{
    size_t sender = 0, form = 0;
    const struct tw_signature_form *f;
    while ((f = next_form(hook, &sender, &form))) {
        const char *value = header(asked->connection, f->header);
        if (value && tw_signature_fits(access, asked->match->parameters[0], f, value, body))
            return true;
        if (value)
            *ret_header = f->header;
    }
    return false;
}

bool tw_is_signed(
    struct tw_server *server, const struct tw_asked *asked, struct tw_span body, struct tw_err *err)
{
    struct tw_hook hook;
    const char *name = "the headers";
    pthread_rwlock_rdlock(&server->access_lock);
    bool fits = !server->access || (find_hook(server->access, asked->match, &hook) &&
                                       is_signed(server->access, &hook, asked, body, &name));
    pthread_rwlock_unlock(&server->access_lock);
    if (!fits)
        tw_err_set(
            err, TW_E_DENIED, "the signature in %s does not fit the body and the secret", name);
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

enum tw_permission tw_permission(
    struct tw_server *server, const struct tw_asked *asked, struct tw_err *err)
{
    if (asked->match->route->roles == 0)
        return TW_PERMITTED;
    struct tw_caller caller = {0};
    const char *authorization = header(asked->connection, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *names = names_of(asked->visit, asked->connection);
    enum tw_permission permission = TW_PERMITTED;
    pthread_rwlock_rdlock(&server->access_lock);
    const struct tw_access *access = server->access;
    if (access) {
        caller.roles = access->anybody;
        if (authorization)
            tw_access_by_header(access, authorization, &caller);
        add_certificate(access, names, &caller);
        permission = judge(&caller, authorization != NULL, asked->match, err);
        if (permission == TW_REFUSED)
            permission = judge_hook(server, asked, authorization, err);
    }
    pthread_rwlock_unlock(&server->access_lock);
    return permission;
}
