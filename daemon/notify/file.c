#include "daemon/notify/file.h"

#include <string.h>

#include "daemon/config/access.h"
#include "daemon/config/document.h"
#include "daemon/http/secret.h"
#include "daemon/notify/entry.h"

enum { FILE_BYTES_MAX = 1 << 20, ARENA_TIMES = 64 };

static int read_sinks(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_list(yaml, node, tw_entry_read, target);
}

static int read_link(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct tw_sinks *sinks = target;
    TW_AUTO(tw_url_done) struct tw_url url = {0};
    int code = tw_yaml_text(yaml, node, &sinks->link);
    if (code < 0)
        return code;
    size_t size = strlen(sinks->link);
    int r = tw_url_parse(sinks->link, &url, NULL);
    if (r == TW_E_NOMEM)
        return tw_yaml_no_memory(yaml);
    if (r < 0 || strpbrk(sinks->link, "?#\"<>|") || size > 512)
        return tw_yaml_fail(
            yaml, node, "must be an address like https://tidewaiter.example, without ? and #");
    while (size > 0 && sinks->link[size - 1] == '/')
        size--;
    sinks->link = tw_arena_strndup(yaml->arena, sinks->link, size);
    return sinks->link ? 0 : tw_yaml_no_memory(yaml);
}

int tw_sinks_read(struct tw_span text, struct tw_sinks **ret_sinks, struct tw_err *err)
{
    static const struct tw_yaml_key keys[] = {
        {"link", read_link, false}, {"sinks", read_sinks, true}};
    TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = calloc(1, sizeof *sinks);
    if (sinks)
        sinks->arena = tw_arena_new(FILE_BYTES_MAX + text.n * ARENA_TIMES);
    if (!sinks || !sinks->arena)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_yaml yaml = {.arena = sinks->arena, .err = err};
    int code = tw_yaml_open(&yaml, text);
    if (code < 0)
        return code;
    const yaml_node_t *root = tw_yaml_root(&yaml);
    void *const targets[] = {sinks, sinks};
    code = root ? tw_yaml_mapping(&yaml, root, keys, TW_COUNT(keys), targets)
                : tw_err_set(err, TW_E_FORMAT, "it is empty: \"sinks\" is missing");
    tw_yaml_close(&yaml);
    if (code == 0)
        *ret_sinks = TW_TAKE(sinks);
    return code;
}

static int load_trust(
    const struct tw_settings *settings, struct tw_sinks *sinks, struct tw_err *err)
{
    for (size_t i = 0; i < sinks->count; i++) {
        struct tw_sink *sink = &sinks->items[i];
        int r = tw_trust_load(settings->certs_dir, sink->url.origin, &sink->trust, NULL);
        if (r < 0)
            return tw_err_set(err, r,
                "sink %s: what certs-dir has for its host cannot be used: are its *.crt readable, "
                "has each *.cert its *.key?",
                sink->name);
    }
    return 0;
}

static int read_file(
    const struct tw_settings *settings, struct tw_sinks **ret_sinks, struct tw_err *err)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = TW_BUF(FILE_BYTES_MAX);
    TW_AUTO(tw_sinks_freep) struct tw_sinks *sinks = NULL;
    int r = tw_secret_file_check("notify", settings->notify, err);
    if (r < 0)
        return r;
    r = tw_document_read(settings->notify, "1 MiB", &text, err);
    if (r == 0) {
        r = tw_sinks_read(tw_buf_span(&text), &sinks, err);
        if (r < 0)
            tw_err_wrap(err, r, "%s", settings->notify);
    }
    if (r == 0)
        r = load_trust(settings, sinks, err);
    if (r < 0)
        return tw_err_wrap(err, r, "notify");
    *ret_sinks = TW_TAKE(sinks);
    return 0;
}

int tw_sinks_load(
    const struct tw_settings *settings, struct tw_sinks **ret_sinks, struct tw_err *err)
{
    if (settings->notify)
        return read_file(settings, ret_sinks, err);
    struct tw_sinks *sinks = calloc(1, sizeof *sinks);
    if (!sinks)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_sinks = sinks;
    return 0;
}

void tw_sinks_free(struct tw_sinks *sinks)
{
    if (!sinks)
        return;
    for (size_t i = 0; i < sinks->count; i++) {
        struct tw_sink *sink = &sinks->items[i];
        if (sink->url.text)
            explicit_bzero(sink->url.text, strlen(sink->url.text));
        if (sink->secret)
            explicit_bzero((char *)sink->secret, strlen(sink->secret)); // of the arena
        tw_url_done(&sink->url);
        tw_trust_done(&sink->trust);
    }
    tw_arena_free(sinks->arena);
    free(sinks);
}

struct tw_sink *tw_sinks_find(struct tw_sinks *sinks, const char *name)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (strcmp(sinks->items[i].name, name) == 0)
            return &sinks->items[i];
    }
    return NULL;
}
