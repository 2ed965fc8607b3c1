// Scripts, Dockerfiles, certificates, time zones, history and command: what stays of them.
#include "layers.h"

typedef const struct entry stack[][ENTRIES_MAX];

#define PEM "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
#define SCRIPT "#!/bin/sh\n\nexport GOGC=50\nexec app\n"

// "path:kind:NAME=value@line[layer] ..."
static void expect_texts(
    const struct entry (*layers)[ENTRIES_MAX], size_t count, const char *expected)
{
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *image = image_of(layers, count);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    for (size_t i = 0; i < image->text_count; i++) {
        const struct tw_text_file *text = &image->texts[i];
        tw_buf_printf(
            &out, "%s%s:%s", out.size ? " " : "", text->path, tw_text_kind_name(text->kind));
        for (size_t t = 0; t < text->trace_count; t++)
            tw_buf_printf(&out, ":%s=%s@%d", text->traces[t].name,
                text->traces[t].value ? text->traces[t].value : "?", (int)text->traces[t].line);
        tw_buf_printf(&out, "[%zu]", number_of_layer(text->layer));
    }
    assert_string_equal(out.data ? out.data : "", expected);
}
#define EXPECT(layers, text) expect_texts(layers, sizeof(layers) / sizeof(layers)[0], text)

static void texts__of_all_kinds__what_they_say_with_line_and_layer(void **state)
{
    (void)state;
    stack kinds = {
        {{TEXT, "entry.sh", SCRIPT}, {TEXT, "root/.config/go/env", "GOFLAGS=-v\nx\n"},
            {TEXT, "usr/local/go/go.env", "# c\nGOPROXY=off\n"},
            {TEXT, "etc/os-release", "NAME=\"x\"\nID=alpine\nGOROOT_FINAL='/usr/lib/go'"}},
        {{TEXT, "src/Dockerfile", "FROM golang:1.22\nRUN go env -w GOFLAGS=-x\n"},
            {TEXT, "a.Dockerfile", "no Dockerfile at all"}, {TEXT, "plain.sh", "#!/bin/sh\nls\n"},
            {TEXT, "script.py", "#!/usr/bin/python3\nexport GOGC=1\n"},
            {TEXT, "notes", "export GOGC=1\n"}}};
    EXPECT(kinds, "entry.sh:script:GOGC=50@3[0]"
                  " etc/os-release:os-release:ID=alpine@2:GOROOT_FINAL=/usr/lib/go@3[0]"
                  " root/.config/go/env:go-env:GOFLAGS=-v@1[0]"
                  " src/Dockerfile:dockerfile:GOFLAGS=-x@2[1]"
                  " usr/local/go/go.env:go-env:GOPROXY=off@2[0]");
}

static void texts__replaced_deleted_or_linked__as_files_are(void **state)
{
    (void)state;
    stack replaced = {{{TEXT, "e.sh", SCRIPT}}, {{TEXT, "e.sh", "#!/bin/sh\nls\n"}}};
    EXPECT(replaced, "");
    stack deleted = {{{TEXT, "opt/e.sh", SCRIPT}}, {{TEXT, ".wh.opt"}}};
    EXPECT(deleted, "");
    stack twice = {{{TEXT, "e.sh", SCRIPT}, {TEXT, "e.sh", "#!/bin/sh\nls\n"}}};
    EXPECT(twice, "");
    stack linked = {{{TEXT, "e.sh", SCRIPT}, {HARDLINK, "f.sh", "e.sh"}}};
    EXPECT(linked, "e.sh:script:GOGC=50@3[0] f.sh:script:GOGC=50@3[0]");
    stack link_of_lower = {
        {{TEXT, "e.sh", SCRIPT}}, {{HARDLINK, "f.sh", "e.sh"}, {TEXT, ".wh.e.sh"}}};
    EXPECT(link_of_lower, "f.sh:script:GOGC=50@3[1]");
}

static void texts__past_the_limits__noted(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    stack two = {{{TEXT, "a.sh", SCRIPT}, {TEXT, "b.sh", SCRIPT}}};
    limits.layer_texts = 1;
    struct tw_layer_inventory *layer = layer_of(two[0], &limits);
    assert_int_equal(layer->text_count, 1);
    assert_false(layer->complete);
    assert_string_equal(layer->notes[0].code, "over-limit");
    tw_layer_inventory_free(layer);

    limits = tw_limits_default;
    limits.script_bytes = 12; // the beginning says nothing
    layer = layer_of(two[0], &limits);
    assert_int_equal(layer->text_count, 0);
    assert_true(layer->complete);
    tw_layer_inventory_free(layer);

    stack long_one = {{{TEXT, "a.sh", "#!/bin/sh\nexport GOGC=1\nexport GOGC=2\n"}}};
    limits.script_bytes = 24;
    layer = layer_of(long_one[0], &limits);
    assert_int_equal(layer->texts[0].trace_count, 1);
    assert_string_equal(layer->notes[0].code, "text-in-part");
    assert_true(layer->complete);
    tw_layer_inventory_free(layer);

    limits = tw_limits_default;
    limits.text_traces = 1;
    layer = layer_of(long_one[0], &limits);
    assert_int_equal(layer->texts[0].trace_count, 1);
    assert_string_equal(layer->notes[0].code, "text-in-part");
    tw_layer_inventory_free(layer);
}

