// The catalogue's rows on GOROOT.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_goroot[9] = {
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
    {.rule = {"TW102", "goroot-final-env-w", TW_HIGH,
         SOURCES("src/cmd/go/internal/envcmd/env.go (go1.27.4)", "facts: goroot-env 3"),
         {[TW_EN] = {"go env -w GOROOT_FINAL fails",
              "The go command does not know the variable, says so, and exits with status 1. A RUN "
              "with it stops the image build.",
              "go env -w takes only the names that `go help environment` lists; GOROOT_FINAL was "
              "never one that it keeps.",
              "The build log says: unknown go command variable GOROOT_FINAL.",
              "Take the command out of the Dockerfile or script.",
              "Build with -trimpath; no variable is needed for it."},
             [TW_ZH] = {"go env -w GOROOT_FINAL 会失败",
                 "go 命令不认识这个变量，报错并以状态 1 退出；含有它的 RUN 会让镜像构建中断。",
                 "go env -w 只接受 `go help environment` 列出的名字，GOROOT_FINAL "
                 "从来不在可写之列。",
                 "构建日志里有：unknown go command variable GOROOT_FINAL。",
                 "从 Dockerfile 或脚本里去掉这条命令。", "用 -trimpath 构建，它不需要任何变量。"}}},
        .check = tw_check_goroot_final_env_w},
    {.rule = {"TW103", "goroot-final-gate", TW_MEDIUM,
         SOURCES("src/cmd/go/internal/envcmd/env.go (go1.27.4)", "facts: goroot-env 3"),
         {[TW_EN] = {"a gate on go env GOROOT_FINAL compares with nothing",
              "go env GOROOT_FINAL prints an empty line and exits with status 0 in every Go "
              "version, whether the variable is set or not. A comparison with a path always fails, "
              "one with nothing always passes.",
              "The go command does not keep this variable, so there is nothing that it could "
              "print.",
              "Run `GOROOT_FINAL=/x go env GOROOT_FINAL`: the line is empty.",
              "Take the gate out; it says nothing about the program.",
              "Check the program itself: `tidewaiter inspect FILE` shows its GOROOT, and "
              "`tidewaiter gate` can hold it against a policy."},
             [TW_ZH] = {"用 go env GOROOT_FINAL 做检查，比较的是空值",
                 "在任何 Go 版本里，不管变量有没有设置，go env GOROOT_FINAL 都只输出空行并以 0 "
                 "退出。与路径比较永远失败，与空值比较永远通过。",
                 "go 命令不保存这个变量，没有内容可以输出。",
                 "运行 `GOROOT_FINAL=/x go env GOROOT_FINAL`，输出是空行。",
                 "去掉这个检查，它说明不了程序的任何情况。",
                 "直接检查程序：`tidewaiter inspect 文件` 显示它的 GOROOT，`tidewaiter gate` "
                 "可以按策略把关。"}}},
        .check = tw_check_goroot_final_gate},
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
    {.rule = {"TW106", "goroot-empty", TW_MEDIUM,
         SOURCES("src/runtime/extern.go GOROOT (go1.27.4)",
             "src/go/build/build.go defaultContext (go1.27.4)", "facts: goroot-env 2"),
         {[TW_EN] = {"a program that looks for GOROOT has none",
              "The program uses go/build, which looks for the standard library below "
              "runtime.GOROOT(). It was built with -trimpath, so that is empty (\"go\" before "
              "1.19), and neither a GOROOT variable nor a toolchain is in the image.",
              "-trimpath takes the place of the toolchain out of the program, on purpose.",
              "Errors such as: package fmt is not in std, or cannot find GOROOT directory.",
              "If the program needs the standard library's sources, run it in an image with a "
              "toolchain; else nothing is wrong.",
              "Keep programs that load Go packages in images with a toolchain."},
             [TW_ZH] = {"需要 GOROOT 的程序没有 GOROOT",
                 "程序用到 go/build，它在 runtime.GOROOT() 下面寻找标准库。程序是用 -trimpath "
                 "构建的，所以这个值为空（1.19 之前是 \"go\"），而镜像里既没有 GOROOT "
                 "变量也没有工具链。",
                 "-trimpath 有意去掉了工具链的位置。",
                 "报错如：package fmt is not in std，或 cannot find GOROOT directory。",
                 "如果程序需要标准库源码，就放到带工具链的镜像里运行；不需要则没有问题。",
                 "会加载 Go 包的程序，放在带工具链的镜像里运行。"}}},
        .check = tw_check_goroot_empty},
    {.rule = {"TW107", "goroot-differs", TW_LOW, SOURCES("facts: goroot-env 6"),
         {[TW_EN] = {"the GOROOTs inside the programs differ",
              "The programs of the image were built by toolchains in different places, or not in "
              "the one that the policy or os-release names. They run as they are; only what "
              "runtime.GOROOT() returns differs.",
              "The programs come from different builds or packages.",
              "`tidewaiter inspect FILE` shows the GOROOT of each program.",
              "Nothing has to be done at once; find out which build made the one that does not "
              "fit.",
              "Build all programs of an image in one place, or with -trimpath."},
             [TW_ZH] = {"各程序内部的 GOROOT 不一致",
                 "镜像里的程序由不同位置的工具链构建，或者与策略、os-release "
                 "写明的位置不符。它们照常运行，只是 runtime.GOROOT() 的返回值不同。",
                 "这些程序来自不同的构建或软件包。",
                 "`tidewaiter inspect 文件` 显示每个程序的 GOROOT。",
                 "不必立即处理；查清不相符的那个是哪次构建产生的。",
                 "同一镜像的程序在同一个地方构建，或者都用 -trimpath。"}}},
        .check = tw_check_goroot_differs},
    {.rule = {"TW108", "build-path-leak", TW_INFO,
         SOURCES("src/cmd/link/internal/ld/pcln.go (go1.27.4)", "facts: claims 4"),
         {[TW_EN] = {"the program shows where it was built",
              "The file table that every Go program carries has a path of a person's or a CI "
              "system's folder. Panics and logs print it.",
              "Without -trimpath the compiler records the full paths of all source files.",
              "A stack trace shows such paths; `tidewaiter inspect FILE` shows the folder.",
              "Nothing breaks; decide whether the path may be known.", "Build with -trimpath."},
             [TW_ZH] = {"程序透露了它在哪里构建",
                 "每个 Go 程序都带有源文件表，其中有属于个人或 CI 系统目录的路径，panic "
                 "和日志会打印出来。",
                 "不用 -trimpath 时，编译器记录所有源文件的完整路径。",
                 "调用栈里会出现这样的路径；`tidewaiter inspect 文件` 显示这个目录。",
                 "不影响运行；判断这个路径能不能公开。", "用 -trimpath 构建。"}}},
        .check = tw_check_build_path_leak},
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
