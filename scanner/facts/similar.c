#include "scanner/facts/similar.h"

enum { NAME_MAX_BYTES = 40 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Optimal string alignment with three rows.
unsigned tw_similar_distance(struct tw_span a, struct tw_span b, unsigned max)
{
    unsigned rows[3][NAME_MAX_BYTES + 1];
    if (a.n > NAME_MAX_BYTES || b.n > NAME_MAX_BYTES)
        return max + 1;
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (uint64_t j = 0; j <= b.n; j++) {
        above[j] = (unsigned)j;
        before[j] = 0;
    }
    for (uint64_t i = 1; i <= a.n; i++) {
        row[0] = (unsigned)i;
        for (uint64_t j = 1; j <= b.n; j++) {
            unsigned cost = a.p[i - 1] != b.p[j - 1];
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return least(above[b.n], max + 1);
}

unsigned tw_similar_tolerance(struct tw_span name)
{
    return name.n <= 5 ? 1 : 2;
}

const char *tw_similar_nearest(
    struct tw_span name, const char *(*at)(void *ctx, size_t index), void *ctx)
{
    unsigned limit = tw_similar_tolerance(name);
    size_t best = 0;
    bool found = false;
    const char *known;
    for (size_t i = 0; (known = at(ctx, i)); i++) {
        unsigned distance = tw_similar_distance(name, tw_span_str(known), limit);
        if (known[0] && distance <= limit && (!found || distance < limit)) {
            best = i;
            found = true;
            limit = distance;
        }
    }
    return found ? at(ctx, best) : NULL;
}
