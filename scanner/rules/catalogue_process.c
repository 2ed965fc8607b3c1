// The catalogue's rows on the environment of the process, beside GODEBUG.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_process[3] = {
    {.rule = {"TW501", "gomemlimit-malformed", TW_CRITICAL,
         SOURCES("src/runtime/mgcpacer.go readGOMEMLIMIT (go1.19 to go1.27.4)",
             "src/runtime/string.go parseByteCount"),
         {[TW_EN] = {"GOMEMLIMIT that stops the program at start",
              "From Go 1.19 on the runtime ends the process before main with \"fatal error: "
              "malformed GOMEMLIMIT\".",
              "The value must be \"off\" or a whole number, with B, KiB, MiB, GiB or TiB behind it "
              "or nothing. GB, G, M, blanks and fractions are not taken.",
              "The container restarts over and over; its log has \"malformed GOMEMLIMIT\".",
              "Write the unit with an i, as in 512MiB or 10GiB, or take the variable out.",
              "Set it where the memory limit is set, below that limit, and test the container's "
              "start in CI."},
             [TW_ZH] = {"GOMEMLIMIT 写错，程序无法启动",
                 "从 Go 1.19 起，运行时在 main 之前就以 \"fatal error: malformed GOMEMLIMIT\" "
                 "结束进程。",
                 "值必须是 \"off\" 或整数，后面可以跟 "
                 "B、KiB、MiB、GiB、TiB。GB、G、M、空格、小数都不接受。",
                 "容器反复重启，日志里有 \"malformed GOMEMLIMIT\"。",
                 "单位要带 i，例如 512MiB、10GiB；或者去掉这个变量。",
                 "在设置内存上限的地方一起设置，并低于该上限；在 CI 里测试容器能否启动。"}}},
        .check = tw_check_gomemlimit_malformed},
    {.rule = {"TW502", "runtime-env-ignored", TW_LOW,
         SOURCES("src/runtime/mgcpacer.go readGOGC (go1.27.4)", "src/runtime/proc.go schedinit",
             "src/runtime/runtime1.go setTraceback"),
         {[TW_EN] = {"a runtime variable whose value is dropped",
              "The runtime does not understand the value, says nothing, and uses its default.",
              "GOGC takes a whole number or off, GOMAXPROCS a whole number above 0, GOTRACEBACK "
              "one "
              "of a few words or a number.",
              "runtime/metrics /gc/gogc:percent and /sched/gomaxprocs:threads show what is in "
              "force.",
              "Correct the value, or take the variable out: the default is in force anyway.",
              "Keep such settings in one place, and read them back from the metrics after a "
              "change."},
             [TW_ZH] = {"运行时变量的值被忽略", "运行时看不懂这个值，不报错，直接使用默认值。",
                 "GOGC 接受整数或 off，GOMAXPROCS 接受大于 0 的整数，GOTRACEBACK "
                 "接受少数几个词或数字。",
                 "runtime/metrics 的 /gc/gogc:percent 和 /sched/gomaxprocs:threads "
                 "显示真正生效的值。",
                 "改正这个值，或者去掉变量：反正生效的是默认值。",
                 "这类设置集中放在一处，修改后从指标里核对。"}}},
        .check = tw_check_runtime_env_ignored},
    {.rule = {"TW503", "build-env-dead", TW_LOW,
         SOURCES("src/cmd/go/internal/cfg/cfg.go (go1.27.4)", "facts: goroot-env"),
         {[TW_EN] = {"variables of the go command in an image without one",
              "Compiled programs do not read these variables; only the go command does, and the "
              "image has none.",
              "They were left over from a build stage, or meant for a build that happens "
              "elsewhere.",
              "`tidewaiter scan` lists no toolchain for the image.",
              "Take them out of the image that runs; keep them in the stage that builds.",
              "Use several stages, and set build variables with ARG or in RUN."},
             [TW_ZH] = {"镜像里没有 go 命令，却设置了它的变量",
                 "编译好的程序不读取这些变量，只有 go 命令读取，而镜像里没有 go 命令。",
                 "它们是构建阶段遗留下来的，或者本来是给别处的构建用的。",
                 "`tidewaiter scan` 没有列出工具链。", "从运行镜像里去掉它们，只留在构建阶段。",
                 "使用多阶段构建，构建变量用 ARG 或写在 RUN 里。"}}},
        .check = tw_check_build_env_dead},
};
