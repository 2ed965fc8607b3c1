#include "daemon/config/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config/document.h"
#include "daemon/config/hook.h"
#include "scanner/base/hmac.h"

enum { FILE_BYTES_MAX = 1 << 20, ARENA_TIMES = 64 };

// ---- the file ----

static int read_name(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char **name = target;
    int code = tw_yaml_text(yaml, node, name);
    if (code == 0 && (strlen(*name) > TW_CALLER_NAME_MAX || strchr(*name, ':')))
        return tw_yaml_fail(
            yaml, node, "a name has at most %d bytes, and no colon", TW_CALLER_NAME_MAX);
    return code;
}

static int read_certificate_name(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_text(yaml, node, target); // a URI has colons
}

static int read_role(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    unsigned *roles = target;
    size_t word;
    int code = tw_yaml_word(yaml, node, tw_role_names, TW_ROLE_COUNT, &word);
    if (code == 0)
        *roles |= 1u << word;
    return code;
}

static int read_roles(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const unsigned *roles = target;
    int code = tw_yaml_list(yaml, node, read_role, target);
    return code == 0 && *roles == 0 ? tw_yaml_fail(yaml, node, "no role is given") : code;
}

// An admin whom nobody knows would be everybody.
static int read_anybody(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const unsigned *roles = target;
    int code = read_roles(yaml, node, target);
    return code == 0 && (*roles & TW_ROLE_ADMIN)
               ? tw_yaml_fail(yaml, node, "not everybody can be admin; --access=open is for that")
               : code;
}

static int read_sha256(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct tw_span text = tw_yaml_scalar(node);
    if (tw_hex_decode(text, target, TW_SHA256_BYTES))
        return 0;
    // What stands there may be the token itself: it is not told.
    return tw_yaml_fail(yaml, node,
        "must be the SHA-256 of the token in 64 hex digits, "
        "as tidewaiterd --new-token prints it");
}

static int read_token(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"name", read_name, true},
        {"roles", read_roles, true},
        {"sha256", read_sha256, true},
    };
    struct tw_access *a = target;
    struct tw_access_token *t = tw_arena_push(yaml->arena, &a->tokens, &a->token_count);
    if (!t)
        return tw_yaml_no_memory(yaml);
    void *const targets[] = {&t->name, &t->roles, t->sha256};
    int code = tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
    for (size_t i = 0; code == 0 && i + 1 < a->token_count; i++) {
        if (strcmp(a->tokens[i].name, t->name) == 0 &&
            memcmp(a->tokens[i].sha256, t->sha256, sizeof t->sha256) == 0)
            code = tw_yaml_fail(yaml, node, "this token is there twice");
    }
    return code;
}

static int read_tokens(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_list(yaml, node, read_token, target);
}

static int read_certificate(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"name", read_certificate_name, true},
        {"roles", read_roles, true},
    };
    struct tw_access *a = target;
    struct tw_access_certificate *c =
        tw_arena_push(yaml->arena, &a->certificates, &a->certificate_count);
    if (!c)
        return tw_yaml_no_memory(yaml);
    void *const targets[] = {&c->name, &c->roles};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

static int read_certificates(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_list(yaml, node, read_certificate, target);
}

static int read_root(struct tw_yaml *yaml, struct tw_access *access)
{
    static const struct tw_yaml_key keys[] = {
        {"tokens", read_tokens, false},
        {"certificates", read_certificates, false},
        {"webhooks", tw_hooks_read, false},
        {"secrets", tw_hook_secrets_read, false},
        {"anybody", read_anybody, false},
    };
    const yaml_node_t *root = tw_yaml_root(yaml);
    void *const targets[] = {access, access, access, access, &access->anybody};
    int code = root ? tw_yaml_mapping(yaml, root, keys, TW_COUNT(keys), targets) : 0;
    bool takes_google = false;
    for (size_t i = 0; code == 0 && i < access->hook_count; i++)
        takes_google |= access->hooks[i].audience != NULL;
    if (code == 0 && access->anybody == 0 && !takes_google &&
        access->token_count + access->certificate_count + access->secret_count == 0)
        return tw_err_set(yaml->err, TW_E_FORMAT,
            "it has neither tokens nor certificates nor secrets: nobody could ask anything");
    return code;
}

