#include <string.h>

#include "daemon/cli/cli.h"
#include "scanner/base/mem.h"
#include "scanner/facts/similar.h"

#define SCAN_OPTIONS                                                                               \
    "format output platform lang quiet plain-http namespace label cpu-limit memory-limit"

static const struct tw_command commands[] = {
    {"scan", "SOURCE [--format text|json|sarif|junit|cyclonedx] [--fail-on SEVERITY] ...",
        "Scan an image and judge it.", SCAN_OPTIONS " fail-on", "@source", TW_FOR_CLI,
        tw_command_scan},
    {"gate", "SOURCE [--policy FILE] [--profile NAME] ...",
        "The same for CI: the policy decides, the exit code says it.", SCAN_OPTIONS, "@source",
        TW_FOR_CLI, tw_command_gate},
    {"diff", "OLD NEW [--format text|json] ...", "What the running program will do differently.",
        "format output platform fail-on lang quiet plain-http", "@source", TW_FOR_CLI,
        tw_command_diff},
    {"inspect", "FILE... [--functions] [--format text|json]",
        "The Go facts of local binaries, one record a file.", "functions format output lang",
        "@file", TW_FOR_CLI, tw_command_inspect},
    {"facts", "godebug|goexperiment|release [NAME...] [--go VERSION]",
        "What a setting is to a Go version, from the tables that the rules use.",
        "go format output lang", "@topic", TW_FOR_CLI, tw_command_facts},
    {"rules", "[ID] [--lang en|zh] [--markdown]", "The rule catalogue, or one rule in full.",
        "output lang markdown", "@rule", TW_FOR_CLI, tw_command_rules},
    {"submit", "IMAGE [--wait] [--rescan] [--fail-on SEVERITY] ...",
        "Ask a running daemon to scan an image; with --wait, until there is a verdict.",
        "wait rescan timeout fail-on format output quiet", "@image", TW_FOR_CLIENT,
        tw_command_submit},
    {"status", "[SCAN|IMAGE]", "How far a daemon is with a scan or an image, or with all.",
        "format output", "@image", TW_FOR_CLIENT, tw_command_status},
    {"report", "IMAGE|DIGEST [--format text|json|sarif|junit|cyclonedx] ...",
        "What a daemon found in an image.", "format output lang fail-on", "@image", TW_FOR_CLIENT,
        tw_command_report},
    {"queue", "[--failed | --state STATE] [--count N] | retry SCAN...",
        "The scans that a daemon has still to do, or that failed; and another try.",
        "failed state count format output", "retry", TW_FOR_CLIENT, tw_command_queue},
    {"completion", "bash|zsh|fish", "What makes a shell complete these commands.", "output",
        "bash zsh fish", TW_FOR_CLI, tw_command_completion},
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

static const char *name_at(void *ctx, size_t index)
{
    (void)ctx;
    return index < TW_COUNT(commands) ? commands[index].name : NULL;
}

const char *tw_command_nearest(const char *name)
{
    return tw_similar_nearest(tw_span_str(name), name_at, NULL);
}
