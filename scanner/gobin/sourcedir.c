#include "scanner/gobin/sourcedir.h"

#include "scanner/base/text.h"

enum { PATH_BYTES_MAX = 4096 };

struct search {
    const struct tw_gobin *bin;
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

// Not of the standard library, nor of a module out of the cache.
static bool is_own(const struct tw_gobin *bin, struct tw_span name)
{
    if (!is_absolute(name) || has(name, "/pkg/mod/") || has(name, "/vendor/") ||
        has(name, "/_cgo_") || has(name, "/src/runtime/") || has(name, "/go-build"))
        return false;
    size_t n = bin->goroot ? strlen(bin->goroot) : 0;
    return n == 0 || !tw_span_starts_with(name, bin->goroot) || name.n <= n || name.p[n] != '/';
}

static bool look(void *ctx, struct tw_span name)
{
    struct search *s = ctx;
    uint64_t slash = name.n;
    if (name.n > PATH_BYTES_MAX || !is_own(s->bin, name))
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
    struct search search = {.bin = bin};
    const char *trimmed = tw_gobin_setting(bin, "-trimpath");
    if (trimmed && strcmp(trimmed, "true") == 0)
        return 0;
    tw_pclntab_files(table, object->limits, look, &search);
    if (!search.folder.p)
        return 0;
    bin->source_dir = tw_text_keep(object->arena, search.folder);
    return bin->source_dir ? 0 : TW_E_NOMEM;
}
