#include "scanner/rules/message.h"

// Both languages of a sentence have the same {names}; a test checks it.
const struct tw_message tw_messages[TW_SAY_COUNT] = {
    [TW_SAY_AND_MORE] = {{"{list} and {count} more", "{list} 等（另有 {count} 个）"}},
    [TW_SAY_GO_AT_LEAST] = {{"go{go} or newer", "go{go} 或更新版本"}},
    [TW_SAY_GO_UNKNOWN] = {{"an unknown Go version", "未知的 Go 版本"}},
    [TW_SAY_GO_LINE_OLDER] = {{"at most go {line}", "最高为 go {line}"}},

    [TW_SAY_GOROOT_FINAL_DEAD] =
        {{"GOROOT_FINAL={value} does nothing: no compiled Go program reads it ({go}).",
            "GOROOT_FINAL={value} 不起任何作用：编译好的 Go 程序都不读取它（{go}）。"}},
    [TW_SAY_GOROOT_FINAL_TOOLCHAIN] =
        {{"GOROOT_FINAL={value} does nothing for the compiled programs here ({go}); only builds "
          "with the toolchain {toolchain} of this image would take it, and from Go 1.23 on none.",
            "GOROOT_FINAL={value} 对这里编译好的程序（{go}）不起作用；只有用镜像里的工具链 "
            "{toolchain} 构建时才会读取它，从 Go 1.23 起也不再读取。"}},
    [TW_SAY_LDFLAGS_GOROOT_FINAL] =
        {{"built with -X runtime.gorootFinal=…, but no Go version has that variable, so the linker "
          "ignored it ({go}); GOROOT in the binary is {goroot}.",
            "构建时使用了 -X runtime.gorootFinal=…，但任何 Go 版本都没有这个变量，链接器忽略了它"
            "（{go}）；程序里的 GOROOT 是 {goroot}。"}},
    [TW_SAY_GOROOT_ENV] =
        {{"GOROOT={value} overrides what runtime.GOROOT() returns in every Go program here ({go}), "
          "and the image has no Go toolchain at {value}.",
            "GOROOT={value} 会覆盖这里所有 Go 程序中 runtime.GOROOT() 的返回值（{go}），而镜像在 "
            "{value} 并没有 Go 工具链。"}},
    [TW_SAY_TOOLCHAIN_IN_IMAGE] =
        {{"the image starts {entry}, a compiled program ({go}), and also holds the Go toolchain "
          "{toolchain} at /{root}, which that program does not need.",
            "镜像启动的是编译好的程序 {entry}（{go}），却还带着它不需要的 Go 工具链 {toolchain}"
            "（/{root}）。"}},

    [TW_SAY_LINKED] = {{" ({package} is linked in)", "（已链接 {package}）"}},
    [TW_SAY_IF_LINKED] = {{" (if {package} is linked in, which could not be told)",
        "（如果链接了 {package}，这一点无法确定）"}},
    [TW_SAY_FATAL] = {{"GODEBUG={setting} ends the program on {go}: {says}{linked}.",
        "GODEBUG={setting} 会终止 {go} 的程序：{says}{linked}。"}},
    [TW_SAY_DOES] = {{"GODEBUG={setting} on {go}: {says}{linked}.",
        "{go} 上的 GODEBUG={setting}：{says}{linked}。"}},
    [TW_SAY_DEFAULT_DOES] =
        {{"a godebug line of the program's own source sets {setting} ({go}): {says}{linked}.",
            "程序自身源码里的 godebug 设置了 {setting}（{go}）：{says}{linked}。"}},
    [TW_SAY_KEY_NEVER] = {{"GODEBUG={setting}: no Go release ever had a key \"{key}\", so {go} "
                           "ignores it without a "
                           "word.{hint}",
        "GODEBUG={setting}：没有任何 Go 版本有过键 \"{key}\"，{go} 会不声不响地忽略它。{hint}"}},
    [TW_SAY_KEY_NEVER_NO_GO] =
        {{"GODEBUG={setting}: no Go release ever had a key \"{key}\", so it does nothing.{hint}",
            "GODEBUG={setting}：没有任何 Go 版本有过键 \"{key}\"，它不起任何作用。{hint}"}},
    [TW_SAY_DID_YOU_MEAN] = {{" Perhaps {near} was meant.", "也许想写的是 {near}。"}},
    [TW_SAY_KEY_LATER] = {{"GODEBUG={setting}: {go} does not know \"{key}\" yet (it came with "
                           "go{first}), so it does nothing.",
        "GODEBUG={setting}：{go} 还不认识 \"{key}\"（go{first} 才加入），因此不起作用。"}},
    [TW_SAY_KEY_REMOVED] =
        {{"GODEBUG={setting}: \"{key}\" was removed in go{removed}, so {go} ignores it.",
            "GODEBUG={setting}：\"{key}\" 已在 go{removed} 中删除，{go} 会忽略它。"}},
    [TW_SAY_KEY_CPU] = {{"GODEBUG={setting}: {go} on {arch} has no CPU feature of that name to "
                         "switch; each start prints a line on standard error, no more.",
        "GODEBUG={setting}：{go} 在 {arch} 上没有这个 CPU 特性可切换；每次启动只会向标准错误打印"
        "一行。"}},
    [TW_SAY_NO_EQUALS] =
        {{"the GODEBUG element \"{element}\" has no \"=\", so every Go passes it over.",
            "GODEBUG 中的 \"{element}\" 没有 \"=\"，所有 Go 版本都会跳过它。"}},
    [TW_SAY_KEY_MISSPELT] = {{"GODEBUG is read byte by byte: \"{key}\" is not {near} (blanks, "
                              "quotes and capital letters "
                              "count), so it does nothing.",
        "GODEBUG 按字节读取：\"{key}\" 不等于 {near}（空格、引号、大小写都算），因此不起作用。"}},
    [TW_SAY_VALUE_NOT_NUMBER] = {{"GODEBUG={setting}: {key} takes a plain decimal number, so {go} "
                                  "drops \"{value}\" without a "
                                  "word.",
        "GODEBUG={setting}：{key} 只接受十进制数字，{go} 会不声不响地丢弃 \"{value}\"。"}},
    [TW_SAY_VALUE_NOT_KNOWN] =
        {{"GODEBUG={setting}: {go} looks for {tests} in {key}; \"{value}\" is like not setting it.",
            "GODEBUG={setting}：{go} 只认 {key} 的 {tests}；写 \"{value}\" 等于没有设置。"}},
    [TW_SAY_VALUE_DEFAULT] = {{"GODEBUG={setting} is what {go} does anyway.",
        "GODEBUG={setting} 就是 {go} 本来的行为。"}},
    [TW_SAY_VALUE_DEAD] = {{"GODEBUG={setting} does nothing on {go}: {says}.",
        "GODEBUG={setting} 在 {go} 上不起作用：{says}。"}},
    [TW_SAY_READ_BY_GO] = {{"GODEBUG={setting} is read by the go command only: the image has no Go "
                            "toolchain, and compiled programs ({go}) ignore it.",
        "GODEBUG={setting} 只有 go 命令会读取：镜像里没有 Go "
        "工具链，编译好的程序（{go}）会忽略它。"}},
    [TW_SAY_READ_IN_TESTS] =
        {{"GODEBUG={setting} is read by go test -fuzz only; compiled programs ({go}) ignore it.",
            "GODEBUG={setting} 只有 go test -fuzz 会读取；编译好的程序（{go}）会忽略它。"}},
    [TW_SAY_READ_ELSEWHERE] =
        {{"GODEBUG={setting} does nothing on {os}: {key} is for other systems ({go}).",
            "GODEBUG={setting} 在 {os} 上不起作用：{key} 用于其他系统（{go}）。"}},
    [TW_SAY_READ_WITH_EXPERIMENT] = {{"GODEBUG={setting} acts only in programs built with "
                                      "GOEXPERIMENT={key}, which these are not "
                                      "({go}).",
        "GODEBUG={setting} 只在用 GOEXPERIMENT={key} "
        "构建的程序里起作用，这里的程序（{go}）不是。"}},
    [TW_SAY_NOT_IN_DEFAULT] = {{"the program's own godebug lines set {setting}, but {go} reads "
                                "{key} from the environment "
                                "only, so it does nothing.",
        "程序自身的 godebug 设置了 {setting}，但 {go} 只从环境变量读取 {key}，因此不起作用。"}},
    [TW_SAY_NEXT_FATAL] = {{"GODEBUG={setting} still works on {go}, but ends the program "
                            "once it is built with go{next} or newer.",
        "GODEBUG={setting} 在 {go} 上仍然有效，但用 go{next} 或更新版本重新构建后，程序会一启动就"
        "终止。"}},
    [TW_SAY_NEXT_IGNORED] =
        {{"GODEBUG={setting} still works on {go}, but is ignored once the program is built with "
          "go{next} or newer: {key} is gone there.",
            "GODEBUG={setting} 在 {go} 上仍然有效，但用 go{next} 或更新版本重新构建后会被忽略："
            "{key} 已被删除。"}},
    [TW_SAY_OLD_DEFAULTS] =
        {{"{go} runs with the weaker defaults of an older go line in go.mod ({line}): {settings}.",
            "{go} 沿用 go.mod 中较旧 go 版本行（{line}）的较弱默认值：{settings}。"}},

    [TW_SAY_EXPERIMENT_DEAD] = {{"GOEXPERIMENT={value} changes nothing at run time: no compiled Go "
                                 "program reads it ({go}), and the image has no Go toolchain.",
        "GOEXPERIMENT={value} 在运行时没有任何作用：编译好的 Go 程序不读取它（{go}），镜像里也没有 "
        "Go "
        "工具链。"}},
    [TW_SAY_EXPERIMENT_EMPTY] = {{"GOEXPERIMENT is set but empty, which is the same as not set; it "
                                  "switches nothing off ({go}).",
        "GOEXPERIMENT 被设为空，等于没有设置；它不会关闭任何东西（{go}）。"}},
    [TW_SAY_EXPERIMENT_EMPTY_BASELINE] =
        {{"GOEXPERIMENT is set but empty, which means the toolchain's default: {toolchain} still "
          "builds with {experiments}.",
            "GOEXPERIMENT 被设为空，等于工具链默认值：{toolchain} 仍会启用 {experiments}。"}},
    [TW_SAY_EXPERIMENT_IN] =
        {{"built with the experiment {experiment}, which {go} does not have on by default: {says}.",
            "构建时启用了 {go} 默认没有的实验 {experiment}：{says}。"}},
    [TW_SAY_EXPERIMENT_IN_UNKNOWN] = {{"built with the experiment {experiment}, which is not a "
                                       "default of {go} and not in our facts.",
        "构建时启用了实验 {experiment}：它不是 {go} 的默认项，也不在我们的资料里。"}},

    [TW_SAY_UNSUPPORTED] = {{"{go} gets no security fixes any more: go{minor} ended on {ended}; "
                             "supported are {supported}.",
        "{go} 不再有安全修复：go{minor} 已于 {ended} 结束支持；仍受支持的是 {supported}。"}},
    [TW_SAY_PRERELEASE] = {{"built with {go}, a test version from before the release.",
        "用 {go} 构建，这是发布之前的测试版。"}},
    [TW_SAY_DEVEL] = {{"built with a development version of Go ({version}), which gets no fixes.",
        "用 Go 的开发版构建（{version}），它得不到任何修复。"}},
    [TW_SAY_DEBUG_FLAG] = {{"built with {flag} on {go}: {says}.",
        "用 {flag} 构建（{go}）：{says}。"}},
    [TW_SAY_DEBUG_GCFLAGS] =
        {{"built with -gcflags={value} on {go}: optimisation or inlining is switched off, so the "
          "program is slower.",
            "用 -gcflags={value} 构建（{go}）：优化或内联被关闭，程序更慢。"}},
    [TW_SAY_WRONG_PLATFORM] =
        {{"{path} is for {binary}, but the image is for {image} ({go}): it cannot run there.",
            "{path} 是 {binary} 的程序，而镜像是 {image}（{go}）：它在那里无法运行。"}},
    [TW_SAY_WRONG_PLATFORM_ENTRY] = {{"the container starts {path}, which is for {binary}, but the "
                                      "image is for {image} ({go}): it "
                                      "ends with \"exec format error\".",
        "容器启动的 {path} 是 {binary} 的程序，而镜像是 {image}（{go}）：会以 \"exec format "
        "error\" 结束。"}},

    [TW_SAY_GOMEMLIMIT] = {{"GOMEMLIMIT={value} is not a number of bytes as Go writes it, so {go} "
                            "ends at start with "
                            "\"fatal error: malformed GOMEMLIMIT\".{hint}",
        "GOMEMLIMIT={value} 不是 Go 能接受的字节数写法，{go} 会在启动时以 \"fatal error: malformed "
        "GOMEMLIMIT\" 结束。{hint}"}},
    [TW_SAY_GOMEMLIMIT_MEANT] = {{" Write GOMEMLIMIT={meant}.", "请写成 GOMEMLIMIT={meant}。"}},
    [TW_SAY_GOGC] = {{"GOGC={value} is neither a whole number nor off, so {go} silently uses 100.",
        "GOGC={value} 既不是整数也不是 off，{go} 会不声不响地使用 100。"}},
    [TW_SAY_GOMAXPROCS] =
        {{"GOMAXPROCS={value} is not a whole number above 0, so {go} silently uses its default.",
            "GOMAXPROCS={value} 不是大于 0 的整数，{go} 会不声不响地使用默认值。"}},
    [TW_SAY_GOTRACEBACK] = {{"GOTRACEBACK={value} is no level that {go} knows: it says nothing, "
                             "and when it crashes it "
                             "prints the error and no goroutine's stack.",
        "GOTRACEBACK={value} 不是 {go} 认识的级别：它不会提示，崩溃时只打印错误，不打印任何 "
        "goroutine 的调用栈。"}},
    [TW_SAY_BUILD_ENV] =
        {{"{names}: read when Go programs are built, by no compiled program ({go}); "
          "the image has no Go toolchain.",
            "{names}：只在构建 Go 程序时读取，编译好的程序（{go}）不读取；镜像里没有 Go 工具链。"}},

    [TW_SAY_LAYER_UNREAD] = {{"layer {number} could not be read to its end ({code}): {why}",
        "第 {number} 层没有读完（{code}）：{why}"}},
    [TW_SAY_FILES_SKIPPED] = {{"not looked at ({code}): {files}. {why}",
        "没有检查（{code}）：{files}。{why}"}},
    [TW_SAY_IMAGE_INCOMPLETE] = {{"something was not looked at ({code}): {why}",
        "有内容没有检查（{code}）：{why}"}},
    [TW_SAY_BINARY_IN_PART] = {{"read only in part ({code}): {why}",
        "只读取了一部分（{code}）：{why}"}},
    [TW_SAY_BUILDINFO_REMOVED] = {{"the build info that the Go linker writes is missing; what is "
                                   "shown ({go}) was recovered "
                                   "from {source}, and modules or settings may be missing.",
        "Go 链接器写入的构建信息不见了；这里显示的内容（{go}）取自{source}，模块和设置可能不全。"}},
    [TW_SAY_PACKED] = {{"{files}: packed ({code}), so what is inside cannot be seen. {why}",
        "{files}：已加壳（{code}），看不到里面的内容。{why}"}},

    [TW_SAY_GO_ANY] = {{"any Go version", "任何 Go 版本"}},
    [TW_SAY_GOROOT_FINAL_BUILD] = {{"{text}: {go} does not read GOROOT_FINAL (no toolchain does "
                                    "from 1.23 on), so this build setting does nothing.",
        "{text}：{go} 不读取 GOROOT_FINAL（1.23 起所有工具链都不读取），这个构建设置不起作用。"}},
    [TW_SAY_GOROOT_FINAL_ENV_W] = {{"`{text}` ends with status 1 ({go}): unknown go command "
                                    "variable GOROOT_FINAL. The image build stops here.",
        "`{text}` 会以状态 1 结束（{go}）：unknown go command variable "
        "GOROOT_FINAL。镜像构建到此中断。"}},
    [TW_SAY_GOROOT_FINAL_ENV_W_PASSED] =
        {{"`{text}` ends with status 1 ({go}): unknown go command variable GOROOT_FINAL. Its "
          "failure is let pass, so it does nothing.",
            "`{text}` 会以状态 1 结束（{go}）：unknown go command variable "
            "GOROOT_FINAL。失败被放过，所以它不起任何作用。"}},
    [TW_SAY_GOROOT_FINAL_GATE] = {{"`{text}`: go env GOROOT_FINAL prints an empty line in every Go "
                                   "version ({go}), so what compares it with a path always fails.",
        "`{text}`：在任何 Go 版本里 go env GOROOT_FINAL "
        "都输出空行（{go}），与路径的比较永远失败。"}},
    [TW_SAY_GOROOT_EMPTY] = {{"links go/build, which looks for the standard library in GOROOT; "
                              "that is {value} here ({go}, built with -trimpath), and the image "
                              "has neither GOROOT in its ENV nor a toolchain.",
        "链接了在 GOROOT 里寻找标准库的 go/build；这里的 GOROOT 是 {value}（{go}，用 -trimpath "
        "构建），而镜像的 ENV 里没有 GOROOT，也没有工具链。"}},
    [TW_SAY_GOROOT_DIFFERS] =
        {{"the Go programs of this image were built in different places: {list}.",
            "这个镜像里的 Go 程序构建于不同的位置：{list}。"}},
    [TW_SAY_GOROOT_NOT_DECLARED] =
        {{"GOROOT in the program is {goroot} ({go}), but /{path} says GOROOT_FINAL={value}.",
            "程序里的 GOROOT 是 {goroot}（{go}），但 /{path} 写的是 GOROOT_FINAL={value}。"}},
    [TW_SAY_GOROOT_NOT_EXPECTED] =
        {{"GOROOT in the program is {goroot} ({go}); the policy expects {value}.",
            "程序里的 GOROOT 是 {goroot}（{go}）；策略要求 {value}。"}},
    [TW_SAY_BUILD_PATH] =
        {{"{go}: the program carries the path {path} of the machine that built it.",
            "{go}：程序里带有构建机器的路径 {path}。"}},
    [TW_SAY_SCRIPT_SETS] =
        {{"/{path} sets {name}={value}: programs that it starts do not get the image's own value.",
            "/{path} 设置了 {name}={value}：由它启动的程序得到的不是镜像自己的值。"}},
    [TW_SAY_COMMAND_SETS] = {{"the command that the image starts sets {name}={value}.",
        "镜像的启动命令设置了 {name}={value}。"}},
    [TW_SAY_EXPERIMENT_STOPS] =
        {{"GOEXPERIMENT stops every build with go{go}: it has no experiment \"{name}\".{why}",
            "GOEXPERIMENT 会让 go{go} 的所有构建中断：它没有名为 \"{name}\" 的实验。{why}"}},
    [TW_SAY_EXPERIMENT_GONE] = {{" The name is gone from go{go} on.",
        " 从 go{go} 起不再有这个名字。"}},
    [TW_SAY_EXPERIMENT_LATER] = {{" It comes with go{go}.", " 它从 go{go} 才有。"}},
    [TW_SAY_BASELINE_OFF] = {{"built with {experiment}: {go} has {name} on by default, and it was "
                              "taken out{sep}{says}.",
        "构建时用了 {experiment}：{go} 默认启用 {name}，这里被去掉{sep}{says}。"}},
    [TW_SAY_BASELINE_OFF_GONE] = {{"built with {experiment}: {go} has {name} on by default, and it "
                                   "was taken out{sep}{says}. From go{removed} on the name is "
                                   "gone, and the same setting stops the build.",
        "构建时用了 {experiment}：{go} 默认启用 {name}，这里被去掉{sep}{says}。从 go{removed} "
        "起没有这个名字，同样的设置会让构建中断。"}},
    [TW_SAY_EXPERIMENTS_DIFFER] = {{"the programs differ in the experiments compiled in: {list}.",
        "各程序编译进的实验不同：{list}。"}},
    [TW_SAY_LOOPVAR] = {{"built with X:loopvar ({go}): loops of every package have a variable for "
                         "each iteration, whatever its go line says.",
        "构建时启用了 X:loopvar（{go}）：不管 go "
        "版本行写什么，所有包的循环每次迭代都有自己的变量。"}},
    [TW_SAY_SECRET_FORM] = {{"{setting} in the build info ({go}) holds what looks like a {what}.",
        "构建信息里的 {setting}（{go}）含有像是 {what} 的内容。"}},
    [TW_SAY_SECRET_NAME] = {{"{setting} in the build info ({go}) sets {variable} to a value that "
                             "looks like a credential.",
        "构建信息里的 {setting}（{go}）把 {variable} 设成了像是密钥的值。"}},
    [TW_SAY_DIRTY] =
        {{"built with changes that were not committed, on top of revision {revision} ({go}).",
            "在修订 {revision} 之上带着未提交的改动构建（{go}）。"}},
    [TW_SAY_LOCAL_MODULES] =
        {{"modules come from folders of the machine that built it ({go}): {list}.",
            "有模块来自构建机器上的目录（{go}）：{list}。"}},
    [TW_SAY_CPU_LEVEL] =
        {{"built with {setting}={value} ({go}): on a CPU below that level it ends at start.",
            "用 {setting}={value} 构建（{go}）：在低于这个级别的 CPU 上启动时就结束。"}},
    [TW_SAY_CPU_LEVEL_UNCHECKED] = {{"built with {setting}={value} ({go}): on a CPU below that "
                                     "level it ends at the first instruction that is not there.",
        "用 {setting}={value} 构建（{go}）：在低于这个级别的 CPU 上，执行到不存在的指令就结束。"}},
    [TW_SAY_VERSIONS_DIFFER] = {{"the programs come from several Go releases: {list}.",
        "各程序来自不同的 Go 版本：{list}。"}},
    [TW_SAY_UNSAFE_FETCH] = {{"{name}={value}: {says}.", "{name}={value}：{says}。"}},
    [TW_SAY_NO_TIME_ZONES] = {{"calls time.LoadLocation ({go}), and there are no time zones: none "
                               "in the image, none in the program.",
        "调用了 time.LoadLocation（{go}），但镜像和程序里都没有时区数据。"}},
    [TW_SAY_NO_CA_BUNDLE] = {{"has a client for TLS linked in ({go}), and the image has no CA "
                              "certificates: requests to https servers fail with \"x509: "
                              "certificate signed by unknown authority\" unless some are mounted.",
        "链接了 TLS 客户端（{go}），镜像里却没有 CA 证书：除非另行挂载，对 https 服务器的请求会以 "
        "\"x509: certificate signed by unknown authority\" 失败。"}},
    [TW_SAY_CPU_LIMIT] = {{"{go} does not look at the CPU limit of {limit}, and GOMAXPROCS is not "
                           "set: it runs one thread for each core of the node, and is throttled.",
        "{go} 不看 {limit} 的 CPU 限额，又没有设置 GOMAXPROCS：它按节点核数开线程，会被限流。"}},
    [TW_SAY_CPU_LIMIT_OFF] =
        {{"{go} would look at the CPU limit of {limit}, but {setting} switches that off, and "
          "GOMAXPROCS is not set: it runs one thread for each core of the node, and is throttled.",
            "{go} 本会看 {limit} 的 CPU 限额，但 {setting} 关闭了它，又没有设置 "
            "GOMAXPROCS：它按节点核数开线程，会被限流。"}},
    [TW_SAY_MEMORY_LIMIT_ABOVE] = {{"GOMEMLIMIT={value} is above the container's memory limit of "
                                    "{limit}: {go} does not collect harder before the kernel ends "
                                    "it.",
        "GOMEMLIMIT={value} 高于容器的内存限额 {limit}：内核结束进程之前，{go} 不会加紧回收。"}},
    [TW_SAY_MEMORY_LIMIT_UNSET] = {{"GOMEMLIMIT is not set, and the container's memory limit is "
                                    "{limit}: {go} may let the heap grow past it.",
        "没有设置 GOMEMLIMIT，而容器的内存限额是 {limit}：{go} 可能让堆长到超过它。"}},
    [TW_SAY_MUST_DECLARE] =
        {{"the image does not declare {names}, which the house asks for. Go needs none of them.",
            "镜像没有声明规定要求的 {names}。Go 并不需要它们。"}},

    [TW_SAY_GO_UP] = {{"built with {to}, before with {from}: {count} releases newer.",
        "用 {to} 构建，之前是 {from}：新了 {count} 个版本。"}},
    [TW_SAY_GO_DOWN] =
        {{"built with {to}, before with {from}: an older Go, without the fixes of the newer one.",
            "用 {to} 构建，之前是 {from}：Go 变旧了，没有新版本的修复。"}},
    [TW_SAY_GO_PATCH] = {{"built with {to}, before with {from}: another patch of the same release.",
        "用 {to} 构建，之前是 {from}：同一版本的另一个补丁。"}},
    [TW_SAY_DEFAULTS_CHANGED] =
        {{"the defaults of these GODEBUG settings changed ({from} to {to}): {list}.",
            "这些 GODEBUG 设置的默认值变了（{from} 到 {to}）：{list}。"}},
    [TW_SAY_KEY_CHANGED] = {{"GODEBUG {key} was {from} and is {to} now ({go}).",
        "GODEBUG {key} 原来是 {from}，现在是 {to}（{go}）。"}},
    [TW_SAY_KEY_CHANGED_SAYS] = {{"GODEBUG {key} was {from} and is {to} now ({go}): {says}.",
        "GODEBUG {key} 原来是 {from}，现在是 {to}（{go}）：{says}。"}},
    [TW_SAY_KEY_CHANGED_NO_MORE] =
        {{"GODEBUG {key} was {from} and is {to} now ({go}); no more: {says}.",
            "GODEBUG {key} 原来是 {from}，现在是 {to}（{go}）；不再是：{says}。"}},
    [TW_SAY_VARIABLE_CHANGED] = {{"{name} was {from} and is {to} now.",
        "{name} 原来是 {from}，现在是 {to}。"}},
    [TW_SAY_NOT_SET] = {{"not set", "未设置"}},
    [TW_SAY_LOOPS_NEW] = {{"for loops have a variable for each iteration now, where all iterations "
                           "shared one before ({from} to {to}).",
        "for 循环现在每次迭代各有变量，之前所有迭代共用一个（{from} 到 {to}）。"}},
    [TW_SAY_LOOPS_OLD] = {{"all iterations of a for loop share one variable now, where each had "
                           "its own before ({from} to {to}).",
        "for 循环现在所有迭代共用一个变量，之前每次迭代各有一个（{from} 到 {to}）。"}},
    [TW_SAY_MODULES_CHANGED] = {{"modules: {list}.", "模块：{list}。"}},
    [TW_SAY_MODULES_ADDED] = {{"{count} added ({names})", "新增 {count} 个（{names}）"}},
    [TW_SAY_MODULES_REMOVED] = {{"{count} removed ({names})", "移除 {count} 个（{names}）"}},
    [TW_SAY_MODULES_UP] = {{"{count} up ({names})", "升级 {count} 个（{names}）"}},
    [TW_SAY_MODULES_DOWN] = {{"{count} down ({names})", "降级 {count} 个（{names}）"}},
    [TW_SAY_EXPERIMENTS_CHANGED] = {{"compiled in were {from}, now {to}.",
        "编译进的实验原来是 {from}，现在是 {to}。"}},
};
