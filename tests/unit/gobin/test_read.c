// Whole files: small ones from data/make.py, and real programs of this machine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/gobin/functions.h"

struct read {
    struct tw_buf file;
    struct tw_arena *arena;
    struct tw_gobin *bin;
};

static void read_done(struct read *read)
{
    tw_arena_free(read->arena);
    tw_buf_done(&read->file);
}

static void load(const char *path, struct tw_buf *buf)
{
    char bytes[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        assert_int_equal(tw_buf_append(buf, bytes, n), 0);
    fclose(file);
}

static void parse(struct read *read, struct tw_span bytes)
{
    struct tw_err err = {0};
    size_t count = 0;
    read->arena = tw_arena_new(64 << 20);
    assert_int_equal(
        tw_gobin_read(bytes, &tw_limits_default, read->arena, &read->bin, &count, &err), 0);
    assert_int_equal(count, 1);
}

static struct read read_file(const char *path)
{
    struct read read = {.file = TW_BUF(256 << 20)};
    load(path, &read.file);
    parse(&read, tw_buf_span(&read.file));
    return read;
}

static void read__both_forms_in_all_words_and_orders__same_facts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tw_format format;
        const char *os, *arch, *version, *release;
    } files[] = {
        {"windows-amd64", TW_FORMAT_PE, "windows", "amd64", "go1.24.1", "1.24.1"},
        {"windows-386", TW_FORMAT_PE, "windows", "386", "go1.16.15", "1.16.15"},
        {"darwin-arm64", TW_FORMAT_MACHO, "darwin", "arm64", "go1.25.3", "1.25.3"},
        {"darwin-pointers", TW_FORMAT_MACHO, "darwin", "amd64", "go1.14.2", "1.14.2"},
        {"inline-amd64", TW_FORMAT_ELF, "linux", "amd64", "go1.22.1", "1.22.1"},
        {"inline-s390x", TW_FORMAT_ELF, "linux", "s390x", "go1.26.5-X:fieldtrack", "1.26.5"},
        {"inline-386", TW_FORMAT_ELF, "linux", "386", "go1.21rc2", "1.21rc2"},
        {"pointers-amd64", TW_FORMAT_ELF, "linux", "amd64", "go1.15.15", "1.15.15"},
        {"pointers-ppc64", TW_FORMAT_ELF, "linux", "ppc64", "go1.13", "1.13"},
        {"relocated-arm64", TW_FORMAT_ELF, "linux", "arm64", "go1.16.15", "1.16.15"},
        {"darwin-chained", TW_FORMAT_MACHO, "darwin", "arm64", "go1.17.13", "1.17.13"},
        {"aix-ppc64", TW_FORMAT_XCOFF, "aix", "ppc64", "go1.17.13", "1.17.13"},
        {"plan9-amd64", TW_FORMAT_PLAN9, "plan9", "amd64", "go1.15.15", "1.15.15"},
        {"plan9-arm", TW_FORMAT_PLAN9, "plan9", "arm", "go1.15.15", "1.15.15"},
        {"pointers-mips", TW_FORMAT_ELF, "linux", "mips", "go1.17.13", "1.17.13"},
    };
    for (size_t i = 0; i < TW_COUNT(files); i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.bin", TEST_DATA, files[i].name);
        TW_AUTO(read_done) struct read read = read_file(path);
        const struct tw_gobin *bin = read.bin;
        assert_true(bin->is_go);
        assert_int_equal(bin->format, files[i].format);
        assert_string_equal(bin->os, files[i].os);
        assert_string_equal(bin->arch, files[i].arch);
        assert_string_equal(bin->go.version, files[i].version);
        assert_string_equal(bin->go.release, files[i].release);
        assert_string_equal(bin->go.source, "buildinfo");
        assert_string_equal(bin->go.confidence, "certain");
        assert_string_equal(bin->main_path, "example.org/app/cmd/app");
        assert_string_equal(bin->main_module->version, "v1.4.0");
        assert_int_equal(bin->module_count, 2);
        assert_string_equal(bin->modules[1].path, "example.org/b");
        assert_string_equal(bin->modules[1].replace->path, "../b");
        assert_string_equal(tw_gobin_setting(bin, "-ldflags"), "-s -w -X main.version=1.4.1");
        assert_string_equal(tw_gobin_setting(bin, "DefaultGODEBUG"), "tls10server=1,x509sha1=1");
        assert_null(tw_gobin_setting(bin, "-tags"));
    }
}

