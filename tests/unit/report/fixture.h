// An image with a bit of everything, and what was found in it; nothing here depends on the rules.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "scanner/report/report.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define TRICKS                                                                                     \
    "a\033[31mb\xc2\x9b"                                                                           \
    "2Jc\x7f\r\nd\xe2\x80\xae"                                                                     \
    "e" // ESC, CSI, DEL, new line, RLO

static const char *fixture_experiments[] = {"fieldtrack"};
static const char *fixture_links[] = {"net/http"};
static const char *fixture_aliases[] = {"bin/app"};
static struct tw_module fixture_replaced = {.path = "./sys"};
static struct tw_module fixture_main = {.path = "example.org/app", .version = "v1.4.0"};
static struct tw_module fixture_modules[] = {
    {.path = "golang.org/x/sys", .version = "v0.30.0", .sum = "h1:x", .replace = &fixture_replaced},
    {.path = "example.org/b", .version = "v1.0.0"},
};
static struct tw_setting fixture_settings[] = {
    {"-trimpath", "true"},
    {"DefaultGODEBUG", "tls10server=1"},
};
static struct tw_note fixture_packed[] = {{TW_NOTE_PACKED, "packed with UPX"}};

static struct tw_gobin fixture_app = {
    .format = TW_FORMAT_ELF,
    .os = "linux",
    .arch = "amd64",
    .is_go = true,
    .go = {.version = "go1.26.5-X:fieldtrack",
        .release = "1.26.5",
        .experiments = fixture_experiments,
        .experiment_count = 1,
        .source = "buildinfo",
        .confidence = "certain"},
    .main_path = "example.org/app/cmd/app",
    .main_module = &fixture_main,
    .main_version = "1.4.0",
    .main_version_source = "ldflags",
    .modules = fixture_modules,
    .module_count = 2,
    .settings = fixture_settings,
    .setting_count = 2,
    .goroot = "",
    .goroot_source = "trimmed",
    .go_line_at_most = "1.21",
    .go_line_source = "default_godebug",
    .functions_known = true,
    .function_count = 51234,
    .links = fixture_links,
    .link_count = 1,
};
static struct tw_gobin fixture_range = {
    .format = TW_FORMAT_ELF,
    .os = "linux",
    .arch = "amd64",
    .is_go = true,
    .go = {.range_from = "1.20", .source = "pclntab", .confidence = "inferred"},
};
static struct tw_gobin fixture_upx = {
    .format = TW_FORMAT_ELF, .os = "linux", .notes = fixture_packed, .note_count = 1};

static struct tw_image_binary fixture_binaries[] = {
    {.path = "opt/packed", .layer = DIGEST, .size_bytes = 3, .bin = &fixture_upx},
    {.path = "opt/" TRICKS, .layer = DIGEST, .size_bytes = 2, .bin = &fixture_range},
    {.path = "usr/bin/app",
        .aliases = fixture_aliases,
        .alias_count = 1,
        .layer = DIGEST,
        .size_bytes = 14231552,
        .bin = &fixture_app},
    {.path = "usr/local/go/bin/go", .layer = DIGEST, .size_bytes = 1, .bin = &fixture_range},
};
static struct tw_env_var fixture_env[] = {
    {"PATH", "/usr/bin", NULL, -1},
    {"GODEBUG", "gctrace=1", "ENV GODEBUG=gctrace=1", 4},
    {"GOFLAGS", TRICKS, NULL, -1},
    {"GOGC", "", NULL, -1},
};
static struct tw_toolchain fixture_toolchains[] = {{"usr/local/go", "go1.22.1", DIGEST}};
static struct tw_completeness_note fixture_notes[] = {
    {DIGEST, NULL, "truncated", "the gzip stream ends in the middle", true},
    {DIGEST, "opt/big", "over-limit", "has 600 MiB", true},
    {DIGEST, "etc/x", "clamped-path", "the archive's name for it has \"..\" above the root", false},
};
static struct tw_image_layer fixture_layers[] = {
    {.media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
        .size_bytes = 29000000,
        .created_by = "COPY app /usr/bin/app # buildkit"},
};
static struct tw_image_inventory fixture_image = {
    .reference = "reg.example/team/app:1.4",
    .registry = "reg.example",
    .repository = "team/app",
    .tag = "1.4",
    .media_type = "application/vnd.oci.image.manifest.v1+json",
    .os = "linux",
    .architecture = "amd64",
    .created = "2026-01-02T03:04:05Z",
    .layers = fixture_layers,
    .layer_count = 1,
    .env = fixture_env,
    .env_count = 4,
    .binaries = fixture_binaries,
    .binary_count = 4,
    .toolchains = fixture_toolchains,
    .toolchain_count = 1,
    .status = TW_PARTIAL,
    .notes = fixture_notes,
    .note_count = 3,
};

#define FIXTURE_TEXT                                                                               \
    {                                                                                              \
        [TW_EN] = {"title", "what", "why", "see", "now", "for good"},                              \
        [TW_ZH] = {"标题", "会", "因", "看", "现", "根本"},                                        \
    }
