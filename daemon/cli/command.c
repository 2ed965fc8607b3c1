#include <string.h>

#include "daemon/cli/cli.h"
#include "scanner/base/mem.h"

static const struct tw_command commands[] = {
    {"scan", "SOURCE [--format text|json|sarif|junit|cyclonedx] [--fail-on SEVERITY] ...",
        "Scan an image and judge it.", tw_command_scan},
    {"gate", "SOURCE [--policy FILE] [--profile NAME] ...",
        "The same for CI: the policy decides, the exit code says it.", tw_command_gate},
    {"diff", "OLD NEW [--format text|json] ...", "What the running program will do differently.",
        tw_command_diff},
    {"inspect", "FILE... [--functions] [--format text|json]",
        "The Go facts of local binaries, one record a file.", tw_command_inspect},
    {"facts", "godebug|goexperiment|release [NAME...] [--go VERSION]",
        "What a setting is to a Go version, from the tables that the rules use.", tw_command_facts},
    {"rules", "[ID] [--lang en|zh] [--markdown]", "The rule catalogue, or one rule in full.",
        tw_command_rules},
};

const struct tw_command *tw_command_at(size_t index)
{
    return index < TW_COUNT(commands) ? &commands[index] : NULL;
}

const struct tw_command *tw_command_find(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}
