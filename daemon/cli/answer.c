#include "daemon/cli/answer.h"

#include <stdio.h>
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/base/text.h"

enum { PATH_BYTES = 256, SHOWN_BYTES_MAX = 2048 };

static void put(struct tw_buf *out, const json_t *object, const char *key, const char *fallback)
{
    const char *text = tw_json_string(object, key);
    text = text ? text : fallback;
    tw_text_escape_to(out, tw_span_of(text, strnlen(text, SHOWN_BYTES_MAX)));
}

static bool has_text(const json_t *object, const char *key)
{
    const char *text = tw_json_string(object, key);
    return text && *text;
}

static void put_error(struct tw_buf *out, const json_t *error)
{
    put(out, error, "code", "unknown");
    tw_buf_puts(out, ": ");
    put(out, error, "message", "");
    if (has_text(error, "retry_at")) {
        tw_buf_puts(out, "; next try ");
        put(out, error, "retry_at", "");
    }
}

static void put_block(struct tw_buf *out, const json_t *scan)
{
    static const char *const rows[][2] = {{"reference", "reference"}, {"digest", "digest"},
        {"asked by", "requested_by"}, {"created", "created"}, {"started", "started"},
        {"finished", "finished"}};
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (!has_text(scan, rows[i][1]))
            continue;
        tw_buf_printf(out, "  %-10s ", rows[i][0]);
        put(out, scan, rows[i][1], "");
        tw_buf_puts(out, "\n");
    }
    tw_buf_printf(out, "  %-10s %lld\n", "attempts",
        (long long)json_integer_value(json_object_get(scan, "attempts")));
}

void tw_answer_show_scan(const json_t *scan, bool in_full, struct tw_buf *out)
{
    const json_t *error = json_object_get(scan, "error");
    put(out, scan, "id", "?");
    tw_buf_puts(out, "  ");
    put(out, scan, "state", "?");
    if (in_full) {
        tw_buf_puts(out, "\n");
        put_block(out, scan);
    } else {
        tw_buf_puts(out, "  ");
        put(out, scan, "reference", "?");
    }
    if (json_is_object(error)) {
        tw_buf_puts(out, in_full ? "  error      " : "  ");
        put_error(out, error);
    }
    if (!in_full || json_is_object(error))
        tw_buf_puts(out, "\n");
}

void tw_answer_show_image(const json_t *image, struct tw_buf *out)
{
    const json_t *counts = json_object_get(image, "counts");
    tw_buf_puts(out, "  verdict    ");
    put(out, image, "decision", "unknown");
    tw_buf_puts(out, ", ");
    put(out, image, "completeness", "unknown");
    tw_buf_puts(out, ":");
    for (int s = TW_SEVERITY_COUNT - 1; s >= 0; s--) {
        const char *name = tw_severity_name((enum tw_severity)s);
        tw_buf_printf(out, "%s %lld %s", s == TW_SEVERITY_COUNT - 1 ? "" : ",",
            (long long)json_integer_value(json_object_get(counts, name)), name);
    }
    tw_buf_puts(out, "\n  report     tidewaiter report ");
    put(out, image, "digest", "?");
    tw_buf_puts(out, "\n");
}

static bool has_findings(const json_t *image, enum tw_severity at_least)
{
    const json_t *counts = json_object_get(image, "counts");
    for (unsigned s = at_least; s < TW_SEVERITY_COUNT; s++) {
        const json_t *count = json_object_get(counts, tw_severity_name((enum tw_severity)s));
        if (!json_is_integer(count) || json_integer_value(count) != 0)
            return true;
    }
    return false;
}

static bool has_word(const json_t *image, const char *key, const char *word)
{
    const char *text = tw_json_string(image, key);
    return text && strcmp(text, word) == 0;
}

int tw_answer_exit(const json_t *image, const struct tw_options *o)
{
    bool passes = has_word(image, "decision", "pass") || has_word(image, "decision", "warn");
    if (o->has_fail_on ? has_findings(image, o->fail_on) : !passes)
        return TW_EXIT_FINDINGS;
    return has_word(image, "completeness", "complete") ? TW_EXIT_CLEAN : TW_EXIT_INCOMPLETE;
}

int tw_answer_write(
    const struct tw_options *o, const json_t *json, const struct tw_buf *text, struct tw_err *err)
{
    bool as_json;
    int r = tw_options_record_format(o, &as_json, err);
    if (r < 0)
        return r;
    if (!as_json)
        return text->status < 0 ? tw_err_set(err, text->status, "too much to show")
                                : tw_options_write(o, tw_buf_span(text), err);
    // Of other than ASCII there may be characters that terminals obey.
    TW_AUTO(tw_freep) char *dumped = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    TW_AUTO(tw_freep) char *line = NULL;
    if (!dumped || asprintf(&line, "%s\n", dumped) < 0) {
        line = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    for (char *p = line; *p; p++)
        *p = *p == 127 ? '?' : *p; // DEL is ASCII, and JSON lets it stand
    return tw_options_write(o, tw_span_str(line), err);
}

// ---- finding an image ----

bool tw_answer_is_digest(const char *text)
{
    struct tw_digest digest;
    return tw_digest_parse(text, &digest, NULL) == 0;
}

static int get_by_digest(
    struct tw_remote *remote, const char *digest, json_t **ret_image, struct tw_err *err)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/v1/images/%s", digest);
    return tw_remote_get(remote, path, NULL, ret_image, err);
}

static int get_by_name(struct tw_remote *remote, const struct tw_reference *reference,
    const char *name, json_t **ret_image, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *page = NULL;
    const char *const query[] = {"registry", reference->registry, "repository",
        reference->repository, "tag", reference->tag, "limit", "1", NULL};
    int r = tw_remote_get(remote, "/v1/images", query, &page, err);
    if (r < 0)
        return r;
    json_t *image = json_array_get(json_object_get(page, "items"), 0);
    if (!json_is_object(image))
        return tw_err_set(err, TW_E_NOT_FOUND,
            "the daemon knows nothing of %.200s; tidewaiter submit --wait asks for a scan", name);
    *ret_image = json_incref(image);
    return 0;
}

int tw_answer_find_image(
    struct tw_remote *remote, const char *name, json_t **ret_image, struct tw_err *err)
{
    struct tw_reference reference;
    if (tw_answer_is_digest(name))
        return get_by_digest(remote, name, ret_image, err);
    if (strncmp(name, "sha256:", 7) == 0)
        return tw_err_set(err, TW_E_USAGE,
            "\"%.80s\" is no whole digest: sha256: and 64 hexadecimal digits; reports and "
            "messages for people show the first 12 only",
            name);
    int r = tw_reference_parse(name, &reference, err);
    if (r < 0)
        return r;
    return tw_digest_is_set(&reference.digest)
               ? get_by_digest(remote, reference.digest.text, ret_image, err)
               : get_by_name(remote, &reference, name, ret_image, err);
}
