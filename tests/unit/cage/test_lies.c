// Programs that behave as a cage must not: what they do, and what they say. Each has one clear
// error and no inventory.
#include "tests/unit/cage/liar.h"

#include <stdlib.h>

#include "scanner/layer/toc.h"

#define GO_LAYER TEST_UNIT "/../fuzz/inventory/corpus/tar/go.tar"

static struct tw_buf layer; // what is fed
static struct tw_buf truth; // what the real cage says of it

// Feeds the layer to a script that must not be believed; returns what the parent says.
static int feed_liar(const char *script, const struct tw_limits *limits, struct tw_err *err)
{
    struct tw_layer_inventory *inventory = NULL;
    *err = (struct tw_err){0};
    int r = liar_feed(liar_program(script), limits, layer.data, layer.size, &inventory, err);
    if (inventory)
        fail_msg("believed: %s", script);
    assert_int_equal(err->code, r);
    return r;
}

// ---- what it does ----

static const struct deed {
    const char *script;
    int code;
    const char *says; // a part of the message
} deeds[] = {
    {"exit 0", TW_E_CAGE, "the cage said nothing"},
    {"exit 3", TW_E_CAGE, "the cage ended with 3"},
    {"exec <&-; exit 0", TW_E_CAGE, "the cage said nothing"},
    {"cat >/dev/null; exit 0", TW_E_CAGE, "the cage said nothing"},
    {"cat >/dev/null; cat $0.said; exit 1", TW_E_CAGE, "the cage ended with 1"},
    {"head -c 5000 >/dev/null; exit 0", TW_E_CAGE, "the cage said nothing"},
    {"kill -SEGV $$", TW_E_CAGE, "crashed (SIGSEGV)"},
    {"kill -BUS $$", TW_E_CAGE, "crashed (SIGBUS)"},
    {"kill -ABRT $$", TW_E_CAGE, "crashed (SIGABRT)"},
    {"kill -SYS $$", TW_E_CAGE, "forbidden system call"},
    {"kill -KILL $$", TW_E_CAGE, "was killed"},
    {"kill -XCPU $$", TW_E_LIMIT, "layer_seconds"},
    {"kill -TERM $$", TW_E_CAGE, "signal 15"},
    {"cat >/dev/null; cat $0.said; kill -SEGV $$", TW_E_CAGE, "crashed (SIGSEGV)"},
    // Says the truth, and more.
    {"cat >/dev/null; cat $0.said; echo x", TW_E_CAGE, "not JSON"},
    {"cat >/dev/null; cat $0.said $0.said", TW_E_CAGE, "not JSON"},
    {"cat >/dev/null; cat $0.said; printf '\\0'", TW_E_CAGE, "not JSON"},
    {"cat >/dev/null; head -c 500 $0.said", TW_E_CAGE, "not JSON"},
    // Never ends.
    {"exec sleep 1000", TW_E_CAGE, "cage_idle_seconds"},
    {"cat >/dev/null; exec sleep 1000", TW_E_CAGE, "cage_idle_seconds"},
    {"cat >/dev/null; cat $0.said; exec sleep 1000", TW_E_CAGE, "cage_idle_seconds"},
    {"cat >/dev/null; cat $0.said; exec >&-; exec sleep 1000", TW_E_CAGE, "cage_idle_seconds"},
    {"cat >/dev/null; cat $0.said; exec >&- 2>&- <&-; exec sleep 1000", TW_E_CAGE,
        "cage_idle_seconds"},
    {"cat >/dev/null; cat $0.said; exec >&- 2>&-; while :; do :; done", TW_E_CAGE,
        "cage_idle_seconds"},
    {"exec >&- 2>&-; exec sleep 1000", TW_E_CAGE, "cage_idle_seconds"},
    // Leaves somebody behind who holds the pipes, in its process group or not.
    {"cat >/dev/null; cat $0.said; sleep 1000 & exit 0", TW_E_CAGE, "cage_idle_seconds"},
    {"cat >/dev/null; cat $0.said; setsid sleep 6 & exit 0", TW_E_CAGE, "cage_idle_seconds"},
    // Comes in drips.
    {"cat >/dev/null; while :; do echo; sleep 0.3; done", TW_E_LIMIT, "cage_wait_seconds"},
    {"cat >/dev/null; while :; do echo x >&2; sleep 0.3; done", TW_E_LIMIT, "cage_wait_seconds"},
    // Has too much to say.
    {"yes", TW_E_LIMIT, "inventory_bytes"},
    {"exec cat /dev/zero", TW_E_LIMIT, "inventory_bytes"},
    {"cat >/dev/null; exec cat /dev/zero", TW_E_LIMIT, "inventory_bytes"},
    {"cat >/dev/null; head -c 1000000000 /dev/zero", TW_E_LIMIT, "inventory_bytes"},
    {"exec cat /dev/zero >&2", TW_E_CAGE, "complains without end"},
    {"cat >/dev/null; cat $0.said; exec yes >&2", TW_E_CAGE, "complains without end"},
    // Complains. Only some codes are believed, and one line of 400 bytes.
    {"cat >/dev/null; printf 'over-limit: too \\033[31mred\\n' >&2; exit 1", TW_E_LIMIT,
        "too \\x1b[31mred"},
    {"cat >/dev/null; printf 'malformed: one\\ntwo\\n' >&2; exit 1", TW_E_FORMAT, "one"},
    {"cat >/dev/null; printf 'malformed: \\377\\0\\202' >&2; exit 1", TW_E_FORMAT,
        "\\xff\\x00\\x82"},
    {"cat >/dev/null; echo 'out-of-memory: out of memory' >&2; exit 1", TW_E_LIMIT,
        "out of memory (limit cage_memory_bytes)"},
    {"cat >/dev/null; echo 'denied: x' >&2; exit 1", TW_E_CAGE, "the cage ended with 1: denied: x"},
    {"cat >/dev/null; echo 'interrupted: x' >&2; exit 1", TW_E_CAGE, "the cage ended with 1"},
    {"cat >/dev/null; cat $0.said; echo 'malformed: x' >&2; exit 9", TW_E_FORMAT, "x"},
};

