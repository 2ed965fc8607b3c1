#include "daemon/cage/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scanner/base/mem.h"
#include "scanner/base/text.h"

enum { PROGRAM_PATH_MAX = 4096, LIMIT_TEXT_MAX = 64, INPUT_BYTES = 1 << 20 };

// ---- where the program is ----

static int find_program(const char *program, char path[PROGRAM_PATH_MAX], struct tw_err *err)
{
    static const char *const places[] = {
        "tidewaiter-layer", "../libexec/tidewaiter/tidewaiter-layer"};
    if (program) {
        snprintf(path, PROGRAM_PATH_MAX, "%s", program);
        return 0;
    }
    char self[PROGRAM_PATH_MAX / 2];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return tw_err_set(err, TW_E_CAGE, "/proc/self/exe: %s", strerror(errno));
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < TW_COUNT(places); i++) {
        snprintf(path, PROGRAM_PATH_MAX, "%s/%s", self, places[i]);
        if (access(path, X_OK) == 0)
            return 0;
    }
    return tw_err_set(
        err, TW_E_CAGE, "tidewaiter-layer is not in %s; set --cage-program to where it is", self);
}

// ---- starting ----

struct arguments {
    char texts[64][LIMIT_TEXT_MAX]; // "name=value"
    char *argv[5 + 2 * 64 + 1];
};

// Every limit is told, so that child and parent agree.
static void fill_arguments(
    struct arguments *a, char *program, char *kind, char *walls, const struct tw_limits *limits)
{
    static char as[] = "--as", limit[] = "--limit", flag[] = "--walls";
    size_t n = 0;
    a->argv[n++] = program;
    a->argv[n++] = as;
    a->argv[n++] = kind;
    if (walls) {
        a->argv[n++] = flag;
        a->argv[n++] = walls;
    }
    for (unsigned i = 0; i < tw_limit_row_count && i < TW_COUNT(a->texts); i++) {
        const char *at = (const char *)limits + tw_limit_rows[i].offset;
        snprintf(a->texts[i], sizeof a->texts[i], "%s=%" PRIu64, tw_limit_rows[i].name,
            *(const uint64_t *)(const void *)at);
        a->argv[n++] = limit;
        a->argv[n++] = a->texts[i];
    }
    a->argv[n] = NULL;
}

struct pipes {
    int input[2], output[2], trouble[2];
};

static void close_pipes(const struct pipes *p)
{
    const int fds[] = {
        p->input[0], p->input[1], p->output[0], p->output[1], p->trouble[0], p->trouble[1]};
    for (size_t i = 0; i < TW_COUNT(fds); i++)
        tw_closep(&fds[i]);
}

