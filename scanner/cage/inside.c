#include "scanner/cage/inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/base/mem.h"

enum { EXIT_WORKED = 0, EXIT_NO_WALLS = 255, TRY_SECONDS = 20 };

static int run(const struct tw_sandbox_options *options, void (*prepare)(void),
    long (*try)(void *ctx), void *ctx)
{
    struct tw_err err = {0};
    alarm(TRY_SECONDS);
    if (prepare)
        prepare();
    if (tw_sandbox_enter(options, &err) < 0) {
        fprintf(stderr, "tidewaiter-layer: %s\n", err.msg);
        return EXIT_NO_WALLS;
    }
    errno = 0;
    if (try(ctx) >= 0)
        return EXIT_WORKED;
    return errno > 0 && errno < EXIT_NO_WALLS ? errno : EXIT_WORKED;
}

struct tw_try tw_try_inside(const struct tw_sandbox_options *options, void (*prepare)(void),
    long (*try)(void *ctx), void *ctx)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(run(options, prepare, try, ctx));
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return (struct tw_try){TW_FATE_NO_WALLS, 0};
    if (WIFSIGNALED(status))
        return (struct tw_try){TW_FATE_ENDED, WTERMSIG(status)};
    int code = WEXITSTATUS(status);
    return code == EXIT_WORKED     ? (struct tw_try){TW_FATE_WORKED, 0}
           : code == EXIT_NO_WALLS ? (struct tw_try){TW_FATE_NO_WALLS, 0}
                                   : (struct tw_try){TW_FATE_REFUSED, code};
}

static const struct {
    enum tw_fate fate;
    int number;
    const char *name;
} walls_answer[] = {
    {TW_FATE_ENDED, SIGSYS, "SIGSYS"},
    {TW_FATE_ENDED, SIGXCPU, "SIGXCPU"},
    {TW_FATE_ENDED, SIGXFSZ, "SIGXFSZ"},
    {TW_FATE_ENDED, SIGSEGV, "SIGSEGV"}, // the 32-bit gate of a kernel that has none
    {TW_FATE_REFUSED, EACCES, "EACCES"},
    {TW_FATE_REFUSED, EPERM, "EPERM"},
    {TW_FATE_REFUSED, EMFILE, "EMFILE"},
    {TW_FATE_REFUSED, ENOMEM, "ENOMEM"},
};

static const char *find_name(struct tw_try t)
{
    for (size_t i = 0; i < TW_COUNT(walls_answer); i++) {
        if (walls_answer[i].fate == t.fate && walls_answer[i].number == t.number)
            return walls_answer[i].name;
    }
    return NULL;
}

bool tw_try_is_refused(struct tw_try t)
{
    return find_name(t) != NULL;
}

const char *tw_try_name(struct tw_try t)
{
    const char *name = find_name(t);
    if (!name && t.fate == TW_FATE_REFUSED)
        name = strerrorname_np(t.number);
    if (!name && t.fate == TW_FATE_ENDED)
        name = sigdescr_np(t.number);
    return name                         ? name
           : t.fate == TW_FATE_WORKED   ? "worked"
           : t.fate == TW_FATE_NO_WALLS ? "no walls"
                                        : "unknown";
}
