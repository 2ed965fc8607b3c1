// What an image's inventory takes from its configuration, and its JSON for the store.
#include "layers.h"

#include <stdlib.h>

static const char config_json[] =
    "{\"os\": \"linux\", \"architecture\": \"arm64\", \"variant\": \"v8\","
    " \"created\": \"2026-01-02T03:04:05Z\","
    " \"config\": {\"Env\": [\"PATH=/bin\", \"GODEBUG=gctrace=1\", \"A=1\", \"A=2\", \"BARE\"],"
    "  \"Entrypoint\": [\"/app\", \"serve\"], \"Cmd\": [\"--port\", \"80\"]},"
    " \"rootfs\": {\"type\": \"layers\", \"diff_ids\": []},"
    " \"history\": ["
    "  {\"created_by\": \"ADD rootfs.tar / # buildkit\"},"
    "  {\"created_by\": \"ENV GODEBUG=gctrace=1\", \"empty_layer\": true},"
    "  {\"created_by\": \"COPY app /app # buildkit\"}]}";

static const struct entry stack[][ENTRIES_MAX] = {
    {{DIRECTORY, "usr/bin"}, {SYMLINK, "bin", "usr/bin"},
        {TEXT, "usr/local/go/VERSION", "go1.22.1\n"}, {GO, "usr/local/go/bin/go"}},
    {{GO, "bin/app"}, {HARDLINK,
                          "bin/\x01"
                          "\xff\\",
                          "bin/app"}},
};

static struct tw_image_inventory *full_image(size_t history_entries_wanted)
{
    struct tw_layer_inventory *layers[3] = {
        layer_of(stack[0], &tw_limits_default), layer_of(stack[1], &tw_limits_default), NULL};
    struct tw_err errors[3] = {0};
    tw_err_set(&errors[2], TW_E_UNSUPPORTED, "encrypted");
    struct tw_config *config = NULL;
    struct tw_err err = {0};
    assert_int_equal(
        tw_config_parse(tw_span_str(config_json), &tw_limits_default, &config, &err), 0);
    struct tw_image_inventory *image = merge_layers(layers, errors, history_entries_wanted, config);
    tw_config_free(config);
    tw_layer_inventory_free(layers[0]);
    tw_layer_inventory_free(layers[1]);
    return image;
}

// ---- the configuration ----

static void image__environment__with_the_instruction_that_set_it(void **state)
{
    (void)state;
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = full_image(2);
    assert_int_equal(image->env_count, 5);
    assert_string_equal(image->env[1].name, "GODEBUG");
    assert_string_equal(image->env[1].value, "gctrace=1");
    assert_string_equal(image->env[1].instruction, "ENV GODEBUG=gctrace=1");
    assert_int_equal(image->env[1].history_index, 1);
    assert_null(image->env[0].instruction); // from the base image: nobody says
    assert_int_equal(image->env[0].history_index, -1);
    assert_string_equal(tw_image_env(image, "A")->value, "2"); // the last one counts
    assert_string_equal(tw_image_env(image, "BARE")->value, "");
    assert_null(tw_image_env(image, "godebug"));
    assert_null(tw_image_env(image, ""));
}