static void lies__what_it_does__is_one_error(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    limits.cage_idle_seconds = 1;
    limits.cage_wait_seconds = 2;
    limits.inventory_bytes = 100000;
    liar_will_say(truth.data, truth.size);
    for (size_t i = 0; i < TW_COUNT(deeds); i++) {
        struct tw_err err;
        int r = feed_liar(deeds[i].script, &limits, &err);
        if (r != deeds[i].code || !strstr(err.msg, deeds[i].says))
            fail_msg("%s: %s: %s", deeds[i].script, tw_err_name(r), err.msg);
    }
}

static void lies__complaint_without_end_of_line__is_cut(void **state)
{
    (void)state;
    struct tw_err err;
    assert_int_equal(feed_liar("cat >/dev/null; printf 'malformed: ' >&2; "
                               "head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1",
                         &tw_limits_default, &err),
        TW_E_FORMAT);
    assert_true(strlen(err.msg) < 450);
}

// ---- what it says ----

// The truth with one part replaced.
static const struct lie {
    const char *part, *instead;
    const char *says; // a part of the message
} lies[] = {
    // The form.
    {"{\"reader\"", "[\"reader\"", "not JSON"},
    {"\"entries\":13", "\"entries\":13,\"entries\":13", "duplicate"},
    {"\"path\":\"usr/bin/old\"", "\"path\":\"usr/bin/old\",\"path\":\"x\"", "duplicate"},
    {"\"GOARCH\":\"386\"", "\"GOARCH\":\"386\",\"GOARCH\":\"386\"", "duplicate"},
    {"usr/bin/old", "usr/bin/\xff", "not JSON"},
    {"usr/bin/old", "usr/bin/\xed\xa0\x80", "not JSON"},
    {"usr/bin/old", "usr/bin/\\ud800", "not JSON"},
    {"usr/bin/old", "usr/bin/\\u0000", "not JSON"},
    {"usr/bin/old", "usr/bin/\n", "not JSON"},
    {"\"links\":[]", "\"links\":[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]", "nested"},
    {"\"reader\":4,", "", "reader: is missing"},
    {"\"reader\":4", "\"reader\":4,\"writer\":2", "not known"},
    {"\"notes_dropped\":0", "\"notes_dropped\":0,\"\":0", "not known"},
    // Numbers.
    {"\"reader\":4", "\"reader\":3", "another version"},
    {"\"reader\":4", "\"reader\":5", "another version"},
    {"\"reader\":4", "\"reader\":4.0", "no number"},
    {"\"reader\":4", "\"reader\":\"3\"", "no number"},
    {"\"entries\":13", "\"entries\":-1", "no number"},
    {"\"entries\":13", "\"entries\":1e3", "no number"},
    {"\"entries\":13", "\"entries\":99999999999999999999", "not JSON"},
    {"\"entries\":13", "\"entries\":101", "more than the limits"},
    {"\"out_bytes\":12288", "\"out_bytes\":null", "no number"},
    {"\"in_bytes\":12288", "\"in_bytes\":12287", "it was given 12288 bytes"},
    {"\"in_bytes\":12288", "\"in_bytes\":9223372036854775807", "it was given 12288 bytes"},
    {"\"size_bytes\":440", "\"size_bytes\":-440", "files[0].size_bytes"},
    {"\"size_bytes\":440", "\"size_bytes\":true", "files[0].size_bytes"},
    {"\"complete\":true", "\"complete\":1", "neither true nor false"},
    {"\"incomplete\":false", "\"incomplete\":true", "a note says otherwise"},
    {"\"functions\":null", "\"functions\":{\"count\":1.5,\"source\":\"pclntab\"}", "functions"},
    {"\"functions\":null", "\"functions\":{\"count\":-1,\"source\":\"pclntab\"}", "functions"},
    {",\"2\",\"no\"", ",\"two\",\"no\"", "no trace"},
    {",\"2\",\"no\"", ",\"2\",\"perhaps\"", "no trace"},
    // Words.
    {"\"compression\":\"none\"", "\"compression\":\"lzma\"", "compression: is not known"},
    {"\"compression\":\"none\"", "\"compression\":\"N\"", "is no word"},
    {"\"code\":\"clamped-path\"", "\"code\":\"two words\"", "is no word"},
    {"\"code\":\"clamped-path\"", "\"code\":\"\"", "is no word"},
    {"\"kind\":\"script\"", "\"kind\":\"history\"", "that no layer has"},
    {"\"kind\":\"script\"", "\"kind\":\"poem\"", "kind: is not known"},
    {"[\"set\",", "[\"unset-set\",", "no trace"},
    {"\"format\":\"elf\"", "\"format\":\"com\"", "\"format\""},
    {"\"source\":\"buildinfo\"", "\"source\":\"rumour\"", "\"source\""},
    {"\"confidence\":\"certain\"", "\"confidence\":\"sure\"", "\"confidence\""},
    {"\"is_go\":true", "\"is_go\":\"yes\"", "\"is_go\""},
    // Digests.
    {"\"sha256:981c", "\"sha256:981C", "files[0].sha256"},
    {"\"sha256:981c", "\"sha256:", "files[0].sha256"},
    {"\"sha256:981c", "\"sha256:00981c", "files[0].sha256"},
    {"\"sha256:981c", "\"md5:981c", "files[0].sha256"},
    {"\"sha256:981c", "\"sha512:981c", "files[0].sha256"},
    // Paths and texts.
    {"usr/bin/old", "/usr/bin/old", "no canonical path"},
    {"usr/bin/old", "usr/../bin/old", "no canonical path"},
    {"usr/bin/old", "../old", "no canonical path"},
    {"usr/bin/old", "usr//old", "no canonical path"},
    {"usr/bin/old", "usr/./old", "no canonical path"},
    {"usr/bin/old", "usr/bin/", "no canonical path"},
    {"usr/bin/old", "usr/bin/\\u001b[31m", "no canonical path"},
    {"\"bin/hard\",\"usr", "\"bin/hard\",\"../usr", "hardlinks[0]: is no canonical path"},
    {"\"bin/sh\",", "\"/bin/sh\",", "symlinks[0]: is no canonical path"},
    {"\"../usr/bin/app\"", "\"..\\u0007\"", "symlinks[0]: is not escaped"},
    {"[\"bin/sh\",\"../usr/bin/app\"]", "[\"bin/sh\"]", "no row of the right length"},
    {"\"a/b\"", "\"/a/b\"", "whiteouts[0]"},
    {"\"a/b\"", "7", "whiteouts[0]"},
    {"\"opaques\":[\"c\"]", "\"opaques\":[\"c/..\"]", "opaques[0]"},
    {"\"opaques\":[\"c\"]", "\"opaques\":{}", "opaques: is no list"},
    {"\"go1.22.1\"", "\"go1.22.1\\u0000\"", "not JSON"},
    {"above the root\"", "above the root\\u001b[2J\"", "control characters"},
    {"\"path\":\"entrypoint.sh\"", "\"path\":null", "that no layer has"},
    {"\"layer\":null", "\"layer\":\"sha256:0\"", "that no layer has"},
    // Records.
    {"\"notes\":[]", "\"notes\":[],\"more\":1", "not known"},
    {"\"devel\":false", "\"devel\":false,\"more\":1", "not known"},
    {"\"main\":{", "\"main\":{\"more\":1,", "not known"},
    {"\"modules\":[{", "\"modules\":[{\"more\":1,", "not known"},
    {"\"replace\":null}}]", "\"replace\":{\"path\":\"c\"}}}]", "\"replace\""},
    {"\"settings\":{}", "\"settings\":[]", "\"settings\""},
    {"\"GOARCH\":\"386\"", "\"GOARCH\":386", "\"settings\""},
    {"\"experiments\":[]", "\"experiments\":[1]", "\"experiments\""},
    {"\"experiments\":[]", "\"experiments\":[],\"range\":[\"1\"]", "\"range\""},
    {"\"functions\":null", "\"functions\":{\"count\":1,\"source\":\"pclntab\",\"names\":\"!\"}",
        "\"names\""},
    {"\"functions\":null",
        "\"functions\":{\"count\":1,\"source\":\"pclntab\",\"names\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "longer names"},
    {"\"records\":[{\"format\"", "\"records\":[7,{\"format\"", "is no object"},
    {"{\"path\":\"usr/bin/old\"", "7,{\"path\":\"usr/bin/old\"", "more items"},
    // Counts past the limits (set below).
    {"\"modules\":[]", "\"modules\":[{\"path\":\"a\"},{\"path\":\"b\"},{\"path\":\"c\"}]",
        "more modules"},
    {"\"symlinks\":[", "\"symlinks\":[[\"a\",\"b\"],[\"a\",\"b\"],", "more items"},
    {"\"hardlinks\":[", "\"hardlinks\":[[\"a\",\"b\"],", "more items"},
    {"\"clamped-path\"",
        "\"a\",\"message\":\"\",\"incomplete\":false},{\"path\":\"x\",\"code\":\"b\"",
        "notes: has more items"},
    {"\"texts\":[", "\"texts\":[{},", "texts: has more items"},
    {"\"traces\":[[\"set\"", "\"traces\":[[],[\"set\"", "traces: has more items"},
    // Keys of paths: base64 of sorted numbers.
    {"\"path_keys\":\"D09M", "\"path_keys\":\"D09MD09M", "path_keys"},
    {"\"path_keys\":\"D09M", "\"path_keys\":\"!!!!", "path_keys"},
    {"\"path_keys\":\"D09M", "\"path_keys\":\"//9M", "path_keys"},
    {"\"path_keys\":\"", "\"path_keys\":7,\"x\":\"", "(all)"},
};

static void edit(const struct lie *lie)
{
    TW_AUTO(tw_buf_done) struct tw_buf said = TW_BUF(1 << 20);
    const char *at = memmem(truth.data, truth.size, lie->part, strlen(lie->part));
    if (!at)
        fail_msg("not there: %s", lie->part);
    size_t before = (size_t)(at - truth.data), after = before + strlen(lie->part);
    assert_int_equal(tw_buf_append(&said, truth.data, before), 0);
    assert_int_equal(tw_buf_append(&said, lie->instead, strlen(lie->instead)), 0);
    assert_int_equal(tw_buf_append(&said, truth.data + after, truth.size - after), 0);
    liar_will_say(said.data, said.size);
}

// As small as the truth allows.
static struct tw_limits tight(void)
{
    struct tw_limits limits = tw_limits_default;
    limits.json_depth = 12;
    limits.layer_entries = 100;
    limits.layer_symlinks = 2;
    limits.layer_binaries = 2;
    limits.binary_modules = 2;
    limits.layer_names_bytes = 10;
    limits.layer_notes = 2;
    limits.layer_texts = 2;
    limits.text_traces = 2;
    return limits;
}

static void lies__what_it_says__names_the_field(void **state)
{
    (void)state;
    struct tw_limits limits = tight();
    for (size_t i = 0; i < TW_COUNT(lies); i++) {
        struct tw_err err;
        edit(&lies[i]);
        int r = feed_liar("cat >/dev/null; cat $0.said", &limits, &err);
        if (r != TW_E_CAGE || !strstr(err.msg, lies[i].says))
            fail_msg("%s -> %s: %s: %s", lies[i].part, lies[i].instead, tw_err_name(r), err.msg);
    }
}

static void lies__the_truth__is_believed_within_the_same_limits(void **state)
{
    (void)state;
    struct tw_limits limits = tight();
    struct tw_err err = {0};
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    liar_will_say(truth.data, truth.size);
    assert_int_equal(liar_feed(liar_program("cat >/dev/null; cat $0.said"), &limits, layer.data,
                         layer.size, &inventory, &err),
        0);
    assert_int_equal(inventory->file_count, 2);
}

// Every byte cut off, and every byte another: no crash, and what is believed is text.
static void lies__any_byte_changed__is_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < truth.size; i++) {
        struct tw_layer_inventory *inventory = NULL;
        char was = truth.data[i];
        assert_int_equal(tw_layer_inventory_from_json(
                             tw_span_of(truth.data, i), &tw_limits_default, &inventory, NULL),
            TW_E_CAGE);
        truth.data[i] ^= 1;
        int r =
            tw_layer_inventory_from_json(tw_buf_span(&truth), &tw_limits_default, &inventory, NULL);
        assert_true(r == 0 || r == TW_E_CAGE);
        tw_layer_inventory_free(inventory);
        truth.data[i] = was;
    }
}

