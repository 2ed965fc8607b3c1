#include "scanner/gobin/goline.h"

#include "scanner/facts/godebug.h"

// The linker writes the old value of every key whose default changed after the go line. A
// //go:debug line can write one too, or take one back: so two keys that changed in one release have
// to agree, where there are two, and most of those that changed in it or later.
enum { MINORS = 64, AGREEING = 2 };

struct changes {
    unsigned hits[MINORS]; // elements that say what it was before 1.N
    unsigned rows[MINORS]; // keys whose default 1.N changed, as far as the toolchain knows them
};

// The minor release that changed the default of the key; 0: none.
static unsigned changed_in(const struct tw_godebug *key)
{
    return key && key->old_value && key->changed.minor < MINORS ? key->changed.minor : 0;
}

static void count(struct changes *c, struct tw_span text, struct tw_goversion version)
{
    const struct tw_godebug *key;
    struct tw_godebug_element element;
    for (size_t i = 0; (key = tw_godebug_at(i)); i++) {
        if (changed_in(key) <= version.minor && tw_godebug_known(key, version))
            c->rows[changed_in(key)]++;
    }
    while (tw_godebug_next(&text, &element)) {
        key = tw_godebug_find(element.key, NULL);
        if (changed_in(key) && tw_span_equals(element.value, key->old_value))
            c->hits[changed_in(key)]++;
    }
}

static bool betrays(const struct changes *c, unsigned minor)
{
    unsigned enough = c->rows[minor] < AGREEING ? c->rows[minor] : AGREEING;
    unsigned rows = 0, hits = 0;
    for (unsigned m = minor; m < MINORS; m++) {
        rows += c->rows[m];
        hits += c->hits[m];
    }
    return c->hits[minor] > 0 && c->hits[minor] >= enough && 2 * hits > rows;
}

int tw_goline_read(struct tw_arena *arena, struct tw_gobin *bin)
{
    const char *text = tw_gobin_setting(bin, "DefaultGODEBUG");
    struct changes c = {0};
    struct tw_goversion version;
    if (!text || !bin->go.release || !tw_goversion_parse(tw_span_str(bin->go.release), &version))
        return 0;
    count(&c, tw_span_str(text), version);
    for (unsigned minor = 1; minor < MINORS; minor++) {
        if (!betrays(&c, minor))
            continue;
        bin->go_line_at_most = tw_arena_printf(arena, "1.%u", minor - 1);
        bin->go_line_source = "default_godebug";
        return bin->go_line_at_most ? 0 : TW_E_NOMEM;
    }
    return 0;
}
