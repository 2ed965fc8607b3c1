#include "daemon/http/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { CA_BYTES_MAX = 4 << 20 };

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcmp(name + n - k, end) == 0;
}

static int add_file(const char *path, struct tw_buf *out, struct tw_err *err)
{
    char bytes[16384];
    TW_AUTO(tw_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return tw_err_set(err, TW_E_IO, "%s: %s", path, strerror(errno));
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) != 0;) {
        if (n < 0)
            return tw_err_set(err, TW_E_IO, "%s: %s", path, strerror(errno));
        if (tw_buf_append(out, bytes, (size_t)n) < 0)
            return tw_err_set(err, out->status, "%s: more than 4 MiB of certificates", path);
    }
    return tw_buf_puts(out, "\n");
}

static int add_pair(const char *path, struct tw_trust *trust, struct tw_err *err)
{
    if (trust->certificate)
        return 0; // libcurl shows one
    char *key = strdup(path);
    trust->certificate = strdup(path);
    trust->key = key;
    if (!key || !trust->certificate)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    memcpy(key + strlen(key) - strlen(".cert"), ".key", sizeof ".key");
    return access(key, R_OK) == 0
               ? 0
               : tw_err_set(err, TW_E_USAGE, "%s: its key, %s: %s", path, key, strerror(errno));
}

static int add(const char *folder, const char *name, struct tw_trust *trust, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *path = NULL;
    bool is_ca = ends_with(name, ".crt");
    if (!is_ca && !ends_with(name, ".cert"))
        return 0;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    return is_ca ? add_file(path, &trust->ca, err) : add_pair(path, trust, err);
}

static int add_all(const char *folder, struct tw_trust *trust, struct tw_err *err)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, alphasort), r = 0;
    if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (n < 0)
        return tw_err_set(err, TW_E_IO, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = add(folder, entries[i]->d_name, trust, err);
        free(entries[i]);
    }
    free(entries);
    return r;
}

// libcurl takes a file of CAs or those in memory: the environment's file comes along.
static int add_environment(struct tw_trust *trust, struct tw_err *err)
{
    const char *file = getenv("SSL_CERT_FILE");
    return trust->ca.size > 0 && file && *file ? add_file(file, &trust->ca, err) : 0;
}

int tw_trust_load(
    const char *certs_dir, const char *host, struct tw_trust *ret_trust, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *folder = NULL;
    struct tw_trust trust = {.ca = TW_BUF(CA_BYTES_MAX)};
    if (!certs_dir || host[0] == '.' || strchr(host, '/'))
        return 0;
    if (asprintf(&folder, "%s/%s", certs_dir, host) < 0) {
        folder = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    int r = add_all(folder, &trust, err);
    if (r == 0)
        r = add_environment(&trust, err);
    if (r < 0)
        tw_trust_done(&trust);
    else
        *ret_trust = trust;
    return r < 0 ? tw_err_wrap(err, r, "certificates of registry %s", host) : 0;
}

void tw_trust_done(struct tw_trust *trust)
{
    tw_buf_done(&trust->ca);
    free(trust->certificate);
    free(trust->key);
    *trust = (struct tw_trust){0};
}