static void read__universal_file__one_record_an_architecture(void **state)
{
    (void)state;
    static const char *const arches[] = {"amd64", "arm64"};
    struct tw_buf file = TW_BUF(1 << 20);
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_gobin *records = NULL;
    size_t count = 0;
    load(TEST_DATA "/darwin-universal.bin", &file);
    assert_int_equal(
        tw_gobin_read(tw_buf_span(&file), &tw_limits_default, arena, &records, &count, NULL), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_true(records[i].is_go);
        assert_int_equal(records[i].format, TW_FORMAT_MACHO);
        assert_string_equal(records[i].arch, arches[i]);
        assert_string_equal(records[i].go.release, "1.25.3");
    }
    tw_arena_free(arena);
    tw_buf_done(&file);
}

static void read__no_module_info__is_go_all_the_same(void **state)
{
    (void)state;
    TW_AUTO(read_done) struct read read = read_file(TEST_DATA "/no-modules.bin");
    assert_true(read.bin->is_go);
    assert_string_equal(read.bin->go.release, "1.27.4");
    assert_null(read.bin->main_path);
    assert_int_equal(read.bin->module_count, 0);
}

static bool count_name(void *ctx, struct tw_span name)
{
    unsigned *count = ctx;
    *count += name.n > 0;
    return true;
}

static void read__function_table_in_each_form__names_files_and_packages(void **state)
{
    (void)state;
    static const struct {
        const char *name, *source, *goroot, *goroot_source;
    } files[] = {
        {"js-wasm", "buildversion", "/usr/lib/go", "pclntab"}, // 1.20's form; no symbols of data
        {"aix-ppc64", "buildinfo", "/opt/go", "symbol"},       // 1.16's, big-endian
        {"plan9-amd64", "buildinfo", "/opt/go", "symbol"},     // 1.2's
        {"plan9-arm", "buildinfo", "/opt/go", "symbol"},
    };
    for (size_t i = 0; i < TW_COUNT(files); i++) {
        char path[4096];
        unsigned names = 0;
        snprintf(path, sizeof path, "%s/%s.bin", TEST_DATA, files[i].name);
        TW_AUTO(read_done) struct read read = read_file(path);
        const struct tw_gobin *bin = read.bin;
        assert_string_equal(bin->go.source, files[i].source);
        assert_string_equal(bin->goroot, files[i].goroot);
        assert_string_equal(bin->goroot_source, files[i].goroot_source);
        assert_true(bin->functions_known);
        assert_int_equal(bin->function_count, 33);
        assert_int_equal(bin->link_count, 1);
        assert_string_equal(bin->links[0], "net/http");
        assert_int_equal(
            tw_functions_unpack(bin->function_names, &tw_limits_default, count_name, &names, NULL),
            0);
        assert_int_equal(names, 33);
        assert_int_equal(bin->note_count, 0);
    }
}

static void read__wasm_pieces_spread_far__bounded_and_noted(void **state)
{
    (void)state;
    enum { PIECES = 2000 };
    uint8_t file[8 + 4 + 2 + PIECES * 9] = "\0asm\1\0\0";
    size_t n = 8, size = 2 + PIECES * 9;
    file[n++] = 11;
    file[n++] = (uint8_t)(size & 127) | 128;
    file[n++] = (uint8_t)(size >> 7 & 127) | 128;
    file[n++] = (uint8_t)(size >> 14);
    file[n++] = (PIECES & 127) | 128;
    file[n++] = PIECES >> 7;
    for (uint32_t i = 0; i < PIECES; i++) { // one byte at every 65,000th address
        uint32_t address = i * 65000;
        file[n++] = 0;
        file[n++] = 0x41;
        for (int group = 0; group < 4; group++, address >>= 7)
            file[n++] = (uint8_t)(address & 127) | (group < 3 ? 128 : 0);
        file[n++] = 0x0B;
        file[n++] = 1;
        file[n++] = 0xFF;
    }
    assert_int_equal(n, sizeof file);
    TW_AUTO(read_done) struct read read = {0};
    parse(&read, tw_span_of(file, sizeof file));
    assert_false(read.bin->is_go);
    assert_true(tw_gobin_has_note(read.bin, "over-limit"));
}

