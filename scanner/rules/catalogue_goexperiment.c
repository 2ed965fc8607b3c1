// The catalogue's rows on GOEXPERIMENT.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_goexperiment[7] = {
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
    {.rule = {"TW303", "goexperiment-breaks-build", TW_HIGH,
         SOURCES(
             "src/internal/buildcfg/exp.go ParseGOEXPERIMENT (go1.27.4)", "facts: goroot-env 5"),
         {[TW_EN] = {"a GOEXPERIMENT that stops every build",
              "The toolchain does not know the name and refuses to build anything: it does not "
              "warn and go on.",
              "Experiments come and go with releases: a name that became permanent, was dropped, "
              "or never was, is an error from Go 1.17 on.",
              "The build log says: go: unknown GOEXPERIMENT NAME, with exit status 2.",
              "Take the name out of GOEXPERIMENT, or use a toolchain that has it.",
              "Keep experiments out of images' ENV; set them in the one build that needs them."},
             [TW_ZH] = {"GOEXPERIMENT 会让所有构建中断",
                 "工具链不认识这个名字，拒绝构建任何东西；它不会只警告然后继续。",
                 "实验随版本来去：已经转正、被删除或从未存在的名字，从 Go 1.17 起都是错误。",
                 "构建日志里有：go: unknown GOEXPERIMENT 名字，退出状态 2。",
                 "从 GOEXPERIMENT 里去掉这个名字，或者换用支持它的工具链。",
                 "不要把实验写进镜像的 ENV，只在需要的那次构建里设置。"}}},
        .check = tw_check_goexperiment_breaks_build},
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
    {.rule = {"TW305", "baseline-off", TW_MEDIUM,
         SOURCES("src/internal/buildcfg/exp.go (go1.27.4)", "facts: goexperiment"),
         {[TW_EN] = {"a default feature of this Go was taken out",
              "The program was built with a \"no...\" name in GOEXPERIMENT: it runs with code that "
              "few others run, and that the Go team removes after a release or two.",
              "Such names are meant for finding out whether a new default is to blame for a fault.",
              "`go version FILE` shows X:noNAME.",
              "Build without it, unless a fault that is known makes it necessary.",
              "Report the fault that made it necessary, and take the name out with the next "
              "release: later the same setting stops the build."},
             [TW_ZH] = {"去掉了这个 Go 版本的一项默认特性",
                 "构建时 GOEXPERIMENT 里有 \"no...\"：程序运行着很少有人用的代码，而 Go "
                 "团队会在一两个版本后删除它。",
                 "这种名字是用来判断故障是否由新默认特性引起的。",
                 "`go version 文件` 显示 X:noNAME。",
                 "除非有已知故障必须这样，否则去掉它重新构建。",
                 "报告那个故障，下个版本就去掉这个名字：以后同样的设置会让构建中断。"}}},
        .check = tw_check_baseline_off},
    {.rule = {"TW306", "experiments-differ", TW_MEDIUM,
         SOURCES("src/internal/buildcfg/exp.go (go1.27.4)"),
         {[TW_EN] = {"programs that run together differ in experiments",
              "One program has an experiment compiled in that another does not have. What is "
              "measured or mended on the one need not hold for the other.",
              "They were built in different places or with different settings.",
              "`go version FILE` shows X:NAME behind the version.",
              "Find out which of them is meant, and build the others like it.",
              "Set GOEXPERIMENT in one place for all builds of an image."},
             [TW_ZH] = {"一起运行的程序启用的实验不同",
                 "有的程序编译进了某个实验，有的没有。在一个上测到或修好的，在另一个上未必成立。",
                 "它们在不同的地方或用不同的设置构建。", "`go version 文件` 在版本后显示 X:名字。",
                 "查清哪个才是想要的，其余的照样构建。",
                 "同一镜像的所有构建，GOEXPERIMENT 只在一处设置。"}}},
        .check = tw_check_experiments_differ},
    {.rule = {"TW307", "loopvar", TW_MEDIUM,
         SOURCES("go.dev/wiki/LoopvarExperiment",
             "src/cmd/compile/internal/base/flag.go (go1.27.4)", "facts: claims 63-65"),
         {[TW_EN] = {"loop variables have another meaning",
              "Each iteration of a for loop has a variable of its own, or, the other way round, "
              "all share one. Closures and pointers taken in loops then hold other values.",
              "The experiment loopvar changes it for every package whatever its go line; without "
              "it, go lines from 1.22 on have the new meaning.",
              "No log line tells. Tests of code that starts goroutines in loops do.",
              "Run the tests with the same setting as the build.",
              "Raise the go line to 1.22 or later and drop the experiment: then the source says "
              "what it means."},
             [TW_ZH] = {"循环变量的含义变了",
                 "for "
                 "循环的每次迭代各有自己的变量，或者反过来，所有迭代共用一个。循环里取的闭包和指针"
                 "因此会得到别的值。",
                 "实验 loopvar 不管 go 版本行，对所有包生效；不用它时，从 1.22 起的 go "
                 "版本行才有新含义。",
                 "没有日志能说明；对循环里启动 goroutine 的代码做测试才能发现。",
                 "用与构建相同的设置运行测试。",
                 "把 go 版本行提高到 1.22 或更高并去掉这个实验：这样源码就说明了含义。"}}},
        .check = tw_check_loopvar},
};
