// The catalogue's rows on Go releases and builds.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_release[4] = {
    {.rule = {"TW401", "go-unsupported", TW_MEDIUM,
         SOURCES("go.dev/doc/devel/release#policy", "facts: releases"),
         {[TW_EN] = {"a Go release without security fixes",
              "Faults in the standard library and the runtime that this program has linked in are "
              "not mended any more.",
              "Go supports a release until there are two newer ones.", "`go version FILE`.",
              "Build the program again with a release that is supported.",
              "Let the build take the newest patch release by itself, and rebuild every month."},
             [TW_ZH] = {"这个 Go 版本不再有安全修复",
                 "程序链接进去的标准库和运行时里的缺陷不会再被修复。",
                 "出现两个更新的版本之后，Go 就不再支持旧版本。", "`go version 文件`。",
                 "用仍受支持的版本重新构建。", "让构建自动使用最新补丁版本，每月重新构建。"}}},
        .check = tw_check_go_unsupported},
    {.rule = {"TW402", "go-prerelease", TW_MEDIUM, SOURCES("go.dev/doc/devel/release#policy"),
         {[TW_EN] = {"built with a Go that was not released",
              "Beta, release candidate and development toolchains get no fixes and may have faults "
              "that the release does not have.",
              "Somebody tried the next release, or built Go from its repository.",
              "`go version FILE` shows beta, rc or devel.",
              "Build the program again with the release.",
              "Use released toolchains for images that are pushed."},
             [TW_ZH] = {"用未正式发布的 Go 构建",
                 "测试版、候选版和开发版工具链得不到修复，可能有正式版没有的缺陷。",
                 "有人试用下一个版本，或者从源码仓库构建了 Go。",
                 "`go version 文件` 显示 beta、rc 或 devel。", "用正式版重新构建。",
                 "要推送的镜像只用正式版工具链。"}}},
        .check = tw_check_go_prerelease},
    {.rule = {"TW403", "debug-build", TW_HIGH,
         SOURCES(
             "go.dev/doc/articles/race_detector", "go help build (go1.27.4)"),
         {[TW_EN] = {"a build for tests or debugging",
              "The program is several times slower or larger than it needs to be, and may end "
              "where "
              "an ordinary build goes on.",
              "It was built with -race, -msan, -asan, -cover, or without optimisation.",
              "`go version -m FILE` shows the flag among the build settings.",
              "Build it again without the flag that the message names.",
              "Use such builds in tests only, under another tag."},
             [TW_ZH] = {"用于测试或调试的构建",
                 "程序比正常构建慢几倍或大几倍，还可能在正常构建不会退出的地方退出。",
                 "构建时用了 -race、-msan、-asan、-cover，或者关闭了优化。",
                 "`go version -m 文件` 的构建设置里有这个参数。",
                 "去掉消息里写明的参数后重新构建。", "这类构建只用于测试，放在别的标签下。"}}},
        .check = tw_check_debug_build},
    {.rule = {"TW407", "wrong-platform", TW_HIGH,
         SOURCES("OCI image-spec v1.1 config.md", "facts: binary-format"),
         {[TW_EN] = {"a program for another platform than the image's",
              "The kernel refuses to start it.",
              "GOOS or GOARCH of the build did not follow the platform that the image was built "
              "for, or the image says the wrong platform.",
              "The container ends at once; its log has \"exec format error\".",
              "Build the program for the platform of the image, or correct the image's platform.",
              "In Dockerfiles pass TARGETOS and TARGETARCH on to the build."},
             [TW_ZH] = {"程序的平台与镜像不同", "内核拒绝启动它。",
                 "构建时的 GOOS 或 GOARCH 没有跟随镜像的平台，或者镜像写错了平台。",
                 "容器立刻结束，日志里有 \"exec format error\"。",
                 "按镜像的平台构建程序，或者改正镜像的平台。",
                 "在 Dockerfile 里把 TARGETOS 和 TARGETARCH 传给构建。"}}},
        .check = tw_check_wrong_platform},
};
