// The catalogue's rows on what could not be looked at.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_completeness[4] = {
    {.rule = {"TW901", "layer-unreadable", TW_HIGH, SOURCES("OCI image-spec v1.1 layer.md"),
         {[TW_EN] = {"a part of the image could not be read",
              "A layer, or the image as a whole, was not read to its end, so whatever is in the "
              "rest is not in this report.",
              "The bytes are damaged, have another digest than the manifest says, are encrypted, "
              "are compressed in a way that is not read, or go past a limit.",
              "The report's completeness.notes name the layer and the reason.",
              "Treat the image as not looked at: pull it, and push it again if it is damaged; "
              "raise the limit that the note names if the image is right.",
              "Build images with gzip or zstd layers, and let the registry check digests."},
             [TW_ZH] = {"镜像有一部分无法读取",
                 "某一层或整个镜像没有读完，其余部分里有什么，这份报告不知道。",
                 "字节已损坏、摘要与清单不符、被加密、压缩方式不受支持，或者超过了某个上限。",
                 "报告的 completeness.notes 写明是哪一层、什么原因。",
                 "把这个镜像当作没有检查过：拉下来核对，损坏就重新推送；镜像没有问题时，调高备注里"
                 "写明的上限。",
                 "用 gzip 或 zstd 压缩各层，并让镜像仓库校验摘要。"}}},
        .check = tw_check_layer_unreadable},
    {.rule = {"TW902", "file-skipped", TW_MEDIUM, SOURCES("facts: binary-format"),
         {[TW_EN] = {"a file could not be looked at",
              "An executable was left out: it may be a Go program that this report does not know.",
              "It is over a limit, damaged, or of a format that is not read.",
              "The report's completeness.notes name the path and the reason.",
              "Run `tidewaiter inspect` on the file; raise the limit that the note names if the "
              "file is meant to be so large.",
              "Keep programs out of images that the image's platform cannot run."},
             [TW_ZH] = {"有文件未能检查",
                 "一个可执行文件被略过：它可能是这份报告没有列出的 Go 程序。",
                 "它超过上限、已损坏，或者格式不受支持。",
                 "报告的 completeness.notes 写明路径和原因。",
                 "对该文件运行 `tidewaiter inspect`；文件本来就这么大时，调高备注里写明的上限。",
                 "镜像里不要放它的平台运行不了的程序。"}}},
        .check = tw_check_file_skipped},
    {.rule = {"TW903", "buildinfo-removed", TW_INFO,
         SOURCES("src/debug/buildinfo/buildinfo.go (go1.27.4)", "facts: binary-format"),
         {[TW_EN] = {"a Go program without its build info",
              "`go version` says nothing about this program. What is shown was recovered from "
              "other places, and settings or modules may be missing.",
              "A packer, obfuscator or publishing step took the build info out, or the Go release "
              "is older than 1.13.",
              "`go version -m FILE` prints an error or nothing.",
              "Ask whoever builds the program to keep the build info; it is a few kilobytes.",
              "Do not strip more than -ldflags='-s -w' does: that keeps the build info."},
             [TW_ZH] = {"Go 程序缺少构建信息",
                 "`go version` 对这个程序没有输出。这里显示的内容取自别处，设置或模块可能不全。",
                 "加壳、混淆或发布步骤去掉了构建信息，或者 Go 版本早于 1.13。",
                 "`go version -m 文件` 报错或没有输出。", "请构建者保留构建信息，它只有几千字节。",
                 "去符号不要超过 -ldflags='-s -w'：它会保留构建信息。"}}},
        .check = tw_check_buildinfo_removed},
    {.rule = {"TW904", "packed", TW_MEDIUM, SOURCES("https://upx.github.io"),
         {[TW_EN] = {"a packed program: what is inside cannot be seen",
              "The program unpacks itself into memory when it starts. Neither its Go version nor "
              "its modules can be read from the file.",
              "UPX, or something like it, was run on it to make the file smaller.",
              "`upx -t FILE` recognises it; memory use is higher, since pages are not shared.",
              "Unpack it with `upx -d` and scan it again.",
              "Ship it unpacked: layers are compressed anyway."},
             [TW_ZH] = {"加壳的程序：看不到里面的内容",
                 "程序启动时在内存里自解压，从文件里读不出它的 Go 版本和模块。",
                 "有人用 UPX 一类的工具压缩过它。",
                 "`upx -t 文件` 能识别；内存页不能共享，占用更高。", "用 `upx -d` 解壳后重新扫描。",
                 "直接发布未加壳的程序：镜像层本来就会压缩。"}}},
        .check = tw_check_packed},
};
