// AdmissionReview in and out, and the words for people.
#include "../pod/pods.h"

#include "api/admission/review.h"
#include "api/admission/words.h"

static char *quoted(const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; (p = strchr(p, '\'')); p++)
        *p = '"';
    return copy;
}

static int read_review(const char *text, struct tw_review *ret_review, struct tw_err *err)
{
    char *body = quoted(text);
    int r = tw_review_read(tw_span_str(body), &tw_limits_default, ret_review, err);
    free(body);
    return r;
}

#define HEAD "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'request': "
#define POD "'kind': {'group': '', 'version': 'v1', 'kind': 'Pod'}, 'namespace': 'shop'"
#define OBJECT "{'spec': {'containers': [{'name': 'c', 'image': 'r.example/c:1'}]}}"
#define CREATE HEAD "{'uid': 'u-1', " POD ", 'operation': 'CREATE', 'object': " OBJECT

static void review__create__its_pod(void **state)
{
    (void)state;
    struct tw_review review;
    struct tw_err err = {0};
    assert_int_equal(read_review(CREATE ", 'dryRun': true}}", &review, &err), 0);
    assert_string_equal(review.uid, "u-1");
    assert_true(review.dry_run);
    assert_null(review.skipped);
    assert_int_equal(review.why.code, 0);
    assert_containers(review.pod, "container c=r.example/c:1");
    tw_review_done(&review);
}

static void review__nothing_to_look_at__says_why(void **state)
{
    (void)state;
    static const struct {
        const char *request, *skipped;
    } rows[] = {
        {"'operation': 'DELETE', 'object': null, 'oldObject': " OBJECT,
            "only CREATE and UPDATE are looked at"},
        {"'operation': 'CONNECT', 'subResource': 'exec', 'object': {}",
            "only CREATE and UPDATE are looked at"},
        {"'operation': 'UPDATE', 'subResource': 'status', 'object': " OBJECT,
            "this subresource does not change what runs"},
        {"'operation': 'CREATE', 'userInfo': {'groups': ['x', 'system:nodes']}, 'object': "
         "{'metadata': {'annotations': {'kubernetes.io/config.mirror': 'h'}}}",
            "a mirror Pod runs already"},
        {"'operation': 'CREATE', 'userInfo': {'groups': ['system:masters']}, 'object': "
         "{'metadata': {'annotations': {'kubernetes.io/config.mirror': 'h'}}, 'spec': {}}",
            NULL},
        {"'operation': 'UPDATE', 'subResource': 'ephemeralcontainers', 'object': " OBJECT, NULL},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char text[1024];
        struct tw_review review;
        struct tw_err err = {0};
        snprintf(text, sizeof text, HEAD "{'uid': 'u', " POD ", %s}}", rows[i].request);
        if (read_review(text, &review, &err) < 0)
            fail_msg("%s: %s", text, err.msg);
        if (rows[i].skipped)
            assert_string_equal(review.skipped, rows[i].skipped);
        else
            assert_null(review.skipped);
        tw_review_done(&review);
    }
}

static void review__object_that_is_not_understood__its_pod_is_empty(void **state)
{
    (void)state;
    struct tw_review review;
    struct tw_err err = {0};
    assert_int_equal(read_review(HEAD "{'uid': 'u', " POD ", 'operation': 'CREATE', 'object': "
                                      "{'spec': {'containers': 7}}}}",
                         &review, &err),
        0);
    assert_int_equal(review.why.code, TW_E_FORMAT);
    assert_string_equal(review.why.msg, "spec.containers must be a list");
    assert_int_equal(review.pod->container_count, 0);
    tw_review_done(&review);
}

static void review__too_much_or_too_deep__answered_by_its_uid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
    } rows[] = {
        {HEAD "{'uid': 'u-\\u00e9', 'uid': 'x'}}", 0}, // escaped: not this one
        {"{'x': {'uid': 'no'}, 'request': {'a': {'uid': 'no'}, 'uid' : 'yes', 'b': DEEP",
            TW_E_LIMIT},
        {"{'request':{'object':{'a':'\\'','b':['uid','no']},'uid':'yes', 'uid': 1", TW_E_FORMAT},
        {"{'uid': 'no', 'request': {'object': DEEP", 0},
        {"{'request': {'uid': 7, 'object': DEEP", 0},
        {"{'request': {'uid': '", 0},
        {"{'request': {'uid'", 0},
        {"{'request': {'uid':", 0},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_buf text = TW_BUF(1 << 20);
        struct tw_review review;
        struct tw_err err = {0};
        const char *deep = strstr(rows[i].text, "DEEP");
        tw_buf_append(
            &text, rows[i].text, deep ? (size_t)(deep - rows[i].text) : strlen(rows[i].text));
        for (int k = 0; deep && k < 100; k++)
            tw_buf_puts(&text, "[");
        int r = read_review(text.data, &review, &err);
        if (r != (rows[i].code ? 0 : err.code) || (rows[i].code == 0 && r == 0))
            fail_msg("%s: %d, %s", rows[i].text, r, err.msg);
        if (r == 0) {
            assert_string_equal(review.uid, "yes");
            assert_int_equal(review.why.code, rows[i].code);
            assert_int_equal(review.pod->container_count, 0);
            tw_review_done(&review);
        }
        tw_buf_done(&text);
    }
}

