#include "daemon/registry/token.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/http/secret.h"
#include "daemon/registry/answer.h"
#include "daemon/registry/realm.h"
#include "scanner/base/base64.h"
#include "scanner/base/json.h"

enum {
    LIFETIME_DEFAULT_S = 60, // also the least, by the specification
    LIFETIME_MAX_S = 86400,
    FORM_BYTES_MAX = 262144,
    AUTHORIZATION_BYTES_MAX = 262144,
    JSON_DEPTH = 16,
    JSON_VALUES = 1000,
};

void tw_token_done(struct tw_token *token)
{
    tw_secret_free(token->text);
    *token = (struct tw_token){0};
}

// What it becomes is a header: no blanks, no control characters.
static bool is_header_text(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return false;
    }
    return *text != '\0';
}

int tw_token_parse(
    struct tw_span json, uint64_t max_bytes, struct tw_token *ret_token, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *answer = NULL;
    int r = tw_json_parse(
        json, (struct tw_json_caps){max_bytes, JSON_DEPTH, JSON_VALUES}, &answer, NULL);
    if (r < 0) // the parser's message would quote the text
        return tw_err_set(err, r == TW_E_NOMEM ? r : TW_E_FORMAT, "its answer is no valid JSON");
    const char *text = tw_json_string(answer, "token");
    if (!text || !*text)
        text = tw_json_string(answer, "access_token");
    if (!text || !is_header_text(text))
        return tw_err_set(err, TW_E_FORMAT, "its answer has no usable \"token\"");
    json_int_t lifetime = json_integer_value(json_object_get(answer, "expires_in"));
    lifetime = lifetime < LIFETIME_DEFAULT_S ? LIFETIME_DEFAULT_S : lifetime;
    struct tw_token token = {.text = strdup(text),
        .lifetime_s = (uint64_t)(lifetime > LIFETIME_MAX_S ? LIFETIME_MAX_S : lifetime)};
    if (!token.text)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_token = token;
    return 0;
}

char *tw_token_basic(const char *user, const char *password)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf plain = TW_BUF(AUTHORIZATION_BYTES_MAX);
    TW_AUTO(tw_secret_buf_done) struct tw_buf value = TW_BUF(AUTHORIZATION_BYTES_MAX * 2);
    tw_buf_printf(&plain, "%s:%s", user, password);
    tw_buf_puts(&value, "Basic ");
    if (plain.status == 0)
        tw_base64_encode(tw_buf_span(&plain), &value);
    return plain.status == 0 && value.status == 0 ? tw_buf_take(&value, NULL) : NULL;
}

// The challenge's scope, or the right to pull this repository (https://github.com/distribution:
// the challenge of /v2/ has none).
static char *scope_of(const struct tw_challenge *challenge, const char *repository)
{
    char *scope = NULL;
    if (challenge->scope[0])
        return strdup(challenge->scope);
    return asprintf(&scope, "repository:%s:pull", repository) < 0 ? NULL : scope;
}

int tw_token_url(const struct tw_url *realm, const struct tw_challenge *challenge,
    const char *repository, struct tw_url *ret_url, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *scope = scope_of(challenge, repository);
    if (!scope)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    int r = tw_url_parse(realm->text, &url, err);
    if (r == 0 && challenge->service[0])
        r = tw_url_add_query(&url, "service", challenge->service, err);
    char *rest = scope;
    for (char *one; r == 0 && (one = strsep(&rest, " "));) {
        if (*one)
            r = tw_url_add_query(&url, "scope", one, err);
    }
    if (r < 0)
        return r;
    *ret_url = url;
    url = (struct tw_url){0};
    return 0;
}

// ---- the requests ----

struct body { // of an answer
    struct tw_buf bytes;
};

static int take_body(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct body *body = ctx;
    int r = tw_buf_append(&body->bytes, bytes, size);
    return r < 0 ? tw_err_set(err, r, "its answer is longer than the limit token_bytes") : 0;
}

static void body_done(struct body *body)
{
    tw_secret_buf_done(&body->bytes);
}

