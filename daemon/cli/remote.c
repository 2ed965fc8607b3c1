#include "daemon/cli/remote.h"

#include <stdio.h>
#include <string.h>

#include "daemon/config/access.h"
#include "daemon/config/document.h"
#include "daemon/http/http.h"
#include "daemon/http/secret.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"

enum {
    TOKEN_BYTES_MAX = 4096,
    CA_BYTES_MAX = 1 << 20,
    JSON_BYTES_MAX = 64 << 20,
    DETAIL_BYTES_MAX = 280,
    TOTAL_TIMEOUT_S = 600,
};

struct tw_remote {
    const struct tw_settings *settings;
    struct tw_http *http;
    struct tw_trust trust;
    char *authorization; // "Bearer ..."; NULL: no token
    char shown[128];     // the server's URL, safe to print
};

// ---- who asks ----

// A token is one word of visible ASCII; it is never shown.
static int take_token(
    struct tw_remote *remote, struct tw_span token, const char *from, struct tw_err *err)
{
    while (token.n > 0 && strchr(" \t\r\n", token.p[token.n - 1]))
        token.n--;
    for (uint64_t i = 0; i < token.n; i++) {
        if (token.p[i] <= ' ' || token.p[i] > '~')
            return tw_err_set(err, TW_E_USAGE, "%s: a token has no blanks in it", from);
    }
    if (token.n == 0 || token.n > TOKEN_BYTES_MAX)
        return tw_err_set(err, TW_E_USAGE, "%s: there is no token in it", from);
    if (asprintf(&remote->authorization, "Bearer %.*s", (int)token.n, (const char *)token.p) < 0) {
        remote->authorization = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    return 0;
}

static int read_token(struct tw_remote *remote, struct tw_err *err)
{
    const char *path = remote->settings->token_file, *token = getenv(TW_TOKEN_VARIABLE);
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = TW_BUF(TOKEN_BYTES_MAX);
    if (!path || !*path)
        return token && *token ? take_token(remote, tw_span_str(token), TW_TOKEN_VARIABLE, err) : 0;
    int r = tw_secret_file_check("token-file", path, err);
    if (r < 0)
        return r;
    r = tw_document_read(path, "4 KiB", &text, err);
    return r < 0 ? tw_err_wrap(err, r, "token-file")
                 : take_token(remote, tw_buf_span(&text), "token-file", err);
}

static int read_ca(struct tw_remote *remote, struct tw_err *err)
{
    const char *path = remote->settings->ca;
    if (!path || !*path)
        return 0;
    uint64_t at;
    remote->trust.ca = TW_BUF(CA_BYTES_MAX);
    int r = tw_document_read(path, "1 MiB", &remote->trust.ca, err);
    if (r < 0)
        return tw_err_wrap(err, r, "ca");
    if (!tw_span_find(tw_buf_span(&remote->trust.ca), 0, tw_span_str("-----BEGIN"), &at))
        return tw_err_set(err, TW_E_USAGE, "ca: %s is no PEM file", path);
    tw_http_set_trust(remote->http, &remote->trust);
    return 0;
}

static int check_server(struct tw_remote *remote, struct tw_err *err)
{
    struct tw_url url = {0};
    int r = tw_url_parse(remote->settings->server, &url, err);
    if (r < 0)
        return tw_err_set(err, TW_E_USAGE,
            "server: \"%.80s\" must be a URL such as https://tidewaiter.example:8055",
            remote->settings->server);
    snprintf(remote->shown, sizeof remote->shown, "%s://%.100s", url.https ? "https" : "http",
        url.origin);
    if (!url.https && remote->authorization &&
        tw_address_kind_of_host(url.host) != TW_ADDRESS_LOOPBACK)
        fprintf(stderr,
            "tidewaiter: the token goes to %s without encryption: whoever is between can read it\n",
            remote->shown);
    tw_url_done(&url);
    return 0;
}

int tw_remote_open(
    const struct tw_settings *settings, struct tw_remote **ret_remote, struct tw_err *err)
{
    TW_AUTO(tw_remote_freep) struct tw_remote *remote = calloc(1, sizeof *remote);
    if (!remote)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    remote->settings = settings;
    int r = tw_http_new(&remote->http, err);
    if (r == 0)
        r = read_token(remote, err);
    if (r == 0)
        r = read_ca(remote, err);
    if (r == 0)
        r = check_server(remote, err);
    if (r == 0)
        *ret_remote = TW_TAKE(remote);
    return r;
}

void tw_remote_free(struct tw_remote *remote)
{
    if (!remote)
        return;
    tw_http_free(remote->http);
    tw_trust_done(&remote->trust);
    tw_secret_free(remote->authorization);
    free(remote);
}

// ---- what is answered instead ----

static const struct {
    long status;
    int code;
    const char *hint;
} refusals[] = {
    {400, TW_E_USAGE, ""},
    {401, TW_E_DENIED,
        "; put a token into TIDEWAITER_TOKEN or name its file with --token-file (whoever runs the "
        "daemon makes one with tidewaiterd --new-token)"},
    {403, TW_E_NOT_ALLOWED, ""},
    {404, TW_E_NOT_FOUND, ""},
    {409, TW_E_USAGE, ""},
    {429, TW_E_UNAVAILABLE, ""},
    {500, TW_E_INTERNAL, ""},
    {502, TW_E_UNAVAILABLE, ""},
    {503, TW_E_UNAVAILABLE, ""},
    {504, TW_E_UNAVAILABLE, ""},
};

// The problem document's own words (RFC 9457), escaped and cut.
static void write_detail(
    const struct tw_remote *remote, const struct tw_buf *body, struct tw_buf *out)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    const struct tw_limits *limits = &remote->settings->limits;
    if (!body->data ||
        tw_json_parse(tw_buf_span(body),
            (struct tw_json_caps){body->max_bytes, limits->json_depth, limits->json_values}, &json,
            NULL) < 0)
        return;
    const char *detail = tw_json_string(json, "detail");
    if (!detail)
        detail = tw_json_string(json, "title");
    size_t size = detail ? strnlen(detail, DETAIL_BYTES_MAX + 1) : 0;
    if (size == 0)
        return;
    tw_buf_puts(out, ": ");
    size = tw_text_cut(tw_span_of(detail, size), DETAIL_BYTES_MAX);
    tw_text_escape_to(out, tw_span_of(detail, size));
}