static void review__nul_in_a_string__of_no_matter_where_it_is_not_needed(void **state)
{
    (void)state;
    struct tw_review review;
    struct tw_err err = {0};
    assert_int_equal(read_review(HEAD "{'uid': 'u', " POD ", 'operation': 'CREATE', 'object': "
                                      "{'metadata': {'annotations': {'a': 'x\\u0000y'}}, 'spec': "
                                      "{'containers': [{'name': 'c', 'image': 'c:1'}]}}}}",
                         &review, &err),
        0);
    assert_int_equal(review.why.code, 0);
    assert_containers(review.pod, "container c=c:1");
    tw_review_done(&review);
    assert_int_equal(read_review(HEAD "{'uid': 'u', " POD ", 'operation': 'CREATE', 'object': "
                                      "{'spec': {'containers': [{'image': 'c:1\\u0000'}]}}}}",
                         &review, &err),
        0);
    assert_string_equal(review.why.msg, "spec.containers[0].image must be a string");
    tw_review_done(&review);
}

static void review__no_question__format(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "JSON"},
        {"[]", "this is no AdmissionReview: kind is \"\""},
        {"{'kind': 'Pod'}", "this is no AdmissionReview: kind is \"Pod\""},
        {"{'kind': 'AdmissionReview', 'apiVersion': 'admission.k8s.io/v1beta1'}",
            "list only v1 in admissionReviewVersions"},
        {HEAD "null}", "request.uid is missing"},
        {HEAD "{'uid': 7}}", "request.uid is missing"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_review review;
        struct tw_err err = {0};
        assert_int_equal(read_review(rows[i].text, &review, &err), TW_E_FORMAT);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("%s: %s", rows[i].text, err.msg);
    }
}

// ---- answers ----

static const struct tw_rule rule = {.id = "TW201"};

static struct tw_finding finding(enum tw_severity severity, const char *message)
{
    return (struct tw_finding){.rule = &rule,
        .severity = severity,
        .message = message,
        .binary = "bin/c",
        .remediation = "Take it out."};
}

struct scene {
    struct tw_pod_container container;
    struct tw_finding findings[64];
    struct tw_verdict verdict;
    struct tw_admitted item;
    struct tw_admission admission;
};

static void set_scene(struct scene *s, size_t count)
{
    *s = (struct scene){.container = {.name = "c", .image = "r.example/c:1@sha256:0"},
        .verdict = {.fail_on = TW_HIGH, .findings = s->findings, .finding_count = count}};
    s->item = (struct tw_admitted){
        .container = &s->container, .verdict = &s->verdict, .digest = {"sha256:0123456789abcdef"}};
    s->admission = (struct tw_admission){
        .is_enforced = true, .policy = "house", .items = &s->item, .count = 1};
}

static void assert_answer(const struct tw_admission *admission, const char *expected)
{
    struct tw_review review = {.uid = "u-1", .skipped = "no need"};
    json_t *answer = tw_review_answer(&review, admission), *wanted = json_of(expected);
    if (!json_equal(answer, wanted)) {
        char *text = json_dumps(answer, 0);
        fail_msg("%s\nnot\n%s", text, expected);
    }
    json_decref(answer);
    json_decref(wanted);
}

#define ANSWER(rest)                                                                               \
    "{'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'response': {'uid': "        \
    "'u-1', " rest "}}"
#define IMAGES "'images': 'c=r.example/c:1@sha256:0123456789abcdef'"

static void answer__skipped__allowed_with_the_reason(void **state)
{
    (void)state;
    assert_answer(NULL, ANSWER("'allowed': true, 'auditAnnotations': {'decision': 'allow', "
                               "'reason': 'no need'}"));
}

