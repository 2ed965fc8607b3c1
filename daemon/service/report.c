#include "daemon/service/report.h"

#include <stdio.h>
#include <string.h>

#include "scanner/report/report.h"

// The images of one report and what they were judged to be.
struct judged {
    struct tw_stored_inventory stored; // of what was asked for: an image or an index
    struct tw_image_inventory **images;
    struct tw_verdict **verdicts;
    struct tw_report *reports;
    size_t count;
    char reference[TW_REFERENCE_TEXT_MAX + 1];
};

static void judged_done(struct judged *judged)
{
    for (size_t i = 0; i < judged->count; i++) {
        tw_verdict_free(judged->verdicts[i]);
        tw_image_inventory_free(judged->images[i]);
    }
    free(judged->images);
    free(judged->verdicts);
    free(judged->reports);
    tw_stored_inventory_done(&judged->stored);
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static int judge(struct judged *judged, struct tw_span json, const struct tw_limits *limits,
    enum tw_lang lang, struct tw_err *err)
{
    const struct tw_image_summary *where = &judged->stored.summary;
    size_t i = judged->count;
    struct tw_image_inventory *image = NULL;
    int r = tw_image_inventory_from_json(json, limits, &image, err);
    if (r < 0)
        return tw_err_wrap(err, r, "stored inventory");
    image->reference = or_null(judged->reference);
    image->registry = or_null(where->registry);
    image->repository = or_null(where->repository);
    image->tag = or_null(where->tag);
    judged->images[i] = image;
    judged->count++; // the image is in its hands now
    struct tw_judge_options options = {.policy = &tw_policy_default, .lang = lang};
    r = tw_judge(image, &options, &judged->verdicts[i], err);
    judged->reports[i] = (struct tw_report){.image = image, .verdict = judged->verdicts[i]};
    return r;
}

static int judge_child(struct judged *judged, struct tw_daemon *daemon,
    const struct tw_digest *digest, enum tw_lang lang, struct tw_err *err)
{
    struct tw_stored_inventory child = {0};
    int r = tw_store_inventory_get(daemon->store, digest, &child, err);
    if (r < 0)
        return r;
    r = judge(
        judged, tw_span_of(child.inventory_json, child.inventory_size), daemon->limits, lang, err);
    tw_stored_inventory_done(&child);
    return r;
}

static int judge_all(
    struct judged *judged, struct tw_daemon *daemon, enum tw_lang lang, struct tw_err *err)
{
    const struct tw_stored_inventory *stored = &judged->stored;
    size_t room = stored->inventory_json ? 1 : stored->child_count;
    judged->images = calloc(room + 1, sizeof(struct tw_image_inventory *));
    judged->verdicts = calloc(room + 1, sizeof(struct tw_verdict *));
    judged->reports = calloc(room + 1, sizeof(struct tw_report));
    if (!judged->images || !judged->verdicts || !judged->reports)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (stored->inventory_json)
        return judge(judged, tw_span_of(stored->inventory_json, stored->inventory_size),
            daemon->limits, lang, err);
    for (size_t i = 0; i < stored->child_count; i++) {
        int r = judge_child(judged, daemon, &stored->children[i], lang, err);
        if (r < 0)
            return r;
    }
    return 0;
}

// "registry/repository:tag" of the latest push, when there was one.
static void name_it(struct judged *judged)
{
    const struct tw_image_summary *where = &judged->stored.summary;
    struct tw_reference reference;
    const char *digest = where->tag[0] ? NULL : where->digest.text;
    if (tw_reference_make(
            where->registry, where->repository, where->tag, digest, &reference, NULL) == 0)
        tw_reference_format(&reference, judged->reference);
}

int tw_daemon_report(struct tw_daemon *daemon, const struct tw_report_request *request,
    struct tw_buf *out, struct tw_err *err)
{
    const struct tw_report_format *format = tw_report_format_find(request->format);
    if (!format)
        return tw_err_set(err, TW_E_USAGE, "there is no report format \"%.40s\"", request->format);
    TW_AUTO(judged_done) struct judged judged = {0};
    int r = tw_store_inventory_get(daemon->store, &request->digest, &judged.stored, err);
    if (r == TW_E_NOT_FOUND)
        return tw_err_set(err, r,
            "%s has not been scanned; POST /v1/scans asks for it, GET /v1/scans shows what is "
            "under way",
            request->digest.text);
    if (r < 0)
        return r;
    name_it(&judged);
    r = judge_all(&judged, daemon, request->lang, err);
    if (r < 0)
        return r;
    struct tw_report_set set = {
        .reports = judged.reports, .count = judged.count, .reference = or_null(judged.reference)};
    if (!judged.stored.inventory_json) {
        set.index_digest = judged.stored.summary.digest;
        set.index_media_type = judged.stored.media_type;
    }
    struct tw_report_style style = {.lang = request->lang};
    return format->write(&set, &style, out, err);
}
