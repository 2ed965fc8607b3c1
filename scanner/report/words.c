#include "scanner/report/words.h"

static const char *const words[TW_WORD_COUNT][TW_LANG_COUNT] = {
    [TW_WORD_IMAGE_AS_A_WHOLE] = {"the image as a whole", "整个镜像"},
    [TW_WORD_ENVIRONMENT] = {"Environment", "环境变量"},
    [TW_WORD_GO_PROGRAMS] = {"Go programs", "Go 程序"},
    [TW_WORD_TOOLCHAINS] = {"Go toolchains", "Go 工具链"},
    [TW_WORD_NOT_LOOKED_AT] = {"Not looked at", "未能检查"},
    [TW_WORD_NOTED] = {"Noted", "备注"},
    [TW_WORD_NO_FINDINGS] = {"nothing to say against it", "没有发现问题"},
    [TW_WORD_NO_GO] = {"none", "没有"},
    [TW_WORD_OTHERS] = {"and %zu that Go does not read", "另有 %zu 个与 Go 无关"},
    [TW_WORD_MORE] = {"and %zu more (--format json has all)",
        "另有 %zu 个（--format json 列出全部）"},
    [TW_WORD_MORE_FINDINGS] = {"and %zu more findings, none worse than %s (--format json has all)",
        "另有 %zu 项问题，严重程度均不高于 %s（--format json 列出全部）"},
    [TW_WORD_TOOLS] = {"%zu of the toolchain itself", "%zu 个属于工具链本身"},
    [TW_WORD_MODULES] = {"%zu modules", "%zu 个模块"},
    [TW_WORD_UNKNOWN_GO] = {"Go of an unknown version", "版本未知的 Go"},
    [TW_WORD_OR_LATER] = {"Go %s or later", "Go %s 或更高"},
    [TW_WORD_TO] = {"Go %s to %s", "Go %s 至 %s"},
    [TW_WORD_CHANGES] = {"What the running programs will do differently",
        "运行中的程序会有哪些不同"},
    [TW_WORD_NO_CHANGES] = {"The running programs will do nothing differently",
        "运行中的程序没有不同"},
    [TW_WORD_PROGRAMS_ADDED] = {"Programs only in the new image", "只在新镜像里的程序"},
    [TW_WORD_PROGRAMS_REMOVED] = {"Programs only in the old image", "只在旧镜像里的程序"},
    [TW_WORD_FINDINGS_NEW] = {"New findings", "新出现的问题"},
    [TW_WORD_FINDINGS_GONE] = {"Findings that are gone", "已消失的问题"},
    [TW_WORD_POLICY] = {"policy %s", "策略 %s"},
    [TW_WORD_CHANNEL] = {"channel %s", "通道 %s"},
    [TW_WORD_WAIVED_COUNT] = {"%u waived", "%u 项已豁免"},
    [TW_WORD_WAIVED] = {"waived by %s until %s: %s", "已由 %s 豁免至 %s：%s"},
    [TW_WORD_WAIVER_ENDED] = {"the waiver of %s ended on %s", "%s 的豁免已于 %s 到期"},
    [TW_WORD_COMPLETE] = {"everything was looked at", "已全部检查"},
    [TW_WORD_PARTIAL] = {"not everything could be looked at", "有内容未能检查"},
    [TW_WORD_FAILED] = {"it could not be looked at", "未能检查"},
};

const char *tw_word(enum tw_word word, enum tw_lang lang)
{
    return words[word][lang];
}