static void answer__denied__403_with_the_worst_and_what_to_do(void **state)
{
    (void)state;
    struct scene s;
    set_scene(&s, 3);
    struct tw_evidence evidence = {.kind = "env", .instruction = "spec.containers[0].env[0]"};
    s.findings[0] = finding(TW_CRITICAL, "It does not start.");
    s.findings[0].evidence = &evidence;
    s.findings[0].evidence_count = 1;
    s.findings[1] = finding(TW_MEDIUM, "It is slow.");
    s.findings[2] = finding(TW_CRITICAL, "Waived.");
    s.findings[2].waiver_until = "2999-01-01";
    s.item.decision = s.admission.decision = TW_ADMIT_DENY;
    assert_answer(&s.admission,
        ANSWER("'allowed': false, 'status': {'code': 403, 'reason': 'Forbidden', 'message': "
               "'container c, r.example/c:1 (sha256:0123456789ab), may not run by policy house:\\n"
               "TW201 critical, bin/c: It does not start. (from spec.containers[0].env[0]) What to "
               "do: Take it out.'}, 'warnings': ['c: TW201 medium, bin/c: It is slow.'], "
               "'auditAnnotations': {'decision': 'deny', 'policy': 'house', " IMAGES
               ", 'findings': 'c: TW201 critical, TW201 medium'}"));
    s.admission.is_enforced = false;
    s.admission.decision = TW_ADMIT_WARN;
    s.verdict.finding_count = 1;
    assert_answer(&s.admission,
        ANSWER("'allowed': true, 'warnings': ['would be denied: c: TW201 critical, bin/c: It does "
               "not start. (from spec.containers[0].env[0])'], 'auditAnnotations': {'decision': "
               "'warn', 'policy': 'house', " IMAGES ", 'findings': 'c: TW201 critical'}"));
}

static void answer__not_judged__says_why(void **state)
{
    (void)state;
    struct scene s;
    set_scene(&s, 0);
    s.item.verdict = NULL;
    s.item.state = TW_IMAGE_SCANNING;
    s.item.reason = "it is being scanned (scan a1)";
    s.item.decision = s.admission.decision = TW_ADMIT_DENY;
#define REASON "'reason': 'c: it is being scanned (scan a1)'"
    assert_answer(&s.admission,
        ANSWER(
            "'allowed': false, 'status': {'code': 403, 'reason': 'Forbidden', 'message': "
            "'container c, r.example/c:1 (sha256:0123456789ab), may not run before it is "
            "scanned: it is being scanned (scan a1); try again in a moment'}, 'auditAnnotations': "
            "{'decision': 'deny', 'policy': 'house', " IMAGES ", " REASON "}"));
    s.item.decision = s.admission.decision = TW_ADMIT_ALLOW;
    assert_answer(&s.admission, ANSWER("'allowed': true, 'auditAnnotations': {'decision': 'allow', "
                                       "'policy': 'house', " IMAGES ", " REASON "}"));
}

static void answer__trouble__is_told(void **state)
{
    (void)state;
    struct tw_admission admission = {.is_enforced = true,
        .policy = "house",
        .trouble = "policy: line 1",
        .decision = TW_ADMIT_DENY};
    assert_answer(&admission,
        ANSWER("'allowed': false, 'status': {'code': 403, 'reason': 'Forbidden', 'message': 'it "
               "cannot be told whether this may run: policy: line 1'}, 'auditAnnotations': "
               "{'decision': 'deny', 'policy': 'house', "
               "'reason': 'policy: line 1'}"));
}

static void warnings__unknown_variables__named_but_not_every_env_from(void **state)
{
    (void)state;
    struct scene s;
    set_scene(&s, 0);
    const struct tw_unknown unknown[] = {{"GODEBUG", "Secret db"}, {NULL, "ConfigMap app"}};
    s.item.unknown = unknown;
    s.item.unknown_count = 2;
#define UNKNOWN "'unknown': 'c: GODEBUG from Secret db; c: any variable from ConfigMap app'"
    assert_answer(&s.admission,
        ANSWER("'allowed': true, 'warnings': ['c: GODEBUG is not known here: it comes from Secret "
               "db'], 'auditAnnotations': {'decision': 'allow', 'policy': 'house', " IMAGES
               ", " UNKNOWN "}"));
    s.admission.decision = TW_ADMIT_WARN;
    json_t *warnings = tw_words_warnings(&s.admission);
    assert_int_equal(json_array_size(warnings), 2);
    json_decref(warnings);
}

