#include "scanner/gobin/packages.h"

#include <stdlib.h>

// In the order of strcmp, for bsearch. The `package` column of the GODEBUG facts, and what
// other rules need.
static const char *const asked_for[] = {
    "archive/tar",
    "archive/zip",
    "arena",
    "crypto",
    "crypto/ecdsa",
    "crypto/ed25519",
    "crypto/fips140",
    "crypto/internal/boring",
    "crypto/internal/fips140",
    "crypto/internal/fips140/check",
    "crypto/rand",
    "crypto/rsa",
    "crypto/sha256",
    "crypto/subtle",
    "crypto/tls",
    "crypto/x509",
    "encoding/json",
    "encoding/json/v2",
    "go/build",
    "go/types",
    "html/template",
    "image/gif",
    "image/jpeg",
    "image/png",
    "internal/godebug",
    "internal/intern",
    "log",
    "math/rand",
    "mime/multipart",
    "net",
    "net/http",
    "net/http/cgi",
    "net/http/internal/http2",
    "net/mail",
    "net/netip",
    "net/url",
    "os",
    "os/exec",
    "os/signal",
    "os/user",
    "path/filepath",
    "plugin",
    "reflect",
    "runtime/cgo",
    "runtime/debug",
    "runtime/pprof",
    "runtime/secret",
    "simd",
    "simd/archsimd",
    "sync",
    "testing",
    "text/template",
    "time",
    "time/tzdata",
    "unique",
};

// Likewise, functions of those packages that rules ask for.
static const char *const asked_functions[] = {
    "crypto/tls.dial",
    "crypto/x509.loadSystemRoots",
    "net/http.(*Transport).roundTrip",
    "time.LoadLocation",
};

struct seen {
    bool package[TW_COUNT(asked_for)], function[TW_COUNT(asked_functions)];
};

static int compare(const void *key, const void *row)
{
    const struct tw_span *name = key;
    const char *text = *(const char *const *)row;
    size_t size = strlen(text);
    int order = memcmp(name->p, text, name->n < size ? name->n : size);
    return order ? order : name->n < size ? -1 : name->n > size;
}

struct tw_span tw_package_of_function(struct tw_span name)
{
    // Receivers and type arguments may hold slashes and dots of their own.
    uint64_t end = 0, slash = 0;
    while (end < name.n && name.p[end] != '(' && name.p[end] != '[')
        end++;
    for (uint64_t i = 0; i < end; i++) {
        if (name.p[i] == '/')
            slash = i;
    }
    for (uint64_t i = slash; i < end; i++) {
        if (name.p[i] == '.')
            return tw_span_of(name.p, i);
    }
    return tw_span_of(name.p, 0);
}

static bool note_package(void *ctx, struct tw_span name)
{
    struct seen *seen = ctx;
    struct tw_span package = tw_package_of_function(name);
    const char *const *row =
        package.n ? bsearch(&package, asked_for, TW_COUNT(asked_for), sizeof asked_for[0], compare)
                  : NULL;
    if (!row)
        return true;
    seen->package[row - asked_for] = true;
    row = bsearch(
        &name, asked_functions, TW_COUNT(asked_functions), sizeof asked_functions[0], compare);
    if (row)
        seen->function[row - asked_functions] = true;
    return true;
}

static int keep(struct tw_arena *arena, const char *const *names, const bool *seen, size_t count,
    const char ***ret_kept, size_t *ret_count)
{
    for (size_t i = 0; i < count; i++) {
        if (!seen[i])
            continue;
        const char **slot = tw_arena_push(arena, ret_kept, ret_count);
        if (!slot)
            return TW_E_NOMEM;
        *slot = names[i];
    }
    return 0;
}

int tw_packages_linked(const struct tw_pclntab *table, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_gobin *bin)
{
    struct seen seen = {0};
    tw_pclntab_names(table, limits, note_package, &seen);
    bin->functions_known = true;
    bin->function_count = table->function_count;
    int r =
        keep(arena, asked_for, seen.package, TW_COUNT(asked_for), &bin->links, &bin->link_count);
    return r < 0 ? r
                 : keep(arena, asked_functions, seen.function, TW_COUNT(asked_functions),
                       &bin->calls, &bin->call_count);
}
