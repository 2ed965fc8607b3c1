#include "fake.h"

#include "api/route.h"
#include "scanner/report/report.h"

static void route__scan_list__query_reaches_the_service_and_page_comes_back(void **state)
{
    struct bench *bench = *state;
    struct reply *reply = get(bench, "/v1/scans?state=failed&limit=200&cursor=a%2Bb+c");
    assert_string_equal(bench->fake.words[0], "failed");
    assert_string_equal(bench->fake.words[1], "a+b c");
    assert_int_equal(bench->fake.scan_query.limit, 200);
    assert_body(reply, 200,
        "{\"items\":[{\"id\":\"a1\",\"reference\":\"localhost:5055/team/app:1\",\"digest\":null,"
        "\"state\":\"queued\",\"attempts\":0,\"requested_by\":\"api\","
        "\"created\":\"2023-11-14T22:13:20.123Z\",\"started\":null,\"finished\":null,"
        "\"error\":null,\"reports\":[]},"
        "{\"id\":\"a2\",\"reference\":\"localhost:5055/team/app:1\",\"digest\":null,"
        "\"state\":\"failed\",\"attempts\":8,\"requested_by\":\"api\","
        "\"created\":\"2023-11-14T22:13:20.123Z\",\"started\":\"2023-11-14T22:13:21.000Z\","
        "\"finished\":\"2023-11-14T22:13:22.000Z\",\"error\":{\"code\":\"unavailable\","
        "\"message\":\"no answer\\\\xff\",\"retry_at\":null},\"reports\":[]}],\"next\":\"c2\"}\n");
    free(get(bench, "/v1/scans"));
    assert_int_equal(bench->fake.scan_query.limit, 50);
    assert_string_equal(bench->fake.words[0], "(null)");
}

