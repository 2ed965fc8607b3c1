#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"

static const char *const headings[TW_LANG_COUNT][6] = {
    [TW_EN] = {"What happens", "Why", "How to see it", "What to do now", "What to do for good",
        "Sources"},
    [TW_ZH] = {"会发生什么", "为什么", "怎样看到", "现在怎么办", "根本的办法", "依据"},
};

static void print_list(enum tw_lang lang, struct tw_buf *out)
{
    const struct tw_rule *rule;
    for (size_t i = 0; (rule = tw_rule_at(i)); i++)
        tw_buf_printf(out, "%s  %-8s  %s\n", rule->id, tw_severity_name(rule->severity),
            rule->text[lang].title);
}

static void print_rule(const struct tw_rule *rule, enum tw_lang lang, struct tw_buf *out)
{
    const struct tw_rule_text *text = &rule->text[lang];
    const char *const bodies[] = {text->what, text->why, text->see, text->now, text->for_good};
    tw_buf_printf(out, "%s %s (%s)\n%s\n", rule->id, rule->name, tw_severity_name(rule->severity),
        text->title);
    for (size_t i = 0; i < TW_COUNT(bodies); i++)
        tw_buf_printf(out, "\n%s\n  %s\n", headings[lang][i], bodies[i]);
    tw_buf_printf(out, "\n%s\n", headings[lang][5]);
    for (const char *const *source = rule->sources; *source; source++)
        tw_buf_printf(out, "  %s\n", *source);
}

int tw_command_rules(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r =
        tw_options_parse(tw_command_find("rules"), "output lang", settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    if (o.operand_count == 0)
        print_list(o.lang, &out);
    for (int i = 0; i < o.operand_count; i++) {
        const struct tw_rule *rule = tw_rule_find(operands[i]);
        if (!rule) {
            tw_err_set(&err, TW_E_USAGE,
                "there is no rule \"%.40s\"; `tidewaiter rules` lists them", operands[i]);
            return tw_trouble(&err);
        }
        print_rule(rule, o.lang, &out);
    }
    return tw_options_write(&o, tw_buf_span(&out), &err) < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
}
