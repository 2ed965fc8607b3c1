#include "scanner/inventory/surroundings.h"

#include <string.h>

#include "scanner/base/secret.h"
#include "scanner/image/shell.h"

enum { SCRATCH_BYTES = 64 << 20 };

static struct tw_text_file *add_text(
    struct tw_image_inventory *image, const char *path, enum tw_text_kind kind, const char *layer)
{
    struct tw_text_file *text = tw_arena_push(image->arena, &image->texts, &image->text_count);
    if (!text || (path && !(text->path = tw_arena_strdup(image->arena, path))))
        return NULL;
    text->kind = kind;
    text->layer = layer;
    return text;
}

static int take_text(struct tw_image_inventory *image, const char *path, const struct tw_node *node,
    const char *layer)
{
    struct tw_text_file *text = add_text(image, path, node->text->kind, layer);
    if (!text)
        return TW_E_LIMIT;
    text->trace_count = node->text->trace_count;
    return tw_traces_copy(node->text->traces, text->trace_count, image->arena, &text->traces) < 0
               ? TW_E_LIMIT
               : 0;
}

static int by_path(const void *a, const void *b)
{
    const struct tw_text_file *x = a, *y = b;
    int order = strcmp(x->path ? x->path : "", y->path ? y->path : "");
    return order ? order : (int)x->kind - (int)y->kind;
}

// ---- what programs look for ----

// src/crypto/x509/root_linux.go (go1.27.4): the files, then the directories.
static const char *const certificate_places[] = {"etc/ssl/certs/ca-certificates.crt",
    "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/ca-bundle.pem", "etc/pki/tls/cacert.pem",
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/cert.pem", "etc/ssl/certs",
    "etc/pki/tls/certs"};

// src/time/zoneinfo_unix.go (go1.27.4).
static const char *const zone_places[] = {
    "usr/share/zoneinfo", "usr/share/lib/zoneinfo", "usr/lib/locale/TZ", "etc/zoneinfo"};

// A file of that kind at the place or below it, links followed; or a link whose target cannot be
// told, which is taken for one.
static const struct tw_node *find_below(
    struct tw_tree *tree, const char *place, enum tw_text_kind kind)
{
    struct tw_node *top = tw_tree_find(tree, place, true);
    for (struct tw_node *node = top; node; node = tw_tree_next(top, node, false)) {
        if (node->text ? node->text->kind == kind : node->target != NULL)
            return node;
        if (!tw_tree_spend(tree, 1))
            return NULL;
    }
    return NULL;
}

static int find_place(struct tw_image_inventory *image, struct tw_tree *tree,
    const char *const *places, size_t count, enum tw_text_kind kind, const char **ret_path)
{
    for (size_t i = 0; i < count; i++) {
        const struct tw_node *node = find_below(tree, places[i], kind);
        if (!node)
            continue;
        *ret_path = tw_arena_strdup(image->arena, tw_node_path(tree, node));
        return *ret_path ? 0 : TW_E_LIMIT;
    }
    return 0;
}

static bool is_looked_for(enum tw_text_kind kind)
{
    return kind == TW_TEXT_CERTIFICATES || kind == TW_TEXT_ZONES;
}

int tw_surroundings_of_tree(struct tw_image_inventory *image, struct tw_tree *tree,
    const char *const *digests, const struct tw_limits *limits)
{
    struct tw_node *top = tw_tree_root(tree);
    (void)limits;
    for (struct tw_node *node = top; node; node = tw_tree_next(top, node, false)) {
        if (!node->text)
            continue;
        const char *path = tw_node_path(tree, node);
        bool zip =
            path && node->text->kind == TW_TEXT_ZONES && strstr(path, "lib/time/zoneinfo.zip");
        if (is_looked_for(node->text->kind) && !zip)
            continue;
        if (!path || take_text(image, path, node, digests[node->layer]) < 0)
            return TW_E_LIMIT;
    }
    if (image->text_count > 0)
        qsort(image->texts, image->text_count, sizeof *image->texts, by_path);
    int r = find_place(image, tree, certificate_places, TW_COUNT(certificate_places),
        TW_TEXT_CERTIFICATES, &image->certificates);
    return r < 0 ? r
                 : find_place(image, tree, zone_places, TW_COUNT(zone_places), TW_TEXT_ZONES,
                       &image->zone_data);
}