static void route__bad_query__400_names_the_parameter(void **state)
{
    static const struct {
        const char *target, *says;
    } rows[] = {
        {"/v1/scans?stat=failed",
            "\"stat\" here (did you mean \"state\"?); this route knows: state, "},
        {"/v1/scans?state=lost", "none of: queued, running, done, failed"},
        {"/v1/scans?limit=0", "limit must be a number from 1 to 200"},
        {"/v1/scans?limit=201", "limit must be a number from 1 to 200"},
        {"/v1/scans?limit=99999999999999999999", "limit must be a number from 1 to 200"},
        {"/v1/scans?limit=-1", "limit must be a number from 1 to 200"},
        {"/v1/scans?limit=", "limit must be a number from 1 to 200"},
        {"/v1/scans?limit=1&limit=2", "\"limit\" is given twice"},
        {"/v1/scans/a1?x", "\"x\" here; this route knows: none"},
        {"/healthz?x=1", "\"x\" here; this route knows: none"},
        {"/v1/images?decision=maybe", "none of: pass, warn, deny"},
        {"/v1/images?cursor=bad", "not given by a page"},
        {"/v1/images/sha256:12", "\"sha256:12\" is no digest"},
        {"/v1/images/" DIGEST "/report?format=pdf", "\"pdf\"; there are: "},
        {"/v1/images/" DIGEST "/report?lang=fr", "none of: en, zh"},
        {"/v1/rules?cursor=TW000", "not one that a page of rules gave"},
        {"/v1/rules?lang=", "none of: en, zh"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_problem(get(*state, rows[i].target), 400, rows[i].says);
}

static void route__scan_get__exact_json(void **state)
{
    assert_body(get(*state, "/v1/scans/a1"), 200,
        "{\"id\":\"a1\",\"reference\":\"localhost:5055/team/app:1\",\"digest\":\"" DIGEST
        "\",\"state\":\"done\",\"attempts\":1,\"requested_by\":\"api\","
        "\"created\":\"2023-11-14T22:13:20.123Z\",\"started\":null,\"finished\":null,"
        "\"error\":null,\"reports\":[\"/v1/images/" DIGEST "/report\"]}\n");
    assert_problem(get(*state, "/v1/scans/zz"), 404, "there is no scan zz");
    struct reply *reply = get(*state, "/v1/scans/a3");
    assert_header(reply, "Retry-After", "5");
    assert_problem(reply, 503, "the store cannot be read");
}

static void route__scan_post__push_with_the_words_of_the_body(void **state)
{
    struct bench *bench = *state;
    struct reply *reply = post(bench, "/v1/scans", "application/json",
        "{\"reference\":\"localhost:5055/team/app:1@" DIGEST "\",\"rescan\":true}");
    assert_header(reply, "Location", "/v1/scans/a1");
    assert_int_equal(reply->status, 202);
    json_t *json = json_of(reply);
    assert_string_equal(json_string_value(json_object_get(json, "digest")), DIGEST);
    json_decref(json);
    free(reply);
    assert_int_equal(bench->fake.push_count, 1);
    const struct tw_push *push = &bench->fake.pushes[0];
    assert_string_equal(push->reference.registry, "localhost:5055");
    assert_string_equal(push->reference.repository, "team/app");
    assert_string_equal(push->reference.tag, "1");
    assert_string_equal(push->reference.digest.text, DIGEST);
    assert_string_equal(push->requested_by, "api");
    assert_null(push->actor);
    assert_true(push->rescan);
    free(post(bench, "/v1/scans", "application/json",
        "{\"rescan\":false,\"reference\":\"localhost:5055/team/app\"}"));
    assert_false(bench->fake.pushes[1].rescan);
    assert_string_equal(bench->fake.pushes[1].reference.tag, "latest");
}

static void route__scan_post_with_bad_body__says_what(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *body;
        int status;
        const char *says;
    } rows[] = {
        {"", 400, "not JSON"},
        {"{", 400, "not JSON: line 1"},
        {"[]", 400, "must be an object"},
        {"{}", 400, "\"reference\" is missing"},
        {"{\"reference\":1}", 400, "\"reference\" must be a string"},
        {"{\"reference\":null}", 400, "\"reference\" must be a string"},
        {"{\"reference\":\"localhost:5055/a\",\"rescan\":\"yes\"}", 400,
            "\"rescan\" must be true or false"},
        {"{\"reference\":\"localhost:5055/a\",\"Rescan\":true}", 400, "there is no key \"Rescan\""},
        {"{\"reference\":\"localhost:5055/a\",\"reference\":\"localhost:5055/b\"}", 400,
            "duplicate object key"},
        {"{\"reference\":\"localhost:5055/A\"}", 400, "repository \"A\""},
        {"{\"reference\":\"localhost:5055/a\\u0000b\"}", 400, "u0000"},
        {"{\"reference\":\"other.example/a\"}", 403, "add it to the setting registries"},
        {"\xff\xfe", 400, "not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_problem(post(bench, "/v1/scans", "application/json", rows[i].body), rows[i].status,
            rows[i].says);
    char deep[400] = "";
    memset(deep, '[', 300);
    assert_problem(post(bench, "/v1/scans", "application/json", deep), 413, "nested 300 deep");
    assert_int_equal(bench->fake.push_count, 0);
}

static void route__queue_full__503_with_retry_after(void **state)
{
    struct bench *bench = *state;
    bench->fake.push_code = TW_E_UNAVAILABLE;
    bench->fake.retry_after_s = 17;
    struct reply *reply = post(
        bench, "/v1/scans", "application/json", "{\"reference\":\"localhost:5055/team/app:1\"}");
    assert_header(reply, "Retry-After", "17");
    assert_null(header_of(reply, "Location"));
    assert_problem(reply, 503, "no room");
}

static void route__retry__202_409_404(void **state)
{
    static const char type[] = "application/json";
    struct reply *reply = post(*state, "/v1/scans/a2/retry", type, "");
    assert_header(reply, "Location", "/v1/scans/a2");
    assert_int_equal(reply->status, 202);
    free(reply);
    assert_problem(post(*state, "/v1/scans/a1/retry", type, ""), 409, "only a failed one");
    assert_problem(post(*state, "/v1/scans/zz/retry", type, ""), 404, "there is no scan zz");
}

static void route__notifications__list_and_retry(void **state)
{
    static const char type[] = "application/json";
    struct bench *bench = *state;
    struct reply *reply = get(bench, "/v1/notifications?sink=on-call&state=failed&cursor=c1");
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body,
        "{\"items\":[{\"id\":\"b1\",\"sink\":\"on-call\",\"event\":\"drift\","
        "\"reference\":\"localhost:5055/team/app:1\",\"state\":\"failed\",\"attempts\":3,"
        "\"created\":\"2023-11-14T22:13:20.123Z\",\"next_attempt\":null,"
        "\"error\":\"HTTP 404: gone\"},"
        "{\"id\":\"b2\",\"sink\":\"x\",\"event\":\"findings\",\"reference\":\"r/a:1\","
        "\"state\":\"waiting\",\"attempts\":0,\"created\":\"1970-01-01T00:00:00.001Z\","
        "\"next_attempt\":\"2023-11-14T22:13:29.000Z\",\"error\":null}],\"next\":\"c3\"}\n");
    free(reply);
    assert_string_equal(bench->fake.words[0], "on-call");
    assert_string_equal(bench->fake.words[1], "failed");
    assert_string_equal(bench->fake.words[2], "c1");
    assert_problem(get(bench, "/v1/notifications?state=done"), 400, "waiting, failed");
    reply = post(bench, "/v1/notifications/b1/retry", type, "");
    assert_int_equal(reply->status, 202);
    free(reply);
    assert_problem(post(bench, "/v1/notifications/b2/retry", type, ""), 409, "has not failed");
    assert_problem(post(bench, "/v1/notifications/zz/retry", type, ""), 404, "no notification zz");
}

#define IMAGE                                                                                      \
    "{\"digest\":\"" DIGEST "\",\"kind\":\"image\",\"registry\":\"localhost:5055\","               \
    "\"repository\":\"team/app\",\"tag\":null,\"platform\":\"linux/amd64\","                       \
    "\"completeness\":\"complete\",\"decision\":\"deny\",\"counts\":{\"critical\":0,\"high\":2,"   \
    "\"medium\":0,\"low\":0,\"info\":1},\"go_binaries\":3,"                                        \
    "\"pushed\":\"2023-11-14T22:13:20.000Z\",\"scanned\":\"2023-11-14T22:13:20.007Z\","            \
    "\"report\":\"/v1/images/" DIGEST "/report\"}"

static void route__images__filters_and_exact_json(void **state)
{
    struct bench *bench = *state;
    assert_body(get(bench, "/v1/images?registry=localhost:5055&repository=team%2Fapp&tag=1"
                           "&decision=deny&cursor=c&limit=7"),
        200, "{\"items\":[" IMAGE "],\"next\":null}\n");
    static const char *const words[] = {"localhost:5055", "team/app", "1", "deny", "c"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(bench->fake.words[i], words[i]);
    assert_int_equal(bench->fake.image_query.limit, 7);
    assert_body(get(bench, "/v1/images/" DIGEST), 200, IMAGE "\n");
    assert_body(get(bench, "/v1/images/sha256%3A" HEX64), 200, IMAGE "\n");
    assert_problem(get(bench, "/v1/images/sha256:" HEX64 "00"), 400, "is no digest");
    char other[200] = "/v1/images/" DIGEST;
    other[strlen(other) - 1] = '0';
    assert_problem(get(bench, other), 404, "has not been scanned");
}

static void route__report__format_by_parameter_then_accept_then_json(void **state)
{
    static const struct {
        const char *query, *accept;
        const char *format; // NULL: 406
    } rows[] = {
        {"", NULL, "json"},
        {"", "*/*", "json"},
        {"", "text/plain", "text"},
        {"", "text/*", "text"},
        {"", "application/json;q=0.5, text/plain", "text"},
        {"", "application/json, text/plain", "json"},
        {"", "text/plain;q=0, */*", "json"},
        {"", "text/html, */*;q=0.1", "json"},
        {"", "text/html", NULL},
        {"", "*/*;q=0", NULL},
        {"", "application/sarif+json", "sarif"},
        {"", "application/xml", "junit"},
        {"", "text/html, application/xml;q=0.9, */*;q=0.8", "json"},
        {"", "application/vnd.cyclonedx+json; version=1.6", "cyclonedx"},
        {"", "application/*", "json"},
        {"?format=sarif", "text/plain", "sarif"},
        {"?format=text", "application/json", "text"},
        {"?format=json", "text/plain", "json"},
        {"?format=json", "text/html", "json"},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[512];
        snprintf(request, sizeof request,
            "GET /v1/images/" DIGEST "/report%s HTTP/1.1\r\nHost: t\r\n%s%s\r\n\r\n", rows[i].query,
            rows[i].accept ? "Accept: " : "X-None: ", rows[i].accept ? rows[i].accept : "");
        struct reply *reply = ask(bench, request);
        if (!rows[i].format) {
            assert_problem(reply, 406, "?format=");
            continue;
        }
        assert_string_equal(bench->fake.words[0], rows[i].format);
        bool json = strcmp(rows[i].format, "json") == 0;
        assert_string_equal(
            header_of(reply, "Content-Type"), tw_report_format_find(rows[i].format)->media_type);
        assert_string_equal(header_of(reply, "Vary"),
            rows[i].query[0] ? "Accept-Language, Accept-Encoding"
                             : "Accept, Accept-Language, Accept-Encoding");
        assert_body(reply, 200, json ? "{\"r\":1}\n" : "a report\n");
    }
    free(get(bench, "/v1/images/" DIGEST "/report?lang=zh"));
    assert_int_equal(bench->fake.report_request.lang, TW_ZH);
    char other[200] = "/v1/images/" DIGEST;
    other[strlen(other) - 1] = '0';
    strncat(other, "/report", sizeof other - strlen(other) - 1);
    assert_problem(get(bench, other), 404, "it is queued");
}

static void route__language__parameter_then_accept_language_then_english(void **state)
{
    static const struct {
        const char *query, *header, *lang;
    } rows[] = {
        {"", NULL, "en"},
        {"", "zh", "zh"},
        {"", "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
        {"", "en-US,en;q=0.9,zh;q=0.8", "en"},
        {"", "fr, zh;q=0.4, en;q=0.3", "zh"},
        {"", "fr", "en"},
        {"", "*", "en"},
        {"", "en;q=0, *;q=0.5", "zh"},
        {"", ";;,q=1,-", "en"},
        {"?lang=en", "zh", "en"},
        {"?lang=zh", "en", "zh"},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[512];
        snprintf(request, sizeof request,
            "GET /v1/rules/TW501%s HTTP/1.1\r\nHost: t\r\n%s%s\r\n\r\n", rows[i].query,
            rows[i].header ? "Accept-Language: " : "X-None: ",
            rows[i].header ? rows[i].header : "");
        struct reply *reply = ask(bench, request);
        assert_string_equal(header_of(reply, "Content-Language"), rows[i].lang);
        assert_int_equal(
            strstr(header_of(reply, "Vary"), "Accept-Language") != NULL, rows[i].query[0] == '\0');
        free(reply);
    }
}

static void route__compare__two_digests_or_the_push_before(void **state)
{
    struct bench *bench = *state;
    assert_body(get(bench, "/v1/compare?from=" DIGEST "&to=" DIGEST "&format=text&lang=zh"), 200,
        "zh text sha256:012 sha256:012");
    assert_body(get(bench, "/v1/images/" DIGEST "/drift"), 200, "en sha256:fff sha256:012");
    assert_problem(get(bench, "/v1/compare?to=" DIGEST), 400, "from is missing");
    assert_problem(get(bench, "/v1/compare?from=" DIGEST "&to=x"), 400, "to: \"x\" is no digest");
    assert_problem(get(bench, "/v1/compare?from=" DIGEST "&to=" DIGEST "&format=pdf"), 400,
        "format \"pdf\" is none of: json, text");
    assert_problem(
        get(bench, "/v1/images/sha256:"
                   "00"
                   "23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/drift"),
        404, "no push before");
}

static void route__rules__pages_cover_the_catalogue_once(void **state)
{
    size_t wanted = 0, seen = 0;
    while (tw_rule_at(wanted))
        wanted++;
    assert_true(wanted >= 3);
    char target[64] = "/v1/rules?limit=2";
    while (target[0]) {
        struct reply *reply = get(*state, target);
        assert_int_equal(reply->status, 200);
        json_t *page = json_of(reply), *items = json_object_get(page, "items");
        for (size_t i = 0; i < json_array_size(items); i++) {
            const struct tw_rule *rule = tw_rule_at(seen++);
            assert_non_null(rule);
            const json_t *item = json_array_get(items, i);
            assert_string_equal(json_string_value(json_object_get(item, "id")), rule->id);
            assert_string_equal(json_string_value(json_object_get(item, "severity")),
                tw_severity_name(rule->severity));
        }
        const char *next = json_string_value(json_object_get(page, "next"));
        target[0] = '\0';
        if (next)
            snprintf(target, sizeof target, "/v1/rules?limit=2&cursor=%s", next);
        json_decref(page);
        free(reply);
    }
    assert_int_equal(seen, wanted);
}

static void route__rule__by_id_or_name_in_both_languages(void **state)
{
    const struct tw_rule *rule = tw_rule_at(0);
    for (int lang = TW_EN; lang < TW_LANG_COUNT; lang++) {
        char target[128];
        snprintf(target, sizeof target, "/v1/rules/%s?lang=%s", lang ? rule->name : rule->id,
            lang ? "zh" : "en");
        struct reply *reply = get(*state, target);
        assert_int_equal(reply->status, 200);
        json_t *json = json_of(reply);
        assert_string_equal(
            json_string_value(json_object_get(json, "title")), rule->text[lang].title);
        assert_string_equal(
            json_string_value(json_object_get(json, "for_good")), rule->text[lang].for_good);
        json_decref(json);
        free(reply);
    }
    assert_problem(get(*state, "/v1/rules/TW000"), 404, "there is no rule \"TW000\"");
}

static void route__probes__ready_or_503(void **state)
{
    struct bench *bench = *state;
    assert_body(get(bench, "/readyz"), 200, "{\"status\":\"ready\"}\n");
    bench->fake.ready_code = TW_E_STORE;
    assert_problem(get(bench, "/readyz"), 503, "the store is read-only");
    assert_body(get(bench, "/healthz"), 200, "{\"status\":\"ok\"}\n");
}

static void route__metrics__counts_by_route_and_status(void **state)
{
    struct bench *bench = *state;
    free(get(bench, "/v1/scans/a1"));
    free(get(bench, "/v1/scans/zz"));
    free(get(bench, "/v1/scans/zz"));
    free(get(bench, "/no/such"));
    struct reply *reply = get(bench, "/metrics");
    assert_int_equal(reply->status, 200);
    assert_header(reply, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    static const char *const lines[] = {
        "\n# TYPE tidewaiter_http_requests_total counter\n",
        "\ntidewaiter_http_requests_total{route=\"/v1/scans/{id}\",method=\"GET\",status=\"200\"} "
        "1\n",
        "\ntidewaiter_http_requests_total{route=\"/v1/scans/{id}\",method=\"GET\",status=\"404\"} "
        "2\n",
        "\ntidewaiter_http_requests_total{route=\"none\",method=\"any\",status=\"404\"} 1\n",
        "\ntidewaiter_http_request_duration_seconds_bucket{route=\"/v1/scans/{id}\",method=\"GET\","
        "le=\"+Inf\"} 3\n",
        "\ntidewaiter_http_request_duration_seconds_count{route=\"/v1/scans/{id}\",method=\"GET\"} "
        "3\n",
        "\ntidewaiter_fake 1\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!strstr(reply->body, lines[i]))
            fail_msg("no line %s in\n%s", lines[i], reply->body);
    }
    free(reply);
}

// Every "  /path:" with its "    method:" of the document is a row of the table, and the other
// way round. The document keeps to that indentation; a YAML reader checks it in tests/system.
static void route__openapi__documents_exactly_the_table(void **state)
{
    struct reply *reply = get(*state, "/openapi.yaml");
    assert_int_equal(reply->status, 200);
    assert_header(reply, "Content-Type", "application/yaml");
    size_t documented = 0, rows = 0;
    char path[128] = "", *rest;
    bool in_paths = false;
    for (char *line = strtok_r(reply->body, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t n = strlen(line);
        if (line[0] != ' ')
            in_paths = strcmp(line, "paths:") == 0;
        if (!in_paths)
            continue;
        if (strncmp(line, "  /", 3) == 0 && line[n - 1] == ':')
            snprintf(path, sizeof path, "%.*s", (int)(n - 3), line + 2);
        if (strcmp(line, "    get:") != 0 && strcmp(line, "    post:") != 0)
            continue;
        documented++;
        bool found = false;
        for (size_t i = 0; tw_route_at(i); i++)
            found |= strcmp(tw_route_at(i)->pattern, path) == 0 &&
                     (line[4] == 'g') == (tw_route_at(i)->method == TW_GET);
        if (!found)
            fail_msg("%s of %s is documented, but there is no such route", line, path);
    }
    while (tw_route_at(rows))
        rows++;
    assert_int_equal(documented, rows); // as many, each found: the same set
    free(reply);
}

static void route__schemas__served_as_they_are_in_the_folder(void **state)
{
    static const char *const names[] = {
        "binary", "event", "image", "index", "list", "problem", "report", "rule", "scan"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char target[64];
        snprintf(target, sizeof target, "/schema/%s.json", names[i]);
        struct reply *reply = get(*state, target);
        assert_int_equal(reply->status, 200);
        assert_header(reply, "Content-Type", "application/schema+json");
        json_t *json = json_of(reply);
        assert_string_equal(json_string_value(json_object_get(json, "$schema")),
            "https://json-schema.org/draft/2020-12/schema");
        json_decref(json);
        free(reply);
    }
    assert_problem(get(*state, "/schema/none.json"), 404, "there is no schema \"none.json\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(route__scan_list__query_reaches_the_service_and_page_comes_back),
        SERVED(route__bad_query__400_names_the_parameter),
        SERVED(route__scan_get__exact_json),
        SERVED(route__scan_post__push_with_the_words_of_the_body),
        SERVED(route__scan_post_with_bad_body__says_what),
        SERVED(route__queue_full__503_with_retry_after),
        SERVED(route__retry__202_409_404),
        SERVED(route__notifications__list_and_retry),
        SERVED(route__images__filters_and_exact_json),
        SERVED(route__report__format_by_parameter_then_accept_then_json),
        SERVED(route__compare__two_digests_or_the_push_before),
        SERVED(route__language__parameter_then_accept_language_then_english),
        SERVED(route__rules__pages_cover_the_catalogue_once),
        SERVED(route__rule__by_id_or_name_in_both_languages),
        SERVED(route__probes__ready_or_503),
        SERVED(route__metrics__counts_by_route_and_status),
        SERVED(route__openapi__documents_exactly_the_table),
        SERVED(route__schemas__served_as_they_are_in_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
