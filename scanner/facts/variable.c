#include "scanner/facts/variable.h"

#include "scanner/base/mem.h"

static const struct tw_variable variables[] = {
    {"CGO_CFLAGS", TW_READ_BY_GO},
    {"CGO_CPPFLAGS", TW_READ_BY_GO},
    {"CGO_CXXFLAGS", TW_READ_BY_GO},
    {"CGO_ENABLED", TW_READ_BY_GO},
    {"CGO_FFLAGS", TW_READ_BY_GO},
    {"CGO_LDFLAGS", TW_READ_BY_GO},
    {"GO111MODULE", TW_READ_BY_GO},
    {"GO386", TW_READ_BY_GO},
    {"GOAMD64", TW_READ_BY_GO},
    {"GOARCH", TW_READ_BY_GO},
    {"GOARM", TW_READ_BY_GO},
    {"GOARM64", TW_READ_BY_GO},
    {"GOAUTH", TW_READ_BY_GO},
    {"GOBIN", TW_READ_BY_GO},
    {"GOCACHE", TW_READ_BY_GO},
    {"GOCACHEPROG", TW_READ_BY_GO},
    {"GOCOVERDIR", TW_READ_BY_PROGRAMS},
    {"GODEBUG", TW_READ_BY_PROGRAMS},
    {"GOENV", TW_READ_BY_GO},
    {"GOEXPERIMENT", TW_READ_BY_GO},
    {"GOFIPS140", TW_READ_BY_GO},
    {"GOFLAGS", TW_READ_BY_GO},
    {"GOGC", TW_READ_BY_PROGRAMS},
    {"GOINSECURE", TW_READ_BY_GO},
    {"GOMAXPROCS", TW_READ_BY_PROGRAMS},
    {"GOMEMLIMIT", TW_READ_BY_PROGRAMS},
    {"GOMIPS", TW_READ_BY_GO},
    {"GOMIPS64", TW_READ_BY_GO},
    {"GOMODCACHE", TW_READ_BY_GO},
    {"GONOPROXY", TW_READ_BY_GO},
    {"GONOSUMCHECK", TW_READ_BY_GO},
    {"GONOSUMDB", TW_READ_BY_GO},
    {"GOOS", TW_READ_BY_GO},
    {"GOPATH", TW_READ_BY_GO},
    {"GOPPC64", TW_READ_BY_GO},
    {"GOPRIVATE", TW_READ_BY_GO},
    {"GOPROXY", TW_READ_BY_GO},
    {"GORACE", TW_READ_BY_PROGRAMS},
    {"GORISCV64", TW_READ_BY_GO},
    {"GOROOT", TW_READ_BY_PROGRAMS}, // and by the go command
    {"GOROOT_FINAL", TW_READ_BY_NOBODY},
    {"GOSUMDB", TW_READ_BY_GO},
    {"GOTELEMETRY", TW_READ_BY_GO},
    {"GOTMPDIR", TW_READ_BY_GO},
    {"GOTOOLCHAIN", TW_READ_BY_GO},
    {"GOTRACEBACK", TW_READ_BY_PROGRAMS},
    {"GOVCS", TW_READ_BY_GO},
    {"GOWASM", TW_READ_BY_GO},
    {"GOWORK", TW_READ_BY_GO},
};

const struct tw_variable *tw_variable_find(struct tw_span name)
{
    for (size_t i = 0; i < TW_COUNT(variables); i++) {
        if (tw_span_equals(name, variables[i].name))
            return &variables[i];
    }
    return NULL;
}

bool tw_variable_is(const char *name, enum tw_variable_reader reader)
{
    const struct tw_variable *variable = tw_variable_find(tw_span_str(name));
    return variable && variable->reader == reader;
}
