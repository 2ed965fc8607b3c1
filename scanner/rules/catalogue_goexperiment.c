// The catalogue's rows on GOEXPERIMENT.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_goexperiment[3] = {
    {.rule = {"TW301", "goexperiment-dead", TW_LOW,
         SOURCES("src/internal/buildcfg/exp.go (go1.27.4)"),
         {[TW_EN] = {"GOEXPERIMENT in the environment does nothing here",
              "Experiments are compiled in. No compiled program reads the variable, and the image "
              "has no Go toolchain that would.",
              "The variable was meant for the stage that builds.",
              "`go version FILE` shows the experiments that a program was built with behind X:.",
              "Take GOEXPERIMENT out of the image's ENV.",
              "Set it in the build stage, and look at the built program to see that it took."},
             [TW_ZH] = {"这里的环境变量 GOEXPERIMENT 不起作用",
                 "实验特性是编译进程序的。编译好的程序不读取这个变量，镜像里也没有会读取它的工具链"
                 "。",
                 "它本来是给构建阶段用的。", "`go version 文件` 在 X: 后面列出构建时启用的实验。",
                 "从镜像的 ENV 里去掉 GOEXPERIMENT。",
                 "在构建阶段设置，并检查构建出的程序是否真的启用。"}}},
        .check = tw_check_goexperiment_dead},
    {.rule = {"TW302", "goexperiment-empty", TW_LOW,
         SOURCES("src/internal/buildcfg/exp.go (go1.27.4)"),
         {[TW_EN] = {"an empty GOEXPERIMENT switches nothing off",
              "Empty means the toolchain's defaults, with all experiments that it has on by "
              "itself.",
              "The word for switching all of them off is none; single ones are switched off with "
              "no "
              "in front of the name.",
              "`go env GOEXPERIMENT` in the build stage, `go version FILE` on the result.",
              "Take the empty variable out, or write GOEXPERIMENT=none in the stage that builds.",
              "Leave the defaults alone: what is on by default is what the release was tested "
              "with."},
             [TW_ZH] = {"空的 GOEXPERIMENT 不会关闭任何东西",
                 "空值表示工具链的默认值，默认启用的实验全都还在。",
                 "全部关闭要写 none；关闭单个实验是在名字前加 no。",
                 "在构建阶段运行 `go env GOEXPERIMENT`，对结果运行 `go version 文件`。",
                 "去掉空变量，或者在构建阶段写 GOEXPERIMENT=none。",
                 "不要改动默认值：发布版就是用默认值测试的。"}}},
        .check = tw_check_goexperiment_empty},
    {.rule = {"TW304", "experiment-in-binary", TW_MEDIUM,
         SOURCES("src/internal/goexperiment/flags.go (go1.27.4)",
             "src/internal/buildcfg/exp.go (go1.27.4)"),
         {[TW_EN] = {"experiments beyond the defaults are compiled in",
              "The program has behaviour that its Go release does not promise, and that may change "
              "or go away with the next release.",
              "It was built with GOEXPERIMENT.", "`go version FILE` shows the names behind X:.",
              "Make sure that this build is meant to run here; otherwise build it without "
              "GOEXPERIMENT.",
              "Keep such builds to beta or canary tags, and say so in the policy."},
             [TW_ZH] = {"编译进了默认之外的实验特性",
                 "程序的行为超出该 Go 版本的承诺，下一个版本可能改变或取消它。",
                 "构建时设置了 GOEXPERIMENT。", "`go version 文件` 在 X: 后面列出名字。",
                 "确认这个构建确实要在这里运行；否则不带 GOEXPERIMENT 重新构建。",
                 "这类构建只放在 beta 或 canary 标签下，并写进策略。"}}},
        .check = tw_check_experiment_in_binary},
};
