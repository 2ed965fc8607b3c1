#include "tests/torture/subjects.h"

#include <string.h>

#include "api/admission/review.h"
#include "api/webhook/webhook.h"
#include "daemon/config/access.h"
#include "daemon/notify/file.h"
#include "daemon/registry/credentials.h"
#include "scanner/inventory/image.h"
#include "scanner/inventory/layer.h"
#include "scanner/layer/toc.h"
#include "scanner/report/report.h"
#include "scanner/rules/policy.h"
#include "tests/fuzz/inventory/parts.h"
#include "tests/unit/webhook/sample.h"

static const struct tw_limits *limits(void)
{
    return &tw_limits_default;
}

// ---- layers and programs ----

static int64_t read_span(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    (void)err;
    struct tw_span *rest = ctx;
    size_t n = rest->n < size ? (size_t)rest->n : size;
    if (n)
        memcpy(buf, rest->p, n);
    tw_span_from(*rest, n, rest);
    return (int64_t)n;
}

// What was read becomes a text while memory still fails: nothing may be missing from that either.
static struct tw_buf *new_buf(void)
{
    struct tw_buf *out = calloc(1, sizeof *out);
    if (out)
        *out = TW_BUF(16 << 20);
    return out;
}

static void free_buf(void *thing)
{
    tw_buf_done(thing);
    free(thing);
}

static void write_buf(const void *thing, struct tw_buf *out)
{
    const struct tw_buf *text = thing;
    tw_buf_append(out, text->data, text->size);
}

static int layer_text(int r, struct tw_layer_inventory *layer, void **ret_thing, struct tw_err *err)
{
    if (r < 0)
        return r;
    struct tw_buf *out = new_buf();
    r = out ? tw_layer_inventory_to_json(layer, out, err)
            : tw_err_set(err, TW_E_NOMEM, "out of memory");
    tw_layer_inventory_free(layer);
    if (r == 0)
        *ret_thing = out;
    else if (out)
        free_buf(out);
    return r;
}

static int read_layer(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    struct tw_stream stream = {read_span, &input};
    struct tw_layer_inventory *layer = NULL;
    int r = tw_layer_inventory_read(&stream, limits(), &layer, err);
    return layer_text(r, layer, ret_thing, err);
}

static int read_parts(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    struct tw_layer_inventory *layer = NULL;
    int r = parts_read(input, limits(), &layer, err);
    return layer_text(r, layer, ret_thing, err);
}

static int read_program(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    struct tw_stream stream = {read_span, &input};
    struct tw_layer_inventory *layer = NULL;
    int r = tw_layer_inventory_read_file(&stream, limits(), &layer, err);
    return layer_text(r, layer, ret_thing, err);
}

static int read_layer_json(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    struct tw_layer_inventory *layer = NULL;
    int r = tw_layer_inventory_from_json(input, limits(), &layer, err);
    return layer_text(r, layer, ret_thing, err);
}

// ---- images ----

static int read_image_json(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    return tw_image_inventory_from_json(
        input, limits(), (struct tw_image_inventory **)ret_thing, err);
}

static int read_dockerfile(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    TW_AUTO(tw_dockerfile_freep) struct tw_dockerfile *file = NULL;
    int r = tw_dockerfile_parse(input, limits(), &file, err);
    return r < 0 ? r
                 : tw_image_inventory_of_dockerfile(
                       file, "Dockerfile", limits(), (struct tw_image_inventory **)ret_thing, err);
}

// As the only configuration of an image without layers.
static int read_config(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    struct tw_manifest manifest = {.kind = TW_MANIFEST_IMAGE, .media_type = "test"};
    TW_AUTO(tw_config_freep) struct tw_config *config = NULL;
    int r = tw_config_parse(input, limits(), &config, err);
    return r < 0 ? r
                 : tw_image_inventory_merge(&manifest, config, NULL, NULL, limits(),
                       (struct tw_image_inventory **)ret_thing, err);
}

static void write_image(const void *thing, struct tw_buf *out)
{
    tw_image_inventory_to_json(thing, out, NULL);
}

static void free_image(void *thing)
{
    tw_image_inventory_free(thing);
}

// ---- manifests ----

static int read_manifest(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    return tw_manifest_parse(input, NULL, limits(), (struct tw_manifest **)ret_thing, err);
}

static void write_descriptor(const struct tw_descriptor *d, struct tw_buf *out)
{
    tw_buf_printf(out, "%s %s %llu\n", d->media_type ? d->media_type : "", d->digest.text,
        (unsigned long long)d->size_bytes);
}

