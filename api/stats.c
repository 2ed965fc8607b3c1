// /v1/stats: what there is in numbers, now and over time.
#include <string.h>

#include "api/filter.h"
#include "api/json.h"
#include "api/route.h"
#include "scanner/facts/release.h"

enum { POINTS_MAX = 4000, HOURS_MAX = 62 * 24 }; // of one series; when no step is asked for
#define HOUR_MS (60 * 60 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

// Takes `item`. A list without one of its items is no answer.
static json_t *append(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

static const char *severity_of(const struct tw_stat *rule)
{
    int s = rule->value[0] - '0';
    return s >= 0 && s < TW_SEVERITY_COUNT ? tw_severity_name((enum tw_severity)s) : "info";
}

static json_t *rules_json(const struct tw_stat_list *rules)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rules->count; i++) {
        const struct tw_stat *rule = &rules->items[i];
        list = append(list, json_pack("{s:o, s:s, s:I, s:I}", "rule", tw_json_text(rule->name),
                                "severity", severity_of(rule), "images", (json_int_t)rule->images,
                                "findings", (json_int_t)rule->things));
    }
    return list;
}

// null: the facts do not know the release.
static json_t *supported(const char *release)
{
    struct tw_goversion v;
    const struct tw_release *known =
        tw_goversion_parse(tw_span_str(release), &v) ? tw_release_find(v) : NULL;
    return known ? json_boolean(known->ended == NULL) : json_null();
}

static json_t *releases_json(const struct tw_stat_list *releases)
{
    json_t *list = json_array();
    for (size_t i = 0; i < releases->count; i++) {
        const struct tw_stat *go = &releases->items[i];
        list =
            append(list, json_pack("{s:o, s:o, s:I, s:I}", "release",
                             tw_json_text_or_null(go->name), "supported", supported(go->name),
                             "binaries", (json_int_t)go->things, "images", (json_int_t)go->images));
    }
    return list;
}

static json_t *settings_json(const struct tw_stat_list *settings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < settings->count; i++) {
        const struct tw_stat *s = &settings->items[i];
        list = append(list, json_pack("{s:o, s:o, s:I, s:I}", "name", tw_json_text(s->name),
                                "value", tw_json_text(s->value), "binaries", (json_int_t)s->things,
                                "images", (json_int_t)s->images));
    }
    return list;
}

static json_t *experiments_json(const struct tw_stat_list *experiments)
{
    json_t *list = json_array();
    for (size_t i = 0; i < experiments->count; i++) {
        const struct tw_stat *s = &experiments->items[i];
        list = append(list, json_pack("{s:o, s:I, s:I}", "name", tw_json_text(s->name), "binaries",
                                (json_int_t)s->things, "images", (json_int_t)s->images));
    }
    return list;
}

// {"pass": 1, ...}
static json_t *counts_json(const char *const *names, const uint64_t *counts, int count)
{
    json_t *object = json_object();
    for (int i = 0; i < count; i++) {
        if (json_object_set_new(object, names[i], json_integer((json_int_t)counts[i])) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *now_json(const struct tw_stats *s, int64_t now_ms)
{
    static const char *const decisions[] = {"pass", "warn", "deny"},
                             *const statuses[] = {"complete", "partial", "failed"},
                             *const severities[] = {"info", "low", "medium", "high", "critical"},
                             *const states[] = {"queued", "running", "done", "failed"};
    int64_t oldest = s->queue_oldest_ms > 0 && now_ms > s->queue_oldest_ms
                         ? (now_ms - s->queue_oldest_ms) / 1000
                         : 0;
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}",     //
        "images", (json_int_t)s->images, "go_binaries", (json_int_t)s->go_binaries, //
        "decisions", counts_json(decisions, s->decisions, 3),                       //
        "completeness", counts_json(statuses, s->completeness, 3),                  //
        "findings", counts_json(severities, s->findings, TW_SEVERITY_COUNT),        //
        "rules", rules_json(&s->rules), "go_releases", releases_json(&s->releases), //
        "godebug", settings_json(&s->settings),                                     //
        "experiments", experiments_json(&s->experiments),                           //
        "scans", counts_json(states, s->scans, 4), "queue_oldest_seconds", (json_int_t)oldest);
}

static json_t *series_json(const struct tw_stats *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->series_count; i++) {
        json_t *points = json_array();
        for (size_t k = 0; k < s->series[i].count; k++)
            points = append(
                points, json_pack("{s:o, s:I}", "at", tw_json_time(s->series[i].points[k].at_ms),
                            "value", (json_int_t)s->series[i].points[k].value));
        list = append(list, json_pack("{s:s, s:o}", "name", s->series[i].name, "points", points));
    }
    return list;
}

static int read_query(
    const struct tw_call *call, int64_t now_ms, struct tw_stats_query *query, struct tw_err *err)
{
    static const char *const steps[] = {"hour", "day", NULL};
    int step;
    int r = tw_filter_word(call->query, "step", steps, -1, &step, err);
    if (r == 0)
        r = tw_filter_time(call->query, "to", now_ms, &query->to_ms, err);
    if (r == 0)
        r = tw_filter_time(call->query, "from", query->to_ms - (step == 1 ? 30 * DAY_MS : DAY_MS),
            &query->from_ms, err);
    if (r < 0)
        return r;
    int64_t hours = (query->to_ms - query->from_ms) / HOUR_MS;
    query->by_day = step == 1 || (step < 0 && hours > HOURS_MAX);
    if (query->from_ms >= query->to_ms)
        return tw_err_set(err, TW_E_USAGE, "from must be before to");
    if ((query->by_day ? hours / 24 : hours) > POINTS_MAX)
        return tw_err_set(err, TW_E_USAGE,
            "a series has at most %d points; ask for less, or with step=day", POINTS_MAX);
    return 0;
}

// The time of the question is no change: the tag is of what was counted, and so a weak one.
static void tag(struct tw_answer *answer, const json_t *now, const json_t *series)
{
    TW_AUTO(tw_freep) char *counted = now ? json_dumps(now, JSON_COMPACT) : NULL;
    TW_AUTO(tw_freep) char *past = series ? json_dumps(series, JSON_COMPACT) : NULL;
    TW_AUTO(tw_buf_done) struct tw_buf both = TW_BUF(SIZE_MAX);
    if (!counted || !past || tw_buf_puts(&both, counted) < 0 || tw_buf_puts(&both, past) < 0 ||
        !tw_etag_of(tw_buf_span(&both), true, answer->etag))
        answer->etag[0] = '\0';
}

int tw_handle_stats(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    TW_AUTO(tw_stats_done) struct tw_stats stats = {0};
    struct tw_stats_query query = {0};
    int64_t now_ms = call->service->now_ms(call->service->ctx);
    int r = read_query(call, now_ms, &query, err);
    if (r == 0)
        r = call->service->stats(call->service->ctx, &query, &stats, err);
    if (r < 0)
        return r;
    json_t *now = now_json(&stats, now_ms), *series = series_json(&stats);
    tag(answer, now, series);
    return tw_answer_json(answer, 200,
        json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "at", tw_json_time(now_ms), "now", now, "from",
            tw_json_time(query.from_ms), "to", tw_json_time(query.to_ms), "step",
            query.by_day ? "day" : "hour", "series", series),
        err);
}
