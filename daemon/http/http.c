#include "daemon/http/http.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "daemon/http/proxy.h"
#include "daemon/http/retry_after.h"
#include "scanner/base/json.h"

enum {
    ERROR_BODY_BYTES_MAX = 16384,
    HEADER_BYTES_MAX = 262144, // libcurl 7.88 keeps as many as come (CVE-2023-38039)
    CHALLENGE_BYTES_MAX = 16384,
    CHALLENGE_LINES_MAX = 16,
    RECEIVE_BUFFER_BYTES = 256 * 1024,
};

struct tw_http {
    CURL *easy;
    const struct tw_trust *trust; // NULL: the system's CAs
    bool (*cancelled)(void *ctx);
    void *cancel_ctx;
};

// One exchange in progress.
struct exchange {
    CURL *easy;
    const struct tw_http_request *request;
    struct tw_http_answer *answer;
    struct tw_buf error_body;
    size_t header_bytes;
    enum tw_address_kind refused; // the guard's reason; ordinary: none
    bool headers_read;
    int status; // of begin or body
    struct tw_err why;
};

int tw_http_global_init(struct tw_err *err)
{
    CURLcode bad = curl_global_init(CURL_GLOBAL_DEFAULT);
    return bad ? tw_err_set(err, TW_E_INTERNAL, "libcurl: %s", curl_easy_strerror(bad)) : 0;
}

void tw_http_global_done(void)
{
    curl_global_cleanup();
}

