#include "daemon/certificate/cluster.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/document.h"
#include "daemon/http/secret.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"

enum {
    FILE_BYTES_MAX = 1 << 20,
    ANSWER_BYTES_MAX = 8 << 20, // an object has 1.5 MiB at most, in base64 and with managedFields
    ANSWER_DEPTH_MAX = 64,
    ANSWER_VALUES_MAX = 200000,
    PATH_BYTES_MAX = 1024,
    SAID_BYTES_MAX = 200, // of the API server's own message
    CONNECT_TIMEOUT_S = 10,
    TIMEOUT_S = 30,
};

static const struct kind {
    const char *word; // in messages
    const char *group, *version, *resource;
    bool is_namespaced;
} kinds[] = {
    [TW_CLUSTER_SECRET] = {"secret", "", "v1", "secrets", true},
    [TW_CLUSTER_WEBHOOKS] = {"webhook configuration", "admissionregistration.k8s.io", "v1",
        "validatingwebhookconfigurations", false},
};

static const struct method {
    const char *http, *verb;
} get = {"GET", "get"}, create = {"POST", "create"}, replace = {"PUT", "update"};

struct tw_cluster {
    CURL *easy;
    char *origin; // "https://10.0.0.1:443"
    char *ca_path;
    char *namespace;
    char *authorization; // the header, secret
};

struct request {
    const struct kind *kind;
    const struct method *method;
    const char *name;
    const char *body; // NULL: none
};

// ---- the service account ----

static int read_file(const char *folder, const char *name, char **ret_text, struct tw_err *err)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = TW_BUF(FILE_BYTES_MAX);
    TW_AUTO(tw_freep) char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    int r = tw_document_read(path, "1 MiB", &text, err);
    if (r < 0)
        return tw_err_wrap(
            err, r, "the Pod's service account (automountServiceAccountToken, --account)");
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]))
        text.data[--text.size] = '\0';
    bool is_word = text.size > 0;
    for (size_t i = 0; i < text.size; i++)
        is_word &= text.data[i] > ' ' && text.data[i] < 0x7F;
    if (!is_word)
        return tw_err_set(err, TW_E_FORMAT, "%s must be one word", path);
    *ret_text = tw_buf_take(&text, NULL);
    return *ret_text ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

static int fill(
    struct tw_cluster *cluster, const struct tw_cluster_place *place, struct tw_err *err)
{
    TW_AUTO(tw_secret_freep) char *token = NULL;
    bool v6 = strchr(place->host, ':') != NULL;
    int r = read_file(place->account, "namespace", &cluster->namespace, err);
    if (r == 0)
        r = read_file(place->account, "token", &token, err);
    if (r < 0)
        return r;
    if (asprintf(&cluster->origin, "https://%s%s%s:%s", v6 ? "[" : "", place->host, v6 ? "]" : "",
            place->port) < 0)
        cluster->origin = NULL;
    if (asprintf(&cluster->ca_path, "%s/ca.crt", place->account) < 0)
        cluster->ca_path = NULL;
    if (asprintf(&cluster->authorization, "Authorization: Bearer %s", token) < 0)
        cluster->authorization = NULL;
    cluster->easy = curl_easy_init();
    bool whole = cluster->origin && cluster->ca_path && cluster->authorization && cluster->easy;
    return whole ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

int tw_cluster_open(
    const struct tw_cluster_place *place, struct tw_cluster **ret_cluster, struct tw_err *err)
{
    TW_AUTO(tw_cluster_closep) struct tw_cluster *cluster = calloc(1, sizeof *cluster);
    if (!cluster)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = fill(cluster, place, err);
    if (r == 0)
        *ret_cluster = TW_TAKE(cluster);
    return r;
}

void tw_cluster_close(struct tw_cluster *cluster)
{
    if (!cluster)
        return;
    curl_easy_cleanup(cluster->easy);
    free(cluster->origin);
    free(cluster->ca_path);
    free(cluster->namespace);
    tw_secret_free(cluster->authorization);
    free(cluster);
}

const char *tw_cluster_namespace(const struct tw_cluster *cluster)
{
    return cluster->namespace;
}

// ---- one exchange ----

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    return tw_buf_append(ctx, bytes, size * count) < 0 ? 0 : size * count;
}

