#include "scanner/rules/effective.h"

static bool has_experiment(const struct tw_gobin *bin, const char *name)
{
    for (size_t i = 0; i < bin->go.experiment_count; i++) {
        if (strcmp(bin->go.experiments[i], name) == 0)
            return true;
    }
    return false;
}

static enum tw_linked on_system(const struct tw_gobin *bin, const char *a, const char *b)
{
    if (!bin->os)
        return TW_LINKED_NOT_KNOWN;
    return strcmp(bin->os, a) == 0 || strcmp(bin->os, b) == 0 ? TW_LINKED_YES : TW_LINKED_NO;
}

enum tw_linked tw_package_linked(const struct tw_gobin *bin, const char *package)
{
    if (!bin->functions_known)
        return TW_LINKED_NOT_KNOWN;
    return tw_gobin_links(bin, package) ? TW_LINKED_YES : TW_LINKED_NO;
}

enum tw_linked tw_effective_linked(
    const struct tw_judged_binary *binary, const struct tw_godebug *key)
{
    const struct tw_gobin *bin = binary->bin;
    switch (key->reader) {
    case TW_READ_RUNTIME:
        return TW_LINKED_YES;
    case TW_READ_PACKAGE:
        return tw_package_linked(bin, key->package);
    case TW_READ_WINDOWS:
        return on_system(bin, "windows", "windows");
    case TW_READ_DARWIN:
        return on_system(bin, "darwin", "windows");
    case TW_READ_EXPERIMENT:
        return has_experiment(bin, key->name) ? TW_LINKED_YES : TW_LINKED_NO;
    case TW_READ_GO:
    case TW_READ_TEST:
        return TW_LINKED_NO;
    }
    return TW_LINKED_NOT_KNOWN;
}

struct tw_span tw_default_godebug(const struct tw_judged_binary *binary)
{
    const char *text = tw_gobin_setting(binary->bin, "DefaultGODEBUG");
    return text ? tw_span_str(text) : (struct tw_span){0};
}

bool tw_effective_value(const struct tw_judged_binary *binary, const struct tw_godebug *key,
    struct tw_span environment, struct tw_effective *ret_effective)
{
    struct tw_effective e = {0};
    if (!tw_godebug_lookup(environment, key, binary->version, &e.value)) {
        e.from_default = true;
        if (key->env_only ||
            !tw_godebug_lookup(tw_default_godebug(binary), key, binary->version, &e.value))
            return false;
    }
    *ret_effective = e;
    return true;
}

struct tw_span tw_effective_without(
    const struct tw_judged_binary *binary, const struct tw_godebug *key)
{
    struct tw_effective e;
    if (tw_effective_value(binary, key, (struct tw_span){0}, &e))
        return e.value;
    const char *usual = tw_godebug_default(key, binary->version);
    return usual ? tw_span_str(usual) : (struct tw_span){0};
}

// The go command writes the old value of every key that changed after the go line (facts 4.2), so
// a key stands there for the go line's sake when at least half of those of its release do. A single
// tls10server=1 among none of the others is somebody's own line.
bool tw_effective_from_go_line(
    const struct tw_judged_binary *binary, const struct tw_godebug *key, struct tw_span value)
{
    struct tw_span text = tw_default_godebug(binary);
    size_t alike = 0, changed = 0;
    if (key->changed.major == 0 || !key->old_value || !tw_span_equals(value, key->old_value))
        return false;
    const struct tw_godebug *other;
    for (size_t i = 0; (other = tw_godebug_at(i)); i++) {
        struct tw_span old;
        if (!other->old_value || other->changed.minor != key->changed.minor ||
            !tw_godebug_known(other, binary->version))
            continue;
        changed++;
        alike += tw_godebug_lookup(text, other, binary->version, &old) &&
                 tw_span_equals(old, other->old_value);
    }
    return alike * 2 >= changed;
}

static bool has_key(const struct tw_elements *elements, struct tw_span key)
{
    for (size_t i = 0; i < elements->count; i++) {
        struct tw_span k = elements->items[i].key;
        if (k.n == key.n && memcmp(k.p, key.p, k.n) == 0)
            return true;
    }
    return false;
}

void tw_elements_of(struct tw_judging *judging, struct tw_span text, struct tw_elements *ret)
{
    struct tw_godebug_element e;
    *ret = (struct tw_elements){0};
    while (ret->count < TW_EFFECTIVE_ELEMENTS && tw_godebug_next(&text, &e)) {
        if (has_key(ret, e.key))
            continue;
        struct tw_godebug_element *item = tw_arena_push(judging->arena, &ret->items, &ret->count);
        if (!item) {
            judging->out_of_memory = true;
            return;
        }
        *item = e;
    }
}

const struct tw_env_var *tw_godebug_variable(const struct tw_judging *judging)
{
    return tw_image_env(judging->image, "GODEBUG");
}

struct tw_span tw_godebug_text(const struct tw_judging *judging)
{
    const struct tw_env_var *variable = tw_godebug_variable(judging);
    return variable ? tw_span_str(variable->value) : (struct tw_span){0};
}