// One exchange with the token server; *ret_status is the answer's when it is no token.
static int ask(struct tw_http *http, const struct tw_token_request *request,
    const struct tw_url *url, const char *authorization, const char *form,
    struct tw_token *ret_token, long *ret_status, struct tw_err *err)
{
    TW_AUTO(body_done) struct body body = {.bytes = TW_BUF(request->max_bytes)};
    TW_AUTO(tw_http_answer_done) struct tw_http_answer answer = {0};
    struct tw_http_request exchange = {.url = url,
        .accept = "application/json",
        .authorization = authorization,
        .post = tw_span_of(form, form ? strlen(form) : 0),
        .post_type = "application/x-www-form-urlencoded",
        .connect_timeout_s = request->registries->connect_timeout_s,
        .stall_timeout_s = request->registries->stall_timeout_s,
        .total_timeout_s = request->total_timeout_s,
        .body = take_body,
        .ctx = &body};
    int r = tw_redirect_follow(http, &exchange, request->rules, &answer, err);
    *ret_status = answer.status;
    if (r == 0 && answer.status == 200)
        r = tw_token_parse(tw_buf_span(&body.bytes), request->max_bytes, ret_token, err);
    else if (r == 0)
        r = tw_answer_error(&answer, err);
    // What was not found is the token server, and not what the caller asks the registry for.
    if (r == TW_E_NOT_FOUND)
        r = tw_err_set(err, TW_E_FORMAT, "status %ld: there is no token server", answer.status);
    return r;
}

static int add_field(struct tw_buf *form, const char *name, const char *value, struct tw_err *err)
{
    char *encoded = curl_easy_escape(NULL, value, (int)strlen(value));
    if (!encoded)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_buf_printf(form, "%s%s=%s", form->size ? "&" : "", name, encoded);
    explicit_bzero(encoded, strlen(encoded));
    curl_free(encoded);
    return r < 0 ? tw_err_set(err, r, "the token request is too long") : 0;
}

// OAuth2: an identity token is a refresh token.
static int ask_oauth(struct tw_http *http, const struct tw_token_request *request,
    const struct tw_challenge *challenge, const struct tw_url *realm, struct tw_token *ret_token,
    long *ret_status, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *scope = scope_of(challenge, request->repository);
    TW_AUTO(tw_secret_buf_done) struct tw_buf form = TW_BUF(FORM_BYTES_MAX);
    if (!scope)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    const char *const fields[][2] = {{"grant_type", "refresh_token"},
        {"refresh_token", request->credentials->identity_token}, {"client_id", "tidewaiter"},
        {"service", challenge->service}, {"scope", scope}};
    int r = 0;
    for (size_t i = 0; r == 0 && i < TW_COUNT(fields); i++)
        r = add_field(&form, fields[i][0], fields[i][1], err);
    return r < 0 ? r : ask(http, request, realm, NULL, form.data, ret_token, ret_status, err);
}

static int ask_get(struct tw_http *http, const struct tw_token_request *request,
    const struct tw_challenge *challenge, const struct tw_url *realm, bool with_credentials,
    struct tw_token *ret_token, struct tw_err *err)
{
    const struct tw_credentials *c = request->credentials;
    TW_AUTO(tw_secret_freep) char *basic = NULL;
    if (with_credentials && c->user && !(basic = tw_token_basic(c->user, c->password)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    long status = 0;
    int r = tw_token_url(realm, challenge, request->repository, &url, err);
    return r < 0 ? r : ask(http, request, &url, basic, NULL, ret_token, &status, err);
}

int tw_token_fetch(struct tw_http *http, const struct tw_token_request *request,
    const struct tw_challenge *challenge, struct tw_token *ret_token, struct tw_err *err)
{
    TW_AUTO(tw_url_done) struct tw_url realm = {0};
    bool with_credentials = false;
    int r = tw_url_parse(challenge->realm, &realm, err);
    if (r < 0)
        return tw_err_wrap(err, r, "its token server");
    r = tw_realm_check(request->registry, request->registries, &realm, &with_credentials, err);
    if (r < 0)
        return r;
    long status = 0;
    r = TW_E_UNSUPPORTED;
    if (with_credentials && request->credentials->identity_token)
        r = ask_oauth(http, request, challenge, &realm, ret_token, &status, err);
    // Servers without the OAuth2 form say so by 404 or 405.
    if (r == TW_E_UNSUPPORTED || (r < 0 && (status == 404 || status == 405)))
        r = ask_get(http, request, challenge, &realm, with_credentials, ret_token, err);
    return r < 0 ? tw_err_wrap(err, r, "token server %s", realm.origin) : 0;
}
