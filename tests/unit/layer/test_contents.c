// Tables of contents: what they say, and what is not believed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "scanner/layer/contents.h"

#define A "\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
#define TABLE(entries) "{\"version\":1,\"entries\":[" entries "]}"
#define DATA_BYTES 1000

static int parse(const char *json, struct tw_contents **ret_contents, struct tw_err *err)
{
    *err = (struct tw_err){0};
    return tw_contents_parse(tw_span_str(json), DATA_BYTES, &tw_limits_default, ret_contents, err);
}

static void contents__of_every_type__come_in_order(void **state)
{
    (void)state;
    TW_AUTO(tw_contents_freep) struct tw_contents *c = NULL;
    struct tw_err err;
    assert_int_equal(
        parse(
            TABLE("{\"name\":\"bin/\",\"type\":\"dir\",\"mode\":493},"
                  "{\"name\":\"bin/app\",\"type\":\"reg\",\"mode\":2541,\"size\":30,\"offset\":100,"
                  "\"chunkSize\":10,\"digest\":" A ",\"chunkDigest\":" A "},"
                  "{\"name\":\"bin/app\",\"type\":\"chunk\",\"offset\":200,\"chunkOffset\":10,"
                  "\"chunkSize\":15,\"chunkDigest\":" A "},"
                  "{\"name\":\"bin/app\",\"type\":\"chunk\",\"chunkOffset\":25,"
                  "\"chunkType\":\"zeros\"},"
                  "{\"name\":\"a\",\"type\":\"symlink\",\"linkName\":\"bin/app\"},"
                  "{\"name\":\"b\",\"type\":\"hardlink\",\"linkName\":\"bin/app\"},"
                  "{\"name\":\"c\",\"type\":\"char\"},"
                  "{\"name\":\"d\",\"type\":\"char\",\"devMajor\":1},"
                  "{\"name\":\"small\",\"type\":\"reg\",\"size\":2,\"offset\":300,"
                  "\"endOffset\":310,\"innerOffset\":5,\"digest\":" A "},"
                  "{\"name\":\"last\",\"type\":\"reg\",\"size\":2,\"offset\":400,\"digest\":" A "},"
                  "{\"name\":\"empty\",\"type\":\"reg\"}"),
            &c, &err),
        0);
    assert_int_equal(c->count, 9);
    assert_int_equal(c->items[0].entry.type, TW_TAR_DIRECTORY);
    const struct tw_content *app = &c->items[1];
    assert_int_equal(app->entry.type, TW_TAR_FILE);
    assert_int_equal(app->entry.mode, 04755);
    assert_int_equal(app->entry.size_bytes, 30);
    assert_int_equal(app->chunk_count, 3);
    static const struct tw_chunk chunks[] = {{.begin = 100, .end = 200, .size_bytes = 10},
        {.begin = 200, .end = 300, .size_bytes = 15}, {.size_bytes = 5, .zeros = true},
        {.begin = 300, .end = 310, .size_bytes = 2, .skip = 5},
        {.begin = 400, .end = DATA_BYTES, .size_bytes = 2}};
    assert_int_equal(c->chunk_count, TW_COUNT(chunks));
    for (size_t i = 0; i < TW_COUNT(chunks); i++) {
        const struct tw_chunk *got = &c->chunks[i], *want = &chunks[i];
        assert_int_equal(got->zeros, want->zeros);
        assert_int_equal(got->size_bytes, want->size_bytes);
        assert_int_equal(tw_digest_is_set(&got->digest), !want->zeros);
        if (want->zeros)
            continue;
        assert_int_equal(got->begin, want->begin);
        assert_int_equal(got->end, want->end);
        assert_int_equal(got->skip, want->skip);
    }
    assert_true(tw_span_equals(c->items[2].entry.target, "bin/app"));
    assert_int_equal(c->items[3].entry.type, TW_TAR_HARDLINK);
    assert_true(c->items[4].entry.overlay_whiteout);
    assert_false(c->items[5].entry.overlay_whiteout);
    assert_int_equal(c->items[8].chunk_count, 0);
}

