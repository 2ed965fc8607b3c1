#include "scanner/cage/sweep.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scanner/base/mem.h"
#include "scanner/cage/inside.h"

enum { NUMBERS = 512 }; // Linux 6.18 has 470

// Ranges of numbers; x32 programs have theirs behind a bit.
static const long bases[] = {
    0,
#ifdef __x86_64__
    0x40000000,
#endif
};

// The kernel's own, for its uprobes. It lets them pass no filter since 6.14 (uretprobe) and 6.18
// (uprobe), and refuses them itself to whoever does not come from its trampoline.
static const struct {
    long number;
    struct tw_try answer;
} unfiltered[] = {
#ifdef __x86_64__
    {335, {TW_FATE_ENDED, SIGILL}},
    {336, {TW_FATE_REFUSED, ENXIO}},
#endif
    {-1, {TW_FATE_WORKED, 0}},
};

static bool is_unfiltered(long number, struct tw_try t)
{
    for (size_t i = 0; i < TW_COUNT(unfiltered); i++) {
        if (unfiltered[i].number == number && unfiltered[i].answer.fate == t.fate &&
            unfiltered[i].answer.number == t.number)
            return true;
    }
    return false;
}

static void print_allowed(void)
{
    for (long n = 0; n < NUMBERS; n++) {
        if (tw_sandbox_call(n) != TW_CALL_ALLOWED)
            continue;
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)n);
        printf(" %s", name ? name : "?");
        free(name);
    }
    printf("\n");
}

static long call(void *ctx)
{
    return syscall(*(const long *)ctx, 0L, 0L, 0L, 0L, 0L, 0L);
}

static bool is_as_listed(struct tw_try t, enum tw_call listed)
{
    return listed == TW_CALL_REFUSED ? t.fate == TW_FATE_REFUSED && t.number == EACCES
                                     : t.fate == TW_FATE_ENDED && t.number == SIGSYS;
}

unsigned tw_sweep(const struct tw_sandbox_options *options)
{
    unsigned open = 0, ended = 0, refused = 0, by_kernel = 0;
    for (size_t b = 0; b < TW_COUNT(bases); b++) {
        for (long n = bases[b]; n < bases[b] + NUMBERS; n++) {
            enum tw_call listed = tw_sandbox_call(n);
            if (listed == TW_CALL_ALLOWED)
                continue;
            struct tw_try t = tw_try_inside(options, NULL, call, &n);
            if (is_as_listed(t, listed)) {
                *(listed == TW_CALL_REFUSED ? &refused : &ended) += 1;
                continue;
            }
            if (is_unfiltered(n, t)) {
                by_kernel++;
                continue;
            }
            open++;
            printf("system call %-16ld NOT REFUSED (%s)\n", n, tw_try_name(t));
        }
    }
    printf("%-28s refused (%u by SIGSYS, %u by EACCES, %u by the kernel itself); allowed are",
        "other system calls", ended, refused, by_kernel);
    print_allowed();
    return open;
}
