#include "tests/bench/https.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 20 };

SSL_CTX *tw_https_context(const char *ca_file)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls && SSL_CTX_load_verify_locations(tls, ca_file, NULL) == 1) {
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
        return tls;
    }
    SSL_CTX_free(tls);
    return NULL;
}

static void hang_up(struct tw_https *c)
{
    if (c->ssl) {
        int fd = SSL_get_fd(c->ssl);
        SSL_free(c->ssl);
        close(fd);
    }
    c->ssl = NULL;
}

void tw_https_done(struct tw_https *c)
{
    hang_up(c);
    free(c->answer);
    c->answer = NULL;
}

static int dial(const struct tw_https_target *target)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = -1, on = 1;
    if (getaddrinfo(target->host, target->port, &hints, &list) != 0)
        return -1;
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static bool establish(struct tw_https *c)
{
    int fd = dial(c->target);
    if (fd < 0)
        return false;
    c->ssl = SSL_new(c->target->tls);
    if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1) {
        SSL_free(c->ssl);
        c->ssl = NULL;
        close(fd);
        return false;
    }
    SSL_set_tlsext_host_name(c->ssl, c->target->host);
    SSL_set1_host(c->ssl, c->target->host);
    if (SSL_connect(c->ssl) == 1)
        return true;
    hang_up(c);
    return false;
}

// The value of a header, in the headers that end at `end`; NULL: it is not there.
static const char *header(const char *answer, const char *end, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = strstr(answer, "\r\n"); line && line < end;
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " ");
    }
    return NULL;
}

// The bytes that the answer will have in all, once its headers are there; 0: not yet.
static size_t promised(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    const char *length = end ? header(answer, end, "Content-Length") : NULL;
    if (!end)
        return 0;
    return (size_t)(end - answer) + 4 + (length ? strtoul(length, NULL, 10) : 0);
}

static bool read_answer(struct tw_https *c)
{
    size_t whole = 0;
    c->size = 0;
    if (!c->answer && !(c->answer = malloc(ANSWER_BYTES + 1)))
        return false;
    while (whole == 0 || c->size < whole) {
        int n = SSL_read(c->ssl, c->answer + c->size, (int)(ANSWER_BYTES - c->size));
        if (n <= 0)
            return false;
        c->size += (size_t)n;
        c->answer[c->size] = '\0';
        whole = whole ? whole : promised(c->answer);
        if (whole > ANSWER_BYTES)
            return false;
    }
    return true;
}

int tw_https_ask(struct tw_https *c, const char *request, size_t size)
{
    if ((!c->ssl && !establish(c)) || SSL_write(c->ssl, request, (int)size) != (int)size ||
        !read_answer(c) || strncmp(c->answer, "HTTP/1.1 ", 9) != 0) {
        hang_up(c);
        return -1;
    }
    int status = atoi(c->answer + 9);
    const char *connection = header(c->answer, strstr(c->answer, "\r\n\r\n"), "Connection");
    if (connection && strncasecmp(connection, "close", 5) == 0)
        hang_up(c);
    return status;
}
