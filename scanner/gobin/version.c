#include "scanner/gobin/version.h"

#include "scanner/base/goversion.h"
#include "scanner/base/text.h"

enum { VERSION_BYTES_MAX = 512 };

static const char *keep(struct tw_arena *arena, const uint8_t *p, uint64_t n)
{
    return tw_text_escape(arena, tw_span_of(p, n));
}

// "a,nob" after "X:" up to a blank.
static uint64_t take_experiments(
    struct tw_span text, uint64_t at, struct tw_arena *arena, struct tw_gobin *bin)
{
    while (at < text.n && text.p[at] != ' ') {
        uint64_t start = at;
        while (at < text.n && text.p[at] != ',' && text.p[at] != ' ')
            at++;
        if (at > start) {
            const char **slot =
                tw_arena_push(arena, &bin->go.experiments, &bin->go.experiment_count);
            const char *name = slot ? keep(arena, text.p + start, at - start) : NULL;
            if (!name)
                bin->go.experiment_count -= slot != NULL;
            else
                *slot = name;
        }
        at += at < text.n && text.p[at] == ',';
    }
    return at;
}

// Where " X:" or "-X:" starts; text.n when there is none.
static uint64_t find_experiments(struct tw_span text)
{
    for (uint64_t i = 0; i + 3 <= text.n; i++) {
        if ((text.p[i] == ' ' || text.p[i] == '-') && text.p[i + 1] == 'X' && text.p[i + 2] == ':')
            return i;
    }
    return text.n;
}

static void trim(struct tw_span *s)
{
    while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '-')) {
        s->p++;
        s->n--;
    }
    while (s->n > 0 && s->p[s->n - 1] == ' ')
        s->n--;
    if (s->n >= 2 && s->p[0] == '(' && s->p[s->n - 1] == ')') {
        s->p++;
        s->n -= 2;
    }
}

static bool is_devel(struct tw_span rest)
{
    uint64_t at;
    return tw_span_find(rest, 0, tw_span_str("devel"), &at);
}

bool tw_goversion_string(struct tw_span text, struct tw_arena *arena, struct tw_gobin *bin)
{
    if (text.n == 0 || text.n > VERSION_BYTES_MAX)
        return false;
    struct tw_span body = text;
    bool devel = tw_span_starts_with(body, "devel ");
    if (devel)
        tw_span_from(text, 6, &body);
    struct tw_goversion v;
    uint64_t size = 0;
    bool numbered = tw_span_starts_with(body, "go") && tw_goversion_scan(body, &v, &size);
    if (!numbered && !devel)
        return false;
    bin->go.version = keep(arena, text.p, text.n);
    struct tw_span rest;
    tw_span_from(body, size, &rest);
    uint64_t experiments = find_experiments(rest);
    struct tw_span extra = tw_span_of(rest.p, experiments);
    if (experiments < rest.n)
        take_experiments(rest, experiments + 3, arena, bin);
    bin->go.devel = devel || is_devel(extra);
    if (numbered)
        bin->go.release = keep(arena, body.p + 2, size - 2);
    trim(&extra);
    if (extra.n > 0 && !bin->go.devel)
        bin->go.vendor = keep(arena, extra.p, extra.n);
    return true;
}
