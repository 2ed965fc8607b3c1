#include "api/check.h"

#include <errno.h>
#include <gnutls/gnutls.h>
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

// ---- one connection, plain or TLS ----

struct wire {
    int fd;
    gnutls_session_t session; // NULL: plain
    gnutls_certificate_credentials_t credentials;
};

static int wrap(struct wire *wire, struct tw_err *err)
{
    int r = gnutls_certificate_allocate_credentials(&wire->credentials);
    if (r == 0)
        r = gnutls_init(&wire->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    if (r == 0)
        r = gnutls_set_default_priority(wire->session);
    if (r == 0)
        r = gnutls_credentials_set(wire->session, GNUTLS_CRD_CERTIFICATE, wire->credentials);
    if (r == 0) {
        gnutls_transport_set_int(wire->session, wire->fd);
        gnutls_handshake_set_timeout(wire->session, TIMEOUT_S * 1000);
        while ((r = gnutls_handshake(wire->session)) < 0 && !gnutls_error_is_fatal(r)) {
        }
    }
    return r == 0 ? 0 : tw_err_set(err, TW_E_UNAVAILABLE, "no TLS: %s", gnutls_strerror(r));
}

static void unwrap(struct wire *wire)
{
    if (wire->session)
        gnutls_deinit(wire->session);
    if (wire->credentials)
        gnutls_certificate_free_credentials(wire->credentials);
}

static ssize_t put(const struct wire *wire, const char *text, size_t size)
{
    return wire->session ? gnutls_record_send(wire->session, text, size)
                         : send(wire->fd, text, size, MSG_NOSIGNAL);
}

static ssize_t take(const struct wire *wire, char *text, size_t size)
{
    return wire->session ? gnutls_record_recv(wire->session, text, size)
                         : recv(wire->fd, text, size, MSG_WAITALL);
}

static int ask(const struct wire *wire, struct tw_err *err)
{
    char answer[13] = "";
    if (put(wire, request, sizeof request - 1) != (ssize_t)sizeof request - 1 ||
        take(wire, answer, sizeof answer - 1) != (ssize_t)sizeof answer - 1)
        return tw_err_set(err, TW_E_UNAVAILABLE, "no answer: %s", strerror(errno));
    if (strcmp(answer, "HTTP/1.1 200") != 0)
        return tw_err_set(err, TW_E_UNAVAILABLE, "the answer was \"%s\"", answer);
    return 0;
}

static int check(int fd, bool tls, struct tw_err *err)
{
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    struct wire wire = {.fd = fd};
    int r = tls ? wrap(&wire, err) : 0;
    if (r == 0)
        r = ask(&wire, err);
    unwrap(&wire);
    return r;
}

int tw_check(const char *listen, bool tls, struct tw_err *err)
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
    return r < 0 ? r : check(fd, tls, err);
}
