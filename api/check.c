#include "daemon/tidewaiterd/check.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "scanner/base/mem.h"

enum { TIMEOUT_S = 2 };

static const char request[] =
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

// "0.0.0.0:8055" -> "127.0.0.1" and "8055"; "[::]:8055" -> "::1" and "8055"
static int split(const char *listen, char host[256], char port[16], struct tw_err *err)
{
    const char *colon = strrchr(listen, ':');
    if (!colon || (size_t)(colon - listen) >= 256 || strlen(colon + 1) >= 16)
        return tw_err_set(err, TW_E_USAGE, "listen \"%.80s\": must be ADDRESS:PORT", listen);
    snprintf(host, 256, "%.*s", (int)(colon - listen), listen);
    snprintf(port, 16, "%s", colon + 1);
    size_t n = strlen(host);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = '\0';
    }
    if (strcmp(host, "0.0.0.0") == 0 || host[0] == '\0')
        snprintf(host, 256, "127.0.0.1");
    else if (strcmp(host, "::") == 0)
        snprintf(host, 256, "::1");
    return 0;
}

static int ask(int fd, struct tw_err *err)
{
    char answer[13] = "";
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1 ||
        recv(fd, answer, sizeof answer - 1, MSG_WAITALL) != (ssize_t)sizeof answer - 1)
        return tw_err_set(err, TW_E_UNAVAILABLE, "no answer: %s", strerror(errno));
    if (strcmp(answer, "HTTP/1.1 200") != 0)
        return tw_err_set(err, TW_E_UNAVAILABLE, "the answer was \"%s\"", answer);
    return 0;
}

int tw_check(const char *listen, struct tw_err *err)
{
    char host[256], port[16];
    int r = split(listen, host, port, err);
    if (r < 0)
        return r;
    struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM};
    int why = getaddrinfo(host, port, &hints, &list);
    if (why)
        return tw_err_set(err, TW_E_UNAVAILABLE, "%s: %s", listen, gai_strerror(why));
    TW_AUTO(tw_closep) int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) < 0)
        r = tw_err_set(err, TW_E_UNAVAILABLE, "%s: %s", listen, strerror(errno));
    freeaddrinfo(list);
    return r < 0 ? r : ask(fd, err);
}