// 300 bytes of three each cut anywhere, and an image as long as an object can have it.
static void answer__long_names_and_reasons_cut_inside_a_character__answered(void **state)
{
    (void)state;
    static char image[40000], text[400];
    struct scene s;
    set_scene(&s, 1);
    for (size_t i = 0; i + 3 < sizeof image; i += 3)
        memcpy(image + i, "\xe4\xb8\x80", 3);
    memcpy(text, image, sizeof text - 1); // ends within a character
    s.container.name = "";
    s.container.image = image;
    s.item.doubt = text;
    s.item.decision = s.admission.decision = TW_ADMIT_WARN;
    for (int i = 0; i < 4; i++) {
        static const struct tw_review review = {.uid = "u"};
        const struct tw_unknown unknown = {image, image};
        s.item.unknown = &unknown;
        s.item.unknown_count = 1;
        s.item.reason = text;
        s.item.state = i % 2 ? TW_IMAGE_UNKNOWN : TW_IMAGE_SCANNING;
        s.item.decision = s.admission.decision = i < 2 ? TW_ADMIT_WARN : TW_ADMIT_DENY;
        s.admission.trouble = i == 3 ? text : NULL;
        json_t *answer = tw_review_answer(&review, &s.admission);
        const json_t *response = json_object_get(answer, "response");
        assert_int_equal(json_is_true(json_object_get(response, "allowed")), i < 2);
        assert_non_null(json_object_get(response, "warnings"));
        json_decref(answer);
    }
}

static void warnings__many_and_long__as_the_api_server_keeps_them(void **state)
{
    (void)state;
    static char text[1000];
    struct scene s;
    set_scene(&s, 64);
    memset(text, 0, sizeof text);
    for (size_t i = 0; i + 4 < sizeof text; i += 3)
        memcpy(text + i, i % 30 ? "\xe4\xb8\x80" : i % 60 ? "a\n\x7f" : "\xc2\x85.", 3);
    for (int i = 0; i < 64; i++)
        s.findings[i] = finding(i % 2 ? TW_LOW : TW_MEDIUM, text);
    s.item.decision = s.admission.decision = TW_ADMIT_WARN;
    json_t *warnings = tw_words_warnings(&s.admission);
    size_t bytes = 0, count = json_array_size(warnings);
    for (size_t i = 0; i < count; i++) {
        const char *one = json_string_value(json_array_get(warnings, i));
        bytes += strlen(one);
        assert_true(strlen(one) <= 256);
        assert_null(strpbrk(one, "\n\r\t\x7f"));
        assert_null(strstr(one, "\xc2\x85"));
        if (i + 1 < count)
            assert_non_null(strstr(one, i < 32 ? "TW201 medium" : "TW201 low"));
    }
    assert_true(bytes <= 4096 && bytes > 3500);
    char expected[64];
    snprintf(expected, sizeof expected, "%zu more warnings are not shown", 64 - (count - 1));
    assert_string_equal(json_string_value(json_array_get(warnings, count - 1)), expected);
    json_decref(warnings);
}

static void denial__more_than_fits__counted(void **state)
{
    (void)state;
    static struct scene scenes[40];
    static struct tw_admitted items[40];
    static char text[1400];
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < 40; i++) {
        set_scene(&scenes[i], 7);
        for (size_t k = 0; k < 7; k++)
            scenes[i].findings[k] = finding(TW_CRITICAL, i ? "Short." : text);
        items[i] = scenes[i].item;
        items[i].decision = TW_ADMIT_DENY;
    }
    struct tw_admission admission = {.is_enforced = true,
        .policy = "house",
        .decision = TW_ADMIT_DENY,
        .items = items,
        .count = 40};
    json_t *message = tw_words_denial(&admission);
    const char *said = json_string_value(message);
    assert_true(strlen(said) <= TW_DENIAL_BYTES_MAX);
    assert_non_null(strstr(said, "\nand 2 more\n"));
    assert_non_null(strstr(said, " more containers"));
    json_decref(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(review__create__its_pod),
        cmocka_unit_test(review__nothing_to_look_at__says_why),
        cmocka_unit_test(review__object_that_is_not_understood__its_pod_is_empty),
        cmocka_unit_test(review__too_much_or_too_deep__answered_by_its_uid),
        cmocka_unit_test(review__nul_in_a_string__of_no_matter_where_it_is_not_needed),
        cmocka_unit_test(review__no_question__format),
        cmocka_unit_test(answer__skipped__allowed_with_the_reason),
        cmocka_unit_test(answer__denied__403_with_the_worst_and_what_to_do),
        cmocka_unit_test(answer__not_judged__says_why),
        cmocka_unit_test(answer__trouble__is_told),
        cmocka_unit_test(warnings__unknown_variables__named_but_not_every_env_from),
        cmocka_unit_test(answer__long_names_and_reasons_cut_inside_a_character__answered),
        cmocka_unit_test(warnings__many_and_long__as_the_api_server_keeps_them),
        cmocka_unit_test(denial__more_than_fits__counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
