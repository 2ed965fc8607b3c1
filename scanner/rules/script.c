// Variables that something sets behind the image's ENV: TW210.
#include <string.h>

#include "scanner/facts/variable.h"
#include "scanner/rules/checks.h"

// Where scripts lie that no container starts.
static bool is_idle(const struct tw_judging *judging, const char *path)
{
    static const char *const folders[] = {
        "usr/share/doc/", "usr/share/bash-completion/", "/pkg/mod/", "node_modules/"};
    for (size_t i = 0; i < TW_COUNT(folders); i++) {
        if (strstr(path, folders[i]))
            return true;
    }
    for (size_t i = 0; i < judging->image->toolchain_count; i++) {
        const char *root = judging->image->toolchains[i].root;
        size_t n = strlen(root);
        if (strncmp(path, root, n) == 0 && path[n] == '/')
            return true;
    }
    // Debian keeps the sources of /usr/lib/go-1.N there.
    return strstr(path, "share/go-1.") != NULL;
}

static bool counts(const struct tw_judging *judging, const struct tw_traced *t)
{
    bool script = t->text->kind == TW_TEXT_SCRIPT && !is_idle(judging, t->text->path);
    return (script || t->text->kind == TW_TEXT_COMMAND) &&
           tw_variable_is(t->trace->name, TW_READ_BY_PROGRAMS);
}

void tw_check_godebug_from_script(struct tw_judging *judging, const struct tw_rule *rule)
{
    struct tw_traced t = {0};
    if (judging->binary_count == 0)
        return;
    while (tw_traced_next(judging, TW_TRACE_SET, NULL, &t)) {
        if (!counts(judging, &t))
            continue;
        const char *value = t.trace->value ? t.trace->value : "...";
        const char *message =
            tw_say(judging, t.text->path ? TW_SAY_SCRIPT_SETS : TW_SAY_COMMAND_SETS, "path",
                t.text->path, "name", t.trace->name, "value", value, NULL);
        tw_find_traced(judging, rule, &t, t.trace->name, message);
    }
}
