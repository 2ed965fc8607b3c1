#include "api/admission/review.h"

#include <string.h>

#include "api/admission/words.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"
#include "scanner/pod/workload.h"

static const char api_version[] = "admission.k8s.io/v1", kind[] = "AdmissionReview";

void tw_review_done(struct tw_review *review)
{
    json_decref(review->json);
    tw_pod_free(review->pod);
    *review = (struct tw_review){0};
}

// From the quote at `at` to behind the one that closes it.
static struct tw_span string_at(struct tw_span body, uint64_t at, uint64_t *ret_end)
{
    uint64_t i = at + 1;
    while (i < body.n && body.p[i] != '"')
        i += body.p[i] == '\\' ? 2 : 1;
    *ret_end = i < body.n ? i + 1 : body.n;
    return tw_span_of(body.p + at + 1, *ret_end > at + 2 ? *ret_end - at - 2 : 0);
}

static uint64_t skip_blanks(struct tw_span body, uint64_t at)
{
    while (at < body.n && memchr(" \t\r\n", body.p[at], 4))
        at++;
    return at;
}

// request.uid of what is not read as a whole: too much of it, or too deep. An answer needs no more,
// and one that says "cannot be told" is better than none: an object that we cannot read must not
// get past a webhook that may fail open.
static bool find_uid(struct tw_span body, char ret_uid[TW_REVIEW_UID_MAX + 1])
{
    uint64_t depth = 0, end;
    bool in_request = false;
    for (uint64_t i = 0; i < body.n; i++) {
        uint8_t c = body.p[i];
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth > 0;
        if (c != '"')
            continue;
        struct tw_span name = string_at(body, i, &end);
        uint64_t colon = skip_blanks(body, end), value = skip_blanks(body, colon + 1);
        bool is_key = colon < body.n && body.p[colon] == ':';
        if (is_key && depth == 1)
            in_request = tw_span_equals(name, "request");
        if (is_key && depth == 2 && in_request && tw_span_equals(name, "uid") && value < body.n &&
            body.p[value] == '"') {
            struct tw_span uid = string_at(body, value, &end);
            if (uid.n == 0 || uid.n > TW_REVIEW_UID_MAX || memchr(uid.p, '\\', uid.n) ||
                memchr(uid.p, '\0', uid.n))
                return false;
            memcpy(ret_uid, uid.p, uid.n);
            ret_uid[uid.n] = '\0';
            return tw_text_is_utf8(uid);
        }
        i = end - 1;
    }
    return false;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = tw_json_string(object, key);
    return value ? value : "";
}

static int check_kind(const json_t *json, struct tw_err *err)
{
    if (strcmp(text(json, "kind"), kind) != 0)
        return tw_err_set(
            err, TW_E_FORMAT, "this is no AdmissionReview: kind is \"%.60s\"", text(json, "kind"));
    if (strcmp(text(json, "apiVersion"), api_version) == 0)
        return 0;
    return tw_err_set(err, TW_E_FORMAT,
        "apiVersion is \"%.60s\"; list only v1 in admissionReviewVersions of the webhook",
        text(json, "apiVersion"));
}

// A Pod that a kubelet shows of what it runs already: a denial would only hide it. Others than
// nodes cannot make themselves one by the annotation.
static bool is_mirror(const json_t *request)
{
    const json_t *metadata = json_object_get(json_object_get(request, "object"), "metadata");
    const json_t *groups = json_object_get(json_object_get(request, "userInfo"), "groups");
    if (!json_object_get(json_object_get(metadata, "annotations"), "kubernetes.io/config.mirror"))
        return false;
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const char *group = json_string_value(json_array_get(groups, i));
        if (group && strcmp(group, "system:nodes") == 0)
            return true;
    }
    return false;
}

// What is allowed without a look.
static const char *skip(const json_t *request)
{
    const char *operation = text(request, "operation");
    const char *part = text(request, "subResource");
    if (is_mirror(request))
        return "a mirror Pod runs already";
    if (strcmp(operation, "CREATE") != 0 && strcmp(operation, "UPDATE") != 0)
        return "only CREATE and UPDATE are looked at";
    if (*part && strcmp(part, "ephemeralcontainers") != 0)
        return "this subresource does not change what runs";
    return NULL;
}

static int read_request(struct tw_review *review, struct tw_err *err)
{
    const json_t *request = json_object_get(review->json, "request");
    const json_t *group = json_object_get(request, "kind");
    const json_t *uid = json_object_get(request, "uid");
    size_t size = json_string_length(uid);
    if (size == 0 || size > TW_REVIEW_UID_MAX || strlen(json_string_value(uid)) != size)
        return tw_err_set(err, TW_E_FORMAT, "request.uid is missing: there is nothing to answer");
    memcpy(review->uid, json_string_value(uid), size + 1);
    review->dry_run = json_is_true(json_object_get(request, "dryRun"));
    review->skipped = skip(request);
    if (review->skipped)
        return 0;
    const struct tw_workload workload = {.group = text(group, "group"),
        .kind = text(group, "kind"),
        .object = json_object_get(request, "object"),
        .old = strcmp(text(request, "operation"), "UPDATE") == 0
                   ? json_object_get(request, "oldObject")
                   : NULL,
        .kube_namespace = text(request, "namespace")};
    (void)tw_workload_read(&workload, &review->pod, &review->why);
    return 0;
}

int tw_review_read(struct tw_span body, const struct tw_limits *limits,
    struct tw_review *ret_review, struct tw_err *err)
{
    TW_AUTO(tw_review_done) struct tw_review review = {0};
    const struct tw_json_caps caps = {
        limits->admission_bytes, limits->json_depth, limits->admission_values};
    int r = tw_json_parse_with_nul(body, caps, &review.json, &review.why);
    if (r == 0)
        r = check_kind(review.json, err);
    else if (!find_uid(body, review.uid))
        return tw_err_set(err, r, "%s", review.why.msg);
    else
        r = 0;
    if (r == 0 && review.json)
        r = read_request(&review, err);
    if (r < 0)
        return r;
    if (!review.pod && !(review.pod = tw_pod_of_images(NULL, 0, "")))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_review = review;
    review = (struct tw_review){0};
    return 0;
}

static json_t *response_of(const struct tw_review *review, const struct tw_admission *a)
{
    if (!a)
        return json_pack("{s:s, s:b, s:{s:s, s:s}}", "uid", review->uid, "allowed", 1,
            "auditAnnotations", "decision", "allow", "reason", review->skipped);
    bool denied = a->decision == TW_ADMIT_DENY;
    json_t *response = json_pack("{s:s, s:b, s:o}", "uid", review->uid, "allowed", !denied,
        "auditAnnotations", tw_words_annotations(a));
    json_t *warnings = tw_words_warnings(a);
    bool failed = !response || !warnings;
    if (!failed && denied)
        failed = json_object_set_new(response, "status",
                     json_pack("{s:i, s:s, s:o}", "code", 403, "reason", "Forbidden", "message",
                         tw_words_denial(a))) < 0;
    if (!failed && json_array_size(warnings) > 0)
        failed = json_object_set(response, "warnings", warnings) < 0;
    json_decref(warnings);
    if (!failed)
        return response;
    json_decref(response);
    return NULL;
}

json_t *tw_review_answer(const struct tw_review *review, const struct tw_admission *admission)
{
    uint64_t failures = tw_mem_failures;
    json_t *answer = json_pack("{s:s, s:s, s:o}", "apiVersion", api_version, "kind", kind,
        "response", response_of(review, admission));
    if (tw_mem_failures == failures)
        return answer;
    json_decref(answer); // words are missing
    return NULL;
}