// ---- of an archive ----

static void lies_of_an_archive__are_refused(void **state)
{
    (void)state;
    static const char *const said[] = {
        "",
        "{}",
        "7",
        "[7]",
        "[{}]",
        "[{\"path\":\"a\",\"offset\":0}]",
        "[{\"path\":\"a\",\"offset\":-1,\"size\":1}]",
        "[{\"path\":\"a\",\"offset\":0,\"size\":-1}]",
        "[{\"path\":\"a\",\"offset\":0.5,\"size\":1}]",
        "[{\"path\":\"a\",\"offset\":99999999999999999999,\"size\":1}]",
        "[{\"path\":\"/a\",\"offset\":0,\"size\":1}]",
        "[{\"path\":\"../a\",\"offset\":0,\"size\":1}]",
        "[{\"path\":\"a//b\",\"offset\":0,\"size\":1}]",
        "[{\"path\":\"a\\u001b\",\"offset\":0,\"size\":1}]",
        "[{\"path\":\"a\\u0000\",\"offset\":0,\"size\":1}]",
        "[{\"path\":\"a\",\"offset\":0,\"size\":1,\"link\":\"/etc\"}]",
        "[{\"path\":\"a\",\"offset\":0,\"size\":1,\"link\":7}]",
        "[{\"path\":\"a\",\"offset\":0,\"size\":1,\"mode\":7}]",
        "[{\"path\":\"a\",\"path\":\"b\",\"offset\":0,\"size\":1}]",
        "[{\"path\":\"a\",\"offset\":0,\"size\":1},{\"path\":\"a\",\"offset\":0,\"size\":1},"
        "{\"path\":\"a\",\"offset\":0,\"size\":1}]",
        "[[[[[]]]]]",
        "[] []",
    };
    struct tw_limits limits = tw_limits_default;
    limits.layer_entries = 2;
    for (size_t i = 0; i < TW_COUNT(said); i++) {
        struct tw_archive_toc *toc = NULL;
        struct tw_err err = {0};
        int r = tw_archive_toc_from_json(tw_span_str(said[i]), &limits, &toc, &err);
        if (r != TW_E_CAGE || toc)
            fail_msg("believed: %s", said[i]);
    }
}

static int set_up(void **state)
{
    if (liar_set_up(state) != 0)
        return -1;
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    layer = liar_read_file(GO_LAYER);
    truth = TW_BUF(1 << 20);
    int r =
        liar_feed(TIDEWAITER_LAYER, &tw_limits_default, layer.data, layer.size, &inventory, NULL);
    return r == 0 ? tw_layer_inventory_to_json(inventory, &truth, NULL) : r;
}

static int tear_down(void **state)
{
    tw_buf_done(&layer);
    tw_buf_done(&truth);
    return liar_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies__what_it_does__is_one_error),
        cmocka_unit_test(lies__complaint_without_end_of_line__is_cut),
        cmocka_unit_test(lies__what_it_says__names_the_field),
        cmocka_unit_test(lies__the_truth__is_believed_within_the_same_limits),
        cmocka_unit_test(lies__any_byte_changed__is_harmless),
        cmocka_unit_test(lies_of_an_archive__are_refused),
    };
    return cmocka_run_group_tests_name("lies", tests, set_up, tear_down);
}
