#include "scanner/gobin/goroot.h"

#include "scanner/base/goversion.h"
#include "scanner/base/text.h"

enum { PATH_BYTES_MAX = 4096 };

static const char *const symbols[] = {
    "runtime.defaultGOROOT",              // 1.17 and later
    "runtime/internal/sys.DefaultGoroot", // 1.10 to 1.16
};

struct search {
    struct tw_span root;
    bool found, trimmed;
};

// "/usr/local/go/src/runtime/proc.go" shows the root; "runtime/proc.go" that it was trimmed.
static bool look_at_file(void *ctx, struct tw_span name)
{
    static const char full[] = "/src/runtime/proc.go";
    struct search *s = ctx;
    size_t n = sizeof full - 1;
    if (tw_span_equals(name, "runtime/proc.go")) {
        s->trimmed = true;
        return false;
    }
    if (name.n > n && memcmp(name.p + name.n - n, full, n) == 0) {
        s->found = true;
        s->root = tw_span_of(name.p, name.n - n);
        return false;
    }
    return true;
}

static int set(
    struct tw_arena *arena, struct tw_gobin *bin, struct tw_span value, const char *source)
{
    bin->goroot = tw_text_escape(arena, value);
    bin->goroot_source = source;
    return bin->goroot ? 0 : TW_E_NOMEM;
}

// -trimpath: the word "go" up to 1.18, nothing from 1.19 on.
static int set_trimmed(struct tw_arena *arena, struct tw_gobin *bin)
{
    struct tw_goversion v;
    if (!bin->go.release || !tw_goversion_parse(tw_span_str(bin->go.release), &v))
        return 0;
    return set(arena, bin, tw_span_str(tw_goversion_at_least(v, 1, 19, 0) ? "" : "go"), "trimmed");
}

int tw_goroot_read(const struct tw_object *object, const struct tw_pclntab *table)
{
    struct tw_arena *arena = object->arena;
    struct tw_gobin *bin = object->bin;
    struct tw_span value;
    uint64_t address;
    for (size_t i = 0; i < TW_COUNT(symbols); i++) {
        if (tw_object_symbol(object, symbols[i], &address) &&
            tw_object_string_at(object, address, PATH_BYTES_MAX, &value) && value.n > 0)
            return set(arena, bin, value, "symbol");
    }
    struct search search = {0};
    if (table)
        tw_pclntab_files(table, object->limits, look_at_file, &search);
    if (search.found && search.root.n <= PATH_BYTES_MAX)
        return set(arena, bin, search.root, "pclntab");
    const char *trimpath = tw_gobin_setting(bin, "-trimpath");
    if (search.trimmed || (trimpath && strcmp(trimpath, "true") == 0))
        return set_trimmed(arena, bin);
    return 0;
}
