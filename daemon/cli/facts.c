#include <string.h>

#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"
#include "scanner/facts/release.h"
#include "scanner/report/facts.h"

enum { FACTS_BYTES_MAX = 4 << 20 };

struct question {
    struct tw_goversion version;
    bool as_json;
    struct tw_report_style style;
    struct tw_buf *out;
};

static int ask_godebug(const struct question *q, const char *name, struct tw_err *err)
{
    const struct tw_godebug *key = tw_godebug_find(tw_span_str(name), NULL);
    if (key)
        return tw_facts_write_godebug(key, q->version, q->as_json, &q->style, q->out, err);
    key = tw_godebug_nearest(tw_span_str(name), q->version, NULL);
    return tw_err_set(err, TW_E_USAGE, "no Go version knows a GODEBUG key \"%.60s\"%s%s%s", name,
        key ? "; did you mean " : "", key ? key->name : "", key ? "?" : "");
}

static int ask_goexperiment(const struct question *q, const char *name, struct tw_err *err)
{
    const struct tw_goexperiment *experiment = tw_goexperiment_find(tw_span_str(name));
    if (experiment)
        return tw_facts_write_goexperiment(
            experiment, q->version, q->as_json, &q->style, q->out, err);
    experiment = tw_goexperiment_nearest(tw_span_str(name), q->version);
    return tw_err_set(err, TW_E_USAGE, "no Go version has an experiment \"%.60s\"%s%s%s", name,
        experiment ? "; did you mean " : "", experiment ? experiment->name : "",
        experiment ? "?" : "");
}

static int ask_release(const struct question *q, const char *name, struct tw_err *err)
{
    struct tw_goversion version;
    if (!tw_goversion_parse(tw_span_str(name), &version))
        return tw_err_set(err, TW_E_USAGE, "\"%.40s\" is no Go version, such as 1.26", name);
    return tw_facts_write_release(version, q->as_json, &q->style, q->out, err);
}

static const char *name_of_godebug(size_t index)
{
    const struct tw_godebug *key = tw_godebug_at(index);
    return key ? key->name : NULL;
}

static const char *name_of_goexperiment(size_t index)
{
    const struct tw_goexperiment *experiment = tw_goexperiment_at(index);
    return experiment ? experiment->name : NULL;
}

static const struct topic {
    const char *name;
    int (*ask)(const struct question *q, const char *name, struct tw_err *err);
    const char *(*list)(size_t index); // NULL: no list
} topics[] = {
    {"godebug", ask_godebug, name_of_godebug},
    {"goexperiment", ask_goexperiment, name_of_goexperiment},
    {"release", ask_release, NULL},
};

static int answer(const struct question *q, const struct tw_options *o, struct tw_err *err)
{
    const struct topic *topic = NULL;
    for (size_t i = 0; o->operand_count > 0 && i < TW_COUNT(topics); i++) {
        if (strcmp(o->operands[0], topics[i].name) == 0)
            topic = &topics[i];
    }
    if (!topic || (o->operand_count < 2 && !topic->list))
        return tw_err_set(err, TW_E_USAGE,
            "facts takes godebug [NAME...], goexperiment [NAME...], or release VERSION...");
    int r = 0;
    for (int i = 1; r == 0 && i < o->operand_count; i++)
        r = topic->ask(q, o->operands[i], err);
    const char *name;
    for (size_t i = 0; o->operand_count == 1 && (name = topic->list(i)); i++)
        tw_buf_printf(q->out, "%s\n", name);
    return r;
}

int tw_command_facts(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find("facts"), settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(FACTS_BYTES_MAX);
    struct question q = {.version = o.go, .style = tw_options_style(&o), .out = &out};
    if (tw_options_record_format(&o, &q.as_json, &err) < 0)
        return tw_trouble(&err);
    if (q.version.major == 0)
        tw_goversion_parse(tw_span_str(tw_facts_version()), &q.version);
    if (answer(&q, &o, &err) < 0)
        return tw_trouble(&err);
    return tw_options_write(&o, tw_buf_span(&out), &err) < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
}
