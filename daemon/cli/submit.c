// submit: a scan is asked for; with --wait, followed to its end.
#include <stdio.h>
#include <string.h>

#include "daemon/cli/answer.h"
#include "daemon/clock/clock.h"
#include "scanner/base/json.h"

enum {
    TEXT_BYTES_MAX = 1 << 20,
    FIRST_PAUSE_MS = 100,
    PAUSE_MAX_MS = 2000,
    PATH_BYTES = 96,
    ID_BYTES_MAX = 64,
    SHOW_AFTER_MS = 1000,
};

static int post(const struct tw_asking *a, json_t **ret_scan, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp)
    json_t *body =
        json_pack("{s:s, s:b}", "reference", a->options->operands[0], "rescan", a->options->rescan);
    if (!body)
        return tw_err_set(err, TW_E_USAGE, "the name of the image is no UTF-8, or memory is out");
    return tw_remote_post(a->remote, "/v1/scans", body, ret_scan, err);
}

// The path of a scan, from an id that is fit for one.
static int path_of(const json_t *scan, char path[PATH_BYTES], struct tw_err *err)
{
    const char *id = tw_json_string(scan, "id");
    size_t size =
        id ? strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") : 0;
    if (size == 0 || id[size] != '\0' || size > ID_BYTES_MAX)
        return tw_err_set(err, TW_E_FORMAT, "the daemon's answer has no scan in it");
    snprintf(path, PATH_BYTES, "/v1/scans/%s", id);
    return 0;
}

static bool has_state(const json_t *scan, const char *state)
{
    const char *is = tw_json_string(scan, "state");
    return is && strcmp(is, state) == 0;
}

static void pause_ms(int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

// ---- following ----

struct watch {
    int64_t began_ms, until_ms, pause_ms;
    bool shows, is_shown;
};

static void show(struct watch *watch, const json_t *scan)
{
    int64_t now_ms = tw_clock_ms();
    if (!watch->shows || now_ms - watch->began_ms < SHOW_AFTER_MS)
        return;
    const char *state = has_state(scan, "running") ? "running" : "queued";
    fprintf(
        stderr, "\r\033[Kscan is %s, %lld s", state, (long long)(now_ms - watch->began_ms) / 1000);
    fflush(stderr);
    watch->is_shown = true;
}

static void wipe(struct watch *watch)
{
    if (watch->is_shown)
        fprintf(stderr, "\r\033[K");
    watch->is_shown = false;
}

// A daemon that is restarted, or busy, is asked again.
static int look(const struct tw_asking *a, const char *path, struct watch *watch, json_t **scan,
    struct tw_err *err)
{
    json_t *fresh = NULL;
    int r = tw_remote_get(a->remote, path, NULL, &fresh, err);
    int64_t asked_ms = r < 0 ? (int64_t)err->retry_after_s * 1000 : 0;
    if (r == TW_E_UNAVAILABLE) {
        pause_ms(asked_ms < PAUSE_MAX_MS ? asked_ms : PAUSE_MAX_MS);
        return 0;
    }
    if (r < 0)
        return r;
    json_decref(*scan);
    *scan = fresh;
    show(watch, *scan);
    return 0;
}

static int follow(const struct tw_asking *a, json_t **scan, struct tw_err *err)
{
    char path[PATH_BYTES];
    int64_t now_ms = tw_clock_ms();
    struct watch watch = {.began_ms = now_ms,
        .until_ms = now_ms + (int64_t)a->options->timeout_s * 1000,
        .pause_ms = FIRST_PAUSE_MS,
        .shows = !a->options->quiet && isatty(STDERR_FILENO)};
    int r = path_of(*scan, path, err);
    while (r == 0 && !has_state(*scan, "done") && !has_state(*scan, "failed")) {
        if (tw_clock_ms() >= watch.until_ms) {
            r = tw_err_set(err, TW_E_UNAVAILABLE,
                "not done within %llu s (--timeout); it goes on: tidewaiter status %s",
                (unsigned long long)a->options->timeout_s, path + strlen("/v1/scans/"));
            break;
        }
        pause_ms(watch.pause_ms);
        watch.pause_ms += watch.pause_ms / 2;
        if (watch.pause_ms > PAUSE_MAX_MS)
            watch.pause_ms = PAUSE_MAX_MS;
        r = look(a, path, &watch, scan, err);
    }
    wipe(&watch);
    return r;
}

// ---- the end ----

static int tell_verdict(const struct tw_asking *a, const json_t *scan, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *image = NULL;
    TW_AUTO(tw_json_decrefp) json_t *both = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TEXT_BYTES_MAX);
    const char *digest = tw_json_string(scan, "digest");
    if (!digest || !tw_answer_is_digest(digest))
        return tw_err_set(err, TW_E_FORMAT, "the daemon's answer has no digest in it");
    int r = tw_answer_find_image(a->remote, digest, &image, err);
    if (r < 0)
        return r;
    tw_answer_show_scan(scan, true, &text);
    tw_answer_show_image(image, &text);
    both = json_pack("{s:O, s:O}", "scan", scan, "image", image);
    if (!both)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    r = tw_answer_write(a->options, both, &text, err);
    return r < 0 ? r : tw_answer_exit(image, a->options);
}

static int tell_scan(
    const struct tw_asking *a, const json_t *scan, bool in_full, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TEXT_BYTES_MAX);
    tw_answer_show_scan(scan, in_full, &text);
    int r = tw_answer_write(a->options, scan, &text, err);
    return r < 0 ? r : has_state(scan, "failed") ? TW_EXIT_TROUBLE : TW_EXIT_CLEAN;
}

static int submit(const struct tw_asking *a, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *scan = NULL;
    bool as_json;
    int r = tw_options_record_format(a->options, &as_json, err); // before anything is asked for
    if (r == 0)
        r = post(a, &scan, err);
    if (r == 0 && a->options->wait)
        r = follow(a, &scan, err);
    if (r < 0)
        return r;
    return a->options->wait && has_state(scan, "done") ? tell_verdict(a, scan, err)
                                                       : tell_scan(a, scan, a->options->wait, err);
}

int tw_command_submit(struct tw_settings *settings, int argc, char **argv)
{
    return tw_remote_command("submit", 1, 1, submit, settings, argc, argv);
}
