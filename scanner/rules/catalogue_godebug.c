// The catalogue's rows on GODEBUG.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

#define METRIC                                                                                     \
    "runtime/metrics counts uses as /godebug/non-default-behavior/NAME:events; Prometheus' Go "    \
    "collector can export it."
#define METRIC_ZH                                                                                  \
    "runtime/metrics 以 /godebug/non-default-behavior/名字:events 计数；Prometheus 的 Go "  \
    "采集器可以"                                                                              \
    "导出它。"

const struct tw_rule_row tw_rules_godebug[10] = {
    {.rule = {"TW201", "godebug-fatal", TW_CRITICAL,
         SOURCES("src/runtime/runtime1.go (go1.27.4)", "src/internal/godebugs/table.go (go1.27.4)",
             "facts: godebug"),
         {[TW_EN] = {"a GODEBUG setting that ends the program",
              "The process ends with a fatal error, before main runs or at the first garbage "
              "collection.",
              "Go refuses values that it cannot honour: from Go 1.27 on removed settings that ask "
              "for the old behaviour, cgocheck above 1 from 1.21 on, and bad values of fips140. "
              "And "
              "two debugging modes of old break the collector: gcstoptheworld=2 from 1.18 to 1.21, "
              "sbrk in 1.23 and 1.24 where package unique is used.",
              "The container restarts over and over; the log's first line is a fatal error that "
              "names GODEBUG, the setting, or the collector.",
              "Take the setting out of GODEBUG before this image is started.",
              "Mend what needed the old behaviour, and start the container once in CI with the "
              "environment that it will have."},
             [TW_ZH] = {"会终止程序的 GODEBUG 设置",
                 "进程在 main 运行之前或在第一次垃圾回收时以致命错误结束。",
                 "Go 拒绝它无法满足的值：从 Go 1.27 起，已删除的设置若要求旧行为就会终止；cgocheck "
                 "大于 1 从 1.21 起如此；fips140 的错误值也是。另外两个旧的调试模式会破坏垃圾回收："
                 "gcstoptheworld=2（1.18 到 1.21），sbrk（1.23 和 1.24，用到 unique 包时）。",
                 "容器反复重启，日志第一行是提到 GODEBUG、该设置或垃圾回收的致命错误。",
                 "启动这个镜像之前，从 GODEBUG 里去掉该设置。",
                 "改掉依赖旧行为的代码；在 CI 里用真实的环境变量启动一次容器。"}}},
        .check = tw_check_godebug_fatal},
    {.rule = {"TW202", "godebug-unknown", TW_LOW,
         SOURCES("src/internal/godebugs/table.go (go1.11 to go1.27.4)", "src/runtime/runtime1.go"),
         {[TW_EN] = {"a GODEBUG key that this Go does not know",
              "The runtime skips the key without a word; whatever was meant to happen does not.",
              "The key was misspelt, came from folklore, belongs to another Go release, or was "
              "removed.",
              "Nothing shows it at run time; `tidewaiter rules TW202` and the table of the facts "
              "do.",
              "Take the key out, or write the one that was meant.",
              "Look settings up in go.dev/doc/godebug for the release that builds the program."},
             [TW_ZH] = {"这个 Go 版本不认识的 GODEBUG 键",
                 "运行时不作声地跳过它，想要的效果不会发生。",
                 "键名拼错、出自以讹传讹、属于别的 Go 版本，或者已被删除。",
                 "运行时没有任何提示；只能对照资料表。", "去掉这个键，或者改成本来想写的键。",
                 "按构建程序的版本查 go.dev/doc/godebug。"}}},
        .check = tw_check_godebug_unknown},
    {.rule = {"TW203", "godebug-no-effect", TW_LOW,
         SOURCES("src/runtime/runtime1.go (go1.27.4)", "src/internal/godebug/godebug.go"),
         {[TW_EN] = {"a GODEBUG setting that changes nothing",
              "The program runs as if the setting were not there.",
              "The value is the default, is not one that the key takes, or the key is read in "
              "another place than this one.",
              "Compare with the same program without the setting; the metrics of the runtime do "
              "not move.",
              "Take the setting out, or correct its value as the message says.",
              "Write GODEBUG as key=value, separated by commas, without blanks or quotes."},
             [TW_ZH] = {"不起作用的 GODEBUG 设置", "程序的行为与没有这个设置时一样。",
                 "值就是默认值、不是该键接受的值，或者该键不在这里读取。",
                 "与去掉设置的同一程序比较；运行时指标没有变化。",
                 "去掉这个设置，或者按消息改正它的值。",
                 "GODEBUG 写成 key=value，用逗号分隔，不带空格和引号。"}}},
        .check = tw_check_godebug_no_effect},
    {.rule = {"TW204", "godebug-trace", TW_MEDIUM,
         SOURCES("src/runtime/extern.go (go1.27.4)", "facts: godebug"),
         {[TW_EN] = {"tracing left on in the image",
              "The runtime or a package writes lines to standard error all the time. That fills "
              "logs, costs time, and some of it shows what should stay private.",
              "The setting was used to look for a fault and stayed in the ENV.",
              "Lines such as \"gc 1 @0.012s 2%: ...\" or \"SCHED 0ms: ...\" in the container's "
              "log.",
              "Take the setting out of the image; set it on one Pod when you need it.",
              "Use runtime/metrics, and pprof or the flight recorder, instead of traces on "
              "standard "
              "error."},
             [TW_ZH] = {"镜像里留着跟踪设置",
                 "运行时或某个包不停地向标准错误输出，写满日志、消耗时间，有些内容还不应公开。",
                 "排查问题时加的设置，留在了 ENV 里。",
                 "容器日志里有 \"gc 1 @0.012s 2%: …\" 或 \"SCHED 0ms: …\" 这样的行。",
                 "从镜像里去掉；需要时只对一个 Pod 设置。",
                 "用 runtime/metrics、pprof 或 flight recorder，不要长期向标准错误输出跟踪。"}}},
        .check = tw_check_godebug_trace},
    {.rule = {"TW205", "godebug-runtime", TW_HIGH,
         SOURCES("src/runtime/extern.go (go1.27.4)", "src/runtime/runtime1.go", "facts: godebug"),
         {[TW_EN] = {"a setting for debugging the runtime itself",
              "Garbage collection, memory or scheduling works in a way that is meant for finding "
              "faults in Go: slower, with long stops, or with memory that is never given back.",
              "The setting was copied from advice, or left over from a hunt for a fault.",
              "Long pauses in /sched/pauses/total/gc:seconds, or memory that only grows.",
              "Take the setting out of the image.",
              "If the program needs it to work, that is a fault to report: find it and mend it."},
             [TW_ZH] = {"用于调试运行时自身的设置",
                 "垃圾回收、内存或调度以排查 Go "
                 "自身问题的方式工作：更慢、停顿很长，或者内存从不归还。",
                 "照搬了流传的建议，或者排查问题后没有去掉。",
                 "/sched/pauses/total/gc:seconds 里有长停顿，或者内存只增不减。",
                 "从镜像里去掉这个设置。", "程序离不开它，说明有缺陷：找到并修复它。"}}},
        .check = tw_check_godebug_runtime},
    {.rule = {"TW206", "godebug-weakens", TW_HIGH,
         SOURCES("go.dev/doc/godebug", "src/internal/godebugs/table.go (go1.27.4)"),
         {[TW_EN] = {"a setting that switches a protection off",
              "The program accepts what Go refuses by default: weak TLS or certificates, paths "
              "that "
              "lead out of an archive, input without limits.",
              "It was set so that something old kept working after an upgrade.", METRIC,
              "Find out what needs the old behaviour, and take the setting out as soon as that is "
              "mended.",
              "Set such things for one program by //go:debug or in go.mod, with a date, not for a "
              "whole image."},
             [TW_ZH] = {"关闭了某项保护的设置",
                 "程序会接受 Go 默认拒绝的东西：弱 TLS 或证书、跳出归档的路径、没有上限的输入。",
                 "为了让旧东西在升级后继续工作而设置。", METRIC_ZH,
                 "查清是什么依赖旧行为，修好后立即去掉。",
                 "只对单个程序用 //go:debug 或 go.mod 设置，并写明期限，不要对整个镜像设置。"}}},
        .check = tw_check_godebug_weakens},
    {.rule = {"TW207", "godebug-http2-off", TW_MEDIUM,
         SOURCES("src/net/http/doc.go (go1.27.4)", "facts: godebug"),
         {[TW_EN] = {"HTTP/2 is switched off",
              "Servers or clients of net/http speak HTTP/1.1 only. gRPC over net/http does not "
              "work, and each request under way needs a connection of its own.",
              "It was the advice against the HTTP/2 faults of 2023; releases since then are "
              "mended.",
              METRIC, "Move to a Go release that is supported, and take the setting out.",
              "Limit streams and connections in the server's settings instead."},
             [TW_ZH] = {"关闭了 HTTP/2",
                 "net/http 的服务端或客户端只用 HTTP/1.1。基于 net/http 的 gRPC "
                 "无法工作，每个并发请求都要占用一个连接。",
                 "这是针对 2023 年 HTTP/2 漏洞的临时建议，之后的版本已经修复。", METRIC_ZH,
                 "换用仍受支持的 Go 版本，去掉这个设置。", "改为在服务端设置里限制流和连接数。"}}},
        .check = tw_check_godebug_http2_off},
    {.rule = {"TW208", "godebug-next-go", TW_MEDIUM,
         SOURCES("go.dev/doc/godebug", "src/internal/godebugs/table.go (go1.27.4)"),
         {[TW_EN] = {"a setting that a newer Go ignores or refuses",
              "It works today. When the program is built again with the release that the message "
              "names, the new behaviour is there, or the program does not start.",
              "Go keeps settings for old behaviour for some releases only, and then removes them.",
              METRIC, "Mend what needs the old behaviour before the next rebuild.",
              "Treat each such setting as work with a date."},
             [TW_ZH] = {"更新的 Go 会忽略或拒绝的设置",
                 "今天有效。用消息里写明的版本重新构建后，要么变成新行为，要么程序无法启动。",
                 "Go 只在若干版本内保留旧行为的设置，之后就删除。", METRIC_ZH,
                 "在下次重新构建之前，改掉依赖旧行为的代码。",
                 "把每个这样的设置当作有期限的工作。"}}},
        .check = tw_check_godebug_next_go},
    {.rule = {"TW209", "godebug-old-defaults", TW_MEDIUM,
         SOURCES("go.dev/doc/godebug#default", "src/cmd/go/internal/load/godebug.go (go1.27.4)"),
         {[TW_EN] = {"an old go line keeps weaker defaults",
              "A new toolchain built the program, but it behaves as the older release did in the "
              "settings that the message lists.",
              "The go line in go.mod decides the defaults of GODEBUG, not the toolchain.",
              "`go version -m FILE` shows DefaultGODEBUG.",
              "Raise the go line in go.mod and test; or add a godebug block with default=go1.N.",
              "Raise the go line with every upgrade of the toolchain."},
             [TW_ZH] = {"旧的 go 版本行保留了较弱的默认值",
                 "程序由新工具链构建，但在消息列出的设置上仍按旧版本行事。",
                 "决定 GODEBUG 默认值的是 go.mod 里的 go 版本行，不是工具链。",
                 "`go version -m 文件` 显示 DefaultGODEBUG。",
                 "提高 go.mod 里的 go 版本行并测试；或者加 godebug 块写 default=go1.N。",
                 "每次升级工具链都同时提高 go 版本行。"}}},
        .check = tw_check_godebug_old_defaults},
    {.rule = {"TW210", "godebug-from-script", TW_INFO, SOURCES("src/runtime/extern.go (go1.27.4)"),
         {[TW_EN] = {"a script or command sets what Go programs read",
              "The image's ENV is not the whole truth: a script in the image, or the command that "
              "it starts, sets a variable that Go programs read when they run.",
              "Entrypoint scripts often compute limits or switch tracing on.",
              "`cat /proc/1/environ` in the container shows what the process really has; "
              "runtime/metrics /gc/gogc:percent and /gc/gomemlimit:bytes what is in force.",
              "Read the script; judge its value like one in ENV.",
              "Set such variables in ENV or in the Pod, where everybody sees them."},
             [TW_ZH] = {"脚本或启动命令设置了 Go 程序会读取的变量",
                 "镜像的 ENV 不是全部：镜像里的脚本或启动命令还设置了 Go 程序运行时会读取的变量。",
                 "入口脚本常常计算限额或打开跟踪。",
                 "容器里 `cat /proc/1/environ` 显示进程真正的环境；runtime/metrics 的 "
                 "/gc/gogc:percent 和 /gc/gomemlimit:bytes 显示生效的值。",
                 "查看脚本，像对待 ENV 里的值一样判断它。",
                 "把这类变量放在 ENV 或 Pod 里，让所有人都看得到。"}}},
        .check = tw_check_godebug_from_script},
};
