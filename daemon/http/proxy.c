#include "daemon/http/proxy.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>

// In the order in which libcurl looks. HTTP_PROXY is not among them: a CGI sets it from a header.
static const struct {
    const char *variable;
    bool http, https;
} variables[] = {
    {"http_proxy", true, false},
    {"https_proxy", false, true},
    {"HTTPS_PROXY", false, true},
    {"all_proxy", true, true},
    {"ALL_PROXY", true, true},
};

static unsigned port_of(const char *proxy)
{
    char *text = NULL;
    unsigned port = 0;
    CURLU *u = curl_url();
    if (u &&
        !curl_url_set(u, CURLUPART_URL, proxy, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)) {
        port = curl_url_get(u, CURLUPART_PORT, &text, 0) ? 1080 : (unsigned)strtoul(text, NULL, 10);
        curl_free(text);
    }
    curl_url_cleanup(u);
    return port;
}

bool tw_proxy_is_meant(const struct tw_url *url, const struct sockaddr *address)
{
    const char *proxy = NULL;
    for (size_t i = 0; i < TW_COUNT(variables) && !(proxy && *proxy); i++) {
        if (url->https ? variables[i].https : variables[i].http)
            proxy = getenv(variables[i].variable);
    }
    if (!proxy || !*proxy)
        return false;
    struct sockaddr_in v4 = {0};
    struct sockaddr_in6 v6 = {0};
    if (address->sa_family == AF_INET)
        memcpy(&v4, address, sizeof v4);
    if (address->sa_family == AF_INET6)
        memcpy(&v6, address, sizeof v6);
    unsigned port = ntohs(address->sa_family == AF_INET ? v4.sin_port : v6.sin6_port);
    return port != url->port && port == port_of(proxy);
}
