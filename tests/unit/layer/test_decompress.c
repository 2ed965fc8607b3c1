// Streams that come in pieces, as pipes give them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/layer/decompress.h"

struct pieces {
    struct tw_span rest;
    size_t size;
};

static int64_t read_piece(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    (void)err;
    struct pieces *pieces = ctx;
    size_t n = size < pieces->size ? size : pieces->size;
    if (n > pieces->rest.n)
        n = pieces->rest.n;
    memcpy(buf, pieces->rest.p, n);
    pieces->rest = tw_span_of(pieces->rest.p + n, pieces->rest.n - n);
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

// Unpacks the first `size` bytes that come in pieces; returns how it ended.
static int unpack(const struct tw_buf *packed, size_t size, size_t piece, struct tw_buf *out)
{
    struct pieces pieces = {tw_span_of(packed->data, size), piece};
    struct tw_stream stream = {.read = read_piece, .ctx = &pieces};
    TW_AUTO(tw_decompress_freep) struct tw_decompress *d = NULL;
    assert_int_equal(tw_decompress_new(&stream, &tw_limits_default, &d, NULL), 0);
    const void *bytes;
    size_t n = 0;
    int r;
    while ((r = tw_decompress_next(d, &bytes, &n, NULL)) == 0 && n > 0)
        assert_int_equal(tw_buf_append(out, bytes, n), 0);
    return r;
}

static void decompress__pieces_of_any_size__give_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {"basic.tar", "basic.tar.gz", "members.tar.gz",
        "fields.tar.gz", "padded.tar.gz", "footer.tar.gz", "basic.tar.zst", "frames.tar.zst"};
    TW_AUTO(tw_buf_done) struct tw_buf basic = TW_BUF(1 << 20);
    load("basic.tar", &basic);
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf packed = TW_BUF(1 << 20);
        load(names[i], &packed);
        for (size_t piece = 1; piece < 64; piece++) {
            TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
            assert_int_equal(unpack(&packed, packed.size, piece, &out), 0);
            assert_int_equal(out.size, basic.size);
            assert_memory_equal(out.data, basic.data, basic.size);
        }
    }
}

static void gzip__cut_anywhere__is_truncated_whatever_the_pieces(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf packed = TW_BUF(1 << 20);
    load("fields.tar.gz", &packed);
    for (size_t size = 8; size < 60; size++) {
        for (size_t piece = 1; piece <= size; piece++) {
            TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
            assert_int_equal(unpack(&packed, size, piece, &out), TW_E_TRUNCATED);
        }
    }
}

static void gzip__wrong_checksum_of_the_header__is_told(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf packed = TW_BUF(1 << 20);
    load("fields.tar.gz", &packed);
    packed.data[18] ^= 1; // of the name
    for (size_t piece = 1; piece < 64; piece++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
        assert_int_equal(unpack(&packed, packed.size, piece, &out), TW_E_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decompress__pieces_of_any_size__give_the_same),
        cmocka_unit_test(gzip__cut_anywhere__is_truncated_whatever_the_pieces),
        cmocka_unit_test(gzip__wrong_checksum_of_the_header__is_told),
    };
    return cmocka_run_group_tests_name("decompress", tests, NULL, NULL);
}
