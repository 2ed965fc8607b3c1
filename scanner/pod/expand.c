// $(NAME), as the kubelet expands it: k8s.io/kubernetes/third_party/forked/golang/expansion.
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/pod/inside.h"

// Linux takes no longer string into an environment or command (MAX_ARG_STRLEN).
enum { EXPANDED_MAX = 131072 };

// The kubelet adds variables for the Services of the namespace: TILL_SERVICE_HOST, TILL_PORT...
static bool is_of_service(struct tw_span name)
{
    static const char *const marks[] = {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT"};
    for (size_t i = 0; i < TW_COUNT(marks); i++) {
        if (memmem(name.p, name.n, marks[i], strlen(marks[i])))
            return true;
    }
    return false;
}

// 1: its value; 0: there is no such variable; -1: nobody knows.
static int look_up(
    const struct tw_pod_container *container, struct tw_span name, const char **ret_value)
{
    for (size_t i = container->variable_count; i-- > 0;) {
        if (!tw_span_equals(name, container->variables[i].name))
            continue;
        *ret_value = container->variables[i].value;
        return *ret_value ? 1 : -1;
    }
    for (size_t i = 0; i < container->source_count; i++) {
        if (tw_span_starts_with(name, container->sources[i].prefix))
            return -1;
    }
    return is_of_service(name) ? -1 : 0;
}

// From behind "$": what it stands for goes to `out`, and its length comes back.
static size_t take(
    struct tw_buf *out, const struct tw_pod_container *container, const char *text, bool *known)
{
    const char *end = text[0] == '(' ? strchr(text, ')') : NULL;
    if (text[0] == '$') {
        tw_buf_puts(out, "$");
        return 1;
    }
    if (!end) {
        tw_buf_append(out, "$", 1);
        return 0;
    }
    const char *value = NULL;
    size_t size = (size_t)(end - text) + 1;
    int found = look_up(container, tw_span_of(text + 1, size - 2), &value);
    if (found > 0) {
        tw_buf_puts(out, value);
    } else {
        tw_buf_puts(out, "$");
        tw_buf_append(out, text, size);
    }
    *known &= found >= 0;
    return size;
}

const char *tw_expand(struct tw_arena *arena, const struct tw_pod_container *container,
    const char *text, bool *ret_known)
{
    bool known = true;
    if (!strchr(text, '$') && strlen(text) <= EXPANDED_MAX) {
        *ret_known = true;
        return tw_arena_strdup(arena, text);
    }
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(EXPANDED_MAX);
    while (*text) {
        size_t plain = strcspn(text, "$");
        tw_buf_append(&out, text, plain);
        text += plain;
        if (*text)
            text += 1 + take(&out, container, text + 1, &known);
    }
    *ret_known = known && out.status != TW_E_LIMIT;
    if (out.status == TW_E_LIMIT)
        return "a value that is too long";
    return out.status < 0 ? NULL : tw_arena_strndup(arena, out.data ? out.data : "", out.size);
}