static int spawn(const char *path, char *const argv[], const int fds[3], pid_t *ret_pid)
{
    static char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // A process group of its own: Ctrl-C at a terminal is for us, who end the cage in our time.
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    int r = posix_spawn(ret_pid, path, &actions, &attributes, argv, no_environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

static bool make_non_blocking(int fd)
{
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

// A socket pair hands over with a twentieth less CPU than a pipe of the same size does.
static bool open_input(int fds[2])
{
    const int wish = INPUT_BYTES; // fewer switches; the kernel may give less
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return false;
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &wish, sizeof wish);
    return shutdown(fds[1], SHUT_RD) == 0 && make_non_blocking(fds[1]); // nothing comes back
}

static int start(struct pipes *p, const char *path, const char *kind, const char *walls,
    int own_input, const struct tw_limits *limits, struct tw_child *child, struct tw_err *err)
{
    if ((own_input < 0 && !open_input(p->input)) || pipe2(p->output, O_CLOEXEC) < 0 ||
        pipe2(p->trouble, O_CLOEXEC) < 0 || !make_non_blocking(p->output[0]) ||
        !make_non_blocking(p->trouble[0]))
        return tw_err_set(err, TW_E_CAGE, "no pipes for a cage: %s", strerror(errno));
    struct arguments arguments;
    fill_arguments(&arguments, (char *)path, (char *)kind, (char *)walls, limits);
    const int fds[3] = {own_input < 0 ? p->input[0] : own_input, p->output[1], p->trouble[1]};
    int why = spawn(path, arguments.argv, fds, &child->pid);
    if (why)
        return tw_err_set(err, TW_E_CAGE, "%s cannot be started: %s", path, strerror(why));
    child->input_fd = TW_TAKE_FD(p->input[1]);
    child->output_fd = TW_TAKE_FD(p->output[0]);
    child->trouble_fd = TW_TAKE_FD(p->trouble[0]);
    return 0;
}

int tw_child_start(const struct tw_cage_options *options, const char *kind, int own_input,
    const struct tw_limits *limits, struct tw_child *ret_child, struct tw_err *err)
{
    char path[PROGRAM_PATH_MAX];
    int r = find_program(options->program, path, err);
    if (r < 0)
        return r;
    struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
    struct tw_child child = {.input_fd = -1, .output_fd = -1, .trouble_fd = -1};
    r = start(&p, path, kind, options->walls, own_input, limits, &child, err);
    close_pipes(&p);
    if (r == 0)
        *ret_child = child;
    return r;
}

// ---- ending ----

void tw_child_kill(struct tw_child *child)
{
    if (child->pid > 0)
        kill(-child->pid, SIGKILL); // its whole process group
}

static void close_all(struct tw_child *child)
{
    int *const fds[] = {&child->input_fd, &child->output_fd, &child->trouble_fd};
    for (size_t i = 0; i < TW_COUNT(fds); i++) {
        tw_closep(fds[i]);
        *fds[i] = -1;
    }
}

static const struct {
    int signal;
    int code;
    enum tw_cage_death death;
    const char *sentence;
} deaths[] = {
    {SIGSYS, TW_E_CAGE, TW_CAGE_FORBIDDEN, "tried a forbidden system call"},
    {SIGXCPU, TW_E_LIMIT, TW_CAGE_TIME, "ran out of CPU time (limit layer_seconds)"},
    {SIGKILL, TW_E_CAGE, TW_CAGE_KILLED,
        "was killed (limit layer_seconds or cage_idle_seconds, or no memory)"},
    {SIGSEGV, TW_E_CAGE, TW_CAGE_CRASH, "crashed (SIGSEGV)"},
    {SIGBUS, TW_E_CAGE, TW_CAGE_CRASH, "crashed (SIGBUS)"},
    {SIGABRT, TW_E_CAGE, TW_CAGE_CRASH, "crashed (SIGABRT)"},
    {SIGILL, TW_E_CAGE, TW_CAGE_CRASH, "crashed (SIGILL)"},
    {SIGFPE, TW_E_CAGE, TW_CAGE_CRASH, "crashed (SIGFPE)"},
};

static int died(int signal, enum tw_cage_death *ret_death, struct tw_err *err)
{
    *ret_death = TW_CAGE_CRASH;
    for (size_t i = 0; i < TW_COUNT(deaths); i++) {
        if (deaths[i].signal != signal)
            continue;
        *ret_death = deaths[i].death;
        return tw_err_set(err, deaths[i].code, "the cage %s", deaths[i].sentence);
    }
    return tw_err_set(err, TW_E_CAGE, "the cage was ended by signal %d", signal);
}

// The child's last line is "code-name: sentence". The codes that it may speak of are those of
// reading; all else is the cage's own trouble.
static int complained(
    int status, const struct tw_buf *trouble, enum tw_cage_death *ret_death, struct tw_err *err)
{
    // Memory that the cage has not is its own limit: with ours all is well.
    static const struct {
        int code, means;
        enum tw_cage_death death;
        const char *hint;
    } spoken[] = {
        {TW_E_NOMEM, TW_E_LIMIT, TW_CAGE_MEMORY, " (limit cage_memory_bytes)"},
        {TW_E_FORMAT, TW_E_FORMAT, TW_CAGE_LIVED, ""},
        {TW_E_TRUNCATED, TW_E_TRUNCATED, TW_CAGE_LIVED, ""},
        {TW_E_LIMIT, TW_E_LIMIT, TW_CAGE_LIVED, ""},
        {TW_E_UNSUPPORTED, TW_E_UNSUPPORTED, TW_CAGE_LIVED, ""},
    };
    TW_AUTO(tw_buf_done) struct tw_buf line = TW_BUF(2048);
    struct tw_span text = tw_buf_span(trouble);
    const uint8_t *feed = text.n ? memchr(text.p, '\n', text.n) : NULL;
    if (feed)
        text.n = (uint64_t)(feed - text.p);
    if (text.n > 400)
        text.n = 400;
    tw_text_escape_to(&line, text);
    const char *sentence = line.data ? line.data : "";
    for (size_t i = 0; i < TW_COUNT(spoken); i++) {
        const char *name = tw_err_name(spoken[i].code);
        size_t n = strlen(name);
        if (strncmp(sentence, name, n) != 0 || strncmp(sentence + n, ": ", 2) != 0)
            continue;
        *ret_death = spoken[i].death;
        return tw_err_set(err, spoken[i].means, "%s%s", sentence + n + 2, spoken[i].hint);
    }
    *ret_death = TW_CAGE_TROUBLE;
    return tw_err_set(
        err, TW_E_CAGE, "the cage ended with %d%s%s", status, *sentence ? ": " : "", sentence);
}

bool tw_child_ends_within(const struct tw_child *child, int max_ms)
{
    for (int waited = 0, step = 1;; waited += step) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
            info.si_pid == child->pid)
            return true;
        if (waited >= max_ms)
            return false;
        const struct timespec pause = {.tv_nsec = step * 1000000L};
        nanosleep(&pause, NULL);
        step = step < 50 ? step * 2 : step;
    }
}

int tw_child_reap(struct tw_child *child, const struct tw_buf *trouble,
    enum tw_cage_death *ret_death, struct tw_err *err)
{
    *ret_death = TW_CAGE_TROUBLE;
    int status = 0;
    pid_t pid = child->pid;
    close_all(child);
    child->pid = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return tw_err_set(err, TW_E_CAGE, "waiting for the cage: %s", strerror(errno));
    }
    if (WIFSIGNALED(status))
        return died(WTERMSIG(status), ret_death, err);
    if (WEXITSTATUS(status) != 0)
        return complained(WEXITSTATUS(status), trouble, ret_death, err);
    *ret_death = TW_CAGE_LIVED;
    return 0;
}