static void write_manifest(const void *thing, struct tw_buf *out)
{
    const struct tw_manifest *m = thing;
    tw_buf_printf(out, "%d %s\n", (int)m->kind, m->media_type);
    write_descriptor(&m->config, out);
    for (size_t i = 0; i < m->layer_count; i++)
        write_descriptor(&m->layers[i], out);
}

static void free_manifest(void *thing)
{
    tw_manifest_free(thing);
}

// ---- a verdict, and a report in every format ----

static int judge_and_report(
    const struct tw_image_inventory *image, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
    struct tw_judge_options options = {.policy = &tw_policy_default, .today = "2026-11-23"};
    int r = tw_judge(image, &options, &verdict, err);
    struct tw_report report = {image, verdict};
    struct tw_report_set set = {.reports = &report, .count = 1, .reference = "localhost/a:1"};
    const struct tw_report_format *format;
    for (size_t i = 0; r == 0 && (format = tw_report_format_at(i)); i++)
        r = tw_report_write(format, &set, &(struct tw_report_style){.width = 80}, out, err);
    return r;
}

static int read_and_report(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = NULL;
    struct tw_buf *out = new_buf();
    if (!out)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_image_inventory_from_json(input, limits(), &image, err);
    if (r == 0)
        r = judge_and_report(image, out, err);
    if (r < 0)
        free_buf(out);
    else
        *ret_thing = out;
    return r;
}

// ---- the rest ----

static int read_policy(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    return tw_policy_read(input, limits(), (struct tw_policy **)ret_thing, err);
}

static void write_policy(const void *thing, struct tw_buf *out)
{
    const struct tw_policy *p = thing;
    tw_buf_printf(out, "%s %s %d %zu %zu %zu %zu %s\n", p->name, p->profile, (int)p->fail_on,
        p->severity.count, p->goroots.count, p->channel_count, p->waiver_count, p->fingerprint);
}

static void free_policy(void *thing)
{
    tw_policy_free(thing);
}

