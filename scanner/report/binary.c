#include "scanner/report/binary.h"

#include "scanner/base/secret.h"
#include "scanner/inventory/gobin_json.h"

json_t *tw_json_append(json_t *list, json_t *item)
{
    if (list && item && json_array_append(list, item) == 0) {
        json_decref(item);
        return list;
    }
    json_decref(list);
    json_decref(item);
    return NULL;
}

// What the linker was given may be a credential (TW404 says so, without it).
static void cover_settings(json_t *settings)
{
    const char *key;
    json_t *value;
    json_object_foreach(settings, key, value)
    {
        struct tw_span text = tw_span_of(json_string_value(value), json_string_length(value));
        TW_AUTO(tw_buf_done) struct tw_buf covered = TW_BUF(TW_SECRET_COVERED_MAX(text.n));
        if (tw_secret_cover_to(&covered, text) == 0 && covered.size > 0)
            json_string_setn(value, covered.data, covered.size);
    }
}

json_t *tw_binary_json(const char *layer, const char *path, uint64_t size_bytes,
    const struct tw_digest *sha256, const struct tw_gobin *bin)
{
    json_t *json = json_object();
    json_t *rest = tw_gobin_to_json(bin);
    if (layer)
        json_object_set_new(json, "layer", json_string(layer));
    json_object_set_new(json, "path", json_string(path));
    json_object_set_new(json, "size_bytes", json_integer((json_int_t)size_bytes));
    json_object_set_new(json, "sha256", json_string(tw_digest_hex(sha256)));
    if (!rest || json_object_update(json, rest) < 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(rest);
    cover_settings(json_object_get(json, "settings"));
    return json;
}

// jansson leaves DEL and the C1 controls (U+0080 to U+009F) as they are; on a terminal they act.
// Only texts hold them, so they may be written in JSON's other form.
static int put(const char *text, size_t size, void *ctx)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        bool is_c1 = p[i] == 0xC2 && i + 1 < size && p[i + 1] < 0xA0;
        if (p[i] != 0x7F && !is_c1)
            continue;
        tw_buf_append(ctx, text + start, i - start);
        i += is_c1;
        tw_buf_printf(ctx, "\\u%04x", p[i]);
        start = i + 1;
    }
    return tw_buf_append(ctx, text + start, size - start) < 0 ? -1 : 0;
}

int tw_json_write(json_t *json, size_t flags, struct tw_buf *out, struct tw_err *err)
{
    int r = json ? json_dump_callback(json, put, out, flags | JSON_ENCODE_ANY) : -1;
    json_decref(json);
    if (r == 0 && tw_buf_puts(out, "\n") == 0)
        return 0;
    return out->status < 0 ? tw_err_set(err, out->status, "the report is too large, or no memory")
                           : tw_err_set(err, TW_E_NOMEM, "out of memory");
}
