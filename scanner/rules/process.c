// The environment of the process, beside GODEBUG: TW501 to TW503.
#include <string.h>

#include "scanner/facts/bytecount.h"
#include "scanner/facts/variable.h"
#include "scanner/rules/checks.h"

static void tell(struct tw_judging *judging, const struct tw_rule *rule,
    const struct tw_groups *groups, const struct tw_env_var *variable, enum tw_message_id id,
    const char *hint)
{
    for (size_t i = 0; i < groups->count; i++) {
        const char *message = tw_say(judging, id, "value", variable->value, "go",
            tw_group_versions(judging, &groups->items[i]), "hint", hint, NULL);
        struct tw_finding *finding =
            tw_find_group(judging, rule, &groups->items[i], variable->name, message);
        tw_evidence_env(judging, finding, variable);
    }
}

// The binaries that surely have this variable's rule: from Go 1.`minor` on.
static struct tw_groups from_minor(struct tw_judging *judging, uint16_t minor)
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        if (binary->certainty != TW_VERSION_UNKNOWN &&
            tw_goversion_at_least(binary->version, 1, minor, 0))
            tw_groups_add(judging, &groups, "all", NULL, binary);
    }
    return groups;
}

void tw_check_gomemlimit_malformed(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_env_var *variable = tw_image_env(judging->image, "GOMEMLIMIT");
    char meant[32];
    if (!variable || tw_gomemlimit_valid(tw_span_str(variable->value)))
        return;
    const char *hint = "";
    if (tw_bytecount_guess(tw_span_str(variable->value), meant, sizeof meant))
        hint = tw_say(judging, TW_SAY_GOMEMLIMIT_MEANT, "meant", meant, NULL);
    struct tw_groups groups = from_minor(judging, 19);
    tell(judging, rule, &groups, variable, TW_SAY_GOMEMLIMIT, hint);
}

// ---- TW502: src/runtime/mgcpacer.go readGOGC, proc.go schedinit, runtime1.go setTraceback ----

// strconv-like atoi32 of the runtime: an optional minus sign and digits, within 32 bits.
static bool is_int32(const char *text, int64_t *ret_value)
{
    bool negative = *text == '-';
    const char *p = text + negative;
    int64_t v = 0;
    if (!*p)
        return false;
    for (; *p; p++) {
        if (*p < '0' || *p > '9' || v > INT32_MAX)
            return false;
        v = v * 10 + (*p - '0');
    }
    v = negative ? -v : v;
    *ret_value = v;
    return v >= INT32_MIN && v <= INT32_MAX;
}

static bool gogc_taken(const struct tw_image_inventory *image, const char *value)
{
    (void)image;
    int64_t v;
    return strcmp(value, "off") == 0 || is_int32(value, &v);
}

static bool gomaxprocs_taken(const struct tw_image_inventory *image, const char *value)
{
    (void)image;
    int64_t v;
    return is_int32(value, &v) && v > 0;
}

// wer: on Windows only.
static bool gotraceback_taken(const struct tw_image_inventory *image, const char *value)
{
    static const char *const levels[] = {"none", "single", "all", "system", "crash"};
    int64_t v;
    if (strcmp(value, "wer") == 0)
        return image->os && strcmp(image->os, "windows") == 0;
    for (size_t i = 0; i < TW_COUNT(levels); i++) {
        if (strcmp(levels[i], value) == 0)
            return true;
    }
    return is_int32(value, &v) && v >= 0;
}

static const struct {
    const char *name;
    bool (*taken)(const struct tw_image_inventory *image, const char *value);
    enum tw_message_id id;
} runtime_variables[] = {
    {"GOGC", gogc_taken, TW_SAY_GOGC},
    {"GOMAXPROCS", gomaxprocs_taken, TW_SAY_GOMAXPROCS},
    {"GOTRACEBACK", gotraceback_taken, TW_SAY_GOTRACEBACK},
};

void tw_check_runtime_env_ignored(struct tw_judging *judging, const struct tw_rule *rule)
{
    for (size_t i = 0; i < TW_COUNT(runtime_variables); i++) {
        const struct tw_env_var *variable = tw_image_env(judging->image, runtime_variables[i].name);
        if (!variable || !*variable->value ||
            runtime_variables[i].taken(judging->image, variable->value))
            continue;
        struct tw_groups groups = from_minor(judging, 0);
        tell(judging, rule, &groups, variable, runtime_variables[i].id, "");
    }
}

// ---- TW503 ----

// GOEXPERIMENT has rules of its own.
static bool is_build_variable(const char *name)
{
    return tw_variable_is(name, TW_READ_BY_GO) && strcmp(name, "GOEXPERIMENT") != 0;
}

void tw_check_build_env_dead(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    TW_AUTO(tw_buf_done) struct tw_buf names = TW_BUF(1 << 16);
    if (!tw_judging_no_toolchain(judging) || judging->binary_count == 0)
        return;
    for (size_t i = 0; i < image->env_count; i++) {
        if (is_build_variable(image->env[i].name))
            tw_buf_printf(&names, "%s%s", names.size ? ", " : "", image->env[i].name);
    }
    if (names.size == 0)
        return;
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++)
        tw_groups_add(judging, &groups, "all", NULL, &judging->binaries[i]);
    const char *text = tw_judging_span(judging, tw_buf_span(&names));
    const char *message = tw_say(judging, TW_SAY_BUILD_ENV, "names", text, "go",
        tw_group_versions(judging, &groups.items[0]), NULL);
    struct tw_finding *finding = tw_find(judging, rule, NULL, text, message);
    for (size_t i = 0; i < image->env_count; i++) {
        if (is_build_variable(image->env[i].name))
            tw_evidence_env(judging, finding, &image->env[i]);
    }
}
