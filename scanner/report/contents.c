#include "scanner/report/contents.h"

#include <string.h>

#include "scanner/report/text.h"
#include "scanner/report/words.h"

enum {
    ROWS_SHOWN = 20, // of each list; the rest is counted
    NAMES_COLUMN = 2,
    VALUES_COLUMN = 18,
};

// The words are our own table's, never an image's.
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void heading(struct tw_page *page, const char *text)
{
    tw_page_blank_line(page);
    tw_page_text(page, TW_INK_STRONG, text);
    tw_page_line(page);
}

// How many of `count` rows were not shown.
static void counted(struct tw_page *page, enum tw_word word, size_t count, enum tw_lang lang)
{
    if (count <= ROWS_SHOWN)
        return;
    tw_page_tab(page, NAMES_COLUMN);
    tw_page_printf(page, TW_INK_DIM, tw_word(word, lang), count - ROWS_SHOWN);
    tw_page_line(page);
}

// Names that mean something to a Go program, or to the runtimes that it may be linked with.
static bool go_reads(const char *name)
{
    static const char *const others[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "ZONEINFO", "TZ"};
    if (strncmp(name, "GO", 2) == 0 || strncmp(name, "CGO_", 4) == 0)
        return true;
    for (size_t i = 0; i < TW_COUNT(others); i++) {
        if (strcmp(others[i], name) == 0)
            return true;
    }
    return false;
}

// The instruction, once behind the last of the variables that it set.
static void set_by(struct tw_page *page, const struct tw_image_inventory *image, size_t index)
{
    const char *instruction = image->env[index].instruction;
    const char *next = index + 1 < image->env_count ? image->env[index + 1].instruction : NULL;
    if (!instruction || (next && strcmp(next, instruction) == 0))
        return;
    tw_page_tab(page, 4);
    tw_page_excerpt(page, TW_INK_DIM, instruction);
    tw_page_line(page);
}

static void environment(
    struct tw_page *page, const struct tw_image_inventory *image, enum tw_lang lang)
{
    size_t others = 0, shown = 0;
    if (image->env_count == 0)
        return;
    heading(page, tw_word(TW_WORD_ENVIRONMENT, lang));
    for (size_t i = 0; i < image->env_count; i++) {
        const struct tw_env_var *var = &image->env[i];
        if (!go_reads(var->name) || ++shown > ROWS_SHOWN) {
            others += !go_reads(var->name);
            continue;
        }
        tw_page_tab(page, NAMES_COLUMN);
        tw_page_excerpt(page, TW_INK_PLAIN, var->name);
        tw_page_tab(page, VALUES_COLUMN);
        tw_page_excerpt(page, TW_INK_PLAIN, *var->value ? var->value : "\"\"");
        tw_page_line(page);
        set_by(page, image, i);
    }
    counted(page, TW_WORD_MORE, shown, lang);
    counted(page, TW_WORD_OTHERS, others + ROWS_SHOWN, lang);
}

static void program(struct tw_page *page, const struct tw_image_binary *file, enum tw_lang lang)
{
    const struct tw_gobin *bin = file->bin;
    char version[128];
    tw_report_go_version(bin, lang, version, sizeof version);
    tw_page_tab(page, NAMES_COLUMN);
    tw_page_excerpt(page, TW_INK_PLAIN, *file->path ? file->path : "/");
    tw_page_line(page);
    tw_page_tab(page, 4);
    tw_page_text(page, TW_INK_PLAIN, version);
    if (bin->main_path)
        tw_page_printf(page, TW_INK_PLAIN, ", %s", bin->main_path);
    if (bin->main_version)
        tw_page_printf(page, TW_INK_PLAIN, " %s", bin->main_version);
    // Without the module text nobody knows how many there are.
    if (bin->module_count > 0 || bin->main_module) {
        tw_page_text(page, TW_INK_PLAIN, ", ");
        tw_page_printf(page, TW_INK_PLAIN, tw_word(TW_WORD_MODULES, lang), bin->module_count);
    }
    if (bin->goroot)
        tw_page_printf(page, TW_INK_PLAIN, ", GOROOT %s (%s)", *bin->goroot ? bin->goroot : "\"\"",
            bin->goroot_source ? bin->goroot_source : "?");
    tw_page_line(page);
}

