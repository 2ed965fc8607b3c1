#include "scanner/report/rulebook.h"

#include <string.h>

enum { HEADINGS = 6 };

static const char *const headings[TW_LANG_COUNT][HEADINGS] = {
    [TW_EN] = {"What happens", "Why", "How to see it", "What to do now", "What to do for good",
        "Sources"},
    [TW_ZH] = {"会发生什么", "为什么", "怎样看到", "现在怎么办", "根本的办法", "依据"},
};

static const struct {
    const char *title, *about, *severities;
} words[TW_LANG_COUNT] = {
    [TW_EN] = {"The rules",
        "What can be wrong with how a Go program in an image will run, what really happens then, "
        "and "
        "what to do. Made from the catalogue by `tidewaiter rules --markdown`; "
        "`tidewaiter rules ID` and `GET /v1/rules/ID` tell the same.",
        "**critical** the program will not start, or is open to takeover; **high** it will "
        "misbehave or is weakened; **medium** it costs or hides something; **low** it does nothing "
        "although somebody meant it to; **info** worth knowing."},
    [TW_ZH] = {"规则",
        "镜像里的 Go 程序运行起来会有哪些问题、真正会发生什么、怎么办。由 "
        "`tidewaiter rules --markdown --lang zh` 从规则目录生成；`tidewaiter rules 编号` 和 "
        "`GET /v1/rules/编号` 显示同样的内容。",
        "**critical** 程序无法启动，或可被接管；**high** 行为不正常，或防护被削弱；**medium** "
        "有代价，或掩盖了什么；**low** 有人以为它有作用，其实没有；**info** 值得知道。"},
};

void tw_rulebook_list(enum tw_lang lang, struct tw_buf *out)
{
    const struct tw_rule *rule;
    for (size_t i = 0; (rule = tw_rule_at(i)); i++)
        tw_buf_printf(out, "%s  %-8s  %s\n", rule->id, tw_severity_name(rule->severity),
            rule->text[lang].title);
}

static void bodies_of(
    const struct tw_rule *rule, enum tw_lang lang, const char *ret_bodies[HEADINGS - 1])
{
    const struct tw_rule_text *text = &rule->text[lang];
    const char *const bodies[] = {text->what, text->why, text->see, text->now, text->for_good};
    memcpy(ret_bodies, bodies, sizeof bodies);
}

void tw_rulebook_rule(const struct tw_rule *rule, enum tw_lang lang, struct tw_buf *out)
{
    const char *bodies[HEADINGS - 1];
    bodies_of(rule, lang, bodies);
    tw_buf_printf(out, "%s %s (%s)\n%s\n", rule->id, rule->name, tw_severity_name(rule->severity),
        rule->text[lang].title);
    for (size_t i = 0; i < TW_COUNT(bodies); i++)
        tw_buf_printf(out, "\n%s\n  %s\n", headings[lang][i], bodies[i]);
    tw_buf_printf(out, "\n%s\n", headings[lang][HEADINGS - 1]);
    for (const char *const *source = rule->sources; *source; source++)
        tw_buf_printf(out, "  %s\n", *source);
}

static void rule_markdown(const struct tw_rule *rule, enum tw_lang lang, struct tw_buf *out)
{
    const char *bodies[HEADINGS - 1];
    bodies_of(rule, lang, bodies);
    tw_buf_printf(out, "\n## %s %s\n\n*%s (%s)*\n", rule->id, rule->text[lang].title, rule->name,
        tw_severity_name(rule->severity));
    for (size_t i = 0; i < TW_COUNT(bodies); i++)
        tw_buf_printf(out, "\n**%s.** %s\n", headings[lang][i], bodies[i]);
    tw_buf_printf(out, "\n**%s.**", headings[lang][HEADINGS - 1]);
    for (const char *const *source = rule->sources; *source; source++)
        tw_buf_printf(out, "%s %s", source == rule->sources ? "" : ";", *source);
    tw_buf_puts(out, "\n");
}

void tw_rulebook_markdown(enum tw_lang lang, struct tw_buf *out)
{
    const struct tw_rule *rule;
    tw_buf_printf(out, "# %s\n\n%s\n\n%s\n\n| | | |\n| --- | --- | --- |\n", words[lang].title,
        words[lang].about, words[lang].severities);
    for (size_t i = 0; (rule = tw_rule_at(i)); i++)
        tw_buf_printf(out, "| %s %s | %s | %s |\n", rule->id, rule->name,
            tw_severity_name(rule->severity), rule->text[lang].title);
    for (size_t i = 0; (rule = tw_rule_at(i)); i++)
        rule_markdown(rule, lang, out);
}
