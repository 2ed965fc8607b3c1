// Programs in the place of tidewaiter-layer, and feeding them.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/cage/cage.h"
#include "scanner/base/mem.h"

#define TEST_LAYERS TEST_UNIT "/layer/data/"

static char liar_folder[] = "/tmp/test_cage.XXXXXX";

// A shell script. "$0.said" is the file beside it.
static inline const char *liar_program(const char *script)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/liar", liar_folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static inline void liar_will_say(const void *bytes, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%s/liar.said", liar_folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline int liar_feed(const char *program, const struct tw_limits *limits, const void *bytes,
    size_t size, struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    const struct tw_cage_options options = {.program = program};
    int r = tw_cage_start(&options, TW_CAGE_LAYER, limits, &cage, err);
    if (r < 0)
        return r;
    assert_int_equal(tw_cage_write(cage, bytes, size, err), 0);
    return tw_cage_finish(cage, ret_inventory, err);
}

static inline struct tw_buf liar_read_file(const char *path)
{
    struct tw_buf buf = TW_BUF(1 << 20);
    char bytes[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        assert_int_equal(tw_buf_append(&buf, bytes, n), 0);
    fclose(file);
    return buf;
}

static inline int liar_set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); // as main does
    alarm(120);               // a hang is a failure
    return mkdtemp(liar_folder) ? 0 : -1;
}

static inline int liar_tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"liar", "liar.said"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", liar_folder, names[i]);
        unlink(path);
    }
    return rmdir(liar_folder);
}
