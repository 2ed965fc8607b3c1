#include "daemon/service/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/metric/exposition.h"
#include "scanner/facts/release.h"
#include "scanner/rules/verdict.h"

static void images(const struct tw_stats *stats, struct tw_buf *out)
{
    tw_family(out, TW_GAUGE, "tidewaiter_images", "Images that a tag points to now, by decision.");
    for (int d = TW_PASS; d <= TW_DENY; d++)
        tw_sample_count(out, "tidewaiter_images",
            TW_LABELS({"decision", tw_decision_name((enum tw_decision)d)}), stats->decisions[d]);
}

static void findings(const struct tw_stats *stats, struct tw_buf *out)
{
    tw_family(out, TW_GAUGE, "tidewaiter_findings",
        "Findings in images that a tag points to now, by rule and severity, waived ones left out.");
    for (size_t i = 0; i < stats->rules.count; i++) {
        const struct tw_stat *rule = &stats->rules.items[i];
        int severity = rule->value[0] - '0';
        if (severity >= 0 && severity < TW_SEVERITY_COUNT)
            tw_sample_count(out, "tidewaiter_findings",
                TW_LABELS({"rule", rule->name},
                    {"severity", tw_severity_name((enum tw_severity)severity)}),
                rule->things);
    }
}

// Whether there is such a release: of a known line, and no newer than the newest of that line.
static bool is_known(const char *name)
{
    struct tw_goversion version, latest;
    const struct tw_release *line;
    return tw_goversion_parse(tw_span_str(name), &version) &&
           (line = tw_release_find(version)) != NULL && line->latest &&
           tw_goversion_parse(tw_span_str(line->latest), &latest) &&
           tw_goversion_compare(version, latest) <= 0;
}

static void releases(const struct tw_stats *stats, struct tw_buf *out)
{
    uint64_t other = 0, unknown = 0;
    tw_family(out, TW_GAUGE, "tidewaiter_go_binaries",
        "Go programs in images that a tag points to now, by the release that built them.");
    for (size_t i = 0; i < stats->releases.count; i++) {
        const struct tw_stat *release = &stats->releases.items[i];
        if (is_known(release->name))
            tw_sample_count(out, "tidewaiter_go_binaries", TW_LABELS({"release", release->name}),
                release->things);
        else if (*release->name)
            other += release->things;
        else
            unknown += release->things;
    }
    tw_sample_count(out, "tidewaiter_go_binaries", TW_LABELS({"release", "other"}), other);
    tw_sample_count(out, "tidewaiter_go_binaries", TW_LABELS({"release", "unknown"}), unknown);
}

void tw_fleet_metrics(const struct tw_stats *stats, struct tw_buf *out)
{
    images(stats, out);
    findings(stats, out);
    releases(stats, out);
}
