#include "scanner/gobin/goroot.h"

#include "scanner/base/goversion.h"
#include "scanner/base/text.h"
#include "scanner/gobin/ldflags.h"

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
    bin->goroot = tw_text_keep(arena, value);
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

struct flag {
    struct tw_span value;
    bool found;
};

static void take_definition(void *ctx, struct tw_span variable, struct tw_span value)
{
    if (tw_span_equals(variable, symbols[0]))
        *(struct flag *)ctx = (struct flag){value, true};
}

// -ldflags are recorded from 1.18 on, and the variable is there since 1.17.
static bool from_flags(const struct tw_gobin *bin, struct tw_span *ret_value)
{
    const char *flags = tw_gobin_setting(bin, "-ldflags");
    struct flag flag = {0};
    if (flags)
        tw_ldflags_definitions(tw_span_str(flags), take_definition, &flag);
    *ret_value = flag.value;
    return flag.found;
}

struct neighbours {
    const struct tw_object *object;
    struct tw_span root;
};

static bool is_path(struct tw_span text)
{
    return tw_span_starts_with(text, "/") ||
           (text.n > 2 && text.p[1] == ':' && (text.p[2] == '\\' || text.p[2] == '/'));
}

// What -X gives has a symbol of its own, with a NUL behind it and padding in front; the literals of
// a program are packed without either.
static bool stands_alone(const struct tw_object *object, struct tw_span text)
{
    uint64_t address;
    struct tw_span around;
    return tw_object_address_of(object, text, &address) && address > 0 &&
           tw_object_at(object, address - 1, text.n + 2, &around) && around.p[0] == 0 &&
           around.p[around.n - 1] == 0;
}

static bool look_beside_version(void *ctx, uint64_t address, struct tw_span text)
{
    struct neighbours *n = ctx;
    uint64_t size = 2 * n->object->pointer_bytes;
    if (!tw_span_equals(text, n->object->bin->go.version))
        return true;
    for (int side = 0; side <= 1; side++) {
        struct tw_span value;
        if (tw_object_string_at(
                n->object, side == 0 ? address - size : address + size, PATH_BYTES_MAX, &value) &&
            is_path(value) && stands_alone(n->object, value))
            n->root = value;
    }
    return n->root.n == 0;
}

// In data the variable lies next to runtime.buildVersion, in 1.19 behind it and from 1.21 on
// before it. -trimpath leaves it empty, so that a path there was given with -X.
static bool from_neighbours(const struct tw_object *object, struct tw_span *ret_value)
{
    struct neighbours n = {.object = object};
    const char *version = object->bin->go.version;
    if (version)
        tw_object_strings(object, strlen(version), strlen(version), look_beside_version, &n);
    *ret_value = n.root;
    return n.root.n > 0;
}

static bool is_trimmed(const struct tw_gobin *bin, const struct search *files)
{
    const char *trimpath = tw_gobin_setting(bin, "-trimpath");
    return files->trimmed || (trimpath && strcmp(trimpath, "true") == 0);
}

int tw_goroot_read(const struct tw_object *object, const struct tw_pclntab *table)
{
    struct tw_arena *arena = object->arena;
    struct tw_gobin *bin = object->bin;
    struct search files = {0};
    struct tw_span value;
    if (table)
        tw_pclntab_files(table, object->limits, look_at_file, &files);
    bool trimmed = is_trimmed(bin, &files);
    for (size_t i = 0; i < TW_COUNT(symbols); i++) {
        if (tw_object_string_variable(object, symbols[i], PATH_BYTES_MAX, &value))
            return set(arena, bin, value, value.n == 0 && trimmed ? "trimmed" : "symbol");
    }
    if (from_flags(bin, &value))
        return set(arena, bin, value, "ldflags");
    if (files.found && files.root.n <= PATH_BYTES_MAX)
        return set(arena, bin, files.root, "pclntab");
    if (!trimmed)
        return 0;
    return from_neighbours(object, &value) ? set(arena, bin, value, "ldflags")
                                           : set_trimmed(arena, bin);
}
