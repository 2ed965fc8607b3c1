#include "scanner/cage/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "scanner/base/limits.h"
#include "scanner/base/mem.h"
#include "scanner/cage/sandbox.h"

// ---- files: what is there on every machine, and may be opened by everybody ----

static long read_file(void)
{
    return open("/dev/null", O_RDONLY);
}

static long write_file(void)
{
    return open("/dev/null", O_WRONLY);
}

static long list_folder(void)
{
    return open("/", O_RDONLY | O_DIRECTORY);
}

static long open_by_openat2(void)
{
    struct open_how how = {.flags = O_RDONLY};
    return syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof how);
}

static long remove_file(void)
{
    return unlink("/proc/self/status"); // which nobody could, for another reason
}

static long new_folder(void)
{
    return mkdirat(AT_FDCWD, "/tmp/tidewaiter-self-test", 0700);
}

static long file_in_memory(void)
{
    return memfd_create("self-test", 0);
}

static long terminal(void)
{
    char key = 'x';
    return ioctl(STDIN_FILENO, TIOCSTI, &key);
}

// ---- network ----

static long tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long unix_socket(void)
{
    int pair[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

// A socket that was there before the walls.
static void give_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0)
        dup2(fd, STDIN_FILENO);
}

static long bind_socket(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return bind(STDIN_FILENO, (struct sockaddr *)&any, sizeof any);
}

// ---- processes ----

static pid_t parent;

static void note_parent(void)
{
    parent = getppid();
}

static long new_process(void)
{
    return fork();
}

static long new_process_by_clone3(void)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    return syscall(SYS_clone3, &args, sizeof args);
}

static long new_program(void)
{
    static char name[] = "true";
    char *const argv[] = {name, NULL};
    return execve("/proc/self/exe", argv, NULL);
}

static long trace(void)
{
    return ptrace(PTRACE_SEIZE, parent, NULL, NULL);
}

static long signal_parent(void)
{
    return kill(parent, 0);
}

static long hold_process(void)
{
    return syscall(SYS_pidfd_open, parent, 0);
}

static long read_process(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&parent, 1};
    return syscall(SYS_process_vm_readv, parent, &here, 1UL, &there, 1UL, 0UL);
}

static long new_namespace(void)
{
    return unshare(CLONE_NEWUSER);
}

static long change_user(void)
{
    return syscall(SYS_setuid, 0);
}

static long be_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

// ---- memory and the kernel ----

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

static long mount_something(void)
{
    return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static long ring(void)
{
    struct io_uring_params params = {0};
    return syscall(SYS_io_uring_setup, 1, &params);
}

static long load_bpf(void)
{
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
}

static long handle_faults(void)
{
    return syscall(SYS_userfaultfd, 1);
}

#ifdef __x86_64__
// getpid by the gate of 32-bit programs, whose numbers are others.
static long old_gate(void)
{
    long r = 20;
    __asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
    errno = r < 0 ? (int)-r : 0;
    return r;
}
#endif

// ---- limits ----

static long other_limits(void)
{
    static const struct {
        __rlimit_resource_t resource;
        rlim_t value;
    } rows[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_NPROC, 0}, // root is not bound by it: what holds there is seccomp
        {RLIMIT_MEMLOCK, 0},
        {RLIMIT_NOFILE, 0},
        {RLIMIT_FSIZE, TW_PROBE_OUTPUT_BYTES},
        {RLIMIT_CPU, TW_PROBE_CPU_SECONDS},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct rlimit now;
        if (getrlimit(rows[i].resource, &now) < 0)
            return -1;
        if (now.rlim_cur != rows[i].value)
            return 0;
    }
    errno = EPERM; // they are as they should be
    return -1;
}

static long raise_limit(void)
{
    struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
    return syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit);
}

static long another_descriptor(void)
{
    return dup(STDOUT_FILENO);
}

static long spin(void)
{
    for (volatile unsigned long i = 0; i < 100000000000UL; i++)
        ;
    return 0;
}

static void give_file(void)
{
    int fd = memfd_create("self-test", 0);
    if (fd >= 0)
        dup2(fd, STDOUT_FILENO);
}