// Whether the program is the toolchain's own: go, gofmt, and what they call.
static bool is_of(const struct tw_toolchain *toolchain, const struct tw_image_binary *file)
{
    size_t size = strlen(toolchain->root);
    const char *below = file->path + size + (size > 0);
    if (size > 0 && (strncmp(file->path, toolchain->root, size) != 0 || file->path[size] != '/'))
        return false;
    return strncmp(below, "bin/", 4) == 0 || strncmp(below, "pkg/tool/", 9) == 0;
}

static bool is_of_a_toolchain(
    const struct tw_image_inventory *image, const struct tw_image_binary *file)
{
    // One that lies about thousands of toolchains gets its programs shown instead.
    for (size_t i = 0; i < image->toolchain_count && i < ROWS_SHOWN; i++) {
        if (is_of(&image->toolchains[i], file))
            return true;
    }
    return false;
}

static void programs(
    struct tw_page *page, const struct tw_image_inventory *image, enum tw_lang lang)
{
    size_t shown = 0, tools = 0;
    heading(page, tw_word(TW_WORD_GO_PROGRAMS, lang));
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *file = &image->binaries[i];
        if (!file->bin->is_go)
            continue;
        if (is_of_a_toolchain(image, file))
            tools++;
        else if (++shown <= ROWS_SHOWN)
            program(page, file, lang);
    }
    counted(page, TW_WORD_MORE, shown, lang);
    counted(page, TW_WORD_TOOLS, tools + ROWS_SHOWN, lang);
    if (shown == 0 && tools == 0) {
        tw_page_tab(page, NAMES_COLUMN);
        tw_page_text(page, TW_INK_PLAIN, tw_word(TW_WORD_NO_GO, lang));
        tw_page_line(page);
    }
}

static void toolchains(
    struct tw_page *page, const struct tw_image_inventory *image, enum tw_lang lang)
{
    if (image->toolchain_count > 0)
        heading(page, tw_word(TW_WORD_TOOLCHAINS, lang));
    for (size_t i = 0; i < image->toolchain_count && i < ROWS_SHOWN; i++) {
        const struct tw_toolchain *toolchain = &image->toolchains[i];
        tw_page_tab(page, NAMES_COLUMN);
        tw_page_text(page, TW_INK_PLAIN, "/");
        tw_page_excerpt(page, TW_INK_PLAIN, toolchain->root);
        tw_page_text(page, TW_INK_PLAIN, " ");
        tw_page_excerpt(page, TW_INK_PLAIN, toolchain->version);
        tw_page_line(page);
    }
    counted(page, TW_WORD_MORE, image->toolchain_count, lang);
}

static void notes(struct tw_page *page, const struct tw_image_inventory *image, bool incomplete,
    enum tw_word title, enum tw_lang lang)
{
    size_t count = 0;
    for (size_t i = 0; i < image->note_count; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        if (note->incomplete != incomplete || ++count > ROWS_SHOWN)
            continue;
        if (count == 1)
            heading(page, tw_word(title, lang));
        tw_page_tab(page, NAMES_COLUMN);
        if (note->path) {
            tw_page_excerpt(page, TW_INK_STRONG, *note->path ? note->path : "/");
            tw_page_text(page, TW_INK_STRONG, ": ");
        }
        if (!note->path && note->layer)
            tw_page_printf(page, TW_INK_STRONG, "%.19s: ", note->layer);
        tw_page_printf(page, TW_INK_PLAIN, "%s (%s)", note->message, note->code);
        tw_page_line(page);
    }
    counted(page, TW_WORD_MORE, count, lang);
}

void tw_report_contents(
    struct tw_page *page, const struct tw_image_inventory *image, enum tw_lang lang)
{
    environment(page, image, lang);
    programs(page, image, lang);
    toolchains(page, image, lang);
    notes(page, image, true, TW_WORD_NOT_LOOKED_AT, lang);
    notes(page, image, false, TW_WORD_NOTED, lang);
}