static void image__command__entrypoint_then_cmd(void **state)
{
    (void)state;
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = full_image(2);
    static const char *const words[] = {"/app", "serve", "--port", "80"};
    assert_int_equal(image->entrypoint_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(image->entrypoint[i], words[i]);
    assert_string_equal(image->os, "linux");
    assert_string_equal(image->architecture, "arm64");
    assert_string_equal(image->variant, "v8");
    assert_string_equal(image->created, "2026-01-02T03:04:05Z");
}

static void image__history__names_layers_only_when_the_numbers_match(void **state)
{
    (void)state;
    struct tw_image_inventory *image = full_image(2);
    assert_int_equal(image->layer_count, 2);
    assert_string_equal(image->layers[0].created_by, "ADD rootfs.tar / # buildkit");
    assert_string_equal(image->layers[1].created_by, "COPY app /app # buildkit");
    assert_int_equal(image->layers[1].size_bytes, 1001);
    assert_int_equal(number_of_layer(image->layers[1].digest.text), 1);
    tw_image_inventory_free(image);
    image = full_image(3);
    for (size_t i = 0; i < 3; i++)
        assert_null(image->layers[i].created_by);
    tw_image_inventory_free(image);
}

static void image__of_one_layer__no_digest_and_no_layers(void **state)
{
    (void)state;
    struct tw_layer_inventory *layer = layer_of(stack[1], &tw_limits_default);
    struct tw_image_inventory *image = NULL;
    struct tw_err err = {0};
    assert_int_equal(tw_image_inventory_of_layer(layer, &tw_limits_default, &image, &err), 0);
    tw_layer_inventory_free(layer);
    assert_false(tw_digest_is_set(&image->digest));
    assert_null(image->media_type);
    assert_int_equal(image->layer_count, 0);
    assert_int_equal(image->binary_count, 1);
    assert_null(image->binaries[0].layer);
    // Bytes that are no text are kept escaped, as in every path.
    assert_string_equal(image->binaries[0].aliases[0], "bin/\\x01\\xff\\x5c");
    assert_string_equal(image->binaries[0].bin->go.release, "1.22.1");
    assert_int_equal(image->status, TW_COMPLETE);
    tw_image_inventory_free(image);
}

static void image__of_failure__what_the_index_says_and_why(void **state)
{
    (void)state;
    struct tw_descriptor descriptor = {
        .media_type = "application/vnd.oci.image.manifest.v1+json",
        .digest = digest_of_layer(0),
        .os = "linux",
        .architecture = "riscv64",
    };
    struct tw_err why = {0}, err = {0};
    tw_err_set(&why, TW_E_NOT_FOUND, "the registry does not have it");
    struct tw_image_inventory *image = NULL;
    assert_int_equal(tw_image_inventory_of_failure(&descriptor, &why, &image, &err), 0);
    assert_int_equal(image->status, TW_FAILED);
    assert_string_equal(image->architecture, "riscv64");
    assert_null(image->notes[0].layer);
    expect_image(image, "!:not-found");
}

static void completeness__every_status__its_word(void **state)
{
    (void)state;
    assert_string_equal(tw_completeness_name(TW_COMPLETE), "complete");
    assert_string_equal(tw_completeness_name(TW_PARTIAL), "partial");
    assert_string_equal(tw_completeness_name(TW_FAILED), "failed");
}

// ---- JSON ----

static void to_json(const struct tw_image_inventory *image, struct tw_buf *out)
{
    struct tw_err err = {0};
    assert_int_equal(tw_image_inventory_to_json(image, out, &err), 0);
}

static void json__there_and_back__the_same_bytes(void **state)
{
    (void)state;
    struct tw_image_inventory *images[] = {full_image(2), full_image(3)};
    for (size_t i = 0; i < 2; i++) {
        TW_AUTO(tw_buf_done) struct tw_buf first = TW_BUF(1 << 20);
        TW_AUTO(tw_buf_done) struct tw_buf second = TW_BUF(1 << 20);
        struct tw_image_inventory *back = NULL;
        struct tw_err err = {0};
        to_json(images[i], &first);
        assert_int_equal(
            tw_image_inventory_from_json(tw_buf_span(&first), &tw_limits_default, &back, &err), 0);
        to_json(back, &second);
        assert_string_equal(first.data, second.data);
        assert_int_equal(back->status, i == 0 ? TW_COMPLETE : TW_PARTIAL);
        assert_int_equal(back->binary_count, 2);
        assert_int_equal(back->toolchain_count, 1);
        assert_string_equal(back->env[1].instruction, "ENV GODEBUG=gctrace=1");
        assert_int_equal(back->env[0].history_index, -1);
        assert_int_equal(back->note_count, i);
        tw_image_inventory_free(back);
        tw_image_inventory_free(images[i]);
    }
}

static void json__where_it_was_found__left_out(void **state)
{
    (void)state;
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = full_image(2);
    image->reference = image->registry = image->repository = image->tag = "secret.example";
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    to_json(image, &out);
    assert_null(strstr(out.data, "secret.example"));
}

static void json__over_the_buffer__limit(void **state)
{
    (void)state;
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = full_image(2);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(100);
    struct tw_err err = {0};
    assert_int_equal(tw_image_inventory_to_json(image, &out, &err), TW_E_LIMIT);
}

// The text with the first `from` made `to`.
static void expect_refused(const char *json, const char *from, const char *to, const char *says)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(1 << 20);
    const char *at = strstr(json, from);
    assert_non_null(at);
    tw_buf_append(&text, json, (size_t)(at - json));
    tw_buf_puts(&text, to);
    tw_buf_puts(&text, at + strlen(from));
    struct tw_image_inventory *image = NULL;
    struct tw_err err = {0};
    int r = tw_image_inventory_from_json(tw_buf_span(&text), &tw_limits_default, &image, &err);
    if (r != TW_E_FORMAT || err.code != TW_E_FORMAT || !strstr(err.msg, says))
        fail_msg("\"%s\" -> \"%s\": %d, %d, %s", from, to, r, err.code, err.msg);
    assert_null(image);
}

