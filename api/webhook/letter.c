#include "api/webhook/letter.h"

#include <string.h>

#include "scanner/base/json.h"
#include "scanner/base/percent.h"

// The field "payload" of a form, decoded; `text` owns it.
static int payload_of(
    struct tw_span form, char **text, struct tw_span *ret_payload, struct tw_err *err)
{
    static const char name[] = "payload=";
    struct tw_span field = form;
    while (!tw_span_starts_with(field, name)) {
        uint64_t end;
        if (!tw_span_find(field, 0, tw_span_str("&"), &end) ||
            !tw_span_from(field, end + 1, &field))
            return tw_err_set(err, TW_E_FORMAT, "the form has no field \"payload\"");
    }
    size_t size;
    tw_span_from(field, strlen(name), &field);
    const uint8_t *end = field.n ? memchr(field.p, '&', field.n) : NULL;
    field.n = end ? (uint64_t)(end - field.p) : field.n;
    if (field.n && memchr(field.p, '\0', field.n))
        return tw_err_set(err, TW_E_FORMAT, "the form has a NUL character");
    if (!(*text = strndup(field.n ? (const char *)field.p : "", field.n)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_err why;
    if (tw_percent_decode_bytes(*text, true, &size, &why) < 0)
        return tw_err_set(err, TW_E_FORMAT, "the form: %s", why.msg);
    *ret_payload = tw_span_of(*text, size);
    return 0;
}

int tw_letter_json(const struct tw_letter *delivery, const struct tw_limits *limits,
    json_t **ret_json, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *text = NULL;
    struct tw_span json = delivery->body;
    int r = delivery->is_form ? payload_of(delivery->body, &text, &json, err) : 0;
    if (r < 0)
        return r;
    return tw_json_parse(json,
        (struct tw_json_caps){limits->webhook_bytes, limits->json_depth, limits->json_values},
        ret_json, err);
}
