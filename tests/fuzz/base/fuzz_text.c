// Small readers of text: escaping, paths, patterns, quantities, digests, base64, Go versions.
// A line feed parts two texts where two are needed.
#include <stdlib.h>

#include "scanner/base/base64.h"
#include "scanner/base/digest.h"
#include "scanner/base/glob.h"
#include "scanner/base/goversion.h"
#include "scanner/base/limits.h"
#include "scanner/base/quantity.h"
#include "scanner/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(struct tw_arena *arena, struct tw_span text)
{
    bool clamped = false;
    const char *path = tw_text_path(arena, text, &clamped);
    if (!path || !tw_text_is_utf8(tw_span_str(path)) || path[0] == '/' || strstr(path, "//"))
        abort();
    for (const char *part = path; *part; part += strspn(part, "/")) {
        size_t n = strcspn(part, "/");
        if ((n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            abort();
        part += n;
    }
}

static void check_text(struct tw_arena *arena, struct tw_span text)
{
    const char *escaped = tw_text_escape(arena, text), *kept = tw_text_keep(arena, text);
    if (!escaped || !kept || !tw_text_is_utf8(tw_span_str(escaped)) ||
        !tw_text_is_utf8(tw_span_str(kept)))
        abort();
    for (const char *p = escaped; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 127)
            abort();
    }
    TW_AUTO(tw_buf_done) struct tw_buf packed = TW_BUF(1 << 20);
    TW_AUTO(tw_buf_done) struct tw_buf plain = TW_BUF(1 << 20);
    if (tw_base64_encode(text, &packed) < 0 || !tw_base64_decode(tw_buf_span(&packed), &plain) ||
        plain.size != text.n || (text.n && memcmp(plain.data, text.p, text.n) != 0))
        abort();
    tw_base64_decode(text, &plain);
}

static void check_values(struct tw_span text)
{
    uint64_t value;
    struct tw_goversion version, again;
    tw_quantity_parse(text, 1000, &value);
    if (tw_goversion_parse(text, &version)) {
        struct tw_goversion_text printed = tw_goversion_print(version);
        if (!tw_goversion_parse(tw_span_str(printed.text), &again) ||
            tw_goversion_compare(version, again) != 0)
            abort();
    }
}

static void check_strings(const char *text)
{
    struct tw_digest digest;
    struct tw_limits limits = tw_limits_default;
    if (tw_digest_parse(text, &digest, NULL) == 0 && strcmp(digest.text, text) != 0)
        abort();
    tw_limits_set(&limits, text, NULL);
    for (unsigned i = 0; i < tw_limit_row_count; i++) {
        const char *at = (const char *)&limits + tw_limit_rows[i].offset;
        uint64_t value = *(const uint64_t *)(const void *)at;
        if (value == 0 || value > tw_limit_rows[i].hard_maximum)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(4 << 20);
    struct tw_span text = tw_span_of(data, size < 4096 ? size : 4096);
    char *string = strndup((const char *)data, text.n);
    if (arena && string) {
        const uint8_t *feed = text.n ? memchr(text.p, '\n', text.n) : NULL;
        uint64_t at = feed ? (uint64_t)(feed - text.p) : 0;
        check_path(arena, text);
        check_text(arena, text);
        check_values(text);
        check_strings(string);
        if (feed)
            tw_glob_fits(tw_span_of(text.p, at), tw_span_of(text.p + at + 1, text.n - at - 1));
    }
    free(string);
    tw_arena_free(arena);
    return 0;
}
