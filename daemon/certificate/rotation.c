#include "daemon/certificate/rotation.h"

#include <time.h>

#include "daemon/certificate/authority.h"
#include "daemon/certificate/bundle.h"
#include "daemon/certificate/webhook.h"
#include "daemon/http/secret.h"
#include "scanner/base/json.h"

enum { MOUNTED_AFTER_S = 3600 };

// The objects as they were read, and what becomes of them.
struct state {
    const struct tw_rotation *rotation;
    int64_t now_s;
    json_t *ca_secret, *secret;
    struct tw_pair ca, leaf; // leaf: as it was read; NULLs: there is none
    struct tw_names names;
    const char *leaf_fault; // NULL: it stays
    char *leaf_ca;          // ca.crt beside it; NULL: there is none
    bool bundle_changed;
};

static void state_done(struct state *state)
{
    json_decref(state->ca_secret);
    json_decref(state->secret);
    tw_pair_done(&state->ca);
    tw_pair_done(&state->leaf);
    free(state->leaf_ca);
}

static const char *day(int64_t at_s, char text[32])
{
    struct tm tm;
    time_t at = (time_t)at_s;
    if (!gmtime_r(&at, &tm) || strftime(text, 32, "%Y-%m-%d %H:%MZ", &tm) == 0)
        return "?";
    return text;
}

static const char *would(const struct tw_rotation *rotation)
{
    return rotation->only_print ? "would get " : "";
}

