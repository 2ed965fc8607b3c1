// A store in a folder of its own, and short words for what the tests do with it.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/store/store.h"

#define T0 1700000000000LL

struct fixture {
    char folder[64], path[96];
    struct tw_store *store;
    struct tw_queue_limits limits;
    struct tw_err err;
    struct tw_scan scan;
    bool is_new;
    int64_t next_ms;
};

static inline struct tw_digest digest_of(unsigned n)
{
    struct tw_digest digest = {0};
    snprintf(digest.text, sizeof digest.text, "sha256:%064x", n);
    return digest;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/tidewaiter-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/tidewaiter.db", f->folder);
    f->limits = (struct tw_queue_limits){.max_queued = 100000, .max_attempts = 3};
    if (tw_store_open(f->path, &f->store, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *f = *state;
    tw_store_close(f->store);
    for (size_t i = 0; i < TW_COUNT(suffixes); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", f->path, suffixes[i]);
        unlink(name);
    }
    rmdir(f->folder);
    free(f);
    return 0;
}

static inline void reopen(struct fixture *f)
{
    tw_store_close(TW_TAKE(f->store));
    if (tw_store_open(f->path, &f->store, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

static inline int push_to(struct fixture *f, const char *reference, bool rescan, int64_t now_ms)
{
    struct tw_push push = {.requested_by = "webhook:distribution", .actor = "anna"};
    assert_int_equal(tw_reference_parse(reference, &push.reference, &f->err), 0);
    return tw_store_push(
        f->store, &push, rescan, now_ms, &f->limits, &f->scan, &f->is_new, &f->err);
}

// registry.example/team/app:TAG@digest n; TAG NULL: none; n 0: no digest.
static inline int push_app(struct fixture *f, const char *tag, unsigned n, int64_t now_ms)
{
    char text[512];
    struct tw_digest digest = digest_of(n);
    snprintf(text, sizeof text, "registry.example/team/app%s%s%s%s", tag ? ":" : "", tag ? tag : "",
        n ? "@" : "", n ? digest.text : "");
    return push_to(f, text, false, now_ms);
}

static inline int lease_at(struct fixture *f, int64_t now_ms)
{
    return tw_store_lease(f->store, "w1", now_ms, 60000, &f->scan, &f->next_ms, &f->err);
}

static inline int fail_at(struct fixture *f, int code, int64_t retry_at_ms, int64_t now_ms)
{
    struct tw_err why = {0};
    tw_err_set(&why, code, "it did not work");
    return tw_store_fail(f->store, f->scan.id, "w1", &why, retry_at_ms, now_ms, &f->err);
}

static inline struct tw_stored_image image_of(unsigned n, const char *json)
{
    struct tw_stored_image image = {.inventory_json = json,
        .inventory_size = strlen(json),
        .media_type = "application/vnd.oci.image.manifest.v1+json"};
    image.summary = (struct tw_image_summary){.digest = digest_of(n),
        .kind = "image",
        .platform = "linux/amd64",
        .completeness = "complete",
        .decision = "warn",
        .counts = {5, 4, 3, 2, 1},
        .go_binaries = 7};
    return image;
}

// Pushes, leases and finishes digest n as one image.
static inline void store_image(struct fixture *f, const char *tag, unsigned n, int64_t now_ms)
{
    struct tw_stored_image image = image_of(n, "{\"n\":1}");
    assert_int_equal(push_app(f, tag, n, now_ms), 0);
    assert_true(f->is_new);
    assert_int_equal(lease_at(f, now_ms), 0);
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1,
                         now_ms + 5, &f->err),
        0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
