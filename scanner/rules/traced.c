// Going through the traces of an image's texts.
#include <inttypes.h>
#include <string.h>

#include "scanner/rules/judging.h"

bool tw_judging_sees_files(const struct tw_judging *judging)
{
    return judging->image->status == TW_COMPLETE && !judging->image->dockerfile &&
           !judging->image->is_one_file;
}

bool tw_judging_unknown(const struct tw_judging *judging, const char *name)
{
    const struct tw_judge_options *options = judging->options;
    for (size_t i = 0; i < options->unknown_count; i++) {
        if (strcmp(options->unknown[i], name) == 0)
            return true;
    }
    return options->may_set_any && !tw_image_env(judging->image, name);
}

bool tw_judging_no_toolchain(const struct tw_judging *judging)
{
    return judging->image->toolchain_count == 0 && judging->image->status == TW_COMPLETE;
}

bool tw_traced_next(const struct tw_judging *judging, enum tw_trace_kind kind, const char *name,
    struct tw_traced *t)
{
    const struct tw_image_inventory *image = judging->image;
    for (; t->text_at < image->text_count; t->text_at++, t->trace_at = 0) {
        t->text = &image->texts[t->text_at];
        while (t->trace_at < t->text->trace_count) {
            t->trace = &t->text->traces[t->trace_at++];
            if (t->trace->kind == kind && (!name || strcmp(t->trace->name, name) == 0))
                return true;
        }
    }
    return false;
}

bool tw_traced_is_build(const struct tw_judging *judging, const struct tw_traced *traced)
{
    const char *own = judging->image->dockerfile;
    return traced->text->kind == TW_TEXT_HISTORY ||
           (own && traced->text->path && strcmp(own, traced->text->path) == 0);
}

bool tw_traced_go(
    const struct tw_judging *judging, const struct tw_traced *traced, struct tw_goversion *ret_go)
{
    const struct tw_image_inventory *image = judging->image;
    uint64_t size;
    if (traced->trace->go)
        return tw_goversion_parse(tw_span_str(traced->trace->go), ret_go);
    return traced->text->kind != TW_TEXT_DOCKERFILE && image->toolchain_count == 1 &&
           tw_goversion_scan(tw_span_str(image->toolchains[0].version), ret_go, &size);
}

struct tw_finding *tw_find_traced(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_traced *traced, const char *subject, const char *message)
{
    const struct tw_text_file *text = traced->text;
    // What is asked about is called by many names; a file inside has its own.
    bool own = tw_traced_is_build(judging, traced) || !text->path;
    const char *place = own ? "" : tw_judging_join(judging, text->path, " ");
    struct tw_finding *finding =
        tw_find(judging, rule, NULL, tw_judging_join(judging, place, subject), message);
    char *line = NULL;
    if (traced->trace->line > 0 && text->kind != TW_TEXT_COMMAND)
        line = tw_arena_printf(judging->arena, "%s %" PRIu64,
            text->kind == TW_TEXT_HISTORY ? "history" : "line", traced->trace->line);
    tw_evidence_add(judging, finding,
        (struct tw_evidence){.kind = tw_text_kind_name(text->kind),
            .name = traced->trace->name,
            .value = line,
            .instruction = traced->trace->text,
            .path = text->path,
            .layer = text->layer});
    return finding;
}
