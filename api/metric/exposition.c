#include "api/metric/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const types[] = {
    [TW_COUNTER] = "counter", [TW_GAUGE] = "gauge", [TW_HISTOGRAM] = "histogram"};

// Backslash and line feed are escaped everywhere, the quote in label values only.
static void escaped(struct tw_buf *out, const char *text, const char *special)
{
    for (;;) {
        size_t n = strcspn(text, special);
        tw_buf_append(out, text, n);
        text += n;
        if (!*text)
            return;
        const char pair[2] = {'\\', *text == '\n' ? 'n' : *text};
        tw_buf_append(out, pair, sizeof pair);
        text++;
    }
}

void tw_family(struct tw_buf *out, enum tw_metric_type type, const char *name, const char *help)
{
    tw_buf_printf(out, "# HELP %s ", name);
    escaped(out, help, "\\\n");
    tw_buf_printf(out, "\n# TYPE %s %s\n", name, types[type]);
}

static void begin(struct tw_buf *out, const char *name, const struct tw_metric_label *labels)
{
    tw_buf_puts(out, name);
    for (const struct tw_metric_label *label = labels; label && label->name; label++) {
        tw_buf_printf(out, "%s%s=\"", label == labels ? "{" : ",", label->name);
        escaped(out, label->value, "\\\n\"");
        tw_buf_puts(out, "\"");
    }
    tw_buf_puts(out, labels && labels->name ? "} " : " ");
}

void tw_sample(
    struct tw_buf *out, const char *name, const struct tw_metric_label *labels, double value)
{
    begin(out, name, labels);
    if (isfinite(value))
        tw_buf_printf(out, "%.15g\n", value);
    else // the format's own words for what printf spells otherwise
        tw_buf_puts(out, isnan(value) ? "NaN\n" : value > 0 ? "+Inf\n" : "-Inf\n");
}

void tw_sample_count(
    struct tw_buf *out, const char *name, const struct tw_metric_label *labels, uint64_t value)
{
    begin(out, name, labels);
    tw_buf_printf(out, "%" PRIu64 "\n", value);
}

void tw_single(
    struct tw_buf *out, enum tw_metric_type type, const char *name, const char *help, double value)
{
    tw_family(out, type, name, help);
    tw_sample(out, name, NULL, value);
}

void tw_single_count(struct tw_buf *out, enum tw_metric_type type, const char *name,
    const char *help, uint64_t value)
{
    tw_family(out, type, name, help);
    tw_sample_count(out, name, NULL, value);
}
