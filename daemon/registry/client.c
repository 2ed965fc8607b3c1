#include "daemon/registry/client.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock/clock.h"
#include "daemon/http/secret.h"
#include "daemon/registry/answer.h"
#include "daemon/registry/token.h"

enum { WAIT_SLICE_MS = 100, SMALL_STALLS = 4 };

struct tw_client {
    const struct tw_registries *registries;
    const struct tw_limits *limits;
    struct tw_reference reference;
    struct tw_url base; // https://host/v2/repository/
    struct tw_redirect_rules rules;
    struct tw_credentials credentials;
    struct tw_trust trust;
    pthread_mutex_t lock; // held for a whole request: it guards all below
    struct tw_http *http;
    char *authorization;    // what the registry wanted last time; NULL: nothing yet
    bool is_token;          // it is a bearer token, which may be renewed
    uint64_t renew_after_s; // CLOCK_MONOTONIC; 0: never
};

static int make_base(struct tw_client *client, struct tw_err *err)
{
    const struct tw_reference *reference = &client->reference;
    const struct tw_registry_rule *rule =
        tw_registries_find(client->registries, reference->registry);
    bool plain = rule && rule->plain_http;
    // docker.io is a name only; its registry is elsewhere.
    const char *host = strcmp(reference->registry, "docker.io") == 0 ? "registry-1.docker.io"
                                                                     : reference->registry;
    TW_AUTO(tw_freep) char *text = NULL;
    if (asprintf(&text, "%s://%s/v2/%s/", plain ? "http" : "https", host, reference->repository) <
        0) {
        text = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    int r = tw_url_parse(text, &client->base, err);
    if (r < 0)
        return tw_err_wrap(err, r, "registry %s", reference->registry);
    enum tw_address_kind kind = tw_address_kind_of_host(client->base.host);
    // A registry that the configuration puts on this machine has its parts there too: a token
    // server, a redirect to storage. Metadata services stay out of reach.
    bool local = plain && (kind == TW_ADDRESS_LOOPBACK || kind == TW_ADDRESS_LINK_LOCAL);
    client->rules = (struct tw_redirect_rules){.registry = &client->base,
        .allowed_address = local ? kind : TW_ADDRESS_ORDINARY,
        .hops_max = client->limits->redirects};
    return 0;
}

int tw_client_new(const struct tw_reference *reference, const struct tw_registries *registries,
    const struct tw_limits *limits, struct tw_client **ret_client, struct tw_err *err)
{
    int r = tw_registries_check(registries, reference->registry, err);
    if (r < 0)
        return r;
    TW_AUTO(tw_client_freep) struct tw_client *client = calloc(1, sizeof *client);
    if (!client)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    client->registries = registries;
    client->limits = limits;
    client->reference = *reference;
    pthread_mutex_init(&client->lock, NULL);
    r = make_base(client, err);
    if (r == 0)
        r = tw_credentials_load(registries->docker_config, reference->registry,
            reference->repository, &client->credentials, err);
    if (r == 0)
        r = tw_trust_load(registries->certs_dir, reference->registry, &client->trust, err);
    if (r == 0)
        r = tw_http_new(&client->http, err);
    if (r < 0)
        return r;
    tw_http_set_trust(client->http, &client->trust);
    *ret_client = TW_TAKE(client);
    return 0;
}

int tw_client_again(struct tw_client *client, struct tw_client **ret_client, struct tw_err *err)
{
    TW_AUTO(tw_client_freep) struct tw_client *other = NULL;
    int r = tw_client_new(&client->reference, client->registries, client->limits, &other, err);
    if (r < 0)
        return r;
    pthread_mutex_lock(&client->lock);
    other->authorization = client->authorization ? strdup(client->authorization) : NULL;
    other->is_token = client->is_token;
    other->renew_after_s = client->renew_after_s;
    bool copied = other->authorization || !client->authorization;
    pthread_mutex_unlock(&client->lock);
    if (!copied)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_client = TW_TAKE(other);
    return 0;
}

void tw_client_free(struct tw_client *client)
{
    if (!client)
        return;
    tw_http_free(client->http);
    tw_secret_free(client->authorization);
    tw_credentials_done(&client->credentials);
    tw_trust_done(&client->trust);
    tw_url_done(&client->base);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

void tw_client_set_cancel(struct tw_client *client, bool (*cancelled)(void *ctx), void *ctx)
{
    tw_http_set_cancel(client->http, cancelled, ctx);
}

int tw_client_wait(const struct tw_client *client, unsigned ms, struct tw_err *err)
{
    static const struct timespec slice = {.tv_nsec = WAIT_SLICE_MS * 1000000};
    for (unsigned waited = 0; waited < ms; waited += WAIT_SLICE_MS) {
        if (tw_http_is_cancelled(client->http))
            return tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
        nanosleep(&slice, NULL);
    }
    return 0;
}

const char *tw_client_host(const struct tw_client *client)
{
    return client->reference.registry;
}

// ---- authorization ----

static void forget_authorization(struct tw_client *client)
{
    tw_secret_free(client->authorization);
    client->authorization = NULL;
    client->is_token = false;
    client->renew_after_s = 0;
}

// What a person can do about a 401 or 403.
static int add_advice(const struct tw_client *client, int code, struct tw_err *err)
{
    const struct tw_credentials *c = &client->credentials;
    const char *host = client->reference.registry;
    if (code != TW_E_DENIED || !err)
        return code;
    struct tw_err why = *err;
    if (tw_credentials_is_set(c))
        return tw_err_set(err, code, "%s; check the credentials for %s in %s", why.msg, host,
            client->registries->docker_config);
    if (c->helper[0])
        return tw_err_set(err, code,
            "%s; the docker configuration keeps those for %s in docker-credential-%s, a program "
            "that is not run: put them under \"auths\" in a config.json of its own and name it by "
            "--docker-config",
            why.msg, host, c->helper);
    return tw_err_set(err, code,
        "%s; there are none for %s (docker login %s, or --docker-config=FILE)", why.msg, host,
        host);
}

static int use_basic(struct tw_client *client, struct tw_err *err)
{
    const struct tw_credentials *c = &client->credentials;
    if (!c->user)
        return tw_err_set(err, TW_E_DENIED, "it wants a user and password");
    client->authorization = tw_token_basic(c->user, c->password);
    return client->authorization ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

static int use_token(
    struct tw_client *client, const struct tw_challenge *challenge, struct tw_err *err)
{
    TW_AUTO(tw_token_done) struct tw_token token = {0};
    const char *text = client->credentials.registry_token;
    if (!text) {
        struct tw_token_request request = {.registry = &client->base,
            .registries = client->registries,
            .credentials = &client->credentials,
            .rules = &client->rules,
            .repository = client->reference.repository,
            .max_bytes = client->limits->token_bytes,
            .total_timeout_s = SMALL_STALLS * client->registries->stall_timeout_s};
        int r = tw_token_fetch(client->http, &request, challenge, &token, err);
        if (r < 0)
            return r;
        text = token.text;
        client->is_token = true;
        client->renew_after_s = (uint64_t)tw_clock_s() + token.lifetime_s - token.lifetime_s / 10;
    }
    if (asprintf(&client->authorization, "Bearer %s", text) < 0) {
        client->authorization = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    return 0;
}

// After a 401: gets what the challenge asks for. What was refused just now is not tried again:
// repeated wrong passwords lock accounts.
static int authorize(struct tw_client *client, const char *challenges, struct tw_err *err)
{
    bool had_fixed = client->authorization && !client->is_token;
    forget_authorization(client);
    if (had_fixed)
        return tw_err_set(err, TW_E_DENIED, "status 401: the credentials were not accepted");
    struct tw_challenge challenge;
    int r = tw_challenge_choose(challenges, &challenge, err);
    if (r < 0)
        return r;
    switch (challenge.scheme) {
    case TW_CHALLENGE_BASIC:
        return use_basic(client, err);
    case TW_CHALLENGE_BEARER:
        return use_token(client, &challenge, err);
    case TW_CHALLENGE_NONE:
        break;
    }
    return tw_err_set(
        err, TW_E_DENIED, "it asks for authentication by %s, which is not spoken", challenge.name);
}

// ---- requests ----

static int exchange(struct tw_client *client, const struct tw_client_request *request,
    const struct tw_url *url, bool *broke_off, struct tw_err *err)
{
    struct tw_http_request http = {.url = url,
        .accept = request->accept,
        .range = request->range,
        .connect_timeout_s = client->registries->connect_timeout_s,
        .stall_timeout_s = client->registries->stall_timeout_s,
        .begin = request->begin,
        .body = request->body,
        .ctx = request->ctx};
    if (request->small)
        http.total_timeout_s = http.connect_timeout_s + SMALL_STALLS * http.stall_timeout_s;
    if (client->renew_after_s && (uint64_t)tw_clock_s() >= client->renew_after_s)
        forget_authorization(client);
    for (int tries = 0;; tries++) {
        TW_AUTO(tw_http_answer_done) struct tw_http_answer answer = {0};
        http.authorization = client->authorization;
        int r = tw_redirect_follow(client->http, &http, &client->rules, &answer, err);
        *broke_off = r == TW_E_UNAVAILABLE;
        if (r < 0)
            return r;
        if (answer.status / 100 == 2)
            return 0;
        // Another origin got no credentials, and does not get any.
        if (answer.status != 401 || answer.elsewhere || tries > 0)
            return tw_answer_error(&answer, err);
        r = authorize(client, answer.challenges, err);
        if (r < 0)
            return r;
    }
}

int tw_client_get(struct tw_client *client, const struct tw_client_request *request,
    bool *broke_off, struct tw_err *err)
{
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    struct tw_err why = {0};
    bool broke = false;
    int r = tw_url_resolve(&client->base, request->path, &url, &why);
    if (r == 0) {
        pthread_mutex_lock(&client->lock);
        r = exchange(client, request, &url, &broke, &why);
        if (r == TW_E_DENIED)
            add_advice(client, r, &why);
        pthread_mutex_unlock(&client->lock);
    }
    if (broke_off)
        *broke_off = broke;
    if (r < 0 && err) {
        *err = why;
        err->code = r;
    }
    return r < 0 ? tw_err_wrap(err, r, "%s: %s", client->reference.registry, request->what) : 0;
}