static int refused(const struct tw_remote *remote, const struct tw_http_answer *answer,
    const struct tw_buf *body, struct tw_err *err)
{
    size_t i = 0;
    TW_AUTO(tw_buf_done) struct tw_buf detail = TW_BUF(8 * DETAIL_BYTES_MAX);
    while (i < TW_COUNT(refusals) && refusals[i].status != answer->status)
        i++;
    bool is_known = i < TW_COUNT(refusals);
    write_detail(remote, body, &detail);
    int code = is_known ? refusals[i].code : TW_E_FORMAT;
    if (!detail.size && !is_known)
        return tw_err_set(
            err, code, "%s answered %ld: is that a tidewaiterd?", remote->shown, answer->status);
    tw_err_set(err, code, "%s answered %ld%.300s%s", remote->shown, answer->status,
        detail.size ? detail.data : "", is_known ? refusals[i].hint : "");
    if (err)
        err->retry_after_s = answer->retry_after_s;
    return code;
}

// What stands behind a semicolon in daemon/http's messages is advice on registries.
static int no_answer(const struct tw_remote *remote, struct tw_err *err)
{
    struct tw_err why = *err;
    bool https = strncmp(remote->shown, "https", 5) == 0;
    return tw_err_set(err, why.code, "%s: %.*s; %s", remote->shown, (int)strcspn(why.msg, ";"),
        why.msg,
        https ? "--ca=FILE names the CA of its certificate, --server another daemon"
              : "start tidewaiterd, or name another daemon with --server");
}

// ---- asking ----

static int take_body(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    struct tw_buf *body = ctx;
    int r = tw_buf_append(body, bytes, size);
    return r == TW_E_LIMIT
               ? tw_err_set(err, r, "the answer is larger than %zu bytes", body->max_bytes)
           : r < 0 ? tw_err_set(err, r, "out of memory")
                   : 0;
}

