#include "daemon/judge/listing.h"

#include <string.h>

#include "scanner/base/text.h"
#include "scanner/rules/in_force.h"

enum {
    ARENA_MAX_BYTES = 256 << 20,
    TEXT_MAX_BYTES = 2000, // of a title, a message, a path; longer ones are cut
    VALUE_MAX_BYTES = 200, // of a setting
};

struct making {
    struct tw_listing *listing;
    const struct tw_limits *limits;
    struct tw_buf bytes; // what is hashed
    uint64_t rows;
    bool failed;
};

// One row more, unless there are too many.
static bool fits(struct making *m)
{
    if (m->rows == m->limits->listed_rows) {
        m->listing->left_out++;
        return false;
    }
    m->rows++;
    return true;
}

// A copy of at most `max` bytes, cut between characters; never NULL.
static const char *kept(struct making *m, const char *text, size_t max)
{
    struct tw_span whole = tw_span_of(text, text ? strnlen(text, max + 1) : 0);
    const char *copy =
        tw_arena_strndup(m->listing->arena, text ? text : "", tw_text_cut(whole, max));
    m->failed |= !copy;
    return copy ? copy : "";
}

static void hash_text(struct making *m, const char *text)
{
    tw_buf_append(&m->bytes, text, strlen(text) + 1);
}

// The sum of what was hashed since the last one.
static void take_sum(struct making *m, uint8_t sum[TW_SHA256_BYTES])
{
    m->failed |= m->bytes.status < 0 || tw_sha256(m->bytes.data, m->bytes.size, sum) < 0;
    tw_buf_reset(&m->bytes);
}

static int64_t mark_of(const uint8_t sum[TW_SHA256_BYTES])
{
    uint64_t mark = 0;
    for (int i = 0; i < 8; i++)
        mark = mark << 8 | sum[i];
    return (int64_t)(mark | 1); // never 0
}

// ---- programs ----

static void add_module(
    struct making *m, struct tw_listed_program *program, const struct tw_module *module)
{
    if (!fits(m))
        return;
    struct tw_listed_module *item =
        tw_arena_push(m->listing->arena, &program->modules, &program->module_count);
    m->failed |= !item;
    if (!item)
        return;
    item->path = kept(m, module->path, TEXT_MAX_BYTES);
    item->version = kept(m, module->version, TEXT_MAX_BYTES);
    hash_text(m, item->path);
    hash_text(m, item->version);
}

static const char *experiments_of(struct making *m, const struct tw_gobin *bin)
{
    TW_AUTO(tw_buf_done) struct tw_buf words = TW_BUF(TEXT_MAX_BYTES);
    for (size_t i = 0; i < bin->go.experiment_count; i++)
        tw_buf_printf(&words, "%s%s", i ? " " : "", bin->go.experiments[i]);
    m->failed |= words.status == TW_E_NOMEM;
    return kept(m, words.data, TEXT_MAX_BYTES);
}

static void fill_program(struct making *m, struct tw_listed_program *p,
    const struct tw_image_binary *file, const struct tw_program_in_force *in_force)
{
    const struct tw_gobin *bin = file->bin;
    p->sha256 = file->sha256;
    p->os = kept(m, bin->os, VALUE_MAX_BYTES);
    p->arch = kept(m, bin->arch, VALUE_MAX_BYTES);
    p->version = kept(m, bin->go.version, VALUE_MAX_BYTES);
    p->release = kept(m, bin->go.release, VALUE_MAX_BYTES);
    p->experiments = experiments_of(m, bin);
    p->go_number = in_force->go_number;
    p->main_path = kept(m, bin->main_path, TEXT_MAX_BYTES);
    p->main_version = kept(m, bin->main_version, VALUE_MAX_BYTES);
    const char *const texts[] = {p->sha256.text, p->os, p->arch, p->version, p->release,
        p->experiments, p->main_path, p->main_version};
    for (size_t i = 0; i < TW_COUNT(texts); i++)
        hash_text(m, texts[i]);
    for (size_t i = 0; i < bin->module_count; i++) {
        add_module(m, p, &bin->modules[i]);
        if (bin->modules[i].replace)
            add_module(m, p, bin->modules[i].replace);
    }
    take_sum(m, p->key);
}

