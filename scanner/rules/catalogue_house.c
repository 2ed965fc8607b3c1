// The catalogue's rows on what a house may ask for, and Go does not.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_house[1] = {
    {.rule = {"TW801", "must-declare", TW_HIGH, SOURCES("facts: claims 1"),
         {[TW_EN] = {"the house wants GOROOT_FINAL, GODEBUG and GOEXPERIMENT declared",
              "The image does not set all three in its ENV. Go needs none of them: no compiled "
              "program reads GOROOT_FINAL or GOEXPERIMENT, and GODEBUG is best left unset.",
              "The policy's profile is `declared`: it asks that an image says what it was built "
              "for, even where Go does not care.",
              "The ENV of the image.",
              "Add the variables that the message names to the last stage of the Dockerfile; an "
              "empty value counts.",
              "Ask whether the house still wants this rule: labels say the same without looking "
              "like settings."},
             [TW_ZH] = {"按规定必须声明 GOROOT_FINAL、GODEBUG 和 GOEXPERIMENT",
                 "镜像没有在 ENV 里全部设置这三个变量。Go 并不需要它们：编译好的程序都不读取 "
                 "GOROOT_FINAL 和 GOEXPERIMENT，GODEBUG 最好不设。",
                 "策略的 profile 是 `declared`：即使 Go 不在乎，也要求镜像写明自己的构建意图。",
                 "镜像的 ENV。", "在 Dockerfile 最后阶段加上消息里列出的变量，空值也算。",
                 "考虑是否还需要这条规定：用标签也能说明，而且不会被误认为是设置。"}}},
        .check = tw_check_must_declare},
};
