#include "scanner/gobin/sourcedir.h"

#include "scanner/base/text.h"

enum { PATH_BYTES_MAX = 4096 };

struct search {
    struct tw_span goroot; // as the files of the runtime show it; GOROOT itself may be set with -X
    struct tw_span folder; // the shortest so far
};

static bool has(struct tw_span name, const char *text)
{
    uint64_t at;
    return tw_span_find(name, 0, tw_span_str(text), &at);
}

static bool is_absolute(struct tw_span name)
{
    return name.n > 0 && (name.p[0] == '/' || (name.n > 2 && name.p[1] == ':' && name.p[2] == '/'));
}

static bool look_for_runtime(void *ctx, struct tw_span name)
{
    static const char end[] = "/src/runtime/proc.go";
    struct search *s = ctx;
    size_t n = sizeof end - 1;
    if (name.n <= n || memcmp(name.p + name.n - n, end, n) != 0)
        return true;
    s->goroot = tw_span_of(name.p, name.n - n + 1); // with the slash
    return false;
}

// Not of the standard library, nor of a module out of the cache.
static bool is_own(const struct search *s, struct tw_span name)
{
    if (!is_absolute(name) || has(name, "/pkg/mod/") || has(name, "/vendor/") ||
        has(name, "/_cgo_") || has(name, "/go-build"))
        return false;
    return name.n < s->goroot.n || s->goroot.n == 0 ||
           memcmp(name.p, s->goroot.p, s->goroot.n) != 0;
}

static bool look(void *ctx, struct tw_span name)
{
    struct search *s = ctx;
    uint64_t slash = name.n;
    if (name.n > PATH_BYTES_MAX || !is_own(s, name))
        return true;
    while (name.p[slash - 1] != '/')
        slash--;
    uint64_t n = slash > 1 ? slash - 1 : 1;
    if (!s->folder.p || n < s->folder.n)
        s->folder = tw_span_of(name.p, n);
    return true;
}

int tw_sourcedir_read(const struct tw_object *object, const struct tw_pclntab *table)
{
    struct tw_gobin *bin = object->bin;
    struct search search = {0};
    const char *trimmed = tw_gobin_setting(bin, "-trimpath");
    if (trimmed && strcmp(trimmed, "true") == 0)
        return 0;
    tw_pclntab_files(table, object->limits, look_for_runtime, &search);
    tw_pclntab_files(table, object->limits, look, &search);
    if (!search.folder.p)
        return 0;
    bin->source_dir = tw_text_keep(object->arena, search.folder);
    return bin->source_dir ? 0 : TW_E_NOMEM;
}
