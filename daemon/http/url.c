#include "daemon/http/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void curl_url_freep(CURLU **u)
{
    curl_url_cleanup(*u);
}

static void curl_textp(char **text)
{
    curl_free(*text);
}

void tw_url_done(struct tw_url *url)
{
    free(url->text);
    free(url->host);
    free(url->origin);
    *url = (struct tw_url){0};
}

static int no_url(struct tw_err *err, const char *why)
{
    return tw_err_set(err, TW_E_FORMAT, "an address that is no http(s) URL: %s", why);
}

// Names are compared as text, so they have one form: lower case, no dot at the end, no brackets.
static char *plain_host(const char *host)
{
    size_t n = strlen(host);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    } else if (n > 1 && host[n - 1] == '.') {
        n--;
    }
    char *plain = strndup(host, n);
    for (char *c = plain; c && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return plain;
}

static int take_parts(CURLU *u, struct tw_url *url, struct tw_err *err)
{
    TW_AUTO(curl_textp) char *scheme = NULL, *host = NULL, *port = NULL, *text = NULL;
    if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) ||
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
        curl_url_get(u, CURLUPART_URL, &text, 0))
        return no_url(err, "its scheme, host or port is missing");
    url->https = strcasecmp(scheme, "https") == 0;
    if (!url->https && strcasecmp(scheme, "http") != 0)
        return no_url(err, "the scheme is another one");
    url->port = (unsigned)strtoul(port, NULL, 10);
    if (url->port == 0)
        return no_url(err, "nothing listens on port 0");
    url->text = strdup(text);
    url->host = plain_host(host);
    if (!url->text || !url->host)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    bool v6 = strchr(url->host, ':') != NULL;
    bool own_port = url->port == (url->https ? 443U : 80U);
    const char *open = v6 ? "[" : "", *close = v6 ? "]" : "";
    int n = own_port ? asprintf(&url->origin, "%s%s%s", open, url->host, close)
                     : asprintf(&url->origin, "%s%s%s:%u", open, url->host, close, url->port);
    if (n < 0)
        url->origin = NULL;
    return n < 0 ? tw_err_set(err, TW_E_NOMEM, "out of memory") : 0;
}

static int from_handle(CURLU *u, struct tw_url *ret_url, struct tw_err *err)
{
    curl_url_set(u, CURLUPART_USER, NULL, 0);
    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(u, CURLUPART_OPTIONS, NULL, 0);
    curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    int r = take_parts(u, &url, err);
    if (r < 0)
        return r;
    *ret_url = url;
    url = (struct tw_url){0};
    return 0;
}

static int parse(const char *base, const char *text, struct tw_url *ret_url, struct tw_err *err)
{
    if (strlen(text) > TW_URL_BYTES_MAX)
        return no_url(err, "it is too long");
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return no_url(err, "it has blanks or control characters");
    }
    TW_AUTO(curl_url_freep) CURLU *u = curl_url();
    if (!u)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    CURLUcode bad = base ? curl_url_set(u, CURLUPART_URL, base, 0) : CURLUE_OK;
    if (!bad)
        bad = curl_url_set(u, CURLUPART_URL, text, 0);
    return bad ? no_url(err, curl_url_strerror(bad)) : from_handle(u, ret_url, err);
}

int tw_url_parse(const char *text, struct tw_url *ret_url, struct tw_err *err)
{
    return parse(NULL, text, ret_url, err);
}

int tw_url_resolve(
    const struct tw_url *base, const char *text, struct tw_url *ret_url, struct tw_err *err)
{
    return parse(base->text, text, ret_url, err);
}

// As text: libcurl's own way of setting a query rewrites what is in it already.
int tw_url_add_query(struct tw_url *url, const char *name, const char *value, struct tw_err *err)
{
    TW_AUTO(curl_textp) char *encoded = curl_easy_escape(NULL, value, (int)strlen(value));
    const char *query = strchr(url->text, '?');
    const char *join = !query ? "?" : query[1] ? "&" : "";
    TW_AUTO(tw_freep) char *text = NULL;
    if (!encoded || asprintf(&text, "%s%s%s=%s", url->text, join, name, encoded) < 0) {
        text = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    struct tw_url longer = {0};
    int r = parse(NULL, text, &longer, err);
    if (r < 0)
        return r;
    tw_url_done(url);
    *url = longer;
    return 0;
}

bool tw_url_same_origin(const struct tw_url *a, const struct tw_url *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}
