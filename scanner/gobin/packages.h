// The packages that rules ask for: a GODEBUG key acts only through the package that reads it.
#pragma once

#include "scanner/gobin/pclntab.h"

// Fills bin->links and bin->calls (sorted), bin->function_count and bin->functions_known. 0 or
// TW_E_NOMEM.
int tw_packages_linked(const struct tw_pclntab *table, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_gobin *bin);

// The package of a function name: "net/http.(*Server).Serve" -> "net/http".
struct tw_span tw_package_of_function(struct tw_span name);