static int make_url(const struct tw_remote *remote, const char *path, const char *const *query,
    struct tw_url *url, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *text = NULL;
    const char *server = remote->settings->server;
    size_t size = strlen(server);
    while (size > 0 && server[size - 1] == '/')
        size--;
    if (asprintf(&text, "%.*s%s", (int)size, server, path) < 0) {
        text = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    int r = tw_url_parse(text, url, err);
    for (; r == 0 && query && query[0]; query += 2) {
        if (query[1])
            r = tw_url_add_query(url, query[0], query[1], err);
    }
    return r;
}

static bool has_type(const struct tw_http_answer *answer, const char *media_type)
{
    size_t n = strcspn(media_type, ";");
    return strncasecmp(answer->content_type, media_type, n) == 0 &&
           strchr("; ", answer->content_type[n]);
}

static int ask(struct tw_remote *remote, struct tw_http_request *request, const char *media_type,
    struct tw_buf *out, struct tw_err *err)
{
    struct tw_http_answer answer = {0};
    request->accept = media_type;
    request->authorization = remote->authorization;
    request->guard.any = true; // a person named it
    request->connect_timeout_s = (unsigned)remote->settings->connect_timeout_s;
    request->stall_timeout_s = (unsigned)remote->settings->stall_timeout_s;
    request->total_timeout_s = TOTAL_TIMEOUT_S;
    request->tells_errors = true;
    request->body = take_body;
    request->ctx = out;
    int r = tw_http_perform(remote->http, request, &answer, err);
    if (r < 0)
        r = no_answer(remote, err);
    else if (answer.status / 100 != 2)
        r = refused(remote, &answer, out, err);
    else if (!has_type(&answer, media_type))
        r = tw_err_set(err, TW_E_FORMAT,
            "%s answered with something else than %s: is that a "
            "tidewaiterd?",
            remote->shown, media_type);
    tw_http_answer_done(&answer);
    return r;
}

static int ask_json(struct tw_remote *remote, struct tw_http_request *request, json_t **ret_json,
    struct tw_err *err)
{
    const struct tw_limits *limits = &remote->settings->limits;
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(JSON_BYTES_MAX);
    int r = ask(remote, request, "application/json", &body, err);
    if (r < 0)
        return r;
    r = tw_json_parse(tw_buf_span(&body),
        (struct tw_json_caps){JSON_BYTES_MAX, limits->json_depth, limits->inventory_values},
        ret_json, err);
    if (r == 0 && !json_is_object(*ret_json)) {
        json_decref(*ret_json);
        *ret_json = NULL;
        r = tw_err_set(err, TW_E_FORMAT, "not an object");
    }
    return r < 0 ? tw_err_wrap(err, r, "%s: its answer", remote->shown) : 0;
}

int tw_remote_get(struct tw_remote *remote, const char *path, const char *const *query,
    json_t **ret_json, struct tw_err *err)
{
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    struct tw_http_request request = {.url = &url};
    int r = make_url(remote, path, query, &url, err);
    return r < 0 ? r : ask_json(remote, &request, ret_json, err);
}

int tw_remote_post(struct tw_remote *remote, const char *path, const json_t *body,
    json_t **ret_json, struct tw_err *err)
{
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    TW_AUTO(tw_freep) char *text = body ? json_dumps(body, JSON_COMPACT) : strdup("");
    if (!text)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_http_request request = {.url = &url,
        .method = "POST",
        .post = tw_span_str(text),
        .post_type = body ? "application/json" : NULL};
    int r = make_url(remote, path, NULL, &url, err);
    return r < 0 ? r : ask_json(remote, &request, ret_json, err);
}

int tw_remote_get_text(struct tw_remote *remote, const char *path, const char *const *query,
    const char *media_type, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    struct tw_http_request request = {.url = &url};
    int r = make_url(remote, path, query, &url, err);
    return r < 0 ? r : ask(remote, &request, media_type, out, err);
}

// ---- the frame of a command ----

static int run_with(const struct tw_settings *settings, const struct tw_options *o,
    int (*run)(const struct tw_asking *asking, struct tw_err *err), struct tw_err *err)
{
    TW_AUTO(tw_remote_freep) struct tw_remote *remote = NULL;
    int r = tw_http_global_init(err);
    if (r < 0)
        return r;
    r = tw_remote_open(settings, &remote, err);
    if (r == 0)
        r = run(&(struct tw_asking){remote, o}, err);
    tw_remote_free(TW_TAKE(remote)); // before what it is made of
    tw_http_global_done();
    return r;
}

int tw_remote_command(const char *name, int min, int max,
    int (*run)(const struct tw_asking *asking, struct tw_err *err), struct tw_settings *settings,
    int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    const struct tw_command *command = tw_command_find(name);
    int r = tw_options_parse(command, settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    if (o.operand_count < min || o.operand_count > max)
        r = tw_err_set(&err, TW_E_USAGE, "usage: tidewaiter %s %s", name, command->usage);
    else
        r = run_with(settings, &o, run, &err);
    return r < 0 ? tw_trouble(&err) : r;
}
