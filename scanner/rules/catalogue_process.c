// The catalogue's rows on the environment of the process, beside GODEBUG.
#include "scanner/rules/checks.h"

#define SOURCES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct tw_rule_row tw_rules_process[8] = {
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
              "The runtime does not understand the value and says nothing. GOGC and GOMAXPROCS "
              "then have "
              "their defaults; a GOTRACEBACK that is no level hides the stacks of a crash.",
              "GOGC takes a whole number or off, GOMAXPROCS a whole number above 0, GOTRACEBACK "
              "one "
              "of a few words or a number.",
              "runtime/metrics /gc/gogc:percent and /sched/gomaxprocs:threads show what is in "
              "force.",
              "Correct the value, or take the variable out: then the default is in force.",
              "Keep such settings in one place, and read them back from the metrics after a "
              "change."},
             [TW_ZH] = {"运行时变量的值被忽略",
                 "运行时看不懂这个值，也不报错。GOGC 和 GOMAXPROCS 会使用默认值；GOTRACEBACK "
                 "不是已知级别时，崩溃不再打印调用栈。",
                 "GOGC 接受整数或 off，GOMAXPROCS 接受大于 0 的整数，GOTRACEBACK "
                 "接受少数几个词或数字。",
                 "runtime/metrics 的 /gc/gogc:percent 和 /sched/gomaxprocs:threads "
                 "显示真正生效的值。",
                 "改正这个值，或者去掉变量：那样生效的是默认值。",
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
    {.rule = {"TW504", "unsafe-fetch", TW_HIGH,
         SOURCES("go.dev/ref/mod#private-module-privacy", "go help environment (go1.27.4)"),
         {[TW_EN] = {"modules are fetched without their checks",
              "Builds with this toolchain take modules without the checksum database, or from "
              "servers whose certificate nobody checks. Whoever stands between can put code into "
              "the program.",
              "Somebody got past an error of a private module or a company proxy this way.",
              "`go env GOINSECURE GONOSUMDB GOSUMDB GOFLAGS` in the image.",
              "Take the setting out; for private modules set GOPRIVATE to their names only.",
              "Use a module proxy with a certificate, and keep GOSUMDB on for public modules."},
             [TW_ZH] = {"下载模块时没有校验",
                 "用这个工具链构建时，模块不经校验和数据库核对，或者来自没人校验证书的服务器。中间"
                 "人可以把代码放进程序。",
                 "有人用这种办法绕过私有模块或公司代理的报错。",
                 "在镜像里运行 `go env GOINSECURE GONOSUMDB GOSUMDB GOFLAGS`。",
                 "去掉这个设置；私有模块用 GOPRIVATE 只写它们的名字。",
                 "使用带证书的模块代理，公开模块保持 GOSUMDB 打开。"}}},
        .check = tw_check_unsafe_fetch},
    {.rule = {"TW505", "no-time-zones", TW_MEDIUM,
         SOURCES("src/time/zoneinfo_read.go (go1.27.4)", "src/time/zoneinfo_unix.go (go1.27.4)"),
         {[TW_EN] = {"no time zones for a program that asks for them",
              "time.LoadLocation returns an error for every name but UTC and Local. Programs that "
              "ignore it crash, or run in UTC.",
              "The program has LoadLocation linked in; neither the image's zone directories, nor "
              "time/tzdata, nor a zoneinfo.zip in its GOROOT is there.",
              "Errors such as: unknown time zone Europe/Berlin.",
              "Copy /usr/share/zoneinfo into the image, or install tzdata.",
              "Import _ \"time/tzdata\" in package main, or build with -tags timetzdata: the zones "
              "are then in the program (450 kB)."},
             [TW_ZH] = {"程序要用时区，镜像里却没有",
                 "除 UTC 和 Local 外，time.LoadLocation "
                 "对任何名字都返回错误。忽略错误的程序会崩溃，或者按 UTC 运行。",
                 "程序链接了 LoadLocation，而镜像里既没有时区目录，程序也没有 time/tzdata，GOROOT "
                 "里也没有 zoneinfo.zip。",
                 "报错如：unknown time zone Asia/Shanghai。",
                 "把 /usr/share/zoneinfo 复制进镜像，或者安装 tzdata。",
                 "在 main 包里 import _ \"time/tzdata\"，或者用 -tags timetzdata "
                 "构建：时区数据就在程序里（450 kB）。"}}},
        .check = tw_check_no_time_zones},
    {.rule = {"TW506", "no-ca-bundle", TW_MEDIUM,
         SOURCES(
             "src/crypto/x509/root_linux.go (go1.27.4)", "src/crypto/x509/root_unix.go (go1.27.4)"),
         {[TW_EN] = {"no CA certificates for a program that opens TLS connections",
              "Every https request that uses the system's roots fails, until certificates are "
              "mounted into the container.",
              "The program has an HTTP or TLS client linked in, and none of the places where "
              "crypto/x509 looks has a certificate.",
              "Errors such as: tls: failed to verify certificate: x509: certificate signed by "
              "unknown authority.",
              "Copy /etc/ssl/certs/ca-certificates.crt from the build stage, or install "
              "ca-certificates.",
              "Use a base image with certificates, or import "
              "golang.org/x/crypto/x509roots/fallback."},
             [TW_ZH] = {"程序会建立 TLS 连接，镜像里却没有 CA 证书",
                 "凡是使用系统根证书的 https 请求都会失败，除非在容器里挂载证书。",
                 "程序链接了 HTTP 或 TLS 客户端，而 crypto/x509 会查找的地方一个证书也没有。",
                 "报错如：tls: failed to verify certificate: x509: certificate signed by unknown "
                 "authority。",
                 "从构建阶段复制 /etc/ssl/certs/ca-certificates.crt，或者安装 ca-certificates。",
                 "使用带证书的基础镜像，或者 import golang.org/x/crypto/x509roots/fallback。"}}},
        .check = tw_check_no_ca_bundle},
    {.rule = {"TW507", "cpu-limit-unseen", TW_MEDIUM,
         SOURCES("src/runtime/cgroup_linux.go (go1.25)",
             "go.dev/doc/go1.25#container-aware-gomaxprocs"),
         {[TW_EN] = {"the program does not see its CPU limit",
              "The runtime makes one P for each core of the node, not of the limit. The kernel "
              "then throttles the process in each period: latencies rise in steps of up to 100 ms.",
              "Go looks at the cgroup's CPU limit from 1.25 on, and only when containermaxprocs is "
              "1 and GOMAXPROCS is not set.",
              "rate(container_cpu_cfs_throttled_periods_total[5m]) / "
              "rate(container_cpu_cfs_periods_total[5m]) above some per cent.",
              "Set GOMAXPROCS to the limit, rounded up, in the Pod's env.",
              "Build with Go 1.25 or later and a go line of 1.25 or later."},
             [TW_ZH] = {"程序看不到自己的 CPU 限额",
                 "运行时按节点核数而不是限额创建 P。内核会在每个周期里限流，延迟以最多 100 "
                 "毫秒为一级上升。",
                 "Go 从 1.25 起才看 cgroup 的 CPU 限额，而且要求 containermaxprocs 为 1 且没有设置 "
                 "GOMAXPROCS。",
                 "rate(container_cpu_cfs_throttled_periods_total[5m]) / "
                 "rate(container_cpu_cfs_periods_total[5m]) 超过百分之几。",
                 "在 Pod 的 env 里把 GOMAXPROCS 设为限额（向上取整）。",
                 "用 Go 1.25 或更高版本构建，go 版本行也要 1.25 或更高。"}}},
        .check = tw_check_cpu_limit_unseen},
    {.rule = {"TW508", "memory-limit", TW_MEDIUM,
         SOURCES("go.dev/doc/gc-guide#Memory_limit",
             "src/runtime/debug/garbage.go SetMemoryLimit (go1.27.4)"),
         {[TW_EN] = {"GOMEMLIMIT does not fit the container's memory",
              "The heap may grow past what the container has, and the kernel ends the process "
              "without a word from Go.",
              "GOMEMLIMIT tells the collector when to work harder. Above the container's limit it "
              "never does; without it only GOGC counts.",
              "kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"}; "
              "go_memstats_heap_inuse_bytes close to the limit.",
              "Set GOMEMLIMIT to about nine tenths of the container's memory limit.",
              "Set both in one place, and look at the heap after each change of the limit."},
             [TW_ZH] = {"GOMEMLIMIT 与容器内存不相称",
                 "堆可能长到超过容器内存，内核会直接结束进程，Go 来不及说一句话。",
                 "GOMEMLIMIT 告诉回收器何时更努力。高于容器限额就永远轮不到；不设置则只有 GOGC "
                 "起作用。",
                 "kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"}；go_"
                 "memstats_heap_inuse_bytes 接近限额。",
                 "把 GOMEMLIMIT 设为容器内存限额的九成左右。",
                 "两者在同一处设置，限额每次变化后都看看堆。"}}},
        .check = tw_check_memory_limit},
};