static void slist_freep(struct curl_slist **list)
{
    for (struct curl_slist *l = *list; l; l = l->next)
        explicit_bzero(l->data, strlen(l->data));
    curl_slist_free_all(*list);
}

static bool add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    *list = longer ? longer : *list;
    return longer != NULL;
}

static int write_url(
    const struct tw_cluster *cluster, const struct request *request, struct tw_buf *url)
{
    const struct kind *kind = request->kind;
    tw_buf_printf(url, "%s/%s%s/%s/", cluster->origin, *kind->group ? "apis/" : "api", kind->group,
        kind->version);
    if (kind->is_namespaced)
        tw_buf_printf(url, "namespaces/%s/", cluster->namespace);
    tw_buf_puts(url, kind->resource);
    if (request->method == &create)
        return tw_buf_puts(url, "?fieldManager=tidewaiter-certificate");
    tw_buf_printf(url, "/%s", request->name);
    return request->body ? tw_buf_puts(url, "?fieldManager=tidewaiter-certificate") : url->status;
}

static void configure(struct tw_cluster *cluster, const struct request *request, const char *url,
    struct curl_slist *headers, struct tw_buf *answer)
{
    CURL *easy = cluster->easy;
    curl_easy_reset(easy); // keeps the connection
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(
        easy, CURLOPT_PROXY, ""); // it is inside the cluster, whatever HTTPS_PROXY says
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CAINFO, cluster->ca_path);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidewaiter-certificate/" TW_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    if (!request->body)
        return;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method->http);
}

static const struct {
    CURLcode curl;
    int code;
    const char *text;
} outcomes[] = {
    {CURLE_OUT_OF_MEMORY, TW_E_NOMEM, "out of memory"},
    {CURLE_WRITE_ERROR, TW_E_LIMIT, "its answer is longer than 8 MiB"},
    {CURLE_PEER_FAILED_VERIFICATION, TW_E_NOT_ALLOWED,
        "its certificate is not of the CA in the service account's ca.crt, has expired, or is for "
        "another name"},
    {CURLE_SSL_CACERT_BADFILE, TW_E_IO, "the service account's ca.crt cannot be read"},
};

static int no_answer(CURLcode result, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(outcomes); i++) {
        if (outcomes[i].curl == result)
            return tw_err_set(err, outcomes[i].code, "the API server: %s", outcomes[i].text);
    }
    return tw_err_set(
        err, TW_E_UNAVAILABLE, "the API server does not answer: %s", curl_easy_strerror(result));
}

// ---- what the API server says ----

// The rule of a Role that would allow the request, as one pastes it. What is created has no name
// yet when its right is looked at.
static void write_rule(const struct request *request, struct tw_buf *out)
{
    const struct kind *kind = request->kind;
    tw_buf_printf(out, "{apiGroups: [\"%s\"], resources: [%s], ", kind->group, kind->resource);
    if (request->method != &create)
        tw_buf_printf(out, "resourceNames: [%s], ", request->name);
    tw_buf_printf(out, "verbs: [%s]}", request->method->verb);
}

// The message of a Status object, cut and fit to print; "" when there is none.
static void write_said(const json_t *answer, struct tw_buf *out)
{
    const char *message = tw_json_string(answer, "message");
    if (!message)
        return;
    tw_buf_puts(out, "; it says: ");
    size_t size = strnlen(message, SAID_BYTES_MAX);
    tw_text_escape_to(out, tw_span_of(message, size));
}

