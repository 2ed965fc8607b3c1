// What shell text does about Go: one row a script.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/image/shell.h"

struct row {
    const char *script;
    const char *traces; // "kind NAME=value@line; ..."; a value that is not known is "?"
};

static const char *known(void *ctx, const char *name, size_t size)
{
    (void)ctx;
    return size == 1 && name[0] == 'V' ? "1.4" : NULL;
}

static void put(struct tw_buf *out, const struct tw_traces *traces)
{
    for (size_t i = 0; i < traces->count; i++) {
        const struct tw_trace *t = &traces->items[i];
        tw_buf_printf(out, "%s%s %s=%s@%d%s", i ? "; " : "", tw_trace_kind_name(t->kind), t->name,
            t->value ? t->value : "?", (int)t->line, t->forgiven ? " forgiven" : "");
    }
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tw_arena *arena = tw_arena_new(1 << 20);
        struct tw_buf out = TW_BUF(1 << 16);
        struct tw_traces traces = {.arena = arena, .max = 100};
        tw_shell_traces(tw_span_str(rows[i].script), known, NULL, &traces);
        put(&out, &traces);
        assert_string_equal(out.data ? out.data : "", rows[i].traces);
        tw_buf_done(&out);
        tw_arena_free(arena);
    }
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows)[0])

static void variables__all_ways_to_set_them__traced(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"export GODEBUG=gctrace=1", "set GODEBUG=gctrace=1@1"},
        {"GODEBUG=madvdontneed=1 exec /app", "set GODEBUG=madvdontneed=1@1"},
        {"\n\nexport GOGC='50' GOMEMLIMIT=\"1GiB\"", "set GOGC=50@3; set GOMEMLIMIT=1GiB@3"},
        {"exec env -i GOGC=off PATH=/bin app --x=1", "set GOGC=off@1"},
        {"if true; then export GOMAXPROCS=2; fi", "set GOMAXPROCS=2@1"},
        {"N=3\nexport GOMAXPROCS=$N", "set GOMAXPROCS=3@2"},
        {"export GOMAXPROCS=$(nproc)", "set GOMAXPROCS=?@1"},
        {"export GOMEMLIMIT=${LIMIT:-1GiB}", "set GOMEMLIMIT=?@1"},
        {"export X=1 PATH=/go/bin GOSU=", "set GOSU=@1"},
        {"# export GODEBUG=a=1\necho 'GODEBUG=b=1'", ""},
        {"cat <<EOF\nexport GODEBUG=c=1\nEOF\nexport GOGC=1", "set GOGC=1@4"},
        {"bash <<'EOF'\nexport GODEBUG=d=1\nEOF", "set GODEBUG=d=1@2"},
        {"sh -c 'GODEBUG=e=1 app'", "set GODEBUG=e=1@1"},
        {"(export GODEBUG=f=1 && app) || exit 1", "set GODEBUG=f=1@1"},
        {"gosu nobody env GOGC=10 app", "set GOGC=10@1"},
        {"export \\\n  GOGC=\\\n7", "set GOGC=7@1"},
    };
    CHECK(rows);
}

static void go_commands__env_and_build__traced(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"go env -w GOROOT_FINAL=/usr/local/go", "go-env-w GOROOT_FINAL=/usr/local/go@1"},
        {"go env -w A=b GOFLAGS=-mod=mod && make", "go-env-w A=b@1; go-env-w GOFLAGS=-mod=mod@1"},
        {"go env -w GOPROXY=off || true", "go-env-w GOPROXY=off@1 forgiven"},
        {"go env -w GOPROXY=off || exit 1", "go-env-w GOPROXY=off@1"},
        {"go env -w GOPROXY=off; make", "go-env-w GOPROXY=off@1 forgiven"},
        {"set -ex; go env -w GOPROXY=off; make", "go-env-w GOPROXY=off@1"},
        {"if [ \"$(go env GOROOT_FINAL)\" != /usr/local/go ]; then exit 1; fi",
            "go-env GOROOT_FINAL=?@1"},
        {"echo `go env GOROOT_FINAL`", "go-env GOROOT_FINAL=?@1"},
        {"go env -u GOFLAGS; go version; gofmt -w .", ""},
        {"CGO_ENABLED=0 go build -ldflags=\"-s -X main.v=$V\" -trimpath -o /out/app ./cmd/app",
            "set CGO_ENABLED=0@1; go-flag -ldflags=-s -X main.v=1.4@1; go-flag -trimpath=true@1; "
            "go-build build=/out/app@1"},
        {"/usr/local/go/bin/go install -tags netgo,x -race ./...",
            "go-flag -tags=netgo,x@1; go-flag -race=true@1; go-build install=?@1"},
        {"go1.22.1 build -o $OUT", "go-build build=?@1"},
        {"go -C src build", "go-build build=?@1"},
        {"time go test -count=1 ./...", "go-build test=?@1"},
    };
    CHECK(rows);
}

static void hostile_text__anything__ends_and_gives_what_it_says(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ""},
        {"'never closed GODEBUG=x=1", ""},
        {"$($($($($($($($($($($($(export GOGC=1", ""},
        {"${ $(( ` \\", ""},
        {"export GOGC=1 <<", "set GOGC=1@1"},
        {"cat <<A <<B\nexport GOGC=1\nA\nexport GOGC=2\nB\nexport GOGC=3", "set GOGC=3@6"},
    };
    CHECK(rows);
}

static void traces__past_the_limit__full(void **state)
{
    (void)state;
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_traces traces = {.arena = arena, .max = 2};
    tw_shell_traces(
        tw_span_str("export GOGC=1; export GOGC=2; export GOGC=3"), NULL, NULL, &traces);
    assert_int_equal(traces.count, 2);
    assert_true(traces.full);
    tw_arena_free(arena);
}

static void script__first_line__a_shell_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool is;
    } rows[] = {
        {"#!/bin/sh\n", true},
        {"#! /usr/bin/env -S bash -e\n", true},
        {"#!/bin/busybox sh", false},
        {"#!/usr/bin/python3\n", false},
        {"/bin/sh", false},
        {"#!", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(tw_shell_is_script(tw_span_str(rows[i].head)), rows[i].is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables__all_ways_to_set_them__traced),
        cmocka_unit_test(go_commands__env_and_build__traced),
        cmocka_unit_test(hostile_text__anything__ends_and_gives_what_it_says),
        cmocka_unit_test(traces__past_the_limit__full),
        cmocka_unit_test(script__first_line__a_shell_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
