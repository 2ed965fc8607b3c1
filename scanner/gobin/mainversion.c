#include "scanner/gobin/mainversion.h"

#include <strings.h>

#include "scanner/base/text.h"
#include "scanner/gobin/ldflags.h"

enum { VERSION_BYTES_MAX = 256, LOOKUPS_MAX = 16 };

// Names of variables that people set with -X to tell a program its version.
static const char *const variables[] = {
    "version", "buildversion", "appversion", "gitversion", "releaseversion", "ver"};

static bool is_version_variable(struct tw_span name)
{
    for (size_t i = 0; i < TW_COUNT(variables); i++) {
        if (name.n == strlen(variables[i]) &&
            strncasecmp((const char *)name.p, variables[i], name.n) == 0)
            return true;
    }
    return false;
}

// runtime.buildVersion is the version of Go.
static bool is_runtime(struct tw_span symbol)
{
    return tw_span_starts_with(symbol, "runtime.");
}

// The values that were given for the version; several are one candidate when they are the same.
struct candidates {
    struct tw_span variable, value;
    unsigned count;
};

static bool same(struct tw_span a, struct tw_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void add(struct candidates *candidates, struct tw_span variable, struct tw_span value)
{
    if (value.n == 0 || (candidates->count > 0 && same(candidates->value, value)))
        return;
    // Of several definitions of one variable the linker takes the last.
    if (candidates->count != 1 || !same(candidates->variable, variable))
        candidates->count++;
    candidates->variable = variable;
    candidates->value = value;
}

// "example.org/app/cmd.Version": whether it is a variable for versions.
static bool names_version(struct tw_span variable)
{
    uint64_t dot = variable.n;
    while (dot > 0 && variable.p[dot - 1] != '.')
        dot--;
    return dot > 0 && !is_runtime(variable) &&
           is_version_variable(tw_span_of(variable.p + dot, variable.n - dot));
}

static void add_definition(void *ctx, struct tw_span variable, struct tw_span value)
{
    if (names_version(variable))
        add(ctx, variable, value);
}

// For a variable V that -X sets, the linker makes a symbol V.str for its bytes
// (cmd/link/internal/ld/data.go, addstrdata), in every version.
static void from_symbols(const struct tw_object *object, struct candidates *candidates)
{
    static const char suffix[] = ".str";
    unsigned lookups = 0; // each one walks the symbols
    struct tw_symbol symbol;
    for (uint64_t at = 0; object->next_symbol && object->next_symbol(object, &at, &symbol);) {
        char variable[TW_SYMBOL_NAME_MAX];
        size_t n = symbol.name.n;
        struct tw_span value;
        if (n < sizeof suffix || n - (sizeof suffix - 1) >= sizeof variable)
            continue;
        n -= sizeof suffix - 1;
        if (memcmp(symbol.name.p + n, suffix, sizeof suffix - 1) != 0 ||
            !names_version(tw_span_of(symbol.name.p, n)))
            continue;
        if (++lookups > LOOKUPS_MAX) {
            candidates->count = 0;
            return;
        }
        memcpy(variable, symbol.name.p, n);
        variable[n] = 0;
        if (tw_object_string_variable(object, variable, VERSION_BYTES_MAX, &value))
            add(candidates, tw_span_of(symbol.name.p, n), value);
        if (candidates->count > 1)
            return;
    }
}

int tw_mainversion_read(const struct tw_object *object)
{
    struct tw_gobin *bin = object->bin;
    const struct tw_module *module = bin->main_module;
    if (module && module->version && strcmp(module->version, "(devel)") != 0) {
        bin->main_version = module->version;
        bin->main_version_source = "module";
        return 0;
    }
    const char *flags = tw_gobin_setting(bin, "-ldflags");
    struct candidates candidates = {0};
    if (flags)
        tw_ldflags_definitions(tw_span_str(flags), add_definition, &candidates);
    bool by_flags = candidates.count > 0;
    if (!by_flags)
        from_symbols(object, &candidates);
    if (candidates.count != 1)
        return 0;
    bin->main_version = tw_text_keep(object->arena, candidates.value);
    bin->main_version_source = by_flags ? "ldflags" : "symbol";
    return bin->main_version ? 0 : TW_E_NOMEM;
}
