// Which finding follows from which setting on which Go version: one row a case.
#include "scene.h"

// `severity` NULL: the rule must be silent. Otherwise `says` must stand in the message.
struct row {
    const char *rule, *severity, *says;
    struct scene scene;
};

static const struct row rows[] = {
    // GOROOT
    {"TW101", "low", "no compiled Go program reads it",
        {.release = "1.26.5", .env = {"GOROOT_FINAL=/usr/local/go"}}},
    {"TW101", NULL, NULL, {.release = "1.26.5", .env = {"GOROOT=/usr/local/go"}}},
    {"TW101", "low", "from Go 1.23 on none",
        {.release = "1.19.8", .env = {"GOROOT_FINAL=/x"}, .toolchain = "go1.19.8"}},
    {"TW104", "low", "no Go version has that variable",
        {.release = "1.22.1", .setting = {"-ldflags=-s -X runtime.gorootFinal=/x"}}},
    {"TW104", NULL, NULL,
        {.release = "1.22.1", .setting = {"-ldflags=-X runtime.defaultGOROOT=/x"}}},
    {"TW105", "medium", "no Go toolchain at /opt/go",
        {.release = "1.22.1", .env = {"GOROOT=/opt/go"}}},
    {"TW105", NULL, NULL,
        {.release = "1.22.1", .env = {"GOROOT=/usr/local/go/"}, .toolchain = "go1.22.1"}},
    {"TW105", NULL, NULL, {.release = "1.22.1", .env = {"GOROOT=/opt/go"}, .incomplete = true}},
    // GODEBUG that stops the program
    // Every element is looked at when the program starts, not only the one that would count.
    {"TW201", "critical", "GODEBUG=tls10server=1",
        {.release = "1.27.4", .env = {"GODEBUG=tls10server=1,tls10server=0"}}},
    {"TW201", "critical", "GODEBUG=tls10server=1",
        {.release = "1.27.4", .env = {"GODEBUG=tls10server=0,tls10server=1"}}},
    {"TW201", NULL, NULL, {.release = "1.27.4", .env = {"GODEBUG=tls10server=0,tls10server=0"}}},
    {"TW201", "critical", "asynctimerchan=1",
        {.release = "1.27.0", .env = {"GODEBUG=asynctimerchan=1"}}},
    {"TW201", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=asynctimerchan=1"}}},
    {"TW201", NULL, NULL, {.release = "1.27.0", .env = {"GODEBUG=asynctimerchan=0"}}},
    {"TW201", NULL, NULL, {.env = {"GODEBUG=asynctimerchan=1"}}},
    {"TW201", "critical", "cgocheck=2", {.release = "1.21.0", .env = {"GODEBUG=cgocheck=2"}}},
    {"TW201", NULL, NULL, {.release = "1.20.5", .env = {"GODEBUG=cgocheck=2"}}},
    // GODEBUG that does nothing
    {"TW202", "low", "no Go release ever had a key \"mmap\"",
        {.release = "1.26.5", .env = {"GODEBUG=mmap=1"}}},
    {"TW202", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW203", "low", "is what go1.26.5 does anyway",
        {.release = "1.26.5", .env = {"GODEBUG=gcstoptheworld=0"}}},
    {"TW203", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gcstoptheworld=1"}}},
    {"TW203", "low", "GCTRACE", {.release = "1.26.5", .env = {"GODEBUG=GCTRACE=1"}}},
    // tracing, harm
    {"TW204", "medium", "gctrace=1", {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW204", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=1,gctrace=0"}}},
    {"TW204", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=0"}}},
    {"TW204", "medium", "http2debug=1",
        {.release = "1.26.5", .env = {"GODEBUG=http2debug=1"}, .links = {"net/http"}}},
    {"TW204", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=http2debug=1"}}},
    {"TW205", "high", "gcstoptheworld=1",
        {.release = "1.26.5", .env = {"GODEBUG=gcstoptheworld=1"}}},
    {"TW205", "high", "asyncpreemptoff=1",
        {.release = "1.22.1", .env = {"GODEBUG=asyncpreemptoff=1"}}},
    {"TW205", NULL, NULL, {.release = "1.22.1", .env = {"GODEBUG=asyncpreemptoff=0"}}},
    {"TW206", "high", "tls10server=1",
        {.release = "1.22.1", .env = {"GODEBUG=tls10server=1"}, .links = {"crypto/tls"}}},
    {"TW206", NULL, NULL, {.release = "1.22.1", .env = {"GODEBUG=tls10server=1"}}},
    {"TW206", NULL, NULL,
        {.release = "1.21.1", .env = {"GODEBUG=tls10server=1"}, .links = {"crypto/tls"}}},
    {"TW207", "medium", "http2server=0",
        {.release = "1.22.1", .env = {"GODEBUG=http2server=0"}, .links = {"net/http"}}},
    {"TW207", NULL, NULL, {.release = "1.22.1", .env = {"GODEBUG=http2server=0"}}},
    {"TW208", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=gctrace=1"}}},
    {"TW208", "medium", "go1.27", {.release = "1.26.5", .env = {"GODEBUG=asynctimerchan=1"}}},
    // removed before, or read by nothing in it: the check of 1.27 ends it all the same
    {"TW208", "medium", "go1.27", {.release = "1.26.5", .env = {"GODEBUG=x509sha1=1"}}},
    {"TW208", "medium", "go1.27", {.release = "1.26.5", .env = {"GODEBUG=gotypesalias=0"}}},
    {"TW208", NULL, NULL, {.release = "1.26.5", .env = {"GODEBUG=x509sha1=0"}}},
    {"TW205", "high", "no collection starts by itself",
        {.release = "1.27.0", .env = {"GODEBUG=sbrk=1"}}},
    {"TW201", NULL, NULL, {.release = "1.27.0", .env = {"GODEBUG=sbrk=1"}}},
    // GOEXPERIMENT
    {"TW301", "low", "changes nothing at run time",
        {.release = "1.26.5", .env = {"GOEXPERIMENT=jsonv2"}}},
    {"TW301", NULL, NULL,
        {.release = "1.26.5", .env = {"GOEXPERIMENT=jsonv2"}, .toolchain = "go1.26.5"}},
    {"TW301", NULL, NULL,
        {.release = "1.26.5", .env = {"GOEXPERIMENT=jsonv2"}, .incomplete = true}},
    {"TW302", "low", "set but empty", {.release = "1.26.5", .env = {"GOEXPERIMENT="}}},
    {"TW302", NULL, NULL, {.release = "1.26.5", .env = {"GOEXPERIMENT=none"}}},
    {"TW304", "medium", "fieldtrack", {.release = "1.26.5", .experiment = "fieldtrack"}},
    {"TW304", NULL, NULL, {.release = "1.26.5", .experiment = "nogreenteagc"}},
    // releases and builds
    {"TW401", "medium", "go1.19 ended on 2023-08-08", {.release = "1.19.8"}},
    {"TW401", NULL, NULL, {.release = "1.27.4"}},
    {"TW401", NULL, NULL, {.release = NULL}},
    {"TW402", "medium", "test version", {.release = "1.27rc1"}},
    {"TW402", NULL, NULL, {.release = "1.27.0"}},
    {"TW403", "high", "-race", {.release = "1.26.5", .setting = {"-race=true"}}},
    {"TW403", "high", "all=-N -l", {.release = "1.26.5", .setting = {"-gcflags=all=-N -l"}}},
    {"TW403", NULL, NULL, {.release = "1.26.5", .setting = {"-gcflags=-lang=go1.20"}}},
    // the environment of the process
    {"TW501", "critical", "Write GOMEMLIMIT=10GiB",
        {.release = "1.19.8", .env = {"GOMEMLIMIT=10GB"}}},
    {"TW501", NULL, NULL, {.release = "1.18.10", .env = {"GOMEMLIMIT=10GB"}}},
    {"TW501", NULL, NULL, {.release = "1.26.5", .env = {"GOMEMLIMIT=10GiB"}}},
    {"TW501", NULL, NULL, {.release = "1.26.5", .env = {"GOMEMLIMIT=off"}}},
    {"TW501", NULL, NULL, {.release = "1.26.5", .env = {"GOMEMLIMIT=10GB", "GOMEMLIMIT=1GiB"}}},
    {"TW501", NULL, NULL, {.env = {"GOMEMLIMIT=10GB"}}},
    {"TW502", "low", "silently uses 100", {.release = "1.26.5", .env = {"GOGC=50%"}}},
    {"TW502", NULL, NULL, {.release = "1.26.5", .env = {"GOGC=off"}}},
    {"TW502", "low", "GOMAXPROCS=0", {.release = "1.26.5", .env = {"GOMAXPROCS=0"}}},
    {"TW502", "low", "no goroutine's stack", {.release = "1.26.5", .env = {"GOTRACEBACK=full"}}},
    {"TW502", "low", "no goroutine's stack", {.release = "1.26.5", .env = {"GOTRACEBACK=wer"}}},
    {"TW502", NULL, NULL, {.release = "1.26.5", .env = {"GOTRACEBACK=crash"}}},
    {"TW503", "low", "GOFLAGS, GOPROXY",
        {.release = "1.26.5", .env = {"GOFLAGS=-mod=mod", "GOPROXY=off"}}},
    {"TW503", NULL, NULL,
        {.release = "1.26.5", .env = {"GOFLAGS=-mod=mod"}, .toolchain = "go1.26.5"}},
    // what build steps, scripts and programs show
    {"TW102", "high", "ends with status 1 (go1.22)",
        {.release = "1.22",
            .dockerfile = "Dockerfile",
            .text = {.path = "Dockerfile"},
            .trace = {.kind = TW_TRACE_GO_ENV_W, .name = "GOROOT_FINAL", .go = "1.22"}}},
    {"TW102", "low", "does nothing",
        {.release = "1.22.1",
            .text = {.kind = TW_TEXT_HISTORY},
            .trace = {.kind = TW_TRACE_GO_ENV_W, .name = "GOROOT_FINAL"}}},
    {"TW102", NULL, NULL,
        {.release = "1.22",
            .dockerfile = "Dockerfile",
            .text = {.path = "Dockerfile"},
            .trace = {.kind = TW_TRACE_GO_ENV_W, .name = "GOFLAGS", .go = "1.22"}}},
    {"TW103", "low", "always fails",
        {.release = "1.22.1",
            .text = {.path = "ci.sh", .kind = TW_TEXT_SCRIPT},
            .trace = {.kind = TW_TRACE_GO_ENV, .name = "GOROOT_FINAL"}}},
    {"TW103", NULL, NULL,
        {.release = "1.22.1",
            .text = {.path = "ci.sh", .kind = TW_TEXT_SCRIPT},
            .trace = {.kind = TW_TRACE_GO_ENV, .name = "GOROOT"}}},
    {"TW106", "medium", "links go/build",
        {.release = "1.22.1", .goroot = "", .goroot_source = "trimmed", .links = {"go/build"}}},
    {"TW106", NULL, NULL,
        {.release = "1.22.1", .goroot = "", .goroot_source = "trimmed", .links = {"net/http"}}},
    {"TW106", NULL, NULL,
        {.release = "1.22.1",
            .goroot = "",
            .goroot_source = "trimmed",
            .links = {"go/build"},
            .toolchain = "go1.22.1"}},
    {"TW107", "low", "/usr/local/go, /usr/lib/go-1.19",
        {.release = "1.22.1",
            .goroot = "/usr/local/go",
            .other = "1.19.8",
            .other_goroot = "/usr/lib/go-1.19"}},
    {"TW107", NULL, NULL,
        {.release = "1.22.1", .goroot = "/usr/local/go", .other = "1.22.1", .other_goroot = ""}},
    {"TW107", "low", "/etc/os-release says GOROOT_FINAL=/usr/lib/go",
        {.release = "1.22.1",
            .goroot = "/usr/local/go",
            .text = {.path = "etc/os-release", .kind = TW_TEXT_OS_RELEASE},
            .trace = {.kind = TW_TRACE_SET, .name = "GOROOT_FINAL", .value = "/usr/lib/go"}}},
    {"TW108", "info", "/home/alice/app",
        {.release = "1.22.1", .goroot = "/usr/local/go", .source_dir = "/home/alice/app"}},
    {"TW108", NULL, NULL, {.release = "1.22.1", .source_dir = "/go/src/app"}},
    {"TW109", "medium", "Go toolchain go1.22.1 at /usr/local/go",
        {.release = "1.22.1", .toolchain = "go1.22.1", .entry = "/usr/bin/app"}},
    {"TW109", NULL, NULL, {.release = "1.22.1", .toolchain = "go1.22.1", .entry = "/bin/sh"}},
    {"TW209", "medium", "tls10server=1",
        {.release = "1.26.5",
            .go_line = "1.21",
            .links = {"crypto/tls"},
            .setting =
                {"DefaultGODEBUG=tls10server=1,tls3des=1,tlsrsakex=1,tlsunsafeekm=1,"
                 "httplaxcontentlength=1,httpmuxgo121=1,gotypesalias=0,asynctimerchan=1,"
                 "winsymlink=0,winreadlinkvolume=0,x509keypairleaf=0,x509negativeserial=1"}}},
    {"TW209", NULL, NULL, {.release = "1.26.5", .links = {"crypto/tls"}}},
    {"TW210", "info", "/entry.sh sets GOGC=50",
        {.release = "1.22.1",
            .text = {.path = "entry.sh", .kind = TW_TEXT_SCRIPT},
            .trace = {.kind = TW_TRACE_SET, .name = "GOGC", .value = "50"}}},
    {"TW210", NULL, NULL,
        {.release = "1.22.1",
            .text = {.path = "entry.sh", .kind = TW_TEXT_SCRIPT},
            .trace = {.kind = TW_TRACE_SET, .name = "GOFLAGS", .value = "-v"}}},
    {"TW210", NULL, NULL,
        {.release = "1.22.1",
            .toolchain = "go1.22.1",
            .text = {.path = "usr/local/go/src/all.bash", .kind = TW_TEXT_SCRIPT},
            .trace = {.kind = TW_TRACE_SET, .name = "GOGC", .value = "50"}}},
    {"TW303", "high", "no experiment \"gorootnew\"",
        {.release = "1.22.1", .toolchain = "go1.22.1", .env = {"GOEXPERIMENT=gorootnew"}}},
    {"TW303", "high", "gone from go1.21 on",
        {.release = "1.22",
            .dockerfile = "Dockerfile",
            .text = {.path = "Dockerfile"},
            .trace =
                {.kind = TW_TRACE_SET, .name = "GOEXPERIMENT", .value = "unified", .go = "1.22"}}},
    {"TW303", NULL, NULL,
        {.release = "1.22.1",
            .toolchain = "go1.22.1",
            .env = {"GOEXPERIMENT=loopvar,noregabi"},
            .arch = "s390x",
            .incomplete = true}},
    {"TW303", NULL, NULL,
        {.release = "1.15.1", .toolchain = "go1.15.1", .env = {"GOEXPERIMENT=nonsense"}}},
    {"TW305", "medium", "greenteagc", {.release = "1.26.5", .experiment = "nogreenteagc"}},
    {"TW305", NULL, NULL, {.release = "1.25.4", .experiment = "nogreenteagc"}},
    {"TW306", "medium", "usr/bin/other (the defaults)",
        {.release = "1.26.5", .experiment = "fieldtrack", .other = "1.26.5"}},
    {"TW306", NULL, NULL, {.release = "1.26.5", .other = "1.22.1"}},
    {"TW307", "medium", "X:loopvar (go1.21.3)", {.release = "1.21.3", .experiment = "loopvar"}},
    {"TW307", NULL, NULL, {.release = "1.21.3", .experiment = "fieldtrack"}},
    {"TW404", "high", "sets main.apiKey to a value",
        {.release = "1.22.1", .setting = {"-ldflags=-X main.apiKey=s3cr3tV4lue"}}},
    {"TW404", "high", "GitHub token",
        {.release = "1.22.1",
            .setting = {"CGO_CFLAGS=-DT=ghp_0123456789abcdefghijABCDEFGHIJ012345"}}},
    {"TW404", NULL, NULL,
        {.release = "1.22.1",
            .setting = {"-ldflags=-X main.version=1.4.0 -X main.secretPath=/run/secrets/x "
                        "-X main.tokenName=${TOKEN} -X main.commit=0123456789abcdef"}}},
    {"TW405", "info", "on top of revision abc",
        {.release = "1.22.1", .setting = {"vcs.modified=true", "vcs.revision=abc"}}},
    {"TW405", "info", "./local", {.release = "1.22.1", .modules = {"example.org/x => ./local"}}},
    {"TW405", NULL, NULL,
        {.release = "1.22.1",
            .setting = {"vcs.modified=false"},
            .modules = {"example.org/x => example.org/y", "example.org/z v1.0.0"}}},
    {"TW406", "info", "GOAMD64=v3", {.release = "1.22.1", .setting = {"GOAMD64=v3"}}},
    {"TW406", NULL, NULL, {.release = "1.22.1", .setting = {"GOAMD64=v1", "GOARM64=v8.0"}}},
    {"TW407", "low", "linux/s390x", {.release = "1.22.1", .arch = "s390x"}},
    {"TW407", "high", "exec format error",
        {.release = "1.22.1", .arch = "s390x", .entry = "/usr/bin/app"}},
    {"TW407", NULL, NULL, {.release = "1.22.1", .arch = "386"}},
    {"TW408", "info", "go1.26.5 (usr/bin/app), go1.19.8 (usr/bin/other)",
        {.release = "1.26.5", .other = "1.19.8"}},
    {"TW408", NULL, NULL, {.release = "1.26.5", .other = "1.26.5"}},
    {"TW504", "high", "GOSUMDB=off",
        {.release = "1.26.5", .toolchain = "go1.26.5", .env = {"GOSUMDB=off"}}},
    {"TW504", NULL, NULL, {.release = "1.26.5", .env = {"GOSUMDB=off"}}},
    {"TW504", NULL, NULL,
        {.release = "1.26.5", .toolchain = "go1.26.5", .env = {"GONOSUMDB=corp.example"}}},
    {"TW504", "low", "GOINSECURE=*",
        {.release = "1.26.5",
            .toolchain = "go1.26.5",
            .text = {.path = "root/.config/go/env", .kind = TW_TEXT_GO_ENV},
            .trace = {.kind = TW_TRACE_SET, .name = "GOINSECURE", .value = "*"}}},
    {"TW505", "medium", "time.LoadLocation",
        {.release = "1.26.5", .calls = {"time.LoadLocation"}, .links = {"time"}}},
    {"TW505", NULL, NULL, {.release = "1.26.5", .calls = {"time.LoadLocation"}, .zones = "x"}},
    {"TW505", NULL, NULL,
        {.release = "1.26.5", .calls = {"time.LoadLocation"}, .links = {"time", "time/tzdata"}}},
    {"TW505", NULL, NULL,
        {.release = "1.26.5",
            .calls = {"time.LoadLocation"},
            .goroot = "/usr/local/go",
            .text = {.path = "usr/local/go/lib/time/zoneinfo.zip", .kind = TW_TEXT_ZONES}}},
    {"TW505", NULL, NULL,
        {.release = "1.26.5", .calls = {"time.LoadLocation"}, .incomplete = true}},
    {"TW506", "medium", "no CA certificates",
        {.release = "1.26.5",
            .calls = {"crypto/x509.loadSystemRoots", "net/http.(*Transport).roundTrip"}}},
    {"TW506", NULL, NULL, {.release = "1.26.5", .calls = {"crypto/x509.loadSystemRoots"}}},
    {"TW506", NULL, NULL,
        {.release = "1.26.5",
            .one_file = true,
            .calls = {"crypto/x509.loadSystemRoots", "net/http.(*Transport).roundTrip"}}},
    {"TW506", NULL, NULL,
        {.release = "1.26.5",
            .certificates = "etc/ssl/certs/ca-certificates.crt",
            .calls = {"crypto/x509.loadSystemRoots", "net/http.(*Transport).roundTrip"}}},
    {"TW506", NULL, NULL,
        {.release = "1.26.5",
            .env = {"SSL_CERT_FILE=/x"},
            .calls = {"crypto/tls.dial", "crypto/x509.loadSystemRoots"}}},
    {"TW507", "medium", "go1.24.2 does not look at the CPU limit of 500m",
        {.release = "1.24.2", .options = {.cpu_limit_millis = 500}}},
    {"TW507", "medium", "containermaxprocs=0 switches that off",
        {.release = "1.25.1",
            .env = {"GODEBUG=containermaxprocs=0"},
            .options = {.cpu_limit_millis = 2000}}},
    {"TW507", NULL, NULL, {.release = "1.25.1", .options = {.cpu_limit_millis = 2000}}},
    {"TW507", NULL, NULL,
        {.release = "1.24.2", .env = {"GOMAXPROCS=2"}, .options = {.cpu_limit_millis = 2000}}},
    {"TW507", NULL, NULL, {.release = "1.24.2"}},
    // Nobody can tell whether it is set.
    {"TW507", NULL, NULL,
        {.release = "1.24.2",
            .options = {.cpu_limit_millis = 500,
                .unknown = (const char *const[]){"GOMAXPROCS"},
                .unknown_count = 1}}},
    {"TW508", NULL, NULL,
        {.release = "1.24.2", .options = {.memory_limit_bytes = 512 << 20, .may_set_any = true}}},
    {"TW508", "medium", "above the container's memory limit",
        {.release = "1.24.2",
            .env = {"GOMEMLIMIT=1GiB"},
            .options = {.memory_limit_bytes = 512 << 20, .may_set_any = true}}},
    {"TW506", NULL, NULL,
        {.release = "1.26.5",
            .calls = {"crypto/tls.dial", "crypto/x509.loadSystemRoots"},
            .options = {.unknown = (const char *const[]){"SSL_CERT_DIR"}, .unknown_count = 1}}},
    {"TW508", "medium", "above the container's memory limit of 512 MiB",
        {.release = "1.24.2",
            .env = {"GOMEMLIMIT=1GiB"},
            .options = {.memory_limit_bytes = 512 << 20}}},
    {"TW508", "medium", "is not set",
        {.release = "1.24.2", .options = {.memory_limit_bytes = 512 << 20}}},
    {"TW508", NULL, NULL,
        {.release = "1.24.2",
            .env = {"GOMEMLIMIT=450MiB"},
            .options = {.memory_limit_bytes = 512 << 20}}},
    {"TW508", NULL, NULL, {.release = "1.18.2", .options = {.memory_limit_bytes = 512 << 20}}},
    {"TW801", NULL, NULL, {.release = "1.26.5"}},
    {"TW901", "high", "layer 1 could not be read",
        {.release = "1.26.5", .layer_note = "truncated", .incomplete = true}},
    {"TW901", NULL, NULL, {.release = "1.26.5"}},
    {"TW902", NULL, NULL, {.release = "1.26.5"}},
    {"TW903", "info", "missing", {.release = "1.26.5", .note = TW_NOTE_BUILDINFO_REMOVED}},
    {"TW903", NULL, NULL, {.release = "1.26.5"}},
    {"TW904", "medium", "packed", {.release = "1.26.5", .note = TW_NOTE_PACKED}},
    {"TW904", NULL, NULL, {.release = "1.26.5"}},
};

// Prints what is wrong with the finding of a row; the rest of the rows are still looked at.
static bool is_wrong(size_t i, const struct tw_finding *finding)
{
    const struct row *row = &rows[i];
    if (!row->severity && !finding)
        return false;
    if (!row->severity || !finding) {
        print_error("row %zu: %s should %s: %s\n", i, row->rule,
            row->severity ? "speak" : "be silent", finding ? finding->message : "");
        return true;
    }
    if (strcmp(tw_severity_name(finding->severity), row->severity) == 0 &&
        strstr(finding->message, row->says) && !strpbrk(finding->message, "{?"))
        return false;
    print_error("row %zu: %s (%s) says: %s\n", i, row->rule, tw_severity_name(finding->severity),
        finding->message);
    return true;
}

static int judge(struct stage *stage, const struct scene *scene, enum tw_lang lang,
    struct tw_verdict **ret_verdict)
{
    struct tw_judge_options options = scene_options(scene, lang);
    return tw_judge(&stage->image, &options, ret_verdict, NULL);
}

static void judge__each_setting_on_its_go_version__says_what_happens_there(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct stage stage;
        TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
        scene_set(&stage, &rows[i].scene);
        assert_int_equal(judge(&stage, &rows[i].scene, TW_EN, &verdict), 0);
        wrong += is_wrong(i, scene_find(verdict, rows[i].rule));
    }
    assert_int_equal(wrong, 0);
}

static void judge__all_rows_in_chinese__no_name_is_left_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct stage stage;
        TW_AUTO(tw_verdict_freep) struct tw_verdict *verdict = NULL;
        scene_set(&stage, &rows[i].scene);
        assert_int_equal(judge(&stage, &rows[i].scene, TW_ZH, &verdict), 0);
        for (size_t j = 0; j < verdict->finding_count; j++) {
            assert_null(strpbrk(verdict->findings[j].message, "{?"));
        }
    }
}

static void catalogue__rows__are_in_order_and_whole(void **state)
{
    (void)state;
    const struct tw_rule *rule, *before = NULL;
    for (size_t i = 0; (rule = tw_rule_at(i)); i++) {
        assert_true(!before || strcmp(before->id, rule->id) < 0);
        assert_ptr_equal(tw_rule_find(rule->id), rule);
        assert_ptr_equal(tw_rule_find(rule->name), rule);
        assert_non_null(rule->sources[0]);
        for (int lang = 0; lang < TW_LANG_COUNT; lang++) {
            const struct tw_rule_text *t = &rule->text[lang];
            const char *const fields[] = {t->title, t->what, t->why, t->see, t->now, t->for_good};
            for (size_t f = 0; f < TW_COUNT(fields); f++)
                assert_true(fields[f] && *fields[f]);
        }
        before = rule;
    }
}

// Rules on two images, and on what could not be read, have tests of their own.
static void catalogue__each_rule__has_a_row_that_speaks_and_one_that_is_silent(void **state)
{
    (void)state;
    const struct tw_rule *rule;
    for (size_t r = 0; (rule = tw_rule_at(r)); r++) {
        bool speaks = false, silent = false;
        for (size_t i = 0; i < TW_COUNT(rows); i++) {
            if (strcmp(rows[i].rule, rule->id) != 0)
                continue;
            speaks |= rows[i].severity != NULL;
            silent |= rows[i].severity == NULL;
        }
        bool elsewhere = rule->id[2] == '6' || rule->id[2] == '8' || strcmp(rule->id, "TW902") == 0;
        if (!elsewhere && !(speaks && silent))
            fail_msg("%s has no row that %s", rule->id, speaks ? "is silent" : "speaks");
    }
}

static void judge__twice__same_findings_worst_first(void **state)
{
    (void)state;
    static const struct scene scene = {.release = "1.19.8",
        .env = {"GOMEMLIMIT=2GB", "GODEBUG=gctrace=1,mmap=1", "GOROOT_FINAL=/x", "GOEXPERIMENT="}};
    struct stage stage;
    TW_AUTO(tw_verdict_freep) struct tw_verdict *a = NULL, *b = NULL;
    scene_set(&stage, &scene);
    assert_int_equal(
        tw_judge(&stage.image,
            &(struct tw_judge_options){.policy = &tw_policy_default, .lang = TW_EN}, &a, NULL),
        0);
    assert_int_equal(
        tw_judge(&stage.image,
            &(struct tw_judge_options){.policy = &tw_policy_default, .lang = TW_EN}, &b, NULL),
        0);
    assert_int_equal(a->decision, TW_DENY);
    assert_int_equal(a->finding_count, b->finding_count);
    assert_string_equal(a->findings[0].rule->id, "TW501");
    for (size_t i = 0; i < a->finding_count; i++) {
        assert_true(i == 0 || a->findings[i - 1].severity >= a->findings[i].severity);
        assert_string_equal(a->findings[i].fingerprint, b->findings[i].fingerprint);
        assert_string_equal(a->findings[i].message, b->findings[i].message);
    }
    struct tw_policy lenient = {.name = "lenient", .fail_on = TW_SEVERITY_COUNT};
    TW_AUTO(tw_verdict_freep) struct tw_verdict *c = NULL;
    assert_int_equal(tw_judge(&stage.image,
                         &(struct tw_judge_options){.policy = &lenient, .lang = TW_EN}, &c, NULL),
        0);
    assert_int_equal(c->decision, TW_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__each_setting_on_its_go_version__says_what_happens_there),
        cmocka_unit_test(judge__all_rows_in_chinese__no_name_is_left_open),
        cmocka_unit_test(catalogue__rows__are_in_order_and_whole),
        cmocka_unit_test(catalogue__each_rule__has_a_row_that_speaks_and_one_that_is_silent),
        cmocka_unit_test(judge__twice__same_findings_worst_first),
    };
    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