static void json__record_that_is_wrong__format_and_which_field(void **state)
{
    (void)state;
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = full_image(3);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    to_json(image, &out);
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"{", "", "line 1"},
        {"{\"digest\"", "{\"digset\"", "digest: is missing"},
        {"{\"digest\"", "{\"more\":1,\"digest\"", "field that is not known"},
        {"{\"digest\":\"sha256:", "{\"digest\":\"sha257:", "digest: "},
        {"\"os\":\"linux\"", "\"os\":1", "os: is no text"},
        {"\"layers\":[", "\"layers\":[7,", "layers[0].(all): is no object"},
        {"\"size_bytes\":1000", "\"size_bytes\":-1", "layers[0].size_bytes"},
        {"\"history\":0", "\"history\":99999999999", "env[0].history: is too large"},
        {"\"entrypoint\":[\"/app\"", "\"entrypoint\":[null", "entrypoint[0]"},
        {"\"path\":\"usr/bin/app\"", "\"path\":\"/usr/bin/app\"", "binaries[0].path"},
        {"\"path\":\"usr/bin/app\"", "\"path\":\"../app\"", "binaries[0].path"},
        {"\"path\":\"usr/bin/app\"", "\"path\":\"zzz\"", "not sorted"},
        {"\"aliases\":[\"usr", "\"aliases\":[\"/usr", "binaries[0].aliases[0]"},
        {"\"sha256\":\"sha256:", "\"sha256\":\"sha256:x", "binaries[0].sha256"},
        {"\"is_go\":true", "\"is_go\":\"yes\"", "is_go"},
        {"\"root\":\"usr", "\"root\":\"./usr", "toolchains[0].root"},
        {"\"status\":\"partial\"", "\"status\":\"fine\"", "status: is no status"},
        {"\"code\":\"unsupported\"", "\"code\":\"Not a word\"", "notes[0].code"},
        {"\"incomplete\":true", "\"incomplete\":1", "notes[0].incomplete"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_refused(out.data, rows[i].from, rows[i].to, rows[i].says);
    // Cut anywhere.
    for (size_t n = 0; n < out.size; n += 7) {
        struct tw_image_inventory *back = NULL;
        struct tw_err err = {0};
        assert_int_equal(
            tw_image_inventory_from_json(tw_span_of(out.data, n), &tw_limits_default, &back, &err),
            TW_E_FORMAT);
        assert_null(back);
    }
}

static void json__too_large__limit(void **state)
{
    (void)state;
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = full_image(2);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    to_json(image, &out);
    struct tw_limits limits = tw_limits_default;
    limits.image_inventory_bytes = out.size - 1;
    struct tw_image_inventory *back = NULL;
    struct tw_err err = {0};
    assert_int_equal(
        tw_image_inventory_from_json(tw_buf_span(&out), &limits, &back, &err), TW_E_LIMIT);
    assert_null(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image__environment__with_the_instruction_that_set_it),
        cmocka_unit_test(image__command__entrypoint_then_cmd),
        cmocka_unit_test(image__history__names_layers_only_when_the_numbers_match),
        cmocka_unit_test(image__of_one_layer__no_digest_and_no_layers),
        cmocka_unit_test(image__of_failure__what_the_index_says_and_why),
        cmocka_unit_test(completeness__every_status__its_word),
        cmocka_unit_test(json__there_and_back__the_same_bytes),
        cmocka_unit_test(json__where_it_was_found__left_out),
        cmocka_unit_test(json__over_the_buffer__limit),
        cmocka_unit_test(json__record_that_is_wrong__format_and_which_field),
        cmocka_unit_test(json__too_large__limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