int tw_http_new(struct tw_http **ret_http, struct tw_err *err)
{
    struct tw_http *http = calloc(1, sizeof *http);
    if (http)
        http->easy = curl_easy_init();
    if (!http || !http->easy) {
        free(http);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    *ret_http = http;
    return 0;
}

void tw_http_free(struct tw_http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    free(http);
}

void tw_http_answer_done(struct tw_http_answer *answer)
{
    free(answer->location);
    free(answer->challenges);
    *answer = (struct tw_http_answer){0};
}

// ---- headers ----

static const char *header(struct exchange *x, const char *name)
{
    struct curl_header *h = NULL;
    return curl_easy_header(x->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value : NULL;
}

static void copy_header(struct exchange *x, const char *name, char *out, size_t size)
{
    const char *value = header(x, name);
    size_t n = value ? strnlen(value, size - 1) : 0;
    if (n)
        memcpy(out, value, n);
    out[n] = '\0';
}

// Several headers of that name count (RFC 9110 section 11.6.1).
static char *join_challenges(struct exchange *x)
{
    TW_AUTO(tw_buf_done) struct tw_buf all = TW_BUF(CHALLENGE_BYTES_MAX);
    struct curl_header *h = NULL;
    for (size_t i = 0; i < CHALLENGE_LINES_MAX; i++) {
        if (curl_easy_header(x->easy, "WWW-Authenticate", i, CURLH_HEADER, -1, &h) != CURLHE_OK)
            break;
        tw_buf_printf(&all, "%s%s", i ? "\n" : "", h->value);
    }
    return all.size && all.status == 0 ? tw_buf_take(&all, NULL) : NULL;
}

// Whether the caller wants this answer's body, which else is looked at for an error's code.
static bool is_told(const struct exchange *x)
{
    return x->answer->status / 100 == 2 || x->request->tells_errors;
}

static int read_headers(struct exchange *x)
{
    if (x->headers_read)
        return x->status;
    x->headers_read = true;
    struct tw_http_answer *answer = x->answer;
    curl_off_t size = -1;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    answer->body_bytes = size;
    copy_header(x, "Content-Type", answer->content_type, sizeof answer->content_type);
    copy_header(x, "Docker-Content-Digest", answer->content_digest, sizeof answer->content_digest);
    copy_header(x, "Content-Range", answer->content_range, sizeof answer->content_range);
    answer->retry_after_s =
        tw_retry_after_parse(header(x, "Retry-After"), header(x, "Date"), time(NULL));
    const char *location = header(x, "Location");
    answer->location = location ? strndup(location, TW_URL_BYTES_MAX + 1) : NULL;
    answer->challenges = join_challenges(x);
    if (is_told(x) && x->request->begin)
        x->status = x->request->begin(x->request->ctx, answer, &x->why);
    return x->status;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    (void)line;
    x->header_bytes += size * count;
    if (x->header_bytes <= HEADER_BYTES_MAX)
        return size * count;
    x->status =
        tw_err_set(&x->why, TW_E_LIMIT, "its headers are longer than %d bytes", HEADER_BYTES_MAX);
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    size *= count;
    if (read_headers(x) < 0)
        return 0;
    if (is_told(x))
        x->status = x->request->body(x->request->ctx, bytes, size, &x->why);
    else if (tw_buf_append(&x->error_body, bytes, size) < 0)
        return 0; // enough of it: tw_http_perform() takes it as whole
    return x->status < 0 ? 0 : size;
}

// ---- connections ----

// Called with what the name resolved to, so that a name cannot be checked as one address and used
// as another.
static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct exchange *x = ctx;
    (void)purpose;
    enum tw_address_kind kind = tw_address_kind_of(&address->addr);
    if (!tw_address_guard_allows(&x->request->guard, kind) &&
        !tw_proxy_is_meant(x->request->url, &address->addr)) {
        x->refused = kind;
        return CURL_SOCKET_BAD;
    }
    // Close-on-exec: the daemon starts cages while it downloads.
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void tw_http_set_cancel(struct tw_http *http, bool (*cancelled)(void *ctx), void *ctx)
{
    http->cancelled = cancelled;
    http->cancel_ctx = ctx;
}

bool tw_http_is_cancelled(const struct tw_http *http)
{
    return http->cancelled && http->cancelled(http->cancel_ctx);
}

// libcurl calls this about once a second, also while it waits.
static int on_progress(
    void *ctx, curl_off_t down_total, curl_off_t down_now, curl_off_t up_total, curl_off_t up_now)
{
    (void)down_total, (void)down_now, (void)up_total, (void)up_now;
    return tw_http_is_cancelled(ctx);
}

void tw_http_set_trust(struct tw_http *http, const struct tw_trust *trust)
{
    http->trust = trust;
}

static void configure_tls(CURL *easy, const struct tw_trust *trust, bool is_registry)
{
    // As OpenSSL's and Go's programs do: a company's own CA is given by these.
    const char *ca_file = getenv("SSL_CERT_FILE"), *ca_folder = getenv("SSL_CERT_DIR");
    if (ca_file && *ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    if (ca_folder && *ca_folder)
        curl_easy_setopt(easy, CURLOPT_CAPATH, ca_folder);
    if (trust && trust->ca.size > 0) {
        struct curl_blob ca = {.data = trust->ca.data, .len = trust->ca.size};
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
    }
    if (trust && trust->certificate && is_registry) {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, trust->certificate);
        curl_easy_setopt(easy, CURLOPT_SSLKEY, trust->key);
    }
}

static void configure(struct exchange *x, const struct tw_http *http, struct curl_slist *headers)
{
    const struct tw_http_request *request = x->request;
    CURL *easy = x->easy;
    curl_easy_reset(easy); // keeps connections
    curl_easy_setopt(easy, CURLOPT_URL, request->url->text);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    // Bytes must be what was hashed and signed: no Accept-Encoding, so nothing is decoded.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidewaiter/" TW_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)request->connect_timeout_s);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)request->stall_timeout_s);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)request->total_timeout_s);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, http);
    configure_tls(easy, http->trust, request->guard.any);
    if (request->range)
        curl_easy_setopt(easy, CURLOPT_RANGE, request->range);
    if (request->post.p) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->post.n);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->post.p);
    }
    if (request->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void slist_freep(struct curl_slist **list)
{
    for (struct curl_slist *l = *list; l; l = l->next)
        explicit_bzero(l->data, strlen(l->data)); // Authorization is among them
    curl_slist_free_all(*list);
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    *list = longer ? longer : *list;
    return longer != NULL;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    TW_AUTO(tw_freep) char *line = NULL;
    if (!value)
        return true;
    if (asprintf(&line, "%s: %s", name, value) < 0) {
        line = NULL;
        return false;
    }
    bool added = add_line(list, line);
    explicit_bzero(line, strlen(line));
    return added;
}

static bool add_headers(struct curl_slist **list, const struct tw_http_request *request)
{
    bool all = add_header(list, "Accept", request->accept ? request->accept : "*/*") &&
               add_header(list, "Authorization", request->authorization) &&
               add_header(list, "Content-Type", request->post.p ? request->post_type : NULL);
    for (const char *const *line = request->headers; all && line && *line; line++)
        all = add_line(list, *line);
    return all;
}

// ---- outcome ----

static const struct {
    CURLcode curl;
    int code;
    const char *text;
} outcomes[] = {
    {CURLE_OUT_OF_MEMORY, TW_E_NOMEM, "out of memory"},
    {CURLE_COULDNT_RESOLVE_HOST, TW_E_UNAVAILABLE, "its name cannot be resolved"},
    {CURLE_COULDNT_RESOLVE_PROXY, TW_E_UNAVAILABLE, "the proxy's name cannot be resolved"},
    {CURLE_COULDNT_CONNECT, TW_E_UNAVAILABLE, "no connection; is it running, is the port right?"},
    {CURLE_OPERATION_TIMEDOUT, TW_E_UNAVAILABLE,
        "it was silent or too slow for too long (--connect-timeout, --stall-timeout)"},
    {CURLE_PARTIAL_FILE, TW_E_UNAVAILABLE, "the answer broke off"},
    {CURLE_RECV_ERROR, TW_E_UNAVAILABLE, "the connection broke"},
    {CURLE_SEND_ERROR, TW_E_UNAVAILABLE, "the connection broke"},
    {CURLE_GOT_NOTHING, TW_E_UNAVAILABLE, "it closed the connection without an answer"},
    {CURLE_SSL_CONNECT_ERROR, TW_E_UNAVAILABLE,
        "no TLS; if it speaks plain HTTP, its address must start with http:// (of a registry, in "
        "--registries; for one scan, --plain-http)"},
    {CURLE_PEER_FAILED_VERIFICATION, TW_E_UNAVAILABLE,
        "its certificate is not trusted, expired, or for another name; a CA of your own goes into "
        "the system's store, SSL_CERT_FILE, or certs.d/HOST:PORT/*.crt (--certs-dir)"},
    {CURLE_SSL_CERTPROBLEM, TW_E_IO,
        "our certificate for it (certs.d) cannot be used: is the key its key, are both PEM?"},
    {CURLE_SSL_CACERT_BADFILE, TW_E_IO, "the file of trusted certificates cannot be read"},
    {CURLE_UNSUPPORTED_PROTOCOL, TW_E_FORMAT, "what answers does not speak HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, TW_E_FORMAT, "what answers does not speak HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, TW_E_FORMAT, "its encoding is damaged"},
};

static int refuse(enum tw_address_kind kind, struct tw_err *err)
{
    return tw_err_set(err, TW_E_NOT_ALLOWED,
        "it leads to a %s address, where nothing that we ask may lead unless it is set so",
        tw_address_kind_name(kind));
}

// The code and message for what libcurl says, without libcurl's own text, which may hold a URL.
static int outcome(struct exchange *x, CURLcode result, struct tw_err *err)
{
    if (result == CURLE_ABORTED_BY_CALLBACK)
        return tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
    if (x->refused != TW_ADDRESS_ORDINARY && result == CURLE_COULDNT_CONNECT)
        return refuse(x->refused, err);
    for (size_t i = 0; i < TW_COUNT(outcomes); i++) {
        if (outcomes[i].curl == result)
            return tw_err_set(err, outcomes[i].code, "%s", outcomes[i].text);
    }
    return tw_err_set(err, TW_E_UNAVAILABLE, "%s", curl_easy_strerror(result));
}

// {"errors":[{"code":"MANIFEST_UNKNOWN", ...}]}; only its code is taken: it has an alphabet, while
// the message could hold anything, our own credentials among it.
static void read_error_code(const struct tw_buf *body, struct tw_http_answer *answer)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    if (!body->data || tw_json_parse(tw_buf_span(body),
                           (struct tw_json_caps){body->max_bytes, 16, 1000}, &json, NULL) < 0)
        return;
    const char *code = tw_json_string(json_array_get(json_object_get(json, "errors"), 0), "code");
    size_t n = code ? strlen(code) : 0;
    if (n > 0 && n < sizeof answer->error_code &&
        strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == n)
        memcpy(answer->error_code, code, n + 1);
}

int tw_http_perform(struct tw_http *http, const struct tw_http_request *request,
    struct tw_http_answer *answer, struct tw_err *err)
{
    // An address that is written out is refused here: a proxy would get it as it is.
    enum tw_address_kind kind = tw_address_kind_of_host(request->url->host);
    if (!tw_address_guard_allows(&request->guard, kind))
        return refuse(kind, err);
    TW_AUTO(slist_freep) struct curl_slist *headers = NULL;
    if (!add_headers(&headers, request))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct exchange x = {.easy = http->easy, .request = request, .answer = answer};
    x.error_body = TW_BUF(ERROR_BODY_BYTES_MAX);
    configure(&x, http, headers);
    CURLcode result = curl_easy_perform(http->easy);
    // Too much of an error document was cut by us; what counts, its status, is there.
    bool whole = result == CURLE_OK || x.error_body.status < 0;
    if (whole || result == CURLE_PARTIAL_FILE)
        read_headers(&x);
    if (whole)
        read_error_code(&x.error_body, answer);
    tw_buf_done(&x.error_body);
    if (x.status < 0 && err)
        *err = x.why;
    if (x.status < 0)
        return x.status;
    return whole ? 0 : outcome(&x, result, err);
}
