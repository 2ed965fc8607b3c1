// Archives of data/make.py: what runtimes take, and how what they do not take is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "scanner/base/buf.h"
#include "scanner/layer/tar.h"
#include "scanner/layer/toc.h"

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
    bool odd;
    char last[256];
};

// Reads everything, or skips all data.
static struct walked walk_bytes(struct tw_span archive, bool read_data)
{
    struct walked walked = {0};
    struct bytes bytes = {archive};
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
    walked.tail = tw_tar_finish(tar, NULL);
    walked.odd = walked.end == 0 && walked.tail == 0 && tw_tar_oddity(tar);
    tw_tar_free(tar);
    tw_decompress_free(source);
    return walked;
}

static struct walked walk(const char *name, size_t cut_at, bool read_data)
{
    TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(1 << 20);
    load(name, &file);
    return walk_bytes(tw_span_of(file.data, cut_at ? cut_at : file.size), read_data);
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

// ---- sweeps: a change at each byte of each archive, or at some of the longer ones; with TW_FULL
// at each bit of all ----

static const char *const swept[] = {"basic.tar", "basic.tar.gz", "basic.tar.zst", "frames.tar.zst",
    "footer.tar.gz", "hardlink-data.tar.gz", "junk.tar.gz", "long-gnu.tar.gz", "long-pax.tar.gz",
    "members.tar.gz", "names.tar.gz", "noend.tar", "sparse-old.tar.gz", "sparse-pax01.tar.gz",
    "sparse-pax10.tar.gz", "twice.tar.gz.gz", "empty.tar"};

static bool is_full(void)
{
    const char *full = getenv("TW_FULL");
    return full && *full;
}

static size_t step_of(size_t size)
{
    return is_full() || size < 1000 ? 1 : 7;
}

static void check_code(const char *name, size_t at, int code)
{
    static const int codes[] = {0, TW_E_FORMAT, TW_E_TRUNCATED, TW_E_LIMIT, TW_E_UNSUPPORTED};
    for (size_t i = 0; i < TW_COUNT(codes); i++) {
        if (codes[i] == code)
            return;
    }
    fail_msg("%s, changed at %zu: %s", name, at, tw_err_name(code));
}

static struct walked check_walk(const char *name, size_t at, struct tw_span archive)
{
    struct walked walked = walk_bytes(archive, true);
    check_code(name, at, walked.end);
    check_code(name, at, walked.tail);
    assert_true(walked.entries < 100);
    return walked;
}

static void tar__every_truncation__never_more_than_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(swept); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(1 << 20);
        load(swept[i], &file);
        struct walked whole = walk(swept[i], 0, true);
        for (size_t size = 1; size < file.size; size += step_of(file.size)) {
            struct walked cut = check_walk(swept[i], size, tw_span_of(file.data, size));
            assert_true(cut.entries <= whole.entries && cut.data_bytes <= whole.data_bytes);
            // Compressed data knows its end.
            bool compressed =
                strcmp(swept[i], "basic.tar.gz") == 0 || strcmp(swept[i], "basic.tar.zst") == 0;
            if (compressed && cut.end == 0 && cut.tail == 0)
                fail_msg("%s, %zu bytes: nobody noticed", swept[i], size);
        }
    }
}

static void tar__every_bit__wrong_is_damage_or_changes_nothing(void **state)
{
    (void)state;
    int bits = is_full() ? 8 : 1;
    for (size_t i = 0; i < TW_COUNT(swept); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(1 << 20);
        load(swept[i], &file);
        struct walked whole = walk(swept[i], 0, true);
        bool checked = strcmp(swept[i], "basic.tar.gz") == 0; // every byte has a checksum
        for (size_t at = 0; at < file.size * (size_t)bits; at += step_of(file.size)) {
            size_t byte = at / (size_t)bits;
            char bit = (char)(1 << (bits == 8 ? at % 8 : at * 5 % 8));
            file.data[byte] ^= bit;
            struct walked w = check_walk(swept[i], byte, tw_span_of(file.data, file.size));
            if (checked && w.end == 0 && w.tail == 0 &&
                (w.entries != whole.entries || w.data_bytes != whole.data_bytes))
                fail_msg("%s, byte %zu: nobody noticed", swept[i], byte);
            file.data[byte] ^= bit;
        }
    }
}

// An archive's table of contents, as for oci-archive:.
static void toc__every_truncation_and_bit__a_list_or_damage(void **state)
{
    (void)state;
    static const char *const names[] = {"basic.tar", "noend.tar"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(1 << 20);
        load(names[i], &file);
        TW_AUTO(tw_closep) int fd = memfd_create("toc", MFD_CLOEXEC);
        for (size_t at = 0; at < 2 * file.size; at += step_of(file.size)) {
            bool cut = at < file.size;
            size_t size = cut ? at : file.size, byte = cut ? 0 : at - file.size;
            char bit = cut ? 0 : (char)(1 << byte % 8);
            TW_AUTO(tw_archive_toc_freep) struct tw_archive_toc *toc = NULL;
            file.data[byte] ^= bit;
            assert_int_equal(ftruncate(fd, 0), 0);
            assert_int_equal(pwrite(fd, file.data, size, 0), size);
            check_code(names[i], at, tw_archive_toc_read(fd, &tw_limits_default, &toc, NULL));
            assert_true(!toc || toc->member_count <= 9);
            file.data[byte] ^= bit;
        }
    }
}

// What Go's reader, which runtimes use, takes for another entry.
static void tar__goes_on_behind_one_block_of_zeros__is_odd(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(1 << 20);
    load("basic.tar", &file);
    size_t end = 4608 + 512; // of the last entry, with its padding
    static const struct {
        size_t zeros;
        bool more, odd;
    } rows[] = {{0, false, false}, {512, false, false}, {1024, false, false}, {512, true, true},
        {1024, true, false}};
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf made = TW_BUF(1 << 20);
        static const char zeros[1024];
        tw_buf_append(&made, file.data, end);
        tw_buf_append(&made, zeros, rows[i].zeros);
        tw_buf_append(&made, file.data, rows[i].more ? end : 0);
        struct walked walked = walk_bytes(tw_buf_span(&made), false);
        assert_int_equal(walked.end, 0);
        assert_int_equal(walked.entries, 8);
        assert_int_equal(walked.odd, rows[i].odd);
    }
    assert_true(walk("hardlink-data.tar.gz", 0, true).odd);
    assert_false(walk("sparse-old.tar.gz", 0, true).odd);
    assert_false(walk("long-pax.tar.gz", 0, true).odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tar__every_compression__same_entries),
        cmocka_unit_test(tar__unknown_compressions__are_unsupported),
        cmocka_unit_test(tar__last_padding_left_off__is_a_whole_archive),
        cmocka_unit_test(tar__cut_inside_of_an_entry__is_truncated),
        cmocka_unit_test(tar__damaged_gzip__is_told),
        cmocka_unit_test(tar__every_truncation__never_more_than_the_whole),
        cmocka_unit_test(tar__every_bit__wrong_is_damage_or_changes_nothing),
        cmocka_unit_test(toc__every_truncation_and_bit__a_list_or_damage),
        cmocka_unit_test(tar__goes_on_behind_one_block_of_zeros__is_odd),
    };
    return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
