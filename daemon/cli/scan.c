// scan, and gate: the same for CI, where only the exit code and what leads to it matter.
#include <string.h>

#include "daemon/cli/judged.h"
#include "daemon/http/http.h"

enum { REPORT_BYTES_MAX = 1 << 30 };

static int write_report(const struct tw_subject *subject, const struct tw_judged *judged,
    const struct tw_options *o, struct tw_err *err)
{
    struct tw_report_set set = {.reports = judged->reports, .count = judged->count};
    if (subject->result.is_index) {
        set.index_digest = subject->result.digest;
        set.index_media_type = subject->result.media_type;
    }
    set.reference = subject->name;
    struct tw_report_style style = tw_options_style(o);
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(REPORT_BYTES_MAX);
    int r = tw_report_write(o->format, &set, &style, &out, err);
    return r < 0 ? r : tw_options_write(o, tw_buf_span(&out), err);
}

static int scan(struct tw_settings *settings, const struct tw_options *o, struct tw_err *err)
{
    // A policy that cannot be read is told before anything is pulled.
    TW_AUTO(tw_policy_unload) struct tw_policy_in_force policy = {0};
    TW_AUTO(tw_subject_done) struct tw_subject subject = {0};
    TW_AUTO(tw_judged_done) struct tw_judged judged = {0};
    int r = tw_policy_load(settings, &policy, err);
    if (r == 0)
        r = tw_subject_read(settings, o, o->operands[0], &subject, err);
    if (r == 0)
        r = tw_judged_make(&subject, policy.policy, o, &judged, err);
    if (r == 0)
        r = write_report(&subject, &judged, o, err);
    return r < 0 ? r : (int)tw_judged_exit(&judged, policy.policy);
}

static int run(const char *name, struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find(name), settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    if (o.operand_count != 1)
        r = tw_err_set(&err, TW_E_USAGE,
            "%s takes one SOURCE, such as registry.example/app:1.4; see tidewaiter %s --help", name,
            name);
    if (r == 0)
        r = tw_settings_finish(settings, TW_FOR_CLI, &err);
    if (r == 0)
        r = tw_http_global_init(&err);
    if (r == 0) {
        r = scan(settings, &o, &err);
        tw_http_global_done();
    }
    return r < 0 ? tw_trouble(&err) : r;
}

int tw_command_scan(struct tw_settings *settings, int argc, char **argv)
{
    return run("scan", settings, argc, argv);
}

int tw_command_gate(struct tw_settings *settings, int argc, char **argv)
{
    return run("gate", settings, argc, argv);
}
