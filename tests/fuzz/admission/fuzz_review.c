// A question of Kubernetes, all the way to its answer: what is asked is read, each container looks
// at an image, and what comes out keeps the API server's rules.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/admission/review.h"
#include "api/admission/words.h"
#include "tests/fuzz/taken.h"

enum { ITEMS_MAX = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tw_env_var env[] = {
    {.name = "PATH", .value = "/bin", .instruction = "ENV PATH=/bin", .history_index = 0},
    {.name = "GODEBUG", .value = "gctrace=1", .history_index = -1},
};
static const char *words[] = {"/bin/till", "serve"};

// Judges nothing, and tells all.
static void look(
    const struct tw_pod_container *container, struct tw_arena *arena, struct tw_admitted *item)
{
    const struct tw_image_inventory image = {.env = env,
        .env_count = TW_COUNT(env),
        .entrypoint = words,
        .entrypoint_count = 2,
        .cmd_at = 1};
    struct tw_reference reference;
    struct tw_view view;
    struct tw_err err = {0};
    *item = (struct tw_admitted){.container = container,
        .state = TW_IMAGE_UNKNOWN,
        .decision = TW_ADMIT_WARN,
        .reason = "nobody looked"};
    if (tw_reference_parse(container->image, &reference, &err) < 0) {
        item->reason = tw_arena_strdup(arena, err.msg);
        item->decision = TW_ADMIT_DENY;
        if (!item->reason)
            abort();
        return;
    }
    if (tw_view_make(&image, container, &reference, arena, &view, &err) < 0)
        return; // over the arena's ceiling
    for (size_t i = 0; i < view.image.env_count; i++) {
        if (!view.image.env[i].name || !view.image.env[i].value)
            abort();
    }
    item->unknown = view.unknown;
    item->unknown_count = view.unknown_count;
}

static void check_text(const json_t *text, size_t max)
{
    if (!json_is_string(text) || json_string_length(text) > max)
        abort();
    for (const unsigned char *p = (const unsigned char *)json_string_value(text); *p; p++) {
        if (*p < ' ' || *p == 0x7F || (*p == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F))
            abort();
    }
}

static void check_answer(const json_t *answer, bool denied)
{
    const json_t *response = json_object_get(answer, "response"), *value;
    const json_t *warnings = json_object_get(response, "warnings");
    size_t bytes = 0;
    const char *key;
    if (json_is_true(json_object_get(response, "allowed")) == denied ||
        !json_is_string(json_object_get(response, "uid")))
        abort();
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        check_text(json_array_get(warnings, i), TW_WARNING_BYTES_MAX);
        bytes += json_string_length(json_array_get(warnings, i));
    }
    if (bytes > TW_WARNINGS_BYTES_MAX)
        abort();
    json_object_foreach(json_object_get(response, "auditAnnotations"), key, value)
        check_text(value, TW_ANNOTATION_BYTES_MAX);
    value = json_object_get(json_object_get(response, "status"), "message");
    if (denied != json_is_string(value) || json_string_length(value) > TW_DENIAL_BYTES_MAX)
        abort();
}

static void answer(const struct tw_review *review)
{
    struct tw_admitted items[ITEMS_MAX];
    struct tw_arena *arena = tw_arena_new(64 << 20);
    struct tw_admission admission = {.is_enforced = true,
        .policy = "fuzz",
        .items = items,
        .trouble = review->why.code < 0 ? review->why.msg : NULL,
        .decision = review->why.code < 0 ? TW_ADMIT_DENY : TW_ADMIT_ALLOW};
    for (size_t i = 0; i < review->pod->container_count && i < ITEMS_MAX; i++) {
        look(&review->pod->containers[i], arena, &items[i]);
        if (items[i].decision > admission.decision)
            admission.decision = items[i].decision;
        admission.count++;
    }
    json_t *json = tw_review_answer(review, review->skipped ? NULL : &admission);
    if (!json)
        abort();
    check_answer(json, !review->skipped && admission.decision == TW_ADMIT_DENY);
    json_decref(json);
    tw_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_review review = {0};
    struct tw_err err = {0};
    int r = tw_review_read(tw_span_of(data, size), &tw_limits_default, &review, &err);
    if (r < 0) {
        if (err.code != r || !err.msg[0])
            abort();
        return 0;
    }
    if (!review.uid[0] || !review.pod)
        abort();
    if (review.why.code == 0)
        fuzz_taken();
    answer(&review);
    tw_review_done(&review);
    return 0;
}