static void add_settings(
    struct making *m, struct tw_listed_program *p, const struct tw_program_in_force *in_force)
{
    for (size_t i = 0; i < in_force->count; i++) {
        if (!fits(m))
            continue;
        struct tw_listed_setting *item =
            tw_arena_push(m->listing->arena, &p->settings, &p->setting_count);
        m->failed |= !item;
        if (!item)
            return;
        *item = (struct tw_listed_setting){kept(m, in_force->items[i].name, VALUE_MAX_BYTES),
            kept(m, in_force->items[i].value, VALUE_MAX_BYTES), in_force->items[i].from_default};
    }
}

static void add_programs(struct making *m, const struct tw_image_inventory *image,
    const struct tw_program_in_force *programs, size_t count)
{
    uint8_t sum[TW_SHA256_BYTES] = {0};
    struct tw_listing *listing = m->listing;
    for (size_t i = 0; i < count; i++) {
        if (!fits(m))
            continue;
        struct tw_listed_program *p =
            tw_arena_push(listing->arena, &listing->programs, &listing->program_count);
        m->failed |= !p;
        if (!p)
            return;
        fill_program(m, p, &image->binaries[programs[i].binary], &programs[i]);
        p->path = kept(m, image->binaries[programs[i].binary].path, TEXT_MAX_BYTES);
        add_settings(m, p, &programs[i]);
    }
    for (size_t i = 0; i < listing->program_count; i++) {
        const struct tw_listed_program *p = &listing->programs[i];
        tw_buf_append(&m->bytes, p->key, sizeof p->key);
        hash_text(m, p->path);
        for (size_t k = 0; k < p->setting_count; k++) {
            hash_text(m, p->settings[k].name);
            hash_text(m, p->settings[k].value);
            hash_text(m, p->settings[k].from_default ? "d" : "e");
        }
    }
    take_sum(m, sum);
    listing->programs_mark = mark_of(sum);
}

// ---- findings ----

static void add_findings(struct making *m, const struct tw_verdict *verdict)
{
    uint8_t sum[TW_SHA256_BYTES] = {0};
    struct tw_listing *listing = m->listing;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        if (!fits(m))
            continue;
        const struct tw_finding *f = &verdict->findings[i];
        struct tw_listed_finding *item =
            tw_arena_push(listing->arena, &listing->findings, &listing->finding_count);
        m->failed |= !item;
        if (!item)
            return;
        *item = (struct tw_listed_finding){.rule = f->rule->id, // of the catalogue: for ever
            .severity = (int)f->severity,
            .title = kept(m, f->title, TEXT_MAX_BYTES),
            .message = kept(m, f->message, TEXT_MAX_BYTES),
            .binary = f->binary ? kept(m, f->binary, TEXT_MAX_BYTES) : NULL,
            .fingerprint = kept(m, f->fingerprint, sizeof f->fingerprint - 1),
            .waived = f->waiver_until != NULL};
        tw_buf_printf(&m->bytes, "%s %d %d", item->rule, item->severity, item->waived);
        hash_text(m, item->title);
        hash_text(m, item->message);
        hash_text(m, item->binary ? item->binary : "");
        hash_text(m, item->fingerprint);
    }
    take_sum(m, sum);
    listing->findings_mark = mark_of(sum);
}

int tw_listing_make(const struct tw_image_inventory *image, const struct tw_verdict *verdict,
    const struct tw_limits *limits, struct tw_listing *ret_listing, struct tw_err *err)
{
    TW_AUTO(tw_listing_done) struct tw_listing listing = {.arena = tw_arena_new(ARENA_MAX_BYTES)};
    struct making making = {
        .listing = &listing, .limits = limits, .bytes = TW_BUF(ARENA_MAX_BYTES)};
    struct tw_program_in_force *programs = NULL;
    size_t count = 0;
    uint64_t failures = tw_mem_failures;
    if (!listing.arena)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_in_force_of(image, listing.arena, &programs, &count, err);
    if (r == 0) {
        add_findings(&making, verdict); // first: they count more than modules
        add_programs(&making, image, programs, count);
    }
    tw_buf_done(&making.bytes);
    if (r == 0 && (making.failed || tw_mem_failures != failures))
        r = tw_err_set(err, TW_E_NOMEM, "no memory for what lists say of an image");
    if (r < 0)
        return r;
    *ret_listing = listing;
    listing = (struct tw_listing){0};
    return 0;
}