static const char *no_header(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

static int read_notice(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    const struct tw_letter delivery = {.body = input, .header = no_header};
    return tw_webhook_parse(
        tw_webhook_find("distribution"), &delivery, limits(), (struct tw_notice **)ret_thing, err);
}

static int read_sample(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    struct sample sample;
    int r = sample_read(input.p, input.n, &sample)
                ? tw_webhook_parse(
                      NULL, &sample.delivery, limits(), (struct tw_notice **)ret_thing, err)
                : tw_err_set(err, sample.text ? TW_E_FORMAT : TW_E_NOMEM, "no sample");
    sample_done(&sample);
    return r;
}

static void write_notice(const void *thing, struct tw_buf *out)
{
    const struct tw_notice *n = thing;
    char text[TW_REFERENCE_TEXT_MAX + 1];
    tw_buf_printf(out, "%zu %zu %s\n", n->ignored, n->malformed, n->first_wrong.msg);
    for (size_t i = 0; i < n->push_count; i++) {
        tw_reference_format(&n->pushes[i].reference, text);
        tw_buf_printf(out, "%s %s\n", text, n->pushes[i].actor ? n->pushes[i].actor : "");
    }
}

static void free_notice(void *thing)
{
    tw_notice_free(thing);
}

// A question of Kubernetes: each container looks at an image, and the answer names what is unknown.
static int view_all(const struct tw_review *review, struct tw_arena *arena,
    struct tw_admission *admission, struct tw_err *err)
{
    static const char *words[] = {"till", "serve"};
    const struct tw_image_inventory image = {.entrypoint = words, .entrypoint_count = 2};
    const struct tw_pod *pod = review->pod;
    admission->items = tw_arena_alloc(arena, (pod->container_count + 1) * sizeof *admission->items);
    if (!admission->items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (; admission->count < pod->container_count; admission->count++) {
        const struct tw_pod_container *container = &pod->containers[admission->count];
        struct tw_reference reference = {.registry = "r.example", .repository = "till"};
        struct tw_view view;
        int r = tw_view_make(&image, container, &reference, arena, &view, err);
        if (r < 0)
            return r;
        admission->items[admission->count] = (struct tw_admitted){.container = container,
            .state = TW_IMAGE_UNKNOWN,
            .decision = TW_ADMIT_WARN,
            .reason = "nobody looked",
            .unknown = view.unknown,
            .unknown_count = view.unknown_count};
    }
    return 0;
}

static int append(const char *bytes, size_t size, void *out)
{
    return tw_buf_append(out, bytes, size);
}

static int read_review(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    TW_AUTO(tw_review_done) struct tw_review review = {0};
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(64 << 20);
    struct tw_admission admission = {.decision = TW_ADMIT_WARN, .policy = "p"};
    int r = arena ? tw_review_read(input, limits(), &review, err)
                  : tw_err_set(err, TW_E_NOMEM, "out of memory");
    // That memory was short is an answer too, but not the one that this is compared with.
    if (r == 0 && review.why.code == TW_E_NOMEM)
        r = tw_err_set(err, TW_E_NOMEM, "%s", review.why.msg);
    if (r == 0)
        r = view_all(&review, arena, &admission, err);
    if (r < 0)
        return r;
    admission.trouble = review.why.code < 0 ? review.why.msg : NULL;
    json_t *answer = tw_review_answer(&review, &admission);
    struct tw_buf *out = answer ? new_buf() : NULL;
    if (!out || json_dump_callback(answer, append, out, JSON_COMPACT) < 0)
        r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    json_decref(answer);
    if (r == 0)
        *ret_thing = out;
    else if (out)
        free_buf(out);
    return r;
}

static int read_access(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    return tw_access_read(input, (struct tw_access **)ret_thing, err);
}

static void write_access(const void *thing, struct tw_buf *out)
{
    const struct tw_access *a = thing;
    for (size_t i = 0; i < a->token_count; i++)
        tw_buf_printf(out, "%s %u\n", a->tokens[i].name, a->tokens[i].roles);
    tw_buf_printf(out, "%zu %zu\n", a->certificate_count, a->secret_count);
}

static void free_access(void *thing)
{
    tw_access_free(thing);
}

static int read_sinks(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    return tw_sinks_read(input, (struct tw_sinks **)ret_thing, err);
}

static void write_sinks(const void *thing, struct tw_buf *out)
{
    const struct tw_sinks *sinks = thing;
    for (size_t i = 0; i < sinks->count; i++) {
        const struct tw_sink *s = &sinks->items[i];
        tw_buf_printf(out, "%s %s %s %s %u %u %zu %zu %zu %zu\n", s->name, s->kind->name,
            s->url.text, s->secret ? s->secret : "", s->events, (unsigned)s->min,
            s->registries.count, s->repositories.count, s->mentions.count, s->mobiles.count);
    }
}

static void free_sinks(void *thing)
{
    tw_sinks_free(thing);
}

// An event of the outbox in every sink's words.
static int read_messages(struct tw_span input, void **ret_thing, struct tw_err *err)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(8 << 20);
    struct tw_event event = {0};
    struct tw_buf *all = arena ? new_buf() : NULL;
    int r =
        all ? tw_event_read(tw_span_of(input.p + 1, input.n - 1), "drift", 1, arena, &event, err)
            : tw_err_set(err, TW_E_NOMEM, "out of memory");
    const struct tw_dispatch dispatch = {
        .id = "0", .events = &event, .count = 1, .link = "https://t.example"};
    for (size_t i = 0; r == 0 && tw_sink_kind_at(i); i++) {
        struct tw_sink sink = {.name = "x", .kind = tw_sink_kind_at(i), .lang = TW_ZH};
        TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(4 << 20);
        r = sink.kind->render(&sink, &dispatch, &body, err);
        if (r == 0 && tw_buf_append(all, body.data, body.size) < 0)
            r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    if (r == 0)
        *ret_thing = all;
    else if (all)
        free_buf(all);
    return r;
}

const struct subject subjects[] = {
    {"parts", "fuzz/inventory/corpus/parts", read_parts, write_buf, free_buf},
    {"layer", "unit/layer/data", read_layer, write_buf, free_buf},
    {"program", "unit/gobin/data", read_program, write_buf, free_buf},
    {"layer inventory", "fuzz/inventory/corpus/layer", read_layer_json, write_buf, free_buf},
    {"image inventory", "fuzz/inventory/corpus/image", read_image_json, write_image, free_image},
    {"manifest", "fuzz/image/corpus/manifest", read_manifest, write_manifest, free_manifest},
    {"configuration", "fuzz/image/corpus/config", read_config, write_image, free_image},
    {"Dockerfile", "fuzz/image/corpus/dockerfile", read_dockerfile, write_image, free_image},
    {"report", "fuzz/inventory/corpus/image", read_and_report, write_buf, free_buf},
    {"policy", "fuzz/rules/corpus/policy", read_policy, write_policy, free_policy},
    {"webhook", "fuzz/webhook/corpus/distribution", read_notice, write_notice, free_notice},
    {"webhook senders", "unit/webhook/data", read_sample, write_notice, free_notice},
    {"admission", "fuzz/admission/corpus/review", read_review, write_buf, free_buf},
    {"access", "torture/access", read_access, write_access, free_access},
    {"notify", "fuzz/notify/corpus/file", read_sinks, write_sinks, free_sinks},
    {"messages", "fuzz/notify/corpus/event", read_messages, write_buf, free_buf},
};

const size_t subject_count = TW_COUNT(subjects);
