#include "fake.h"

#include "api/patience.h"

#define HEAD "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":"
#define REQUEST(image)                                                                             \
    HEAD "{\"uid\":\"u\",\"kind\":{\"group\":\"\",\"kind\":\"Pod\"},\"namespace\":\"shop\","       \
         "\"operation\":\"CREATE\",\"dryRun\":true,\"object\":{\"spec\":{\"containers\":"          \
         "[{\"name\":\"c\",\"image\":\"" image "\"}]}}}}"

static void admission__question__reaches_the_service_and_the_decision_comes_back(void **state)
{
    struct bench *bench = *state;
    assert_body(post(bench, "/v1/admission?timeout=2s", "application/json", REQUEST("r/bad:1")),
        200,
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":"
        "{\"uid\":\"u\",\"allowed\":false,\"auditAnnotations\":{\"decision\":\"deny\",\"policy\":"
        "\"house\",\"images\":\"c=r/bad:1\",\"reason\":\"c: the fake knows none\"},\"status\":"
        "{\"code\":403,\"reason\":\"Forbidden\",\"message\":\"container c, r/bad:1: it cannot be "
        "told whether it may run: the fake knows none\"}}}\n");
    assert_true(bench->fake.question.dry_run);
    assert_true(bench->fake.question.may_wait);
    assert_null(bench->fake.question.trouble);
    assert_string_equal(bench->fake.kube_namespace, "shop");
}

static void admission__no_review__a_problem(void **state)
{
    static const struct {
        const char *target, *body, *says;
        int status;
    } rows[] = {
        {"/v1/admission", "{}", "no AdmissionReview", 400},
        {"/v1/admission", "[", "JSON", 400},
        {"/v1/admission?timeout=soon", REQUEST("a"), "timeout is \"soon\"", 400},
        {"/v1/admission?wait=1", REQUEST("a"), "this route knows: timeout", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_problem(post(*state, rows[i].target, "application/json", rows[i].body),
            rows[i].status, rows[i].says);
}

static void verdict__image__its_state_and_decision(void **state)
{
    struct bench *bench = *state;
    assert_body(
        get(bench, "/v1/verdict?image=r/app:1&namespace=beta&platform=linux/arm64&timeout=1s"), 200,
        "{\"image\":\"r/app:1\",\"digest\":null,\"state\":\"scanning\",\"decision\":\"warn\","
        "\"policy\":\"house\",\"channel\":null,\"counts\":null,\"reason\":\"the fake knows none\","
        "\"findings\":[]}\n");
    assert_string_equal(bench->fake.kube_namespace, "beta");
    assert_true(bench->fake.question.may_wait);
    free(get(bench, "/v1/verdict?image=r/app:1"));
    assert_false(bench->fake.question.may_wait);
    assert_problem(get(bench, "/v1/verdict"), 400, "\"image\" is missing");
    assert_problem(get(bench, "/v1/verdict?image=UPPER"), 400, "image: ");
    assert_problem(get(bench, "/v1/verdict?image=a&platform=arm64"), 400, "platform is \"arm64\"");
}

static void gatekeeper__keys__a_verdict_each_and_an_error_for_what_is_no_image(void **state)
{
    assert_body(post(*state, "/v1/gatekeeper", "application/json",
                    "{\"apiVersion\":\"externaldata.gatekeeper.sh/v1beta1\",\"kind\":"
                    "\"ProviderRequest\",\"request\":{\"keys\":[\"r/bad:1\",\"NO\"]}}"),
        200,
        "{\"apiVersion\":\"externaldata.gatekeeper.sh/v1beta1\",\"kind\":\"ProviderResponse\","
        "\"response\":{\"idempotent\":false,\"items\":[{\"key\":\"r/bad:1\",\"value\":{\"image\":"
        "\"r/bad:1\",\"digest\":null,\"state\":\"unknown\",\"decision\":\"deny\",\"policy\":"
        "\"house\",\"channel\":null,\"counts\":null,\"reason\":\"the fake knows "
        "none\",\"findings\":"
        "[]}},{\"key\":\"NO\",\"error\":\"image reference \\\"NO\\\": repository \\\"NO\\\" may "
        "only have lower-case letters, digits, and single . _ - between them, in parts joined by "
        "/\"}]}}\n");
    assert_problem(
        post(*state, "/v1/gatekeeper", "application/json", "{}"), 400, "must be a ProviderRequest");
    assert_problem(post(*state, "/v1/gatekeeper", "application/json",
                       "{\"kind\":\"ProviderRequest\",\"request\":{\"keys\":[7]}}"),
        400, "request.keys[0] must be a string");
}

static void patience__forms_of_time__less_what_the_way_takes(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int64_t ms; // -1: refused
    } rows[] = {
        {"", 9500},
        {"timeout=10s", 9500},
        {"timeout=10", 9500},
        {"timeout=30s", 9500},
        {"timeout=999999m", 9500},
        {"timeout=3s", 2500},
        {"timeout=2.5s", 2000},
        {"timeout=2s", 1600},
        {"timeout=1s", 800},
        {"timeout=500ms", 400},
        {"timeout=0.25s", 200},
        {"timeout=0", 0},
        {"timeout=", -1},
        {"timeout=s", -1},
        {"timeout=-1s", -1},
        {"timeout=1h", -1},
        {"timeout=9999999s", -1},
        {"timeout=1e3s", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_query query;
        struct tw_patience patience;
        assert_int_equal(tw_query_parse(rows[i].query, &query, NULL), 0);
        const struct tw_call call = {.query = &query, .began_ms = 1000, .admission_timeout_s = 10};
        int r = tw_patience_of(&call, &patience, NULL);
        assert_int_equal(r, rows[i].ms < 0 ? TW_E_USAGE : 0);
        if (r == 0 && patience.until_ms != 1000 + rows[i].ms)
            fail_msg("%s: %lld", rows[i].query, (long long)patience.until_ms);
        tw_query_done(&query);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(admission__question__reaches_the_service_and_the_decision_comes_back),
        SERVED(admission__no_review__a_problem),
        SERVED(verdict__image__its_state_and_decision),
        SERVED(gatekeeper__keys__a_verdict_each_and_an_error_for_what_is_no_image),
        cmocka_unit_test(patience__forms_of_time__less_what_the_way_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
