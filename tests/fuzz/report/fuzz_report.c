// Everything behind the parsers: a layer's inventory (behind the first NUL) and a configuration
// (before it) become a judged image in every format. What is printed is text that a terminal, a
// JSON reader and an XML reader can take.
#include <stdlib.h>
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/base/text.h"
#include "scanner/report/report.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_BYTES_MAX = 32 << 20 };

// Printable UTF-8: of the control characters only line feeds.
static void check_printable(struct tw_span text)
{
    if (!tw_text_is_utf8(text))
        abort();
    for (uint64_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if ((c < ' ' && c != '\n') || c == 127 ||
            (c == 0xC2 && text.p[i + 1] >= 0x80 && text.p[i + 1] < 0xA0))
            abort();
    }
}

static void check_format(const struct tw_report_format *format, struct tw_span text)
{
    if (!strstr(format->media_type, "json")) {
        check_printable(text);
        return;
    }
    TW_AUTO(tw_json_decrefp) json_t *json = NULL;
    if (tw_json_parse(text, (struct tw_json_caps){OUT_BYTES_MAX, 100, OUT_BYTES_MAX}, &json, NULL) <
        0)
        abort();
}

static void write_all(const struct tw_image_inventory *image, enum tw_lang lang)
{
    struct tw_judge_options options = {.lang = lang, .today = "2026-01-02"};
    struct tw_verdict *verdict = NULL;
    struct tw_err err = {0};
    if (tw_policy_of_profile("strict", &options.policy, NULL) < 0)
        abort();
    if (tw_judge(image, &options, &verdict, &err) < 0) {
        if (err.code != TW_E_LIMIT)
            abort();
        return;
    }
    struct tw_report report = {.image = image, .verdict = verdict};
    const struct tw_report_set set = {.reports = &report, .count = 1};
    const struct tw_report_style style = {.lang = lang};
    const struct tw_report_format *format;
    for (size_t i = 0; (format = tw_report_format_at(i)); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(OUT_BYTES_MAX);
        if (format->write(&set, &style, &out, &err) == 0)
            check_format(format, tw_buf_span(&out));
        else if (err.code != TW_E_LIMIT)
            abort();
    }
    tw_verdict_free(verdict);
}

static void merge_and_write(struct tw_config *config, struct tw_layer_inventory *layer)
{
    static const struct tw_err none;
    struct tw_descriptor descriptor = {.media_type = ""};
    struct tw_manifest manifest = {.layers = &descriptor, .layer_count = 1, .media_type = ""};
    struct tw_image_inventory *image = NULL;
    tw_digest_of("0", 1, &descriptor.digest);
    tw_digest_of("1", 1, &manifest.digest);
    if (tw_image_inventory_merge(
            &manifest, config, &layer, &none, &tw_limits_default, &image, NULL) < 0)
        return;
    fuzz_taken();
    write_all(image, TW_EN);
    write_all(image, TW_ZH);
    tw_image_inventory_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_span all = tw_span_of(data, size), rest;
    const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
    if (!nul || !tw_span_from(all, (uint64_t)(nul - data) + 1, &rest))
        return 0;
    struct tw_config *config = NULL;
    struct tw_layer_inventory *layer = NULL;
    if (tw_config_parse(
            tw_span_of(data, (uint64_t)(nul - data)), &tw_limits_default, &config, NULL) == 0 &&
        tw_layer_inventory_from_json(rest, &tw_limits_default, &layer, NULL) == 0)
        merge_and_write(config, layer);
    tw_config_free(config);
    tw_layer_inventory_free(layer);
    return 0;
}