// ---- what the configuration says ----

int tw_surroundings_in_part(struct tw_image_inventory *image, const char *path)
{
    struct tw_completeness_note *note =
        tw_arena_push(image->arena, &image->notes, &image->note_count);
    if (!note)
        return TW_E_LIMIT;
    *note = (struct tw_completeness_note){.path = path,
        .code = "text-in-part",
        .message = path ? "not all that this text does about Go is kept (limit text_traces)"
                        : "not all that the image's history or command does about Go is kept "
                          "(limit text_traces)"};
    return 0;
}

// Keeps what was found, when it was anything.
static int keep(
    struct tw_image_inventory *image, const struct tw_traces *traces, enum tw_text_kind kind)
{
    if (traces->no_memory || traces->count == 0)
        return traces->no_memory ? TW_E_LIMIT : 0;
    if (traces->full && tw_surroundings_in_part(image, NULL) < 0)
        return TW_E_LIMIT;
    struct tw_text_file *text = add_text(image, NULL, kind, NULL);
    if (!text)
        return TW_E_LIMIT;
    text->trace_count = traces->count;
    return tw_traces_copy(traces->items, traces->count, image->arena, &text->traces) < 0
               ? TW_E_LIMIT
               : 0;
}

static int take_history(struct tw_image_inventory *image, const struct tw_config *config,
    const struct tw_limits *limits)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *scratch = tw_arena_new(SCRATCH_BYTES);
    if (!scratch)
        return TW_E_NOMEM;
    struct tw_traces traces = {.arena = scratch, .max = limits->text_traces};
    for (size_t i = 0; i < config->history_count && !traces.no_memory; i++) {
        const char *instruction = config->history[i].instruction;
        if (!instruction || strncmp(instruction, "RUN ", 4) != 0)
            continue;
        size_t before = traces.count;
        tw_shell_traces(tw_span_str(instruction + 4), NULL, NULL, &traces);
        for (size_t t = before; t < traces.count; t++)
            traces.items[t].line = i + 1;
    }
    return keep(image, &traces, TW_TEXT_HISTORY);
}

int tw_surroundings_of_command(struct tw_image_inventory *image, const struct tw_limits *limits)
{
    TW_AUTO(tw_arena_freep) struct tw_arena *scratch = tw_arena_new(SCRATCH_BYTES);
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(TW_TRACE_TEXT_BYTES * 4);
    if (!scratch)
        return TW_E_NOMEM;
    struct tw_traces traces = {.arena = scratch, .max = limits->text_traces};
    for (size_t i = 0; i < image->entrypoint_count; i++)
        tw_buf_printf(&text, "%s%s", i ? " " : "", image->entrypoint[i]);
    struct tw_span line = text.size ? tw_buf_span(&text) : tw_span_of("", 0);
    tw_shell_traces_of_words(image->entrypoint, image->entrypoint_count, line, NULL, NULL, &traces);
    return keep(image, &traces, TW_TEXT_COMMAND);
}

static int take_labels(struct tw_image_inventory *image, const struct tw_config *config)
{
    for (size_t i = 0; i < config->label_count; i++) {
        const struct tw_label *from = &config->labels[i];
        struct tw_label *label = tw_arena_push(image->arena, &image->labels, &image->label_count);
        const char *value = tw_secret_cover_value(image->arena, from->name, from->value);
        if (!label || !value || !(label->name = tw_arena_strdup(image->arena, from->name)) ||
            !(label->value = tw_arena_strdup(image->arena, value)))
            return TW_E_LIMIT;
    }
    return 0;
}

int tw_surroundings_of_config(struct tw_image_inventory *image, const struct tw_config *config,
    const struct tw_limits *limits)
{
    int r = take_labels(image, config);
    if (r == 0)
        r = take_history(image, config, limits);
    return r < 0 ? r : tw_surroundings_of_command(image, limits);
}