// The Secret, or a new one that has no data yet.
static int read_secret(
    const struct tw_rotation *rotation, const char *name, json_t **ret_secret, struct tw_err *err)
{
    int r = tw_cluster_get(rotation->cluster, TW_CLUSTER_SECRET, name, ret_secret, err);
    if (r != TW_E_NOT_FOUND)
        return r;
    *ret_secret = tw_pair_new_secret(name, tw_cluster_namespace(rotation->cluster));
    return *ret_secret ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

static int store(const struct tw_rotation *rotation, json_t *secret, const struct tw_pair *pair,
    const char *ca, struct tw_err *err)
{
    int r = tw_pair_to_secret(pair, ca, secret, err);
    if (r < 0 || rotation->only_print)
        return r;
    return tw_cluster_put(rotation->cluster, TW_CLUSTER_SECRET, secret, err);
}

// Whether the secret has a pair. What memory does not suffice for is not absent: TW_E_NOMEM.
static int read_pair(
    const json_t *secret, struct tw_pair *ret_pair, bool *ret_has, struct tw_err *err)
{
    uint64_t failures = tw_mem_failures;
    *ret_has = tw_pair_from_secret(secret, ret_pair);
    if (!*ret_has && tw_mem_failures != failures)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    return 0;
}

// ---- 1. the CA ----

static int settle_ca(struct state *state, struct tw_err *err)
{
    const struct tw_rotation *rotation = state->rotation;
    const char *fault = "there was none";
    char end[32];
    bool has_ca = false;
    int r = read_secret(rotation, rotation->ca_secret, &state->ca_secret, err);
    if (r == 0)
        r = read_pair(state->ca_secret, &state->ca, &has_ca, err);
    if (r == 0 && has_ca)
        r = tw_authority_check(&state->ca, (unsigned)rotation->days, state->now_s, &fault, err);
    if (r < 0)
        return r;
    if (!fault) {
        fprintf(rotation->out, "secret %s: the CA is good until %s\n", rotation->ca_secret,
            day(tw_life_of(state->ca.certificate).end_s, end));
        return 0;
    }
    tw_pair_done(&state->ca);
    r = tw_authority_make(state->now_s, &state->ca, err);
    if (r == 0)
        r = store(rotation, state->ca_secret, &state->ca, NULL, err);
    if (r == 0)
        fprintf(rotation->out, "secret %s: %snew CA until %s: %s\n", rotation->ca_secret,
            would(rotation), day(tw_life_of(state->ca.certificate).end_s, end), fault);
    return r;
}

// ---- the certificate that is served now ----

// cert-manager would take ours for damage and make its own again.
static int refuse_others(const json_t *secret, const char *name, struct tw_err *err)
{
    const json_t *annotations = json_object_get(json_object_get(secret, "metadata"), "annotations");
    if (!json_object_get(annotations, "cert-manager.io/certificate-name"))
        return 0;
    return tw_err_set(err, TW_E_NOT_ALLOWED,
        "secret %s is cert-manager's; delete its Certificate, or leave this program out", name);
}

static int read_leaf(struct state *state, struct tw_err *err)
{
    const struct tw_rotation *rotation = state->rotation;
    state->leaf_fault = "there was none";
    state->names = tw_names_of(rotation->service, tw_cluster_namespace(rotation->cluster));
    int r = read_secret(rotation, rotation->secret, &state->secret, err);
    if (r == 0)
        r = refuse_others(state->secret, rotation->secret, err);
    bool has_leaf = false;
    if (r == 0)
        r = read_pair(state->secret, &state->leaf, &has_leaf, err);
    if (r < 0 || !has_leaf)
        return r;
    state->leaf_ca = tw_pair_value(state->secret, "ca.crt");
    return tw_leaf_check(
        &state->leaf, &state->ca, &state->names, state->now_s, &state->leaf_fault, err);
}

// ---- 2. and 4. whom the API server trusts ----

static int make_bundle(const struct state *state, const json_t *configuration,
    const struct tw_webhook_service *service, struct tw_buf *out, size_t *ret_earlier,
    struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf earlier = TW_BUF(TW_BUNDLE_BYTES_MAX);
    int r = tw_webhook_read(configuration, service, &earlier, err);
    if (r < 0)
        return r;
    if (state->leaf_ca)
        tw_buf_puts(&earlier, state->leaf_ca);
    if (earlier.status < 0)
        return tw_err_set(err, earlier.status, "its bundles of CAs are too long");
    bool is_mounted = !state->leaf_fault &&
                      tw_life_of(state->leaf.certificate).made_s + MOUNTED_AFTER_S <= state->now_s;
    return tw_bundle_make(
        state->ca.certificate, is_mounted ? "" : earlier.data, state->now_s, out, ret_earlier, err);
}

static int settle_webhook(struct state *state, struct tw_err *err)
{
    const struct tw_rotation *rotation = state->rotation;
    const struct tw_webhook_service service = {
        rotation->service, tw_cluster_namespace(rotation->cluster)};
    TW_AUTO(tw_json_decrefp) json_t *configuration = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf bundle = TW_BUF(TW_BUNDLE_BYTES_MAX);
    size_t earlier = 0;
    int r = tw_cluster_get(
        rotation->cluster, TW_CLUSTER_WEBHOOKS, rotation->webhook, &configuration, err);
    if (r < 0)
        return r;
    r = make_bundle(state, configuration, &service, &bundle, &earlier, err);
    if (r == 0)
        r = tw_webhook_write(configuration, &service, &bundle, &state->bundle_changed, err);
    if (r < 0)
        return tw_err_wrap(err, r, "webhook configuration %s", rotation->webhook);
    if (state->bundle_changed && !rotation->only_print)
        r = tw_cluster_put(rotation->cluster, TW_CLUSTER_WEBHOOKS, configuration, err);
    if (r < 0)
        return r;
    fprintf(rotation->out, "webhook configuration %s: %sthe CA%s%s\n", rotation->webhook,
        !state->bundle_changed ? "has "
        : rotation->only_print ? "would get "
                               : "now has ",
        earlier ? ", and those before it for an hour" : "",
        state->bundle_changed ? "" : " already");
    return 0;
}

// ---- 3. the certificate ----

static int settle_leaf(struct state *state, struct tw_err *err)
{
    const struct tw_rotation *rotation = state->rotation;
    TW_AUTO(tw_pair_done) struct tw_pair leaf = {0};
    char when[32];
    if (!state->leaf_fault) {
        fprintf(rotation->out,
            "secret %s: the certificate is good; the next one is made after %s\n", rotation->secret,
            day(tw_life_of(state->leaf.certificate).due_s, when));
        return 0;
    }
    if (state->bundle_changed && state->leaf.certificate && !rotation->only_print)
        rotation->sleep_s(rotation->pause_s);
    int r =
        tw_leaf_make(&state->ca, &state->names, (unsigned)rotation->days, state->now_s, &leaf, err);
    if (r == 0)
        r = store(rotation, state->secret, &leaf, state->ca.certificate, err);
    if (r == 0)
        fprintf(rotation->out, "secret %s: %snew certificate for %s until %s: %s\n",
            rotation->secret, would(rotation), state->names.text[0],
            day(tw_life_of(leaf.certificate).end_s, when), state->leaf_fault);
    return r;
}

int tw_rotation_run(const struct tw_rotation *rotation, struct tw_err *err)
{
    TW_AUTO(state_done) struct state state = {.rotation = rotation, .now_s = rotation->now_s()};
    int r = settle_ca(&state, err);
    if (r == 0)
        r = read_leaf(&state, err);
    if (r < 0)
        return r;
    struct tw_err no_webhook = {0};
    int w = settle_webhook(&state, &no_webhook);
    if (w < 0 && w != TW_E_NOT_FOUND) {
        if (err)
            *err = no_webhook;
        return w;
    }
    // Nobody calls a webhook that is not there: the certificate need not wait for it.
    r = settle_leaf(&state, err);
    if (r == 0 && w < 0)
        r = tw_err_set(err, w, "%s; apply it, then run this again", no_webhook.msg);
    return r;
}
