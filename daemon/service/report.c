#include "daemon/service/report.h"

#include <string.h>

#include "daemon/judge/loaded.h"
#include "scanner/report/compare.h"

// What the images of one report were judged to be.
struct judged {
    struct tw_verdict **verdicts;
    struct tw_report *reports;
    size_t count;
};

static void judged_done(struct judged *judged)
{
    for (size_t i = 0; i < judged->count; i++)
        tw_verdict_free(judged->verdicts[i]);
    free(judged->verdicts);
    free(judged->reports);
}

static int judge_all(struct judged *judged, struct tw_daemon *daemon,
    const struct tw_loaded *loaded, enum tw_lang lang, struct tw_err *err)
{
    judged->verdicts = calloc(loaded->count + 1, sizeof(struct tw_verdict *));
    judged->reports = calloc(loaded->count + 1, sizeof(struct tw_report));
    if (!judged->verdicts || !judged->reports)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < loaded->count; i++) {
        int r =
            tw_jury_judge(daemon->jury, loaded->images[i], lang, &judged->verdicts[i], NULL, err);
        if (r < 0)
            return r;
        judged->reports[i] =
            (struct tw_report){.image = loaded->images[i], .verdict = judged->verdicts[i]};
        judged->count++;
    }
    return 0;
}

int tw_daemon_report(struct tw_daemon *daemon, const struct tw_report_request *request,
    struct tw_buf *out, struct tw_err *err)
{
    const struct tw_report_format *format = tw_report_format_find(request->format);
    if (!format)
        return tw_err_set(err, TW_E_USAGE, "there is no report format \"%.40s\"", request->format);
    TW_AUTO(tw_loaded_done) struct tw_loaded loaded = {0};
    TW_AUTO(judged_done) struct judged judged = {0};
    int r = tw_loaded_read(daemon->store, daemon->limits, &request->digest, &loaded, err);
    if (r == 0)
        r = judge_all(&judged, daemon, &loaded, request->lang, err);
    if (r < 0)
        return r;
    struct tw_report_set set = {.reports = judged.reports,
        .count = judged.count,
        .reference = loaded.reference[0] ? loaded.reference : NULL};
    if (!loaded.stored.inventory_json) {
        set.index_digest = loaded.stored.summary.digest;
        set.index_media_type = loaded.stored.media_type;
    }
    struct tw_report_style style = {.lang = request->lang};
    return tw_report_write(format, &set, &style, out, err);
}

int tw_daemon_compare(struct tw_daemon *daemon, const struct tw_compare_request *request,
    struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_loaded_done) struct tw_loaded from = {0};
    TW_AUTO(tw_loaded_done) struct tw_loaded to = {0};
    TW_AUTO(tw_comparisons_done) struct tw_comparisons all = {0};
    int r = tw_loaded_read(daemon->store, daemon->limits, &request->from, &from, err);
    if (r == 0)
        r = tw_loaded_read(daemon->store, daemon->limits, &request->to, &to, err);
    if (r == 0)
        r = tw_jury_compare(daemon->jury, &(struct tw_compare_side){from.images, from.count},
            &(struct tw_compare_side){to.images, to.count}, request->lang, &all, err);
    if (r < 0)
        return r;
    struct tw_comparison_set set = {
        .items = all.items, .count = all.count, .from = request->from.text, .to = request->to.text};
    struct tw_report_style style = {.lang = request->lang};
    return request->as_text ? tw_comparison_write_text(&set, &style, out, err)
                            : tw_comparison_write_json(&set, out, err);
}
