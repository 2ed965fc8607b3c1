#include "scanner/cage/selftest.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/base/mem.h"

static long read_file(void)
{
    return open("/etc/passwd", O_RDONLY);
}

static long write_file(void)
{
    return open("/tmp/tidewaiter-self-test", O_WRONLY | O_CREAT, 0600);
}

static long list_folder(void)
{
    return open("/", O_RDONLY | O_DIRECTORY);
}

static long remove_file(void)
{
    return unlink("/tmp/tidewaiter-self-test");
}

static long tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long unix_socket(void)
{
    int pair[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long new_process(void)
{
    return fork();
}

static long new_program(void)
{
    static char name[] = "true";
    char *const argv[] = {name, NULL};
    return execve("/bin/true", argv, NULL);
}

static long trace(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long signal_parent(void)
{
    return syscall(SYS_kill, 1, 0);
}

static long executable_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}

static long make_executable(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long new_pipe(void)
{
    int ends[2];
    return pipe(ends);
}

static long new_namespace(void)
{
    return unshare(CLONE_NEWUSER);
}

static long mount_something(void)
{
    return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static long ring(void)
{
    struct io_uring_params params = {0};
    return syscall(SYS_io_uring_setup, 1, &params);
}

static long raise_limit(void)
{
    struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
    return syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit);
}

static long change_user(void)
{
    return syscall(SYS_setuid, 0);
}

static const struct probe {
    const char *what;
    long (*try)(void); // at least 0: it worked
} probes[] = {
    {"read a file", read_file},
    {"write a file", write_file},
    {"list a folder", list_folder},
    {"remove a file", remove_file},
    {"open a TCP socket", tcp_socket},
    {"open a Unix socket", unix_socket},
    {"start a process", new_process},
    {"start a program", new_program},
    {"trace a process", trace},
    {"signal a process", signal_parent},
    {"map executable memory", executable_memory},
    {"make memory executable", make_executable},
    {"open a pipe", new_pipe},
    {"enter a namespace", new_namespace},
    {"mount a file system", mount_something},
    {"set up an io_uring", ring},
    {"raise a limit", raise_limit},
    {"change the user", change_user},
};

enum { REFUSED = 0, WORKED = 1, NO_CAGE = 2 };

// In a child: inside the cage, one try.
static int try_inside(const struct tw_sandbox_options *options, const struct probe *probe)
{
    struct tw_err err = {0};
    if (tw_sandbox_enter(options, &err) < 0) {
        fprintf(stderr, "tidewaiter-layer: %s\n", err.msg);
        return NO_CAGE;
    }
    return probe->try() >= 0 ? WORKED : REFUSED;
}

static bool is_refused(const struct tw_sandbox_options *options, const struct probe *probe)
{
    fflush(NULL);
    pid_t pid = fork(); // nothing hostile has been read by this process
    if (pid == 0)
        _exit(try_inside(options, probe));
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    const char *how = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS     ? "refused (SIGSYS)"
                      : WIFEXITED(status) && WEXITSTATUS(status) == REFUSED ? "refused (error)"
                                                                            : "NOT REFUSED";
    printf("%-26s %s\n", probe->what, how);
    return how[0] == 'r';
}

int tw_selftest(const struct tw_sandbox_options *options, struct tw_err *err)
{
    size_t open = 0;
    for (size_t i = 0; i < TW_COUNT(probes); i++)
        open += !is_refused(options, &probes[i]);
    return open ? tw_err_set(err, TW_E_CAGE, "the cage does not hold: %zu of %zu were not refused",
                      open, TW_COUNT(probes))
                : 0;
}
