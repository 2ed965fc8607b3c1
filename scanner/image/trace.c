#include "scanner/image/trace.h"

#include <ctype.h>

#include "scanner/base/mem.h"
#include "scanner/base/secret.h"
#include "scanner/base/text.h"

static const char *const kind_names[TW_TRACE_KINDS] = {
    [TW_TRACE_SET] = "set",
    [TW_TRACE_GO_ENV_W] = "go-env-w",
    [TW_TRACE_GO_ENV] = "go-env",
    [TW_TRACE_GO_BUILD] = "go-build",
    [TW_TRACE_GO_FLAG] = "go-flag",
    [TW_TRACE_COPY] = "copy",
    [TW_TRACE_ASSIGN] = "assign",
    [TW_TRACE_UNSET] = "unset",
};

const char *tw_trace_kind_name(enum tw_trace_kind kind)
{
    return kind_names[kind];
}

static bool is_name(struct tw_span name)
{
    for (uint64_t i = 0; i < name.n; i++) {
        if (!isupper(name.p[i]) && !isdigit(name.p[i]) && name.p[i] != '_')
            return false;
    }
    return true;
}

bool tw_trace_wants(struct tw_span name)
{
    static const char *const others[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "ZONEINFO"};
    for (size_t i = 0; i < TW_COUNT(others); i++) {
        if (tw_span_equals(name, others[i]))
            return true;
    }
    return is_name(name) && ((name.n > 2 && tw_span_starts_with(name, "GO")) ||
                                (name.n > 4 && tw_span_starts_with(name, "CGO_")));
}

// The text without credentials, its first bytes at most. What is cut is looked at first, some way
// on, so that no half of a credential stays.
static const char *covered(struct tw_arena *arena, struct tw_span text, uint64_t max_bytes)
{
    if (max_bytes < UINT64_MAX && text.n > 4 * max_bytes)
        text.n = 4 * max_bytes;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(TW_SECRET_COVERED_MAX(text.n));
    if (tw_secret_cover_to(&out, text) < 0)
        return NULL;
    struct tw_span kept = tw_span_of(out.data, out.size < max_bytes ? out.size : max_bytes);
    return tw_text_keep(arena, kept);
}

void tw_traces_add(struct tw_traces *traces, enum tw_trace_kind kind, struct tw_span name,
    struct tw_span value, struct tw_span text, uint64_t line)
{
    if (traces->count >= traces->max) {
        traces->full = true;
        return;
    }
    struct tw_trace *t = tw_arena_push(traces->arena, &traces->items, &traces->count);
    if (!t) {
        traces->no_memory = true;
        return;
    }
    *t = (struct tw_trace){.kind = kind, .go = traces->go, .line = traces->line + line};
    t->name = tw_text_keep(traces->arena, name);
    t->value = value.p ? covered(traces->arena, value, UINT64_MAX) : NULL;
    t->text = covered(traces->arena, text, TW_TRACE_TEXT_BYTES);
    if (!t->name || !t->text || (value.p && !t->value)) {
        traces->count--;
        traces->no_memory = true;
    }
}
