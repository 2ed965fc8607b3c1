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

struct seen {
    bool package[TW_COUNT(asked_for)];
};

static int compare(const void *key, const void *row)
{
    const struct tw_span *name = key;
    const char *package = *(const char *const *)row;
    size_t size = strlen(package);
    int order = memcmp(name->p, package, name->n < size ? name->n : size);
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
    if (row)
        seen->package[row - asked_for] = true;
    return true;
}

int tw_packages_linked(const struct tw_pclntab *table, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_gobin *bin)
{
    struct seen seen = {0};
    tw_pclntab_names(table, limits, note_package, &seen);
    bin->functions_known = true;
    bin->function_count = table->function_count;
    for (size_t i = 0; i < TW_COUNT(asked_for); i++) {
        if (!seen.package[i])
            continue;
        const char **link = tw_arena_push(arena, &bin->links, &bin->link_count);
        if (!link)
            return TW_E_NOMEM;
        *link = asked_for[i];
    }
    return 0;
}