static int refusal(long status, const struct tw_cluster *cluster, const struct request *request,
    const json_t *answer, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf rule = TW_BUF(4096), said = TW_BUF(4096);
    write_said(answer, &said);
    tw_buf_puts(&said, "");
    const char *tail = said.data ? said.data : "";
    if (status == 401)
        return tw_err_set(
            err, TW_E_DENIED, "the API server does not take the service account's token%s", tail);
    if (status == 403) {
        write_rule(request, &rule);
        return tw_err_set(err, TW_E_DENIED,
            "the service account may not; its %s in the cluster needs the rule %s%s",
            request->kind->is_namespaced ? "Role" : "ClusterRole", rule.data ? rule.data : "",
            tail);
    }
    if (status == 404)
        return tw_err_set(err, TW_E_NOT_FOUND, "there is none%s%s",
            request->kind->is_namespaced ? " in namespace " : "",
            request->kind->is_namespaced ? cluster->namespace : "");
    if (status == 409)
        return tw_err_set(err, TW_E_UNAVAILABLE, "somebody else changed it meanwhile");
    bool later = status == 429 || status >= 500;
    return tw_err_set(err, later ? TW_E_UNAVAILABLE : TW_E_FORMAT,
        "the API server answers %s with %ld%s", request->method->http, status, tail);
}

static int perform(struct tw_cluster *cluster, const struct request *request, json_t **ret_object,
    struct tw_err *err)
{
    TW_AUTO(slist_freep) struct curl_slist *headers = NULL;
    TW_AUTO(tw_secret_buf_done) struct tw_buf answer = TW_BUF(ANSWER_BYTES_MAX);
    TW_AUTO(tw_buf_done) struct tw_buf url = TW_BUF(PATH_BYTES_MAX);
    TW_AUTO(tw_json_decrefp) json_t *object = NULL;
    const struct tw_json_caps caps = {ANSWER_BYTES_MAX, ANSWER_DEPTH_MAX, ANSWER_VALUES_MAX};
    long status = 0;
    if (write_url(cluster, request, &url) < 0 || !add_header(&headers, cluster->authorization) ||
        !add_header(&headers, "Accept: application/json") ||
        !add_header(&headers, "Content-Type: application/json") || !add_header(&headers, "Expect:"))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    configure(cluster, request, url.data, headers, &answer);
    CURLcode result = curl_easy_perform(cluster->easy);
    if (result != CURLE_OK)
        return no_answer(result, err);
    curl_easy_getinfo(cluster->easy, CURLINFO_RESPONSE_CODE, &status);
    int r = tw_json_parse(tw_buf_span(&answer), caps, &object, err);
    if (status / 100 != 2)
        return refusal(status, cluster, request, object, err);
    if (r < 0 || !json_is_object(object))
        return tw_err_set(err, TW_E_FORMAT, "the API server's answer is no JSON object");
    if (ret_object)
        *ret_object = TW_TAKE(object);
    return 0;
}

static int ask(struct tw_cluster *cluster, const struct request *request, json_t **ret_object,
    struct tw_err *err)
{
    int r = perform(cluster, request, ret_object, err);
    return r < 0 ? tw_err_wrap(err, r, "%s %s", request->kind->word, request->name) : 0;
}

int tw_cluster_get(struct tw_cluster *cluster, enum tw_cluster_kind kind, const char *name,
    json_t **ret_object, struct tw_err *err)
{
    const struct request request = {&kinds[kind], &get, name, NULL};
    return ask(cluster, &request, ret_object, err);
}

int tw_cluster_put(
    struct tw_cluster *cluster, enum tw_cluster_kind kind, const json_t *object, struct tw_err *err)
{
    const json_t *metadata = json_object_get(object, "metadata");
    bool was_read = tw_json_string(metadata, "resourceVersion") != NULL;
    TW_AUTO(tw_secret_freep) char *body = json_dumps(object, JSON_COMPACT);
    if (!body)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    const struct request request = {
        &kinds[kind], was_read ? &replace : &create, tw_json_string(metadata, "name"), body};
    return ask(cluster, &request, NULL, err);
}