static const struct {
    const char *json;
    const char *says; // a part of the message
} lies[] = {
    {"", "the table of contents"},
    {"[]", "version 1"},
    {"{\"version\":2,\"entries\":[]}", "version 1"},
    {"{\"version\":1}", "version 1"},
    {"{\"version\":1,\"entries\":{}}", "version 1"},
    {TABLE("3"), "without a name"},
    {TABLE("{\"type\":\"dir\"}"), "without a name"},
    {TABLE("{\"name\":\"x\"}"), "no known type"},
    {TABLE("{\"name\":\"x\",\"type\":\"door\"}"), "no known type"},
    {TABLE("{\"name\":\"x\",\"type\":\"dir\",\"mode\":\"0755\"}"), "whole numbers"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":-1}"), "a size that is none"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":1.5}"), "a size that is none"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":1,\"offset\":3}"), "no digest"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":1,\"offset\":3,\"digest\":\"sha256:1\"}"),
        "a digest that is none"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":1,\"offset\":1000,\"digest\":" A "}"),
        "outside of the data"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":1,\"endOffset\":1001,\"digest\":" A "}"),
        "outside of the data"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":1,\"chunkSize\":2,\"digest\":" A "}"),
        "larger than the file"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":2,\"chunkSize\":1,\"digest\":" A "}"),
        "not all of it"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":2,\"chunkOffset\":1,\"digest\":" A "}"),
        "do not follow"},
    {TABLE("{\"name\":\"x\",\"type\":\"chunk\",\"offset\":1}"), "follows no file"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":2,\"chunkSize\":1,\"digest\":" A "},"
           "{\"name\":\"y\",\"type\":\"chunk\",\"chunkOffset\":1}"),
        "follows no file"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":2,\"chunkSize\":1,\"digest\":" A "},"
           "{\"name\":\"d\",\"type\":\"dir\"},"
           "{\"name\":\"x\",\"type\":\"chunk\",\"chunkOffset\":1}"),
        "follows no file"},
    {TABLE("{\"name\":\"x\",\"type\":\"reg\",\"size\":2,\"chunkSize\":1,\"digest\":" A "},"
           "{\"name\":\"x\",\"type\":\"chunk\",\"chunkOffset\":0,\"digest\":" A "}"),
        "do not follow"},
};

static void contents__that_contradict_themselves__are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(lies); i++) {
        struct tw_contents *contents = NULL;
        struct tw_err err;
        int r = parse(lies[i].json, &contents, &err);
        if (r != TW_E_FORMAT || !strstr(err.msg, lies[i].says))
            fail_msg("%s: %d, %s", lies[i].json, r, err.msg);
        assert_null(contents);
    }
}

static void contents__one_entry_past_the_limit__are_refused(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    struct tw_contents *contents = NULL;
    struct tw_err err = {0};
    const char *json = TABLE("{\"name\":\"x\",\"type\":\"dir\"},{\"name\":\"y\",\"type\":\"dir\"}");
    limits.layer_entries = 2;
    assert_int_equal(tw_contents_parse(tw_span_str(json), 0, &limits, &contents, &err), 0);
    tw_contents_free(TW_TAKE(contents));
    limits.layer_entries = 1;
    assert_int_equal(tw_contents_parse(tw_span_str(json), 0, &limits, &contents, &err), TW_E_LIMIT);
    assert_non_null(strstr(err.msg, "layer_entries"));
    limits = tw_limits_default;
    limits.contents_bytes = strlen(json);
    assert_int_equal(tw_contents_parse(tw_span_str(json), 0, &limits, &contents, &err), 0);
    tw_contents_free(TW_TAKE(contents));
    limits.contents_bytes--;
    assert_int_equal(tw_contents_parse(tw_span_str(json), 0, &limits, &contents, &err), TW_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents__of_every_type__come_in_order),
        cmocka_unit_test(contents__that_contradict_themselves__are_refused),
        cmocka_unit_test(contents__one_entry_past_the_limit__are_refused),
    };
    return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
