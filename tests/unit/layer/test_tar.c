// Archives of data/make.py: what runtimes take, and how what they do not take is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/layer/tar.h"

struct bytes {
    struct tw_span rest;
};

static int64_t read_bytes(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    (void)err;
    struct bytes *bytes = ctx;
    size_t n = size < bytes->rest.n ? size : bytes->rest.n;
    memcpy(buf, bytes->rest.p, n);
    bytes->rest = tw_span_of(bytes->rest.p + n, bytes->rest.n - n);
    return (int64_t)n;
}

static void load(const char *name, struct tw_buf *buf)
{
    char path[4096], bytes[4096];
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        assert_int_equal(tw_buf_append(buf, bytes, n), 0);
    fclose(file);
}

struct walked {
    int end;  // of tw_tar_next: 0 or an error
    int tail; // of what is behind the archive's end marker: 0 or an error
    size_t entries;
    uint64_t data_bytes;
    bool data_failed;
    char last[256];
};

// Reads everything, or skips all data.
static struct walked walk(const char *name, size_t cut_at, bool read_data)
{
    struct walked walked = {0};
    TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(1 << 20);
    load(name, &file);
    struct bytes bytes = {tw_span_of(file.data, cut_at ? cut_at : file.size)};
    struct tw_stream stream = {.read = read_bytes, .ctx = &bytes};
    struct tw_decompress *source = NULL;
    struct tw_tar *tar = NULL;
    assert_int_equal(tw_decompress_new(&stream, &tw_limits_default, &source, NULL), 0);
    assert_int_equal(tw_tar_new(source, &tw_limits_default, &tar, NULL), 0);
    struct tw_tar_entry entry;
    while ((walked.end = tw_tar_next(tar, &entry, NULL)) == 1) {
        const void *data;
        size_t size = 0;
        walked.entries++;
        snprintf(walked.last, sizeof walked.last, "%.*s", (int)entry.raw_path.n,
            (const char *)entry.raw_path.p);
        while (read_data && !walked.data_failed) {
            walked.data_failed = tw_tar_data(tar, &data, &size, NULL) < 0;
            if (walked.data_failed || size == 0)
                break;
            walked.data_bytes += size;
        }
    }
    const void *rest;
    size_t size = 1;
    while (walked.tail == 0 && size > 0)
        walked.tail = tw_decompress_next(source, &rest, &size, NULL);
    tw_tar_free(tar);
    tw_decompress_free(source);
    return walked;
}

static void tar__every_compression__same_entries(void **state)
{
    (void)state;
    static const char *const names[] = {"basic.tar", "basic.tar.gz", "basic.tar.zst"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        struct walked walked = walk(names[i], 0, true);
        assert_int_equal(walked.end, 0);
        assert_int_equal(walked.entries, 8);
        assert_int_equal(walked.data_bytes, 204 + 6);
        assert_string_equal(walked.last, "/etc//./motd");
    }
}

static void tar__unknown_compressions__are_unsupported(void **state)
{
    (void)state;
    assert_int_equal(walk("basic.tar.bz2", 0, true).end, TW_E_UNSUPPORTED);
    assert_int_equal(walk("basic.tar.xz", 0, true).end, TW_E_UNSUPPORTED);
}

// As umoci insert writes it: the last file of 6 bytes, and nothing behind it.
static void tar__last_padding_left_off__is_a_whole_archive(void **state)
{
    (void)state;
    for (int read_data = 0; read_data <= 1; read_data++) {
        struct walked walked = walk("basic.tar", 4608 + 6, read_data);
        assert_int_equal(walked.end, 0);
        assert_int_equal(walked.entries, 8);
        assert_false(walked.data_failed);
        assert_int_equal(walked.data_bytes, read_data ? 204 + 6 : 0);
    }
}

static void tar__cut_inside_of_an_entry__is_truncated(void **state)
{
    (void)state;
    for (int read_data = 0; read_data <= 1; read_data++) {
        assert_int_equal(walk("basic.tar", 4608 + 5, read_data).end, TW_E_TRUNCATED);
        assert_int_equal(walk("basic.tar", 4608 - 8, read_data).end, TW_E_TRUNCATED);
        assert_int_equal(walk("basic.tar", 1536 + 100, read_data).end, TW_E_TRUNCATED);
    }
    assert_true(walk("basic.tar", 4608 + 5, true).data_failed);
}

static void tar__damaged_gzip__is_told(void **state)
{
    (void)state;
    assert_int_equal(walk("badcrc.tar.gz", 0, true).tail, TW_E_FORMAT);
    assert_int_equal(walk("badlength.tar.gz", 0, true).tail, TW_E_FORMAT);
    assert_int_equal(walk("basic.tar.gz", 0, true).tail, 0);
    assert_int_equal(walk("not-a-tar.gz", 0, true).end, TW_E_FORMAT);
    assert_int_equal(walk("noend.tar", 0, true).end, 0);
    assert_int_equal(walk("empty.tar", 0, true).entries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tar__every_compression__same_entries),
        cmocka_unit_test(tar__unknown_compressions__are_unsupported),
        cmocka_unit_test(tar__last_padding_left_off__is_a_whole_archive),
        cmocka_unit_test(tar__cut_inside_of_an_entry__is_truncated),
        cmocka_unit_test(tar__damaged_gzip__is_told),
    };
    return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
