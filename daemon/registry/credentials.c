#include "daemon/registry/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/http/secret.h"
#include "scanner/base/base64.h"
#include "scanner/base/json.h"

enum {
    CONFIG_BYTES_MAX = 1 << 20,
    CONFIG_DEPTH_MAX = 32,
    CONFIG_VALUES_MAX = 100000,
    AUTH_BYTES_MAX = 65536
};

void tw_credentials_done(struct tw_credentials *credentials)
{
    tw_secret_free(credentials->user);
    tw_secret_free(credentials->password);
    tw_secret_free(credentials->identity_token);
    tw_secret_free(credentials->registry_token);
    *credentials = (struct tw_credentials){0};
}

bool tw_credentials_is_set(const struct tw_credentials *c)
{
    return c->user || c->identity_token || c->registry_token;
}

// The names under which docker.io is written down.
static const char *const docker_hosts[] = {"index.docker.io", "registry-1.docker.io", "docker.io"};

static size_t host_size(const char *key)
{
    return strcspn(key, "/");
}

static bool same_host(const char *key, const char *registry)
{
    size_t n = host_size(key);
    if (strlen(registry) == n && strncasecmp(key, registry, n) == 0)
        return true;
    if (strcasecmp(registry, "docker.io") != 0)
        return false;
    for (size_t i = 0; i < TW_COUNT(docker_hosts); i++) {
        if (strlen(docker_hosts[i]) == n && strncasecmp(key, docker_hosts[i], n) == 0)
            return true;
    }
    return false;
}

// How well a key fits: 0 not at all, else 1 + the length of its repository part.
static size_t fit(const char *key, const char *registry, const char *repository)
{
    static const char *const prefixes[] = {"https://", "http://"};
    for (size_t i = 0; i < TW_COUNT(prefixes); i++) {
        size_t n = strlen(prefixes[i]);
        if (strncasecmp(key, prefixes[i], n) == 0) {
            key += n;
            break;
        }
    }
    if (!same_host(key, registry))
        return 0;
    const char *path = key + host_size(key);
    path += *path == '/';
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] == '/')
        n--;
    if (n == 0 || (n == 2 && (strncmp(path, "v1", 2) == 0 || strncmp(path, "v2", 2) == 0)))
        return 1;
    bool whole = strncmp(repository, path, n) == 0 && strchr("/", repository[n]) != NULL;
    return whole ? 1 + n : 0;
}

static int copy(const char *from, char **to, struct tw_err *err)
{
    if (!from || !*from)
        return 0;
    *to = strdup(from);
    return *to ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

// base64 of "user:password", which old versions of docker filled up with NUL bytes.
static int read_auth(const char *auth, struct tw_credentials *c, struct tw_err *err)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf plain = TW_BUF(AUTH_BYTES_MAX);
    bool ok = tw_base64_decode(tw_span_str(auth), &plain) && plain.data;
    size_t n = ok ? plain.size : 0;
    while (n > 0 && plain.data[n - 1] == '\0')
        n--;
    const char *colon = n ? memchr(plain.data, ':', n) : NULL;
    if (!colon || memchr(plain.data, '\0', n))
        return tw_err_set(err, TW_E_FORMAT, "\"auth\" is not the base64 of user:password");
    size_t user = (size_t)(colon - plain.data);
    c->user = strndup(plain.data, user);
    c->password = strndup(colon + 1, n - user - 1);
    return c->user && c->password ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
}

static int read_entry(const json_t *entry, struct tw_credentials *c, struct tw_err *err)
{
    const char *auth = tw_json_string(entry, "auth");
    int r = auth && *auth ? read_auth(auth, c, err) : 0;
    if (r == 0 && !c->user && tw_json_string(entry, "username")) {
        r = copy(tw_json_string(entry, "username"), &c->user, err);
        if (r == 0 && c->user) {
            const char *password = tw_json_string(entry, "password");
            c->password = strdup(password ? password : "");
            r = c->password ? 0 : tw_err_set(err, TW_E_NOMEM, "out of memory");
        }
    }
    if (r == 0)
        r = copy(tw_json_string(entry, "identitytoken"), &c->identity_token, err);
    if (r == 0)
        r = copy(tw_json_string(entry, "registrytoken"), &c->registry_token, err);
    return r;
}

static bool is_helper_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n < sizeof((struct tw_credentials *)0)->helper &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static void note_helper(const json_t *config, const char *registry, struct tw_credentials *c)
{
    const char *found = tw_json_string(config, "credsStore");
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(config, "credHelpers"), key, value)
    {
        if (fit(key, registry, "") && json_is_string(value))
            found = json_string_value(value);
    }
    if (found && is_helper_name(found))
        snprintf(c->helper, sizeof c->helper, "%s", found);
}

int tw_credentials_find(struct tw_span config_json, const char *registry, const char *repository,
    struct tw_credentials *ret_credentials, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *config = NULL;
    int r = tw_json_parse(config_json,
        (struct tw_json_caps){CONFIG_BYTES_MAX, CONFIG_DEPTH_MAX, CONFIG_VALUES_MAX}, &config,
        NULL);
    if (r < 0)
        return tw_err_set(err, r == TW_E_NOMEM ? r : TW_E_FORMAT, "not valid JSON");
    const json_t *best = NULL;
    const char *best_key = "", *key;
    size_t best_fit = 0;
    json_t *value;
    json_object_foreach(json_object_get(config, "auths"), key, value)
    {
        size_t f = fit(key, registry, repository);
        if (f > best_fit) {
            best = value;
            best_key = key;
            best_fit = f;
        }
    }
    TW_AUTO(tw_credentials_done) struct tw_credentials c = {0};
    if (best && (r = read_entry(best, &c, err)) < 0)
        return tw_err_wrap(err, r, "auths: %.100s", best_key);
    if (!tw_credentials_is_set(&c))
        note_helper(config, registry, &c);
    *ret_credentials = c;
    c = (struct tw_credentials){0};
    return 0;
}

static int read_file(const char *path, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tw_err_set(err, TW_E_IO, "%s", strerror(errno));
    char part[4096];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tw_err_set(err, TW_E_IO, "%s", strerror(errno));
        if (tw_buf_append(out, part, (size_t)n) < 0)
            return tw_err_set(err, out->status, "longer than 1 MiB");
    }
    explicit_bzero(part, sizeof part);
    return 0;
}

int tw_credentials_load(const char *path, const char *registry, const char *repository,
    struct tw_credentials *ret_credentials, struct tw_err *err)
{
    if (!path) {
        *ret_credentials = (struct tw_credentials){0};
        return 0;
    }
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = TW_BUF(CONFIG_BYTES_MAX);
    int r = read_file(path, &text, err);
    if (r == 0)
        r = tw_credentials_find(tw_buf_span(&text), registry, repository, ret_credentials, err);
    return r < 0 ? tw_err_wrap(err, r, "docker's config.json (%s)", path) : 0;
}
