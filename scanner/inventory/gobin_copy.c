#include "scanner/inventory/gobin_copy.h"

#include <stddef.h>
#include <string.h>

// Every text of struct tw_gobin.
static const size_t texts[] = {
    offsetof(struct tw_gobin, os),
    offsetof(struct tw_gobin, arch),
    offsetof(struct tw_gobin, go.version),
    offsetof(struct tw_gobin, go.release),
    offsetof(struct tw_gobin, go.vendor),
    offsetof(struct tw_gobin, go.range_from),
    offsetof(struct tw_gobin, go.range_to),
    offsetof(struct tw_gobin, go.source),
    offsetof(struct tw_gobin, go.confidence),
    offsetof(struct tw_gobin, main_path),
    offsetof(struct tw_gobin, main_version),
    offsetof(struct tw_gobin, main_version_source),
    offsetof(struct tw_gobin, goroot),
    offsetof(struct tw_gobin, goroot_source),
    offsetof(struct tw_gobin, source_dir),
    offsetof(struct tw_gobin, go_line_at_most),
    offsetof(struct tw_gobin, go_line_source),
};

static bool copy_text(struct tw_arena *arena, const char **text)
{
    return !*text || (*text = tw_arena_strdup(arena, *text));
}

static void *copy_array(struct tw_arena *arena, const void *items, size_t count, size_t size)
{
    void *copy = tw_arena_alloc(arena, count * size + 1);
    if (copy && count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

static bool copy_texts(struct tw_arena *arena, const char ***list, size_t count)
{
    if (!(*list = copy_array(arena, *list, count, sizeof **list)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!copy_text(arena, &(*list)[i]))
            return false;
    }
    return true;
}

// A module and what replaces it.
static bool copy_module(struct tw_arena *arena, struct tw_module *module)
{
    for (;; module = module->replace) {
        if (!copy_text(arena, &module->path) || !copy_text(arena, &module->version) ||
            !copy_text(arena, &module->sum))
            return false;
        if (!module->replace)
            return true;
        if (!(module->replace = copy_array(arena, module->replace, 1, sizeof *module)))
            return false;
    }
}

static bool copy_modules(struct tw_arena *arena, struct tw_gobin *bin)
{
    bin->modules = copy_array(arena, bin->modules, bin->module_count, sizeof *bin->modules);
    if (!bin->modules)
        return false;
    for (size_t i = 0; i < bin->module_count; i++) {
        if (!copy_module(arena, &bin->modules[i]))
            return false;
    }
    if (!bin->main_module)
        return true;
    bin->main_module = copy_array(arena, bin->main_module, 1, sizeof *bin->main_module);
    return bin->main_module && copy_module(arena, bin->main_module);
}

static bool copy_pairs(struct tw_arena *arena, struct tw_gobin *bin)
{
    bin->settings = copy_array(arena, bin->settings, bin->setting_count, sizeof *bin->settings);
    bin->notes = copy_array(arena, bin->notes, bin->note_count, sizeof *bin->notes);
    if (!bin->settings || !bin->notes)
        return false;
    for (size_t i = 0; i < bin->setting_count; i++) {
        struct tw_setting *s = &bin->settings[i];
        if (!copy_text(arena, &s->key) || !copy_text(arena, &s->value))
            return false;
    }
    for (size_t i = 0; i < bin->note_count; i++) {
        struct tw_note *n = &bin->notes[i];
        if (!copy_text(arena, &n->code) || !copy_text(arena, &n->message))
            return false;
    }
    return true;
}

static bool copy_names(struct tw_arena *arena, struct tw_gobin *bin)
{
    if (bin->function_names.n == 0)
        return true;
    bin->function_names.p =
        copy_array(arena, bin->function_names.p, bin->function_names.n, sizeof(uint8_t));
    return bin->function_names.p != NULL;
}

int tw_gobin_copy(const struct tw_gobin *bin, struct tw_arena *arena, struct tw_gobin *ret_bin)
{
    struct tw_gobin copy = *bin;
    for (size_t i = 0; i < TW_COUNT(texts); i++) {
        if (!copy_text(arena, (const char **)(void *)((char *)&copy + texts[i])))
            return TW_E_NOMEM;
    }
    if (!copy_texts(arena, &copy.go.experiments, copy.go.experiment_count) ||
        !copy_texts(arena, &copy.links, copy.link_count) ||
        !copy_texts(arena, &copy.calls, copy.call_count) || !copy_modules(arena, &copy) ||
        !copy_pairs(arena, &copy) || !copy_names(arena, &copy))
        return TW_E_NOMEM;
    *ret_bin = copy;
    return 0;
}