static long write_too_much(void)
{
    static const char zeros[1 << 16];
    for (size_t n = 0; n <= TW_PROBE_OUTPUT_BYTES; n += sizeof zeros) {
        if (write(STDOUT_FILENO, zeros, sizeof zeros) < 0)
            return -1;
    }
    return 0;
}

#ifndef TW_SANITIZED // has no limit of memory
static long too_much_memory(void)
{
    void *p = mmap(NULL, tw_limits_default.cage_memory_bytes, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? -1 : 0;
}
#endif

enum {
    SECCOMP = TW_WALL_SECCOMP,
    LANDLOCK = TW_WALL_LANDLOCK,
    RLIMITS = TW_WALL_RLIMITS,
};

const struct tw_probe tw_probes[] = {
    {"read a file", NULL, read_file, SECCOMP | LANDLOCK | RLIMITS, 1, true},
    {"write a file", NULL, write_file, SECCOMP | LANDLOCK | RLIMITS, 1, true},
    {"list a folder", NULL, list_folder, SECCOMP | LANDLOCK | RLIMITS, 1, true},
    {"open a file by openat2", NULL, open_by_openat2, SECCOMP | LANDLOCK | RLIMITS, 1, true},
    {"remove a file", NULL, remove_file, SECCOMP | LANDLOCK, 1, false},
    {"make a folder", NULL, new_folder, SECCOMP, 0, false},
    {"make a file in memory", NULL, file_in_memory, SECCOMP | RLIMITS, 0, true},
    {"type on a terminal (ioctl)", NULL, terminal, SECCOMP, 0, false},
    {"open a TCP socket", NULL, tcp_socket, SECCOMP | RLIMITS, 0, true},
    {"open a Unix socket", NULL, unix_socket, SECCOMP | RLIMITS, 0, true},
    {"bind a socket left open", give_socket, bind_socket, SECCOMP | LANDLOCK, 4, true},
    {"start a process", NULL, new_process, SECCOMP, 0, true},
    {"start a process by clone3", NULL, new_process_by_clone3, SECCOMP, 0, false},
    {"start a program", NULL, new_program, SECCOMP | LANDLOCK, 1, false},
    {"trace a process", note_parent, trace, SECCOMP | LANDLOCK, 1, false},
    {"signal a process", note_parent, signal_parent, SECCOMP | LANDLOCK, 6, true},
    {"hold a process (pidfd)", note_parent, hold_process, SECCOMP | RLIMITS, 0, false},
    {"read another's memory", note_parent, read_process, SECCOMP | LANDLOCK, 1, false},
    {"enter a namespace", NULL, new_namespace, SECCOMP, 0, false},
    {"change the user", NULL, change_user, SECCOMP, 0, false},
    {"be dumpable (prctl)", NULL, be_dumpable, SECCOMP, 0, true},
    {"map executable memory", NULL, executable_memory, SECCOMP, 0, true},
    {"make memory executable", NULL, make_executable, SECCOMP, 0, true},
    {"open a pipe", NULL, new_pipe, SECCOMP | RLIMITS, 0, true},
    {"mount a file system", NULL, mount_something, SECCOMP, 0, false},
    {"set up an io_uring", NULL, ring, SECCOMP, 0, false},
    {"load a BPF program", NULL, load_bpf, SECCOMP, 0, false},
    {"handle page faults", NULL, handle_faults, SECCOMP, 0, false},
#ifdef __x86_64__
    {"enter by the 32-bit gate", NULL, old_gate, SECCOMP, 0, false},
#endif
    {"raise a limit", NULL, raise_limit, SECCOMP, 0, false},
    {"have other limits", NULL, other_limits, RLIMITS, 0, true},
    {"have one descriptor more", NULL, another_descriptor, SECCOMP | RLIMITS, 0, true},
    {"use more CPU time", NULL, spin, 0, 0, false},
    {"write more than allowed", give_file, write_too_much, 0, 0, true},
#ifndef TW_SANITIZED
    {"take more memory", NULL, too_much_memory, 0, 0, true},
#endif
};
const size_t tw_probe_count = TW_COUNT(tw_probes);
