// The catalogue's rows on drift: what changed between two images.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_drift[4] = {
    {.rule = {"TW601", "go-changed", TW_INFO,
         SOURCES("go.dev/doc/devel/release", "facts: releases"),
         {[TW_EN] = {"the Go release changed",
              "The program was built with another Go release than before: other fixes, other "
              "defaults, other limits.",
              "The toolchain of the build was changed.", "`go version FILE` of both.",
              "Read the release notes between the two; the message names settings that changed.",
              "Change the toolchain in a commit of its own."},
             [TW_ZH] = {"Go 版本变了", "程序换了 Go 版本构建：修复、默认值和限制都可能不同。",
                 "构建所用的工具链变了。", "对两者分别运行 `go version 文件`。",
                 "阅读两个版本之间的发行说明；消息里列出了变化的设置。",
                 "工具链的变更单独提交。"}}},
        .check = NULL},
    {.rule = {"TW602", "defaults-changed", TW_MEDIUM,
         SOURCES("go.dev/doc/godebug#default", "src/internal/godebugs/table.go (go1.27.4)"),
         {[TW_EN] = {"the defaults of the program changed",
              "Settings that nobody wrote down act differently now: the go line or the toolchain "
              "moved their defaults.",
              "The defaults of GODEBUG follow the go line in go.mod; runtime settings follow the "
              "toolchain.",
              "`go version -m FILE` shows DefaultGODEBUG of both. runtime/metrics counts "
              "/godebug/non-default-behavior/NAME:events.",
              "Look at the settings that the message lists before the change goes live.",
              "Raise the go line in a commit of its own, with tests."},
             [TW_ZH] = {"程序的默认值变了",
                 "没人写明的设置现在行为不同：go 版本行或工具链改变了它们的默认值。",
                 "GODEBUG 的默认值取决于 go.mod 里的 go 版本行，运行时设置取决于工具链。",
                 "`go version -m 文件` 显示两者的 DefaultGODEBUG。runtime/metrics 以 "
                 "/godebug/non-default-behavior/名字:events 计数。",
                 "上线之前先看消息里列出的设置。", "提高 go 版本行单独提交，并做测试。"}}},
        .check = NULL},
    {.rule = {"TW603", "environment-changed", TW_MEDIUM,
         SOURCES("src/runtime/extern.go (go1.27.4)"),
         {[TW_EN] = {"the environment that Go programs read changed",
              "The process will see other values of variables that the Go runtime or libraries "
              "read.",
              "An ENV of the Dockerfile or of a base image changed.",
              "`docker inspect` of both images, or `tidewaiter diff`.",
              "Look at each variable that the message lists before the change goes live.",
              "Keep such variables in one place, with a reason."},
             [TW_ZH] = {"Go 程序读取的环境变了", "进程看到的、由 Go 运行时或库读取的变量值不同了。",
                 "Dockerfile 或基础镜像的 ENV 变了。",
                 "对两个镜像运行 `docker inspect`，或 `tidewaiter diff`。",
                 "上线之前逐个查看消息里列出的变量。", "这类变量集中放在一处，写明理由。"}}},
        .check = NULL},
    {.rule = {"TW604", "modules-changed", TW_INFO, SOURCES("go.dev/ref/mod"),
         {[TW_EN] = {"modules were added, removed, or have other versions",
              "The program holds other code than before.", "go.mod changed.",
              "`go version -m FILE` of both.", "Look at modules that went down or are new.",
              "Change dependencies in commits of their own."},
             [TW_ZH] = {"模块有增减或版本变化", "程序包含的代码与之前不同。", "go.mod 变了。",
                 "对两者分别运行 `go version -m 文件`。", "查看降级的和新增的模块。",
                 "依赖的变更单独提交。"}}},
        .check = NULL},
};
