#include "daemon/service/service.h"

#include "daemon/clock/clock.h"
#include "daemon/log/log.h"
#include "daemon/service/metrics.h"
#include "daemon/service/report.h"

static struct tw_daemon *daemon_of(void *ctx)
{
    return ctx;
}

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return tw_clock_utc_ms();
}

static int registry_allowed(void *ctx, const char *registry, struct tw_err *err)
{
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(daemon_of(ctx)->current);
    return tw_registries_check(&held->settings->registries, registry, err);
}

// Where a request and its scan meet. A push that is announced again is of little interest.
static void log_push(const struct tw_push *push, const struct tw_scan *scan, bool is_new)
{
    tw_log_about(is_new ? TW_LOG_INFO : TW_LOG_DEBUG,
        TW_LOG_ABOUT(TW_LOG_TEXT("request", push->request_id), TW_LOG_TEXT("scan", scan->id),
            TW_LOG_TEXT("reference", scan->reference), TW_LOG_TEXT("digest", scan->digest.text),
            TW_LOG_TEXT("by", push->requested_by)),
        is_new ? "push taken, scan queued" : "push taken, its scan is known");
}

static int push(void *ctx, const struct tw_push *push, struct tw_scan *ret_scan, bool *ret_new,
    struct tw_err *err)
{
    struct tw_daemon *daemon = ctx;
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(daemon->current);
    const struct tw_settings *s = held->settings;
    const struct tw_queue_limits queue = {
        .max_queued = s->queue_max, .max_attempts = (unsigned)s->max_attempts};
    bool is_new = false;
    int r = tw_registries_check(&s->registries, push->reference.registry, err);
    if (r == 0)
        r = tw_room_check(&daemon->room, s->disk_reserve_mib << 20, now_ms(ctx), err);
    if (r == 0)
        r = tw_store_push(
            daemon->store, push, push->rescan, now_ms(ctx), &queue, ret_scan, &is_new, err);
    if (r < 0)
        return r;
    log_push(push, ret_scan, is_new);
    tw_events_push(daemon->events, ret_scan);
    tw_lookup_pushed(daemon->lookup, &push->reference);
    if (is_new)
        tw_workers_wake(daemon->workers);
    else
        tw_rejudge_wake(daemon->rejudge, false); // stored, but perhaps under another name
    *ret_new = is_new;
    return 0;
}

static int scan_list(
    void *ctx, const struct tw_scan_query *query, struct tw_scan_list *ret_list, struct tw_err *err)
{
    return tw_store_scan_list(daemon_of(ctx)->store, query, ret_list, err);
}

static int scan_get(void *ctx, const char *id, struct tw_scan *ret_scan, struct tw_err *err)
{
    return tw_store_scan_get(daemon_of(ctx)->store, id, ret_scan, err);
}

static int scan_retry(void *ctx, const char *id, struct tw_scan *ret_scan, struct tw_err *err)
{
    int r = tw_store_scan_retry(daemon_of(ctx)->store, id, now_ms(ctx), ret_scan, err);
    if (r == 0)
        tw_workers_wake(daemon_of(ctx)->workers);
    return r;
}

static int image_list(void *ctx, const struct tw_image_query *query, struct tw_image_list *ret_list,
    struct tw_err *err)
{
    return tw_store_image_list(daemon_of(ctx)->store, query, ret_list, err);
}

static int image_get(void *ctx, const struct tw_digest *digest, struct tw_image_summary *ret_image,
    struct tw_err *err)
{
    return tw_store_image_get(daemon_of(ctx)->store, digest, ret_image, err);
}

static int binary_list(void *ctx, const struct tw_binary_query *query,
    struct tw_binary_list *ret_list, struct tw_err *err)
{
    return tw_store_binary_list(daemon_of(ctx)->store, query, ret_list, err);
}

static int finding_list(void *ctx, const struct tw_finding_query *query,
    struct tw_finding_list *ret_list, struct tw_err *err)
{
    return tw_store_finding_list(daemon_of(ctx)->store, query, ret_list, err);
}

static int stats(
    void *ctx, const struct tw_stats_query *query, struct tw_stats *ret_stats, struct tw_err *err)
{
    return tw_store_stats(daemon_of(ctx)->store, query, ret_stats, err);
}

static int report(
    void *ctx, const struct tw_report_request *request, struct tw_buf *out, struct tw_err *err)
{
    return tw_daemon_report(ctx, request, out, err);
}

static int compare(
    void *ctx, const struct tw_compare_request *request, struct tw_buf *out, struct tw_err *err)
{
    return tw_daemon_compare(ctx, request, out, err);
}

static int previous(
    void *ctx, const struct tw_digest *digest, struct tw_digest *ret_previous, struct tw_err *err)
{
    return tw_store_previous(daemon_of(ctx)->store, digest, ret_previous, err);
}

static int admit(void *ctx, const struct tw_admission_question *question,
    struct tw_admission **ret_admission, struct tw_err *err)
{
    struct tw_daemon *daemon = ctx;
    TW_AUTO(tw_held_dropp) struct tw_held *held = tw_current_hold(daemon->current);
    const struct tw_decide_options options = {
        .lookup = daemon->lookup, .jury = daemon->jury, .registries = &held->settings->registries};
    int r = tw_decide(&options, question, ret_admission, err);
    if (r < 0)
        return r;
    const struct tw_admission *admission = *ret_admission;
    atomic_fetch_add(&daemon->admissions[admission->decision], 1);
    for (size_t i = 0; i < admission->count; i++)
        atomic_fetch_add(
            &daemon->admitted[admission->items[i].state][admission->items[i].decision], 1);
    return 0;
}

static int notification_list(void *ctx, const struct tw_notification_query *query,
    struct tw_notification_list *ret_list, struct tw_err *err)
{
    return tw_store_delivery_list(daemon_of(ctx)->store, query, ret_list, err);
}

static int notification_retry(
    void *ctx, const char *id, struct tw_notification *ret_notification, struct tw_err *err)
{
    struct tw_daemon *daemon = ctx;
    int r = tw_store_delivery_retry(daemon->store, id, now_ms(ctx), ret_notification, err);
    if (r == 0)
        tw_notify_resume(daemon->notify, ret_notification->sink);
    return r;
}

static int events(
    void *ctx, uint64_t *after, unsigned wait_ms, struct tw_buf *out, struct tw_err *err)
{
    return tw_events_read(daemon_of(ctx)->events, after, wait_ms, out, err);
}

static int ready(void *ctx, struct tw_err *err)
{
    return tw_store_check(daemon_of(ctx)->store, err);
}

static int metrics(void *ctx, struct tw_buf *out, struct tw_err *err)
{
    return tw_daemon_metrics(ctx, now_ms(ctx), out, err);
}

struct tw_service tw_daemon_service(struct tw_daemon *daemon)
{
    return (struct tw_service){
        .ctx = daemon,
        .registry_allowed = registry_allowed,
        .push = push,
        .scan_list = scan_list,
        .scan_get = scan_get,
        .scan_retry = scan_retry,
        .image_list = image_list,
        .image_get = image_get,
        .binary_list = binary_list,
        .finding_list = finding_list,
        .stats = stats,
        .report = report,
        .compare = compare,
        .previous = previous,
        .admit = admit,
        .notification_list = notification_list,
        .notification_retry = notification_retry,
        .events = events,
        .ready = ready,
        .metrics = metrics,
        .now_ms = now_ms,
    };
}
