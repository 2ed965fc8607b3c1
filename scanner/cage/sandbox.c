#include "scanner/cage/sandbox.h"

#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scanner/base/digest.h"

// ---- which walls ----

static const struct {
    const char *word;
    unsigned walls;
} words[] = {
    {"full", TW_WALLS_ALL},
    {"without-landlock", TW_WALL_RLIMITS | TW_WALL_SECCOMP},
    {"none", TW_WALL_RLIMITS},
};

int tw_sandbox_walls(const char *word, unsigned *ret_walls, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(words); i++) {
        if (strcmp(words[i].word, word) == 0) {
            *ret_walls = words[i].walls;
            return 0;
        }
    }
    return tw_err_set(
        err, TW_E_USAGE, "--walls %.40s: must be full, without-landlock or none", word);
}

// ---- what libraries want to open or ask, before the walls are up ----

static int warm_up(struct tw_err *err)
{
    struct tw_digest unused;
    setlocale(LC_CTYPE, "C.UTF-8");
    json_object_seed(0); // jansson would open /dev/urandom
    if (tw_digest_of("", 0, &unused) < 0)
        return tw_err_set(err, TW_E_CAGE, "libcrypto cannot hash");
    return 0;
}

// ---- rlimits ----

static int lower(int resource, const char *name, uint64_t value, uint64_t grace, struct tw_err *err)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value + grace};
    if (setrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return tw_err_set(err, TW_E_CAGE, "setrlimit %s: %s", name, strerror(errno));
    return 0;
}

static int lower_all(const struct tw_limits *limits, struct tw_err *err)
{
    const struct {
        int resource;
        const char *name;
        uint64_t value;
        uint64_t grace; // between the soft and the hard limit
    } rows[] = {
        {RLIMIT_CORE, "core", 0, 0},
        {RLIMIT_NPROC, "nproc", 0, 0},
        {RLIMIT_MEMLOCK, "memlock", 0, 0},
        {RLIMIT_FSIZE, "fsize", limits->inventory_bytes, 0},
        {RLIMIT_CPU, "cpu", limits->layer_seconds, 1}, // SIGXCPU says more than SIGKILL
#ifndef TW_SANITIZED // the sanitizer's shadow memory is terabytes of address space
        {RLIMIT_AS, "as", limits->cage_memory_bytes, 0},
#endif
        {RLIMIT_NOFILE, "nofile", 0, 0},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        int r = lower(rows[i].resource, rows[i].name, rows[i].value, rows[i].grace, err);
        if (r < 0)
            return r;
    }
    return 0;
}

// ---- landlock: https://docs.kernel.org/userspace-api/landlock.html ----

// As linux/landlock.h of the newest kernel has it; older ones take a shorter one.
struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

static const struct {
    int abi;
    struct ruleset handled;
    size_t size;
} abis[] = {
    {6, {(1u << 16) - 1, 3, 3}, 24}, // abstract sockets and signals
    {5, {(1u << 16) - 1, 3, 0}, 16}, // ioctl on devices
    {4, {(1u << 15) - 1, 3, 0}, 16}, // TCP bind and connect
    {3, {(1u << 15) - 1, 0, 0}, 8},  // truncate
    {2, {(1u << 14) - 1, 0, 0}, 8},  // rename and link between folders
    {1, {(1u << 13) - 1, 0, 0}, 8},
};

enum { CREATE_RULESET_VERSION = 1 };

int tw_sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    return abi < 1 ? 0 : (int)abi;
}

static int landlock(struct tw_err *err)
{
    int abi = tw_sandbox_landlock_abi();
    if (abi == 0)
        return tw_err_set(err, TW_E_CAGE,
            "this kernel has no landlock (%s): boot one that has it in lsm=, or allow running "
            "without by the setting cage=without-landlock",
            strerror(errno));
    size_t row = 0;
    while (abis[row].abi > abi)
        row++;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &abis[row].handled, abis[row].size, 0);
    if (fd < 0)
        return tw_err_set(err, TW_E_CAGE, "landlock_create_ruleset: %s", strerror(errno));
    long r = syscall(SYS_landlock_restrict_self, fd, 0);
    int why = errno;
    close(fd);
    return r < 0 ? tw_err_set(err, TW_E_CAGE, "landlock_restrict_self: %s", strerror(why)) : 0;
}

// ---- seccomp ----

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64), // an archive on descriptor 0
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(sysinfo), // qsort asks for the size of memory
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
#ifdef TW_SANITIZED // what a sanitizer needs to run and to print its report
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
#endif
};

// Tried by libraries that get on without.
static const int answered_with_eacces[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(stat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(readlink),
    SCMP_SYS(ioctl),
};

// Memory may be mapped and protected, but never executable.
static const int without_exec[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

static bool lists(const int *list, size_t count, long number)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == number)
            return true;
    }
    return false;
}

enum tw_call tw_sandbox_call(long number)
{
    return lists(allowed, TW_COUNT(allowed), number)                             ? TW_CALL_ALLOWED
           : lists(without_exec, TW_COUNT(without_exec), number)                 ? TW_CALL_ALLOWED
           : lists(answered_with_eacces, TW_COUNT(answered_with_eacces), number) ? TW_CALL_REFUSED
                                                                                 : TW_CALL_ENDS;
}

static int add_rules(scmp_filter_ctx filter)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < TW_COUNT(allowed); i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; r == 0 && i < TW_COUNT(without_exec); i++)
        r = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, without_exec[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    for (size_t i = 0; r == 0 && i < TW_COUNT(answered_with_eacces); i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), answered_with_eacces[i], 0);
    return r;
}

static int seccomp(struct tw_err *err)
{
    // NULL also when the kernel does not know how to end a process: libseccomp asks it.
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int r = filter ? add_rules(filter) : -EOPNOTSUPP;
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return r < 0 ? tw_err_set(err, TW_E_CAGE,
                       "seccomp: %s: this kernel, or what runs us, must allow seccomp filters, or "
                       "allow running without by the setting cage=none",
                       strerror(-r))
                 : 0;
}

// ---- the process itself ----

static int privileges(struct tw_err *err)
{
    const struct {
        int option;
        unsigned long value;
        const char *name;
    } rows[] = {
        {PR_SET_NO_NEW_PRIVS, 1, "no_new_privs"},
        {PR_SET_DUMPABLE, 0, "dumpable"},
        {PR_SET_PDEATHSIG, SIGKILL, "pdeathsig"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (prctl(rows[i].option, rows[i].value, 0, 0, 0) < 0)
            return tw_err_set(err, TW_E_CAGE, "prctl %s: %s", rows[i].name, strerror(errno));
    }
    return 0;
}

int tw_sandbox_enter(const struct tw_sandbox_options *options, struct tw_err *err)
{
    int r = warm_up(err);
    if (r == 0 && close_range(3, ~0u, 0) < 0)
        r = tw_err_set(err, TW_E_CAGE, "close_range: %s", strerror(errno));
    if (r == 0 && clearenv() != 0)
        r = tw_err_set(err, TW_E_CAGE, "the environment cannot be emptied");
    if (r == 0)
        r = privileges(err);
    if (r == 0 && (options->walls & TW_WALL_LANDLOCK))
        r = landlock(err);
    if (r == 0 && (options->walls & TW_WALL_RLIMITS))
        r = lower_all(options->limits, err);
    return r == 0 && (options->walls & TW_WALL_SECCOMP) ? seccomp(err) : r;
}
