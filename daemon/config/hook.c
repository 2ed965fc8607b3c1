#include "daemon/config/hook.h"

#include <string.h>

#include "api/webhook/webhook.h"

enum { SECRET_BYTES_MIN = 16 };

// Where the secrets of one webhook go.
struct hook_secrets {
    struct tw_access *access;
    const char *hook;
};

static int read_secret(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const struct hook_secrets *to = target;
    const char *text = NULL;
    int code = tw_yaml_text(yaml, node, &text);
    if (code < 0)
        return code;
    if (strlen(text) < SECRET_BYTES_MIN)
        return tw_yaml_fail(yaml, node, "a secret must have at least %d bytes", SECRET_BYTES_MIN);
    struct tw_access *a = to->access;
    struct tw_access_secret *s = tw_arena_push(yaml->arena, &a->secrets, &a->secret_count);
    if (!s)
        return tw_yaml_no_memory(yaml);
    *s = (struct tw_access_secret){to->hook, tw_span_str(text)};
    return 0;
}

// One, or a list of them.
static int read_secrets_to(
    struct tw_yaml *yaml, const yaml_node_t *node, struct hook_secrets *target)
{
    return node->type == YAML_SCALAR_NODE ? read_secret(yaml, node, target)
                                          : tw_yaml_list(yaml, node, read_secret, target);
}

static bool is_sender(const char *name)
{
    return tw_webhook_find(name) || strcmp(name, TW_WEBHOOK_AUTO) == 0;
}

static int read_sender(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char **name = target;
    int code = tw_yaml_text(yaml, node, name);
    return code == 0 && !is_sender(*name)
               ? tw_yaml_fail(yaml, node, "there are no webhooks of \"%s\"",
                     tw_yaml_shown(yaml, tw_span_str(*name)))
               : code;
}

static int read_secrets_of(
    struct tw_yaml *yaml, const yaml_node_t *name, const yaml_node_t *value, void *target)
{
    struct hook_secrets to = {.access = target};
    int code = read_sender(yaml, name, &to.hook);
    return code == 0 ? read_secrets_to(yaml, value, &to) : code;
}

int tw_hook_secrets_read(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_pairs(
        yaml, node, "senders of webhooks to their secrets", read_secrets_of, target);
}

// The last part of a path: it stands in URLs as it is.
static int read_hook_name(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char **name = target;
    int code = tw_yaml_text(yaml, node, target);
    if (code == 0 && strlen(*name) > TW_CALLER_NAME_MAX)
        return tw_yaml_fail(yaml, node, "a name has at most %d bytes", TW_CALLER_NAME_MAX);
    if (code == 0 && (*name)[strspn(*name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")])
        return tw_yaml_fail(yaml, node,
            "the name of a webhook is a part of its URL: lower-case letters, digits and - _ .");
    return code;
}

static int read_place(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char **place = target;
    struct tw_err why = {0};
    int code = tw_yaml_text(yaml, node, place);
    return code == 0 && tw_place_check(*place, &why) < 0 ? tw_yaml_fail(yaml, node, "%s", why.msg)
                                                         : code;
}

static int read_header(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char **name = target;
    int code = tw_yaml_text(yaml, node, name);
    return code == 0 && (*name)[strspn(*name, harmless)]
               ? tw_yaml_fail(yaml, node, "must be the name of a header")
               : code;
}

static int read_google(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"audience", tw_yaml_text, true},
        {"email", tw_yaml_text, true},
    };
    struct tw_access_hook *hook = target;
    void *const targets[] = {&hook->audience, &hook->email};
    return tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
}

// A name that is a sender's must not lead to another one.
static int check_hook(struct tw_yaml *yaml, const yaml_node_t *node, const struct tw_access *access,
    struct tw_access_hook *hook)
{
    if (!hook->sender && !is_sender(hook->name))
        return tw_yaml_fail(yaml, node, "whose notices come to \"%s\"? Say its sender",
            tw_yaml_shown(yaml, tw_span_str(hook->name)));
    if (hook->sender && is_sender(hook->name) && strcmp(hook->sender, hook->name) != 0)
        return tw_yaml_fail(
            yaml, node, "\"%s\" is the webhook of that sender: take another name", hook->name);
    if (!hook->sender)
        hook->sender = hook->name;
    for (size_t i = 0; i + 1 < access->hook_count; i++) {
        if (strcmp(access->hooks[i].name, hook->name) == 0)
            return tw_yaml_fail(yaml, node, "the webhook \"%s\" is there twice", hook->name);
    }
    return 0;
}

// What is read before its name is known.
struct hook_draft {
    struct tw_access_hook hook;
    const yaml_node_t *secrets;
};

static int remember(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    (void)yaml;
    const yaml_node_t **kept = target;
    *kept = node;
    return 0;
}

static int read_hook(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"name", read_hook_name, true},
        {"sender", read_sender, false},
        {"registry", read_place, false},
        {"header", read_header, false},
        {"secrets", remember, false},
        {"google", read_google, false},
    };
    struct hook_draft draft = {0};
    struct tw_access_hook *hook = &draft.hook;
    void *const targets[] = {
        &hook->name, &hook->sender, &hook->registry, &hook->header, &draft.secrets, hook};
    int code = tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
    if (code < 0)
        return code;
    struct tw_access *a = target;
    struct tw_access_hook *kept = tw_arena_push(yaml->arena, &a->hooks, &a->hook_count);
    if (!kept)
        return tw_yaml_no_memory(yaml);
    *kept = draft.hook;
    struct hook_secrets to = {a, kept->name};
    code = check_hook(yaml, node, a, kept);
    return code == 0 && draft.secrets ? read_secrets_to(yaml, draft.secrets, &to) : code;
}

int tw_hooks_read(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_list(yaml, node, read_hook, target);
}
