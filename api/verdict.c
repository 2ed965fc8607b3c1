// Whether images may run, for those who have no Pod to show: GET /v1/verdict, and Gatekeeper's
// external data (https://open-policy-agent.github.io/gatekeeper/website/docs/externaldata).
#include <stdio.h>
#include <string.h>

#include "api/admission/admission.h"
#include "api/json.h"
#include "api/patience.h"
#include "api/route.h"
#include "scanner/base/json.h"

enum { UNASKED_WAIT_MS = 3000 }; // for the registry and the store, when nobody says how long

// ---- one verdict ----

static json_t *counts_of(const struct tw_verdict *verdict)
{
    json_t *counts = json_object();
    for (int s = TW_CRITICAL; s >= TW_INFO; s--) {
        if (json_object_set_new(counts, tw_severity_name((enum tw_severity)s),
                json_integer(verdict->counts[s])) < 0) {
            json_decref(counts);
            return NULL;
        }
    }
    return counts;
}

static json_t *findings_of(const struct tw_verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct tw_finding *finding = &verdict->findings[i];
        if (finding->waiver_until)
            continue;
        if (json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "rule", finding->rule->id,
                                            "severity", tw_severity_name(finding->severity),
                                            "binary", tw_json_text_or_null(finding->binary),
                                            "message", tw_json_text(finding->message))) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *verdict_json(const struct tw_admission *a, const struct tw_admitted *item)
{
    const struct tw_verdict *verdict = item->verdict;
    enum tw_admit decision = item->decision;
    if (decision == TW_ADMIT_DENY && !a->is_enforced)
        decision = TW_ADMIT_WARN;
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",              //
        "image", tw_json_text(item->container->image),                             //
        "digest", tw_json_text_or_null(item->digest.text),                         //
        "state", tw_image_state_name(item->state),                                 //
        "decision", tw_admit_name(decision),                                       //
        "policy", tw_json_text(a->policy),                                         //
        "channel", tw_json_text_or_null(verdict ? verdict->channel : NULL),        //
        "counts", verdict ? counts_of(verdict) : json_null(),                      //
        "reason", tw_json_text_or_null(item->reason ? item->reason : item->doubt), //
        "findings", verdict ? findings_of(verdict) : json_array());
}

// ---- asking ----

static int ask(const struct tw_call *call, struct tw_pod *pod, struct tw_admission **ret_admission,
    struct tw_err *err)
{
    struct tw_patience patience;
    int r =
        pod ? tw_patience_of(call, &patience, err) : tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (r < 0)
        return r;
    const struct tw_admission_question question = {
        .pod = pod,
        .until_ms = patience.is_asked ? patience.until_ms : call->began_ms + UNASKED_WAIT_MS,
        .may_wait = patience.is_asked,
    };
    return call->service->admit(call->service->ctx, &question, ret_admission, err);
}

// "linux/arm64"; what stands behind a second slash is of no matter here.
static int set_platform(struct tw_pod *pod, const char *platform, struct tw_err *err)
{
    const char *slash = strchr(platform, '/');
    if (!slash || slash == platform || !slash[1])
        return tw_err_set(err, TW_E_USAGE,
            "platform is \"%.40s\"; write an operating system and an architecture, as in "
            "linux/arm64",
            platform);
    pod->os = tw_arena_strndup(pod->arena, platform, (size_t)(slash - platform));
    pod->arch = tw_arena_strndup(pod->arena, slash + 1, strcspn(slash + 1, "/"));
    return pod->os && pod->arch ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

int tw_handle_verdict(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    const char *image = tw_query_get(call->query, "image");
    const char *kube_namespace = tw_query_get(call->query, "namespace");
    const char *platform = tw_query_get(call->query, "platform");
    struct tw_reference reference;
    if (!image)
        return tw_err_set(err, TW_E_USAGE, "\"image\" is missing: /v1/verdict?image=...");
    int r = tw_reference_parse(image, &reference, err);
    if (r < 0)
        return tw_err_wrap(err, r, "image");
    TW_AUTO(tw_admission_freep) struct tw_admission *admission = NULL;
    TW_AUTO(tw_pod_freep)
    struct tw_pod *pod = tw_pod_of_images(&image, 1, kube_namespace ? kube_namespace : "");
    if (pod && platform)
        r = set_platform(pod, platform, err);
    if (r == 0)
        r = ask(call, pod, &admission, err);
    return r < 0 ? r
                 : tw_answer_json(answer, 200, verdict_json(admission, &admission->items[0]), err);
}

// ---- Gatekeeper ----

static const char provider_version[] = "externaldata.gatekeeper.sh/v1beta1";

static int read_keys(const struct tw_call *call, json_t **ret_json, const char ***ret_keys,
    size_t *ret_count, struct tw_err *err)
{
    int r = tw_json_parse(call->body,
        (struct tw_json_caps){
            call->limits->request_bytes, call->limits->json_depth, call->limits->json_values},
        ret_json, err);
    if (r < 0)
        return tw_err_wrap(err, r, "the body");
    const json_t *json = *ret_json;
    const json_t *keys = json_object_get(json_object_get(json, "request"), "keys");
    const char *kind = tw_json_string(json, "kind");
    if (!kind || strcmp(kind, "ProviderRequest") != 0 || !json_is_array(keys))
        return tw_err_set(err, TW_E_USAGE,
            "the body must be a ProviderRequest: {\"kind\": \"ProviderRequest\", \"request\": "
            "{\"keys\": [\"registry.example/app:1\"]}}");
    size_t count = json_array_size(keys);
    if (count > TW_POD_CONTAINERS_MAX)
        return tw_err_set(err, TW_E_LIMIT, "more than %d keys at once", TW_POD_CONTAINERS_MAX);
    *ret_keys = calloc(count + 1, sizeof(const char *));
    if (!*ret_keys)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (!((*ret_keys)[i] = json_string_value(json_array_get(keys, i))))
            return tw_err_set(err, TW_E_USAGE, "request.keys[%zu] must be a string", i);
    }
    *ret_count = count;
    return 0;
}

// What cannot be told is the policy's to weigh: it is a value. An error is what is no image at all.
static json_t *items_of(const struct tw_admission *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->count; i++) {
        struct tw_reference reference;
        struct tw_err why = {0};
        const char *key = a->items[i].container->image;
        json_t *item =
            tw_reference_parse(key, &reference, &why) < 0
                ? json_pack("{s:o, s:o}", "key", tw_json_text(key), "error", tw_json_text(why.msg))
                : json_pack("{s:o, s:o}", "key", tw_json_text(key), "value",
                      verdict_json(a, &a->items[i]));
        if (json_array_append_new(list, item) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int tw_handle_gatekeeper(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    TW_AUTO(tw_freep) const char **keys = NULL;
    TW_AUTO(tw_admission_freep) struct tw_admission *admission = NULL;
    size_t count = 0;
    int r = read_keys(call, &json, &keys, &count, err);
    if (r < 0)
        return r;
    TW_AUTO(tw_pod_freep) struct tw_pod *pod = tw_pod_of_images(keys, count, "");
    r = ask(call, pod, &admission, err);
    if (r < 0)
        return r;
    return tw_answer_json(answer, 200,
        json_pack("{s:s, s:s, s:{s:b, s:o}}", "apiVersion", provider_version, "kind",
            "ProviderResponse", "response", "idempotent", 0, "items", items_of(admission)),
        err);
}