static void read__more_segments_than_allowed__noted_once(void **state)
{
    (void)state;
    struct tw_buf file = TW_BUF(1 << 20);
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_gobin *records = NULL;
    size_t count = 0;
    struct tw_limits limits = tw_limits_default;
    limits.binary_segments = 1;
    load(TEST_DATA "/plan9-amd64.bin", &file);
    assert_int_equal(tw_gobin_read(tw_buf_span(&file), &limits, arena, &records, &count, NULL), 0);
    assert_int_equal(records[0].note_count, 1);
    assert_string_equal(records[0].notes[0].code, "over-limit");
    tw_arena_free(arena);
    tw_buf_done(&file);
}

static void truncate_everywhere(const char *path)
{
    struct tw_buf file = TW_BUF(1 << 20);
    load(path, &file);
    for (size_t size = 0; size < file.size; size++) {
        // A block of its own, so that a read past its end is seen.
        uint8_t *bytes = malloc(size + !size);
        assert_non_null(bytes);
        memcpy(bytes, file.data, size);
        TW_AUTO(read_done) struct read read = {0};
        parse(&read, tw_span_of(bytes, size));
        free(bytes);
    }
    tw_buf_done(&file);
}

static void read__every_truncation_of_a_small_file__is_an_answer(void **state)
{
    (void)state;
    truncate_everywhere(TEST_DATA "/inline-amd64.bin");
    truncate_everywhere(TEST_DATA "/windows-amd64.bin");
    truncate_everywhere(TEST_DATA "/darwin-arm64.bin");
    truncate_everywhere(TEST_DATA "/darwin-chained.bin");
    truncate_everywhere(TEST_DATA "/relocated-arm64.bin");
    truncate_everywhere(TEST_DATA "/js-wasm.bin");
    truncate_everywhere(TEST_DATA "/aix-ppc64.bin");
    truncate_everywhere(TEST_DATA "/plan9-arm.bin");
}

static void read__magic_as_data__is_not_go(void **state)
{
    (void)state;
    TW_AUTO(read_done) struct read script = {0};
    parse(&script, tw_span_str("#!/bin/sh\n# \xff Go buildinf: go1.22\n"));
    assert_false(script.bin->is_go);
    TW_AUTO(read_done) struct read c = read_file(TIDEWAITER_LAYER); // searches for the magic
    assert_false(c.bin->is_go);
    assert_string_equal(c.bin->os ? c.bin->os : "linux", "linux");
}

static void read__debian_s_docker_registry__all_of_it(void **state)
{
    (void)state;
    TW_AUTO(read_done) struct read read = read_file("/usr/bin/docker-registry");
    const struct tw_gobin *bin = read.bin;
    assert_true(bin->is_go);
    assert_string_equal(bin->main_path, "github.com/docker/distribution/cmd/registry");
    assert_true(bin->functions_known && bin->function_count > 10000);
    assert_true(tw_gobin_links(bin, "net/http"));
    assert_true(tw_gobin_links(bin, "crypto/tls"));
    assert_non_null(bin->goroot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__both_forms_in_all_words_and_orders__same_facts),
        cmocka_unit_test(read__universal_file__one_record_an_architecture),
        cmocka_unit_test(read__no_module_info__is_go_all_the_same),
        cmocka_unit_test(read__function_table_in_each_form__names_files_and_packages),
        cmocka_unit_test(read__wasm_pieces_spread_far__bounded_and_noted),
        cmocka_unit_test(read__more_segments_than_allowed__noted_once),
        cmocka_unit_test(read__every_truncation_of_a_small_file__is_an_answer),
        cmocka_unit_test(read__magic_as_data__is_not_go),
        cmocka_unit_test(read__debian_s_docker_registry__all_of_it),
    };
    return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
