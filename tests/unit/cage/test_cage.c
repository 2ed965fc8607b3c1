// The parent and the real cage.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/cage/liar.h"

static void cage__real_layer__gives_its_inventory(void **state)
{
    (void)state;
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf layer = liar_read_file(TEST_LAYERS "basic.tar.gz");
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    int r =
        liar_feed(TIDEWAITER_LAYER, &tw_limits_default, layer.data, layer.size, &inventory, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(r, 0);
    assert_true(inventory->complete);
    assert_string_equal(inventory->compression, "gzip");
    assert_int_equal(inventory->in_bytes, layer.size);
}

static void cage__every_truncation__is_an_incomplete_inventory(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf layer = liar_read_file(TEST_LAYERS "basic.tar.gz");
    for (size_t size = 1; size < layer.size; size += 7) {
        struct tw_err err = {0};
        TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
        assert_int_equal(
            liar_feed(TIDEWAITER_LAYER, &tw_limits_default, layer.data, size, &inventory, &err), 0);
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

static void cage_archive__plain_tar__lists_offsets(void **state)
{
    (void)state;
    struct tw_err err = {0};
    const struct tw_cage_options real = {.program = TIDEWAITER_LAYER};
    TW_AUTO(tw_archive_toc_freep) struct tw_archive_toc *toc = NULL;
    TW_AUTO(tw_closep) int fd = open(TEST_LAYERS "basic.tar", O_RDONLY | O_CLOEXEC);
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
    TW_AUTO(tw_closep) int packed = open(TEST_LAYERS "basic.tar.gz", O_RDONLY | O_CLOEXEC);
    struct tw_archive_toc *none = NULL;
    assert_int_equal(
        tw_cage_archive_toc(&real, packed, &tw_limits_default, &none, &err), TW_E_UNSUPPORTED);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cage__real_layer__gives_its_inventory),
        cmocka_unit_test(cage__every_truncation__is_an_incomplete_inventory),
        cmocka_unit_test(cage__no_such_program__is_an_error_that_names_it),
        cmocka_unit_test(cage_archive__plain_tar__lists_offsets),
    };
    return cmocka_run_group_tests_name("cage", tests, liar_set_up, liar_tear_down);
}
