// status: a scan by its id, an image by its name, or the daemon as a whole.
#include <stdio.h>
#include <string.h>

#include "daemon/cli/answer.h"
#include "scanner/base/json.h"

enum { TEXT_BYTES_MAX = 1 << 20, PATH_BYTES = 96, SCAN_ID_BYTES = 32, PAGES_MAX = 25 };

// A scan's id is 32 hexadecimal digits or the like: a name of an image that is one has more to it.
static bool is_scan_id(const char *text)
{
    size_t size = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return text[size] == '\0' && size >= 20 && size <= SCAN_ID_BYTES;
}

static int write_scan(
    const struct tw_asking *a, const json_t *scan, const json_t *image, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TEXT_BYTES_MAX);
    TW_AUTO(tw_json_decrefp) json_t *both = NULL;
    if (scan)
        tw_answer_show_scan(scan, true, &text);
    if (image)
        tw_answer_show_image(image, &text);
    both = json_pack("{s:O?, s:O?}", "scan", scan, "image", image);
    if (!both)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    const char *state = scan ? tw_json_string(scan, "state") : NULL;
    int r = tw_answer_write(a->options, both, &text, err);
    return r < 0 ? r : state && strcmp(state, "failed") == 0 ? TW_EXIT_TROUBLE : TW_EXIT_CLEAN;
}

// With what its scan found, when it has.
static int tell_scan(const struct tw_asking *a, const json_t *scan, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *image = NULL;
    const char *digest = tw_json_string(scan, "digest"), *state = tw_json_string(scan, "state");
    if (state && strcmp(state, "done") == 0 && digest && tw_answer_is_digest(digest)) {
        int r = tw_answer_find_image(a->remote, digest, &image, err);
        if (r < 0 && r != TW_E_NOT_FOUND)
            return r;
    }
    return write_scan(a, scan, image, err);
}

static int tell_id(const struct tw_asking *a, const char *id, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *scan = NULL;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/v1/scans/%s", id);
    int r = tw_remote_get(a->remote, path, NULL, &scan, err);
    return r < 0 ? r : tell_scan(a, scan, err);
}

// ---- by name ----

static bool is_of(const json_t *scan, const struct tw_reference *wanted)
{
    struct tw_reference is;
    const char *text = tw_json_string(scan, "reference");
    return text && tw_reference_parse(text, &is, NULL) == 0 &&
           strcmp(is.registry, wanted->registry) == 0 &&
           strcmp(is.repository, wanted->repository) == 0 &&
           (!wanted->tag[0] || strcmp(is.tag, wanted->tag) == 0) &&
           (!tw_digest_is_set(&wanted->digest) || tw_digest_equal(&is.digest, &wanted->digest));
}

// The newest scan of it among the newest scans.
static int find_scan(const struct tw_asking *a, const struct tw_reference *wanted,
    json_t **ret_scan, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *page = NULL;
    for (int i = 0; i < PAGES_MAX; i++) {
        json_t *next = NULL, *item;
        size_t index;
        const char *cursor = page ? tw_json_string(page, "next") : NULL;
        if (page && !cursor)
            break;
        int r = tw_remote_get(a->remote, "/v1/scans",
            (const char *const[]){"limit", "200", "cursor", cursor, NULL}, &next, err);
        if (r < 0)
            return r;
        json_decref(page);
        page = next;
        json_array_foreach(json_object_get(page, "items"), index, item)
        {
            if (is_of(item, wanted)) {
                *ret_scan = json_incref(item);
                return 0;
            }
        }
    }
    return TW_E_NOT_FOUND;
}

static int tell_name(const struct tw_asking *a, const char *name, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *scan = NULL;
    TW_AUTO(tw_json_decrefp) json_t *image = NULL;
    struct tw_reference reference;
    int r = tw_reference_parse(name, &reference, err);
    if (r < 0)
        return r;
    r = find_scan(a, &reference, &scan, err);
    if (r != TW_E_NOT_FOUND)
        return r < 0 ? r : tell_scan(a, scan, err);
    r = tw_answer_find_image(a->remote, name, &image, err);
    return r < 0 ? r : write_scan(a, NULL, image, err);
}

static int tell_digest(const struct tw_asking *a, const char *digest, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *image = NULL;
    int r = tw_answer_find_image(a->remote, digest, &image, err);
    return r < 0 ? r : write_scan(a, NULL, image, err);
}

// ---- all ----

static int tell_all(const struct tw_asking *a, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *ready = NULL;
    TW_AUTO(tw_json_decrefp) json_t *page = NULL;
    TW_AUTO(tw_json_decrefp) json_t *both = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TEXT_BYTES_MAX);
    int r = tw_remote_get(a->remote, "/readyz", NULL, &ready, err);
    if (r == 0)
        r = tw_remote_get(
            a->remote, "/v1/scans", (const char *const[]){"limit", "10", NULL}, &page, err);
    if (r < 0)
        return r;
    const json_t *items = json_object_get(page, "items");
    tw_buf_printf(&text, "ready; the newest scans%s\n", json_array_size(items) ? ":" : ": none");
    for (size_t i = 0; i < json_array_size(items); i++)
        tw_answer_show_scan(json_array_get(items, i), false, &text);
    both = json_pack("{s:b, s:O?}", "ready", 1, "scans", items);
    if (!both)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    return tw_answer_write(a->options, both, &text, err);
}

static int status(const struct tw_asking *a, struct tw_err *err)
{
    const char *what = a->options->operand_count ? a->options->operands[0] : NULL;
    return !what                       ? tell_all(a, err)
           : tw_answer_is_digest(what) ? tell_digest(a, what, err)
           : is_scan_id(what)          ? tell_id(a, what, err)
                                       : tell_name(a, what, err);
}

int tw_command_status(struct tw_settings *settings, int argc, char **argv)
{
    return tw_remote_command("status", 0, 1, status, settings, argc, argv);
}
