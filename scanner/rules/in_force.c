#include "scanner/rules/in_force.h"

#include "scanner/rules/effective.h"

// Whether this key does something in this program: one that was removed ends it, or nothing.
static bool acts(
    const struct tw_judged_binary *b, const struct tw_godebug *key, struct tw_span value)
{
    if (b->certainty == TW_VERSION_UNKNOWN)
        return false;
    if (tw_godebug_removed(key, b->version))
        return tw_godebug_harm(key, TW_HARM_FATAL, value, b->version);
    return tw_godebug_known(key, b->version) && tw_effective_linked(b, key) != TW_LINKED_NO;
}

static bool is_listed(const struct tw_program_in_force *program, const char *name)
{
    for (size_t i = 0; i < program->count; i++) {
        if (strcmp(program->items[i].name, name) == 0)
            return true;
    }
    return false;
}

// The keys that one text names, with the values that hold in the end.
static void add_of(struct tw_judging *judging, const struct tw_judged_binary *b,
    struct tw_span text, struct tw_program_in_force *program)
{
    struct tw_elements elements;
    tw_elements_of(judging, text, &elements);
    for (size_t i = 0; i < elements.count; i++) {
        struct tw_effective e;
        const struct tw_godebug *key = tw_godebug_find(elements.items[i].key, b->bin->arch);
        if (!key || is_listed(program, key->name) ||
            !tw_effective_value(b, key, tw_godebug_text(judging), &e) || !acts(b, key, e.value))
            continue;
        struct tw_in_force *item = tw_arena_push(judging->arena, &program->items, &program->count);
        if (!item) {
            judging->out_of_memory = true;
            return;
        }
        *item = (struct tw_in_force){key->name, tw_judging_span(judging, e.value), e.from_default};
    }
}

int tw_in_force_of(const struct tw_image_inventory *image, struct tw_arena *arena,
    struct tw_program_in_force **ret_programs, size_t *ret_count, struct tw_err *err)
{
    const struct tw_judge_options options = {.lang = TW_EN};
    struct tw_judging judging;
    int r = tw_judging_begin(image, &options, &arena, &judging, err);
    if (r < 0)
        return r;
    struct tw_program_in_force *programs =
        tw_arena_alloc(arena, judging.binary_count * sizeof *programs + 1);
    if (!programs)
        judging.out_of_memory = true;
    for (size_t i = 0; i < judging.binary_count && !judging.out_of_memory; i++) {
        const struct tw_judged_binary *b = &judging.binaries[i];
        struct tw_program_in_force *program = &programs[i];
        program->binary = (size_t)(b->image - image->binaries);
        program->has_number = b->certainty == TW_VERSION_EXACT;
        program->go_number = program->has_number ? tw_goversion_number(b->version) : 0;
        add_of(&judging, b, tw_godebug_text(&judging), program);
        add_of(&judging, b, tw_default_godebug(b), program);
    }
    if (judging.out_of_memory || tw_mem_failures != judging.mem_failures)
        return tw_err_set(err, TW_E_NOMEM, "no memory for the settings of an image's programs");
    *ret_programs = programs;
    *ret_count = judging.binary_count;
    return 0;
}
