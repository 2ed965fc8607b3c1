#include "daemon/cli/cli.h"
#include "daemon/cli/options.h"
#include "scanner/report/rulebook.h"

int tw_command_rules(struct tw_settings *settings, int argc, char **argv)
{
    struct tw_err err = {0};
    struct tw_options o;
    int r = tw_options_parse(tw_command_find("rules"), settings, argc, argv, &o, &err);
    if (r != 0)
        return r < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
    TW_AUTO(tw_freep) const char **operands = o.operands;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    if (o.operand_count > 0 && o.markdown) {
        tw_err_set(&err, TW_E_USAGE, "--markdown gives the whole catalogue: name no rule with it");
        return tw_trouble(&err);
    }
    if (o.markdown)
        tw_rulebook_markdown(o.lang, &out);
    else if (o.operand_count == 0)
        tw_rulebook_list(o.lang, &out);
    for (int i = 0; i < o.operand_count; i++) {
        const struct tw_rule *rule = tw_rule_find(operands[i]);
        if (!rule) {
            tw_err_set(&err, TW_E_USAGE,
                "there is no rule \"%.40s\"; `tidewaiter rules` lists them", operands[i]);
            return tw_trouble(&err);
        }
        tw_rulebook_rule(rule, o.lang, &out);
    }
    return tw_options_write(&o, tw_buf_span(&out), &err) < 0 ? tw_trouble(&err) : TW_EXIT_CLEAN;
}
