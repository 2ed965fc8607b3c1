#include "api/access/jwt.h"

#include <stdio.h>
#include <string.h>

#include "scanner/base/base64.h"
#include "scanner/base/json.h"
#include "scanner/base/rsa.h"

enum {
    KEYS_MAX = 32, // Google has two or three
    KEY_ID_MAX = 127,
    KEYS_BYTES_MAX = 1 << 20,
    TOKEN_BYTES_MAX = 16384,
    JSON_DEPTH = 8,
    JSON_VALUES = 1000,
    SKEW_S = 60, // between Google's clock and ours
};

struct tw_jwks {
    size_t count;
    struct {
        char id[KEY_ID_MAX + 1];
        struct tw_rsa_key *key;
    } keys[KEYS_MAX];
};

void tw_jwks_free(struct tw_jwks *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        tw_rsa_key_free(keys->keys[i].key);
    free(keys);
}

// ---- keys ----

static int number_at(const json_t *object, const char *name, struct tw_buf *out, struct tw_err *err)
{
    const char *text = tw_json_string(object, name);
    return text && tw_base64url_decode(tw_span_str(text), out)
               ? 0
               : tw_err_set(err, TW_E_FORMAT, "\"%s\" must be a number in base64url", name);
}

static int read_key(const json_t *item, struct tw_jwks *keys, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf modulus = TW_BUF(TW_RSA_BITS_MAX / 8 + 1);
    TW_AUTO(tw_buf_done) struct tw_buf exponent = TW_BUF(sizeof(uint64_t));
    const char *kind = tw_json_string(item, "kty"), *id = tw_json_string(item, "kid");
    if (!kind || strcmp(kind, "RSA") != 0)
        return 0;
    if (!id || !id[0] || strlen(id) > KEY_ID_MAX)
        return tw_err_set(
            err, TW_E_FORMAT, "\"kid\" must be a name of at most %d bytes", KEY_ID_MAX);
    if (keys->count == KEYS_MAX)
        return tw_err_set(err, TW_E_LIMIT, "more than %d keys", KEYS_MAX);
    int r = number_at(item, "n", &modulus, err);
    if (r == 0)
        r = number_at(item, "e", &exponent, err);
    if (r == 0)
        r = tw_rsa_key_new(
            tw_buf_span(&modulus), tw_buf_span(&exponent), &keys->keys[keys->count].key, err);
    if (r == 0)
        snprintf(keys->keys[keys->count++].id, KEY_ID_MAX + 1, "%s", id);
    return r;
}

int tw_jwks_parse(struct tw_span text, struct tw_jwks **ret_keys, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    TW_AUTO(tw_jwks_freep) struct tw_jwks *keys = calloc(1, sizeof *keys);
    if (!keys)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_json_parse(
        text, (struct tw_json_caps){KEYS_BYTES_MAX, JSON_DEPTH, JSON_VALUES}, &json, err);
    const json_t *list = r == 0 ? json_object_get(json, "keys") : NULL;
    for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
        if ((r = read_key(json_array_get(list, i), keys, err)) < 0)
            tw_err_wrap(err, r, "keys[%zu]", i);
    }
    if (r == 0 && keys->count == 0)
        r = tw_err_set(err, TW_E_FORMAT, "it has no \"keys\" with an RSA key: it is no JWK set");
    if (r == 0)
        *ret_keys = TW_TAKE(keys);
    return r;
}

// ---- tokens ----

static int denied(struct tw_err *err, const char *why)
{
    return tw_err_set(err, TW_E_DENIED, "the token in Authorization: %s", why);
}

static int json_of(struct tw_span part, json_t **ret_json, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TOKEN_BYTES_MAX);
    if (tw_base64url_decode(part, &text) &&
        tw_json_parse(tw_buf_span(&text),
            (struct tw_json_caps){TOKEN_BYTES_MAX, JSON_DEPTH, JSON_VALUES}, ret_json, NULL) == 0)
        return 0;
    return denied(err, "it is no JSON Web Token");
}

// Up to the dot; what follows it becomes `rest`.
static bool cut(struct tw_span *rest, struct tw_span *ret_part)
{
    const uint8_t *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;
    uint64_t size = dot ? (uint64_t)(dot - rest->p) : 0;
    return dot && tw_span_sub(*rest, 0, size, ret_part) && tw_span_from(*rest, size + 1, rest);
}

static bool says(const json_t *claims, const char *name, const char *wanted)
{
    const char *text = tw_json_string(claims, name);
    return text && strcmp(text, wanted) == 0;
}

static int check_claims(
    const json_t *claims, const struct tw_jwt_wanted *wanted, struct tw_err *err)
{
    const json_t *expires = json_object_get(claims, "exp"),
                 *issued = json_object_get(claims, "iat");
    if (!says(claims, "iss", "https://accounts.google.com") &&
        !says(claims, "iss", "accounts.google.com"))
        return denied(err, "it was not issued by Google");
    if (!says(claims, "aud", wanted->audience))
        return denied(err, "its audience is another one");
    if (!says(claims, "email", wanted->email) ||
        !json_is_true(json_object_get(claims, "email_verified")))
        return denied(err, "it is of another account");
    if (!json_is_integer(expires) || json_integer_value(expires) <= wanted->now_s - SKEW_S)
        return denied(err, "it has run out");
    if (!json_is_integer(issued) || json_integer_value(issued) > wanted->now_s + SKEW_S)
        return denied(err, "it was issued in the future");
    return 0;
}

static const struct tw_rsa_key *key_of(const struct tw_jwks *keys, const json_t *header)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (says(header, "kid", keys->keys[i].id))
            return keys->keys[i].key;
    }
    return NULL;
}

int tw_jwt_check(const struct tw_jwks *keys, struct tw_span token,
    const struct tw_jwt_wanted *wanted, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *header = NULL;
    TW_AUTO(tw_json_decrefp) json_t *claims = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf signature = TW_BUF(TW_RSA_BITS_MAX / 8 + 1);
    struct tw_span rest = token, head, body;
    if (token.n > TOKEN_BYTES_MAX || !cut(&rest, &head) || !cut(&rest, &body))
        return denied(err, "it is no JSON Web Token");
    int r = json_of(head, &header, err);
    if (r < 0)
        return r;
    // The algorithm is ours to choose: what the token names may only agree.
    const struct tw_rsa_key *key = says(header, "alg", "RS256") ? key_of(keys, header) : NULL;
    if (!key)
        return denied(err, "it was signed by a key that google-keys does not have");
    if (!tw_base64url_decode(rest, &signature) ||
        !tw_rsa_signed(key, tw_span_of(token.p, head.n + 1 + body.n), tw_buf_span(&signature)))
        return denied(err, "its signature does not fit");
    if ((r = json_of(body, &claims, err)) < 0)
        return r;
    return check_claims(claims, wanted, err);
}