static const struct tw_rule fixture_rules[] = {
    {.id = "TW201", .name = "godebug-fatal", .text = FIXTURE_TEXT},
    {.id = "TW901", .name = "layer-unreadable", .text = FIXTURE_TEXT},
    {.id = "TW204", .name = "godebug-trace", .text = FIXTURE_TEXT},
    {.id = "TW904", .name = "packed", .text = FIXTURE_TEXT},
    {.id = "TW408", .name = "go-versions-differ", .text = FIXTURE_TEXT},
};
static struct tw_evidence fixture_of_env[] = {
    {.kind = "env",
        .name = "GODEBUG",
        .value = "gctrace=1",
        .instruction = "ENV GODEBUG=gctrace=1 # \033]0;title\007"},
};
static struct tw_evidence fixture_of_layer[] = {
    {.kind = "layer", .value = "short", .layer = DIGEST}};
static struct tw_evidence fixture_of_programs[] = {
    {.kind = "binary", .path = "usr/bin/app"},
    {.kind = "binary", .path = "opt/b"},
};
static struct tw_finding fixture_findings[] = {
    {.rule = &fixture_rules[0],
        .severity = TW_CRITICAL,
        .title = "GODEBUG stops the program",
        .message = "go1.26.5 exits at its start with this GODEBUG, before main begins, and says so "
                   "in one line on its standard error.",
        .binary = "usr/bin/app",
        .evidence = fixture_of_env,
        .evidence_count = 1,
        .remediation = "Take the setting out.",
        .fingerprint = "00000000000000000000000000000001"},
    {.rule = &fixture_rules[1],
        .severity = TW_HIGH,
        .title = "A layer could not be read",
        .message = "Layer 1 of 1 ends early.",
        .evidence = fixture_of_layer,
        .evidence_count = 1,
        .remediation = "Push the image again.",
        .fingerprint = "00000000000000000000000000000002"},
    {.rule = &fixture_rules[2],
        .severity = TW_MEDIUM,
        .title = "Tracing is left on",
        .message = "gctrace=1 writes a line at each collection.",
        .binary = "usr/bin/app",
        .evidence = fixture_of_env,
        .evidence_count = 1,
        .remediation = "Take gctrace out.",
        .fingerprint = "00000000000000000000000000000003"},
    {.rule = &fixture_rules[3],
        .severity = TW_MEDIUM,
        .title = "A packed program",
        .message = "Its content cannot be seen.",
        .binary = "opt/packed",
        .remediation = "Ship it unpacked.",
        .fingerprint = "00000000000000000000000000000004"},
    {.rule = &fixture_rules[4],
        .severity = TW_INFO,
        .title = "Several Go releases",
        .message = "There are two.",
        .evidence = fixture_of_programs,
        .evidence_count = 2,
        .remediation = "Nothing.",
        .fingerprint = "00000000000000000000000000000005"},
};
static struct tw_verdict fixture_verdict = {
    .policy = "default",
    .fail_on = TW_HIGH,
    .decision = TW_DENY,
    .counts = {[TW_CRITICAL] = 1, [TW_HIGH] = 1, [TW_MEDIUM] = 2, [TW_INFO] = 1},
    .findings = fixture_findings,
    .finding_count = 5,
};

// Fills the digests in, which are arrays.
static inline int fixture_setup(void **state)
{
    (void)state;
    struct tw_digest empty;
    if (tw_digest_of("", 0, &empty) < 0)
        return -1;
    for (size_t i = 0; i < TW_COUNT(fixture_binaries); i++)
        fixture_binaries[i].sha256 = empty;
    fixture_image.digest = fixture_layers[0].digest = empty;
    return 0;
}

// Makes the value of the first `"key": "value"` a dash: it changes with every release.
static inline void mask(struct tw_buf *out, const char *key)
{
    char *at = strstr(out->data, key), *end;
    assert_non_null(at);
    at += strlen(key);
    end = strchr(at, '"');
    assert_true(end > at); // there is a value
    memmove(at + 1, end, out->size - (size_t)(end - out->data) + 1);
    out->size -= (size_t)(end - at) - 1;
    *at = '-';
}

// Compares with the file data/NAME. With TW_UPDATE=1 in the environment it is written instead.
static inline void expect_file(const struct tw_buf *out, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/%s", name);
    if (getenv("TW_UPDATE")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(out->data, 1, out->size, file), out->size);
        fclose(file);
        return;
    }
    TW_AUTO(tw_buf_done) struct tw_buf expected = TW_BUF(1 << 20);
    char bytes[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        tw_buf_append(&expected, bytes, n);
    fclose(file);
    assert_string_equal(out->data, expected.data);
}

// Nothing that acts on a terminal, but line feeds.
static inline void expect_no_controls(const struct tw_buf *out)
{
    for (size_t i = 0; i < out->size; i++) {
        unsigned char c = (unsigned char)out->data[i];
        assert_true(c == '\n' || (c >= 0x20 && c != 0x7F));
        if (c == 0xC2) // C1
            assert_true((unsigned char)out->data[i + 1] >= 0xA0);
        if (c == 0xE2) // U+202A to U+202E
            assert_false((unsigned char)out->data[i + 1] == 0x80 &&
                         (unsigned char)out->data[i + 2] >= 0xAA &&
                         (unsigned char)out->data[i + 2] <= 0xAE);
    }
}
