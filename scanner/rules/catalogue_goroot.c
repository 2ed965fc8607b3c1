// The catalogue's rows on GOROOT.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_goroot[4] = {
    {.rule = {"TW101", "goroot-final-dead", TW_LOW,
         SOURCES(
             "src/runtime/extern.go GOROOT (go1.27.4)", "go.dev/doc/go1.23", "facts: goroot-env"),
         {[TW_EN] = {"GOROOT_FINAL in the environment does nothing",
              "No compiled Go program reads GOROOT_FINAL when it runs. From Go 1.23 on no "
              "toolchain "
              "reads it when it builds, either.",
              "It was a setting for building the Go distribution itself; what a program calls its "
              "GOROOT is fixed when the program is linked.",
              "`tidewaiter inspect FILE` shows the GOROOT that a program really has, and where "
              "that "
              "was read.",
              "Take GOROOT_FINAL out of the image's ENV: nothing changes.",
              "Build with -trimpath if no path of the build machine should be in the program."},
             [TW_ZH] = {"环境变量 GOROOT_FINAL 不起作用",
                 "编译好的 Go 程序运行时都不读取 GOROOT_FINAL。从 Go 1.23 "
                 "起，构建时也没有工具链读取它。",
                 "它原本用于构建 Go 发行版本身；程序里的 GOROOT 在链接时就已固定。",
                 "`tidewaiter inspect 文件` 显示程序真正的 GOROOT 以及它的来源。",
                 "从镜像的 ENV 里去掉 GOROOT_FINAL，不会有任何变化。",
                 "不想让程序带有构建机器的路径，就用 -trimpath 构建。"}}},
        .check = tw_check_goroot_final_dead},
    {.rule = {"TW104", "ldflags-goroot-final", TW_LOW,
         SOURCES("src/cmd/link/internal/ld/data.go (go1.27.4)", "facts: goroot-env"),
         {[TW_EN] = {"-X runtime.gorootFinal sets a variable that does not exist",
              "The linker drops -X for a variable that there is not, without a word. The program's "
              "GOROOT is what it would have been anyway.",
              "The advice goes round, but no Go release had a variable of that name; from Go 1.17 "
              "on the one that there is is called runtime.defaultGOROOT.",
              "`go version -m FILE` shows the -ldflags; `tidewaiter inspect FILE` the GOROOT.",
              "Take -X runtime.gorootFinal=... out of the build.",
              "Build with -trimpath; set runtime.defaultGOROOT only when something needs "
              "runtime.GOROOT()."},
             [TW_ZH] = {"-X runtime.gorootFinal 设置的变量并不存在",
                 "链接器对不存在的变量的 -X 不作声地忽略，程序的 GOROOT 与不写时一样。",
                 "这种说法流传很广，但任何 Go 版本都没有这个变量；从 Go 1.17 起真正的变量叫 "
                 "runtime.defaultGOROOT。",
                 "`go version -m 文件` 显示 -ldflags，`tidewaiter inspect 文件` 显示 GOROOT。",
                 "从构建参数里去掉 -X runtime.gorootFinal=…。",
                 "用 -trimpath 构建；确实有代码需要 runtime.GOROOT() 时才设置 "
                 "runtime.defaultGOROOT。"}}},
        .check = tw_check_ldflags_goroot_final},
    {.rule = {"TW105", "goroot-env", TW_MEDIUM,
         SOURCES("src/runtime/extern.go GOROOT (go1.27.4)", "facts: goroot-env"),
         {[TW_EN] = {"GOROOT in the environment names a place without a toolchain",
              "runtime.GOROOT() returns the value of the variable, whatever the program was built "
              "with. Programs that look for files there do not find them.",
              "GOROOT was copied from a build image, or set by hand.",
              "Errors such as \"cannot find GOROOT directory\", or a missing zoneinfo.zip, in "
              "programs that use go/build or run the go command.",
              "Take GOROOT out of the image's ENV.",
              "Never set GOROOT in images that run programs; the go command finds its own."},
             [TW_ZH] = {"环境变量 GOROOT 指向没有工具链的地方",
                 "不管程序是怎样构建的，runtime.GOROOT() "
                 "都返回这个变量的值；到那里找文件的程序会找不到。",
                 "GOROOT 是从构建镜像带过来的，或者是手工设置的。",
                 "使用 go/build 或调用 go 命令的程序报 \"cannot find GOROOT directory\"，或找不到 "
                 "zoneinfo.zip。",
                 "从镜像的 ENV 里去掉 GOROOT。",
                 "运行程序的镜像里永远不要设置 GOROOT；go 命令自己知道它在哪里。"}}},
        .check = tw_check_goroot_env},
    {.rule = {"TW109", "toolchain-in-image", TW_MEDIUM, SOURCES("facts: goroot-env"),
         {[TW_EN] = {"a whole Go toolchain in an image that runs a compiled program",
              "The image is 200 to 300 MB larger than it needs to be, and whoever breaks in finds "
              "a "
              "compiler.",
              "The image was built FROM golang in one stage, or GOROOT was copied over.",
              "The toolchains of the report; `du -sh` of the directory in the container.",
              "Build in one stage, and copy only the program into the stage that runs.",
              "Use several stages, and a base without a toolchain for the last one."},
             [TW_ZH] = {"运行编译好的程序的镜像里有整套 Go 工具链",
                 "镜像比需要的大 200 到 300 MB，入侵者还能得到一个编译器。",
                 "镜像单阶段地从 golang 构建，或者复制了整个 GOROOT。",
                 "报告里的工具链列表；在容器里对该目录运行 `du -sh`。",
                 "在一个阶段里构建，只把程序复制到运行阶段。",
                 "使用多阶段构建，最后一个阶段用不带工具链的基础镜像。"}}},
        .check = tw_check_toolchain_in_image},
};