static void needs__certificates_and_zones__found_where_programs_look(void **state)
{
    (void)state;
    static const struct {
        struct entry layers[2][ENTRIES_MAX];
        const char *certificates, *zones;
    } rows[] = {
        {{{{TEXT, "etc/ssl/certs/ca-certificates.crt", PEM}}}, "etc/ssl/certs/ca-certificates.crt",
            NULL},
        {{{{TEXT, "opt/ca-certificates.crt", PEM}}}, NULL, NULL},
        {{{{TEXT, "usr/share/ca/ca-bundle.crt", PEM},
             {SYMLINK, "etc/pki/tls/certs/ca-bundle.crt", "/usr/share/ca/ca-bundle.crt"}}},
            "usr/share/ca/ca-bundle.crt", NULL},
        {{{{TEXT, "etc/ssl/certs/mine.pem", PEM}}}, "etc/ssl/certs/mine.pem", NULL},
        {{{{TEXT, "etc/ssl/cert.pem", PEM}}, {{TEXT, "etc/ssl/.wh.cert.pem"}}}, NULL, NULL},
        {{{{TEXT, "usr/share/zoneinfo/Europe/Berlin", "TZif2..."}}}, NULL,
            "usr/share/zoneinfo/Europe/Berlin"},
        {{{{TEXT, "srv/tz/UTC", "TZif2..."}, {SYMLINK, "usr/share/zoneinfo", "/srv/tz"}}}, NULL,
            "srv/tz/UTC"},
        {{{{TEXT, "usr/lib/python3/tzdata/zoneinfo/UTC", "TZif2..."}}}, NULL, NULL},
        {{{{TEXT, "usr/share/zoneinfo/UTC", "TZif2"}}, {{TEXT, "usr/share/.wh.zoneinfo"}}}, NULL,
            NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = rows[i].layers[1][0].kind == END ? 1 : 2;
        TW_AUTO(tw_image_inventory_freep)
        struct tw_image_inventory *image = image_of(rows[i].layers, count);
        assert_string_equal(image->certificates ? image->certificates : "-",
            rows[i].certificates ? rows[i].certificates : "-");
        assert_string_equal(
            image->zone_data ? image->zone_data : "-", rows[i].zones ? rows[i].zones : "-");
    }
}

static void configuration__history_command_and_labels__kept_through_json(void **state)
{
    (void)state;
    struct tw_history history[] = {
        {.created_by = "ENV A=b", .instruction = "ENV A=b", .empty_layer = true},
        {.created_by = "RUN go env -w GOROOT_FINAL=/x",
            .instruction = "RUN go env -w GOROOT_FINAL=/x || true",
            .empty_layer = true},
    };
    const char *cmd[] = {"env", "GOGC=off", "app"};
    struct tw_label label = {"tier", "canary"};
    struct tw_config config = {.history = history,
        .history_count = 2,
        .cmd = cmd,
        .cmd_count = 3,
        .labels = &label,
        .label_count = 1};
    TW_AUTO(tw_image_inventory_freep)
    struct tw_image_inventory *image = merge_layers(NULL, NULL, 0, &config);
    TW_AUTO(tw_image_inventory_freep) struct tw_image_inventory *back = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(1 << 20);
    assert_int_equal(tw_image_inventory_to_json(image, &json, NULL), 0);
    assert_int_equal(
        tw_image_inventory_from_json(tw_buf_span(&json), &tw_limits_default, &back, NULL), 0);
    assert_int_equal(back->text_count, 2);
    assert_int_equal(back->texts[0].kind, TW_TEXT_HISTORY);
    assert_int_equal(back->texts[0].traces[0].kind, TW_TRACE_GO_ENV_W);
    assert_int_equal(back->texts[0].traces[0].line, 2);
    assert_true(back->texts[0].traces[0].forgiven);
    assert_int_equal(back->texts[1].kind, TW_TEXT_COMMAND);
    assert_string_equal(back->texts[1].traces[0].value, "off");
    assert_string_equal(back->texts[1].traces[0].text, "env GOGC=off app");
    assert_string_equal(back->labels[0].value, "canary");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts__of_all_kinds__what_they_say_with_line_and_layer),
        cmocka_unit_test(texts__replaced_deleted_or_linked__as_files_are),
        cmocka_unit_test(texts__past_the_limits__noted),
        cmocka_unit_test(needs__certificates_and_zones__found_where_programs_look),
        cmocka_unit_test(configuration__history_command_and_labels__kept_through_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
