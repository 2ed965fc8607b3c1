#include "daemon/systemd/supervisor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 512 };

// Set before any thread, then only read.
static struct {
    struct sockaddr_un address;
    socklen_t size; // 0: nobody wants to hear
} supervisor;

int tw_supervisor_init(struct tw_err *err)
{
    static const char variable[] = "NOTIFY_SOCKET";
    const char *name = getenv(variable);
    size_t size = name ? strlen(name) : 0;
    if (size == 0)
        return 0;
    // A path, or "@" and a name in the abstract namespace.
    if ((name[0] != '/' && name[0] != '@') || size >= sizeof supervisor.address.sun_path)
        return tw_err_set(
            err, TW_E_USAGE, "%s=%.80s: must be a path or @NAME of a socket", variable, name);
    supervisor.address.sun_family = AF_UNIX;
    memcpy(supervisor.address.sun_path, name, size);
    if (name[0] == '@')
        supervisor.address.sun_path[0] = '\0';
    supervisor.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    unsetenv(variable);
    return 0;
}

bool tw_supervisor_listens(void)
{
    return supervisor.size > 0;
}

void tw_supervisor_tell(const char *fmt, ...)
{
    char message[MESSAGE_BYTES];
    va_list ap;
    if (supervisor.size == 0)
        return;
    va_start(ap, fmt);
    int n = vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    size_t size = n < (int)sizeof message ? (size_t)n : sizeof message - 1;
    (void)sendto(fd, message, size, MSG_NOSIGNAL, (const struct sockaddr *)&supervisor.address,
        supervisor.size);
    close(fd);
}

void tw_supervisor_reloading(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    tw_supervisor_tell("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
        (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}
