#include "scanner/gobin/functions.h"

#include <stdlib.h>
#include <zstd.h>

#include "scanner/base/buf.h"

enum { LEVEL = 1, SHARED_MAX = 255, NAME_BYTES_MAX = 65536 };

// Before compression, for each name: one byte, how many bytes it shares with the one before; the
// rest of it; NUL.
struct packer {
    const struct tw_limits *limits;
    struct tw_buf text;
    struct tw_span before;
    uint64_t bytes;
    bool full;
};

static bool pack_name(void *ctx, struct tw_span name)
{
    struct packer *p = ctx;
    if (name.n > NAME_BYTES_MAX) {
        p->full = true; // it is left out
        return true;
    }
    p->bytes += name.n;
    if (p->bytes > p->limits->binary_names_bytes) {
        p->full = true;
        return false;
    }
    uint64_t most = name.n < p->before.n ? name.n : p->before.n;
    uint8_t shared = 0;
    while (shared < SHARED_MAX && shared < most && name.p[shared] == p->before.p[shared])
        shared++;
    p->before = name;
    return tw_buf_append(&p->text, &shared, 1) == 0 &&
           tw_buf_append(&p->text, name.p + shared, name.n - shared) == 0 &&
           tw_buf_append(&p->text, "", 1) == 0;
}

int tw_functions_pack(const struct tw_pclntab *table, const struct tw_limits *limits,
    struct tw_arena *arena, struct tw_span *ret_packed, bool *ret_complete)
{
    struct packer p = {.limits = limits,
        .text = TW_BUF(limits->binary_names_bytes + 2 * limits->binary_functions)};
    bool walked = tw_pclntab_names(table, limits, pack_name, &p);
    size_t bound = ZSTD_compressBound(p.text.size), size = 0;
    void *packed = p.text.status < 0 ? NULL : malloc(bound);
    if (packed)
        size = ZSTD_compress(packed, bound, p.text.data, p.text.size, LEVEL);
    void *kept = packed && !ZSTD_isError(size) ? tw_arena_alloc(arena, size) : NULL;
    if (kept)
        *ret_packed = tw_span_of(memcpy(kept, packed, size), size);
    *ret_complete = walked && !p.full;
    free(packed);
    tw_buf_done(&p.text);
    return kept ? 0 : TW_E_NOMEM;
}

static bool each_name(struct tw_span text, bool (*each)(void *ctx, struct tw_span name), void *ctx)
{
    char name[SHARED_MAX + NAME_BYTES_MAX];
    uint64_t size = 0;
    for (uint64_t at = 0; at < text.n;) {
        uint8_t shared = text.p[at++];
        struct tw_span rest;
        if (shared > size || !tw_span_cstr_within(text, at, NAME_BYTES_MAX + 1, &rest))
            return false;
        memcpy(name + shared, rest.p, rest.n);
        size = shared + rest.n;
        at += rest.n + 1;
        if (!each(ctx, tw_span_of(name, size)))
            return true;
    }
    return true;
}

int tw_functions_unpack(struct tw_span packed, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx, struct tw_err *err)
{
    unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
        size > limits->binary_names_bytes + 2 * limits->binary_functions)
        return tw_err_set(err, TW_E_CAGE, "the names of functions are damaged");
    void *text = malloc(size + 1);
    if (!text)
        return tw_err_set(err, TW_E_NOMEM, "no memory for the names of functions");
    bool good = ZSTD_decompress(text, size, packed.p, packed.n) == size &&
                each_name(tw_span_of(text, size), each, ctx);
    free(text);
    return good ? 0 : tw_err_set(err, TW_E_CAGE, "the names of functions are damaged");
}