int tw_access_read(struct tw_span text, struct tw_access **ret_access, struct tw_err *err)
{
    TW_AUTO(tw_access_freep)
    struct tw_access *access = tw_access_new(FILE_BYTES_MAX + text.n * ARENA_TIMES);
    if (!access)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_yaml yaml = {.arena = access->arena, .err = err};
    int code = tw_yaml_open(&yaml, text);
    if (code < 0)
        return code;
    code = read_root(&yaml, access);
    tw_yaml_close(&yaml);
    if (code == 0)
        *ret_access = TW_TAKE(access);
    return code;
}

// ---- the settings ----

int tw_secret_file_check(const char *name, const char *path, struct tw_err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return tw_err_set(err, TW_E_IO, "%s: %s: %s", name, path, strerror(errno));
    if (st.st_mode & S_IROTH)
        return tw_err_set(err, TW_E_USAGE,
            "%s: everybody on this machine may read %s: chmod o-rwx (in Kubernetes, defaultMode: "
            "0440 of the volume)",
            name, path);
    return 0;
}

bool tw_listens_locally(const char *listen)
{
    static const char *const hosts[] = {"localhost:", "[::1]:"};
    struct in_addr v4;
    char host[sizeof "255.255.255.255"] = "";
    for (size_t i = 0; i < TW_COUNT(hosts); i++) {
        if (strncmp(listen, hosts[i], strlen(hosts[i])) == 0)
            return true;
    }
    size_t size = strcspn(listen, ":");
    if (size >= sizeof host)
        return false;
    memcpy(host, listen, size);
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static int read_file(const char *path, struct tw_access **ret_access, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(FILE_BYTES_MAX);
    int r = tw_secret_file_check("access", path, err);
    if (r < 0)
        return r;
    r = tw_document_read(path, "1 MiB", &text, err);
    if (r == 0) {
        r = tw_access_read(tw_buf_span(&text), ret_access, err);
        if (r < 0)
            tw_err_wrap(err, r, "%s", path);
    }
    if (text.data)
        explicit_bzero(text.data, text.size);
    return r < 0 ? tw_err_wrap(err, r, "access") : 0;
}

// The public keys of Google, for webhooks that ask for its tokens.
static int add_google_keys(
    const struct tw_settings *settings, struct tw_access *access, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(FILE_BYTES_MAX);
    const struct tw_access_hook *needs = NULL;
    for (size_t i = 0; i < access->hook_count; i++)
        needs = access->hooks[i].audience ? &access->hooks[i] : needs;
    if (needs && !settings->google_keys)
        return tw_err_set(err, TW_E_USAGE,
            "access: the webhook %s asks for tokens of Google, but no google-keys says which keys "
            "sign them (docs/webhooks.md)",
            needs->name);
    if (!settings->google_keys)
        return 0;
    int r = tw_document_read(settings->google_keys, "1 MiB", &text, err);
    if (r == 0 && (r = tw_jwks_parse(tw_buf_span(&text), &access->google_keys, err)) < 0)
        tw_err_wrap(err, r, "%s", settings->google_keys);
    return r < 0 ? tw_err_wrap(err, r, "google-keys") : 0;
}

int tw_access_load(
    const struct tw_settings *settings, struct tw_access **ret_access, struct tw_err *err)
{
    TW_AUTO(tw_access_freep) struct tw_access *access = NULL;
    bool is_open = settings->access ? strcmp(settings->access, "open") == 0
                                    : tw_listens_locally(settings->listen);
    if (!is_open && !settings->access)
        return tw_err_set(err, TW_E_USAGE,
            "listen: others than this machine can reach %s: say who may ask what with "
            "--access=FILE (docs/access.md), or that everybody may with --access=open",
            settings->listen);
    int r = is_open ? 0 : read_file(settings->access, &access, err);
    if (r == 0 && access)
        r = add_google_keys(settings, access, err);
    if (r == 0)
        *ret_access = TW_TAKE(access);
    return r;
}
