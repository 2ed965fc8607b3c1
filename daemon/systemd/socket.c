#include "daemon/systemd/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_FD = 3 }; // SD_LISTEN_FDS_START

// -1: the variable is missing or no number.
static long number_in(const char *variable)
{
    const char *text = getenv(variable);
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : -1;
    return end && end != text && !*end && n >= 0 ? n : -1;
}

// The daemon speaks HTTP over TCP, and nothing else was promised to anybody.
static int check(int fd, struct tw_err *err)
{
    int listens = 0, type = 0, domain = 0;
    socklen_t size = sizeof(int);
    bool is_ours = getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
                   getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
                   getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && listens &&
                   type == SOCK_STREAM && (domain == AF_INET || domain == AF_INET6);
    if (!is_ours)
        return tw_err_set(err, TW_E_USAGE,
            "the descriptor of LISTEN_FDS is no listening TCP socket; ListenStream= must be "
            "ADDRESS:PORT, with Accept=no");
    // Connections are taken by several threads: none may wait in accept().
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        return tw_err_set(err, TW_E_IO, "the socket of LISTEN_FDS: %s", strerror(errno));
    return 0;
}

int tw_socket_take(int *ret_fd, struct tw_err *err)
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    long pid = number_in(variables[0]), count = number_in(variables[1]);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    *ret_fd = -1;
    if (pid != (long)getpid() || count <= 0)
        return 0;
    if (count > 1)
        return tw_err_set(err, TW_E_USAGE,
            "LISTEN_FDS=%ld: one socket is served; leave one ListenStream=", count);
    int r = check(FIRST_FD, err);
    if (r == 0)
        *ret_fd = FIRST_FD;
    return r;
}

int tw_socket_address(int fd, char ret_text[TW_SOCKET_TEXT_BYTES], struct tw_err *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    char host[INET6_ADDRSTRLEN];
    socklen_t size = sizeof a;
    if (getsockname(fd, &a.any, &size) < 0)
        return tw_err_set(err, TW_E_IO, "the socket of LISTEN_FDS: %s", strerror(errno));
    if (a.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host))
        snprintf(ret_text, TW_SOCKET_TEXT_BYTES, "[%s]:%u", host, ntohs(a.v6.sin6_port));
    else if (a.any.sa_family == AF_INET && inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host))
        snprintf(ret_text, TW_SOCKET_TEXT_BYTES, "%s:%u", host, ntohs(a.v4.sin_port));
    else
        return tw_err_set(err, TW_E_USAGE, "the socket of LISTEN_FDS has no address");
    return 0;
}
