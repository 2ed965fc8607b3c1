// The parent against the real cage, and against programs that behave as a cage must not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/cage/cage.h"

#define LAYERS TEST_UNIT "/layer/data/"

static char folder[] = "/tmp/test_cage.XXXXXX";

// A shell script in the place of tidewaiter-layer.
static const char *liar(const char *script)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/liar", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static int feed(const char *program, const struct tw_limits *limits, const void *bytes, size_t size,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    const struct tw_cage_options options = {.program = program};
    int r = tw_cage_start(&options, TW_CAGE_LAYER, limits, &cage, err);
    if (r < 0)
        return r;
    assert_int_equal(tw_cage_write(cage, bytes, size, err), 0);
    return tw_cage_finish(cage, ret_inventory, err);
}

// Feeds a megabyte to the script, which must not give an inventory.
static int feed_liar(const char *script, const struct tw_limits *limits, struct tw_err *err)
{
    static const char zeros[1 << 20];
    struct tw_layer_inventory *inventory = NULL;
    int r = feed(
        liar(script), limits ? limits : &tw_limits_default, zeros, sizeof zeros, &inventory, err);
    assert_null(inventory);
    return r;
}

static struct tw_buf read_file(const char *path)
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

static void cage__real_layer__gives_its_inventory(void **state)
{
    (void)state;
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf layer = read_file(LAYERS "basic.tar.gz");
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    int r = feed(TIDEWAITER_LAYER, &tw_limits_default, layer.data, layer.size, &inventory, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(r, 0);
    assert_true(inventory->complete);
    assert_string_equal(inventory->compression, "gzip");
    assert_int_equal(inventory->in_bytes, layer.size);
}

static void cage__every_truncation__is_an_incomplete_inventory(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf layer = read_file(LAYERS "basic.tar.gz");
    for (size_t size = 1; size < layer.size; size += 7) {
        struct tw_err err = {0};
        TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
        assert_int_equal(
            feed(TIDEWAITER_LAYER, &tw_limits_default, layer.data, size, &inventory, &err), 0);
        assert_false(inventory->complete);
        assert_true(inventory->note_count > 0);
    }
}

static void cage__no_such_program__is_an_error_that_names_it(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_cage *cage = NULL;
    const struct tw_cage_options options = {.program = "/nonexistent/cage"};
    int r = tw_cage_start(&options, TW_CAGE_LAYER, &tw_limits_default, &cage, &err);
    assert_int_equal(r, TW_E_CAGE);
    assert_null(cage);
    assert_non_null(strstr(err.msg, "/nonexistent/cage"));
}

static void cage__ends_without_reading__is_an_error(void **state)
{
    (void)state;
    struct tw_err err = {0};
    assert_int_equal(feed_liar("exit 0", NULL, &err), TW_E_CAGE);
    assert_string_equal(err.msg, "the cage said nothing");
    assert_int_equal(feed_liar("exit 3", NULL, &err), TW_E_CAGE);
    assert_string_equal(err.msg, "the cage ended with 3");
}

static void cage__is_killed__tells_the_signal(void **state)
{
    (void)state;
    struct tw_err err = {0};
    assert_int_equal(feed_liar("kill -SEGV $$", NULL, &err), TW_E_CAGE);
    assert_non_null(strstr(err.msg, "the cage "));
    assert_int_equal(feed_liar("kill -SYS $$", NULL, &err), TW_E_CAGE);
    assert_non_null(strstr(err.msg, "system call"));
}

static void cage__says_nonsense__is_caught(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "cat >/dev/null; echo nonsense",
        "cat >/dev/null; echo '[]'",
        "cat >/dev/null; echo '{}'",
        "cat >/dev/null; echo '{\"complete\": true, \"complete\": false}'",
        "cat >/dev/null; printf '{\"compression\": \"\\377\"}'",
    };
    for (size_t i = 0; i < TW_COUNT(scripts); i++) {
        struct tw_err err = {0};
        assert_int_equal(feed_liar(scripts[i], NULL, &err), TW_E_CAGE);
    }
}

static void cage__floods__is_ended_at_the_limit(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_limits limits = tw_limits_default;
    limits.inventory_bytes = 100000;
    assert_int_equal(feed_liar("yes", &limits, &err), TW_E_LIMIT);
    assert_non_null(strstr(err.msg, "inventory_bytes"));
    // Endless complaints fill no memory either.
    assert_int_equal(feed_liar("yes >&2 & sleep 0.2; kill $!; exit 1", NULL, &err), TW_E_CAGE);
}

static void cage__hangs__is_ended(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_limits limits = tw_limits_default;
    limits.cage_idle_seconds = 1;
    assert_int_equal(feed_liar("exec sleep 1000", &limits, &err), TW_E_CAGE);
    assert_non_null(strstr(err.msg, "cage_idle_seconds"));
    assert_int_equal(feed_liar("cat >/dev/null; exec sleep 1000", &limits, &err), TW_E_CAGE);
}

static void cage__complains__its_words_are_escaped(void **state)
{
    (void)state;
    struct tw_err err = {0};
    assert_int_equal(
        feed_liar(
            "cat >/dev/null; printf 'over-limit: too \\033[31mred\\n' >&2; exit 1", NULL, &err),
        TW_E_LIMIT);
    assert_string_equal(err.msg, "too \\x1b[31mred");
    // A code that is not the cage's to say is not believed.
    assert_int_equal(
        feed_liar("cat >/dev/null; echo 'denied: x' >&2; exit 1", NULL, &err), TW_E_CAGE);
}

static void cage_archive__plain_tar__lists_offsets(void **state)
{
    (void)state;
    struct tw_err err = {0};
    const struct tw_cage_options real = {.program = TIDEWAITER_LAYER};
    TW_AUTO(tw_archive_toc_freep) struct tw_archive_toc *toc = NULL;
    TW_AUTO(tw_closep) int fd = open(LAYERS "basic.tar", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(tw_cage_archive_toc(&real, fd, &tw_limits_default, &toc, &err), 0);
    // Where Python's tarfile finds it: after three 512-byte headers.
    const struct tw_archive_member *app = NULL;
    for (size_t i = 0; i < toc->member_count; i++) {
        if (strcmp(toc->members[i].path, "usr/bin/app") == 0)
            app = &toc->members[i];
    }
    assert_non_null(app);
    assert_int_equal(app->offset, 3 * 512);
    assert_int_equal(app->size_bytes, 204);
    TW_AUTO(tw_closep) int packed = open(LAYERS "basic.tar.gz", O_RDONLY | O_CLOEXEC);
    struct tw_archive_toc *none = NULL;
    assert_int_equal(
        tw_cage_archive_toc(&real, packed, &tw_limits_default, &none, &err), TW_E_UNSUPPORTED);
    assert_null(none);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); // as main does
    alarm(60);                // a hang is a failure
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/liar", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cage__real_layer__gives_its_inventory),
        cmocka_unit_test(cage__every_truncation__is_an_incomplete_inventory),
        cmocka_unit_test(cage__no_such_program__is_an_error_that_names_it),
        cmocka_unit_test(cage__ends_without_reading__is_an_error),
        cmocka_unit_test(cage__is_killed__tells_the_signal),
        cmocka_unit_test(cage__says_nonsense__is_caught),
        cmocka_unit_test(cage__floods__is_ended_at_the_limit),
        cmocka_unit_test(cage__hangs__is_ended),
        cmocka_unit_test(cage__complains__its_words_are_escaped),
        cmocka_unit_test(cage_archive__plain_tar__lists_offsets),
    };
    return cmocka_run_group_tests_name("cage", tests, set_up, tear_down);
}
