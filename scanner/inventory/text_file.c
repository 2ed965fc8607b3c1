#include "scanner/inventory/text_file.h"

#include <string.h>

#include "scanner/base/mem.h"
#include "scanner/image/dockerfile.h"
#include "scanner/image/shell.h"
#include "scanner/inventory/path.h"

enum { ARENA_TIMES = 32 };

static const char *const kind_names[TW_TEXT_KINDS] = {
    [TW_TEXT_DOCKERFILE] = "dockerfile",
    [TW_TEXT_SCRIPT] = "script",
    [TW_TEXT_GO_ENV] = "go-env",
    [TW_TEXT_OS_RELEASE] = "os-release",
    [TW_TEXT_CERTIFICATES] = "certificates",
    [TW_TEXT_ZONES] = "zones",
    [TW_TEXT_HISTORY] = "history",
    [TW_TEXT_COMMAND] = "command",
};

const char *tw_text_kind_name(enum tw_text_kind kind)
{
    return kind_names[kind];
}

// ---- which file is what ----

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n >= m && strcmp(path + n - m, end) == 0 && (n == m || path[n - m - 1] == '/');
}

// What crypto/x509 looks for (src/crypto/x509/root_linux.go), and the files that distributions put
// behind links of these names.
static bool is_bundle(const char *path)
{
    static const char *const names[] = {"ca-certificates.crt", "ca-bundle.crt", "ca-bundle.pem",
        "tls-ca-bundle.pem", "cacert.pem", "cert.pem"};
    const char *base = tw_path_base(path);
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        if (strcmp(base, names[i]) == 0)
            return true;
    }
    return strncmp(path, "etc/ssl/certs/", 14) == 0 || strncmp(path, "etc/pki/tls/certs/", 18) == 0;
}

static const struct {
    const char *end; // of the path
    enum tw_text_kind kind;
} names[] = {
    {".config/go/env", TW_TEXT_GO_ENV},
    {"go.env", TW_TEXT_GO_ENV},
    {"etc/os-release", TW_TEXT_OS_RELEASE},
    {"usr/lib/os-release", TW_TEXT_OS_RELEASE},
};

bool tw_text_may_be_at(const char *path)
{
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        if (ends_with(path, names[i].end))
            return true;
    }
    size_t n = strlen(path);
    return tw_dockerfile_is_named(tw_path_base(path)) || is_bundle(path) ||
           strstr(path, "zoneinfo") || (n > 3 && strcmp(path + n - 3, ".sh") == 0);
}

bool tw_text_kind_of(const char *path, struct tw_span head, enum tw_text_kind *ret_kind)
{
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        if (ends_with(path, names[i].end)) {
            *ret_kind = names[i].kind;
            return true;
        }
    }
    if (tw_shell_is_script(head))
        *ret_kind = TW_TEXT_SCRIPT;
    else if (tw_dockerfile_is_named(tw_path_base(path)))
        *ret_kind = TW_TEXT_DOCKERFILE;
    else if (tw_span_starts_with(head, "TZif") ||
             (tw_span_starts_with(head, "PK") && ends_with(path, "lib/time/zoneinfo.zip")))
        *ret_kind = TW_TEXT_ZONES;
    else if (is_bundle(path))
        *ret_kind = TW_TEXT_CERTIFICATES;
    else
        return false;
    return true;
}

uint64_t tw_text_kind_bytes(enum tw_text_kind kind, const struct tw_limits *limits)
{
    return kind == TW_TEXT_CERTIFICATES || kind == TW_TEXT_ZONES ? 0 : limits->script_bytes;
}

// ---- what is in it ----

static void from_script(struct tw_span text, struct tw_traces *traces)
{
    tw_shell_traces(text, NULL, NULL, traces);
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'';
}

// Lines KEY=VALUE; in os-release the value may be in quotes. cmd/go/internal/cfg readEnvFile,
// os-release(5).
static void from_variables(struct tw_span text, struct tw_traces *traces)
{
    uint64_t number = 0;
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        struct tw_span line = tw_span_of(text.p, end ? (uint64_t)(end - text.p) : text.n);
        text = tw_span_of(text.p + line.n + (end != NULL), text.n - line.n - (end != NULL));
        line = tw_word_trim(line);
        number++;
        const uint8_t *equals = line.n > 0 ? memchr(line.p, '=', line.n) : NULL;
        if (!equals)
            continue;
        uint64_t n = (uint64_t)(equals - line.p);
        struct tw_span name = tw_span_of(line.p, n), value = tw_span_of(equals + 1, line.n - n - 1);
        if (value.n > 1 && is_quote(value.p[0]) && value.p[value.n - 1] == value.p[0])
            value = tw_span_of(value.p + 1, value.n - 2);
        if (tw_trace_wants(name) || tw_span_equals(name, "ID") ||
            tw_span_equals(name, "VERSION_ID"))
            tw_traces_add(traces, TW_TRACE_SET, name, value, line, number);
    }
}

int tw_traces_copy(
    const struct tw_trace *from, size_t count, struct tw_arena *arena, struct tw_trace **ret_traces)
{
    struct tw_trace *copy = tw_arena_alloc(arena, (count + 1) * sizeof *copy);
    if (!copy)
        return TW_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct tw_trace *f = &from[i];
        copy[i] = *f;
        copy[i].name = tw_arena_strdup(arena, f->name);
        copy[i].value = f->value ? tw_arena_strdup(arena, f->value) : NULL;
        copy[i].text = tw_arena_strdup(arena, f->text);
        copy[i].go = f->go ? tw_arena_strdup(arena, f->go) : NULL;
        if (!copy[i].name || !copy[i].text || (f->value && !copy[i].value) ||
            (f->go && !copy[i].go))
            return TW_E_NOMEM;
    }
    *ret_traces = copy;
    return 0;
}

static int from_dockerfile(struct tw_span text, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_trace **ret_traces, size_t *ret_count, bool *ret_full)
{
    TW_AUTO(tw_dockerfile_freep) struct tw_dockerfile *file = NULL;
    *ret_count = 0;
    int r = tw_dockerfile_parse(text, limits, &file, NULL);
    if (r < 0)
        return r == TW_E_NOMEM ? r : 0;
    *ret_count = file->trace_count;
    *ret_full = file->traces_full;
    return tw_traces_copy(file->traces, file->trace_count, arena, ret_traces);
}

int tw_text_traces(enum tw_text_kind kind, struct tw_span text, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_trace **ret_traces, size_t *ret_count, bool *ret_full)
{
    static void (*const readers[TW_TEXT_KINDS])(struct tw_span, struct tw_traces *) = {
        [TW_TEXT_SCRIPT] = from_script,
        [TW_TEXT_GO_ENV] = from_variables,
        [TW_TEXT_OS_RELEASE] = from_variables,
    };
    if (kind == TW_TEXT_DOCKERFILE)
        return from_dockerfile(text, limits, arena, ret_traces, ret_count, ret_full);
    TW_AUTO(tw_arena_freep)
    struct tw_arena *scratch = tw_arena_new(limits->script_bytes * ARENA_TIMES);
    if (!scratch)
        return TW_E_NOMEM;
    struct tw_traces traces = {.arena = scratch, .max = limits->text_traces};
    if (readers[kind])
        readers[kind](text, &traces);
    if (traces.no_memory && !tw_arena_is_full(scratch))
        return TW_E_NOMEM;
    *ret_count = traces.count;
    *ret_full = traces.full || traces.no_memory;
    return tw_traces_copy(traces.items, traces.count, arena, ret_traces);
}
