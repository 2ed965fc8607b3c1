#include "api/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "scanner/base/mem.h"

enum { BACKLOG = 1024, HOST_MAX = 255 };

// "[::1]:80" -> "::1" and "80". The brackets are needed: without them the last colon of an IPv6
// address would be taken for the port's.
static int split(
    const char *address, char host[HOST_MAX + 1], const char **ret_port, struct tw_err *err)
{
    const char *colon = strrchr(address, ':');
    const char *start = address, *end = colon;
    if (colon && address[0] == '[' && colon > address + 1 && colon[-1] == ']') {
        start++;
        end--;
    } else if (colon && memchr(address, ':', (size_t)(colon - address))) {
        colon = NULL;
    }
    bool is_number = colon && colon[1] && strlen(colon + 1) <= 5 &&
                     strspn(colon + 1, "0123456789") == strlen(colon + 1);
    if (!is_number || end == start || end - start > HOST_MAX)
        return tw_err_set(err, TW_E_USAGE,
            "listen address \"%.80s\" must be ADDRESS:PORT, like 127.0.0.1:8055 or [::1]:8055",
            address);
    memcpy(host, start, (size_t)(end - start));
    host[end - start] = '\0';
    *ret_port = colon + 1;
    return 0;
}

static int open_socket(const struct addrinfo *info, int *ret_fd)
{
    TW_AUTO(tw_closep)
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
        return -errno;
    *ret_fd = TW_TAKE_FD(fd);
    return 0;
}

uint16_t tw_listen_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t size = sizeof a;
    if (getsockname(fd, &a.any, &size) < 0)
        return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

int tw_listen(const char *address, int *ret_fd, uint16_t *ret_port, struct tw_err *err)
{
    char host[HOST_MAX + 1];
    const char *port;
    int r = split(address, host, &port, err);
    if (r < 0)
        return r;
    struct addrinfo *list = NULL,
                    hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int why = getaddrinfo(host, port, &hints, &list);
    if (why)
        return tw_err_set(err, TW_E_IO, "cannot listen on %s: %s", address, gai_strerror(why));
    int fd = -1;
    for (const struct addrinfo *i = list; i && fd < 0; i = i->ai_next)
        r = open_socket(i, &fd);
    freeaddrinfo(list);
    if (fd < 0)
        return tw_err_set(err, TW_E_IO, "cannot listen on %s: %s", address, strerror(-r));
    *ret_port = tw_listen_port(fd);
    *ret_fd = fd;
    return 0;
}
