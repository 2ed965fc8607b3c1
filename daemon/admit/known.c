#include "daemon/admit/known.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "scanner/base/arena.h"

struct tw_known {
    atomic_uint holders;
    struct tw_loaded loaded;
    uint64_t bytes;
};

int tw_known_load(struct tw_store *store, const struct tw_limits *limits,
    const struct tw_digest *digest, struct tw_known **ret_known, struct tw_err *err)
{
    struct tw_known *known = calloc(1, sizeof *known);
    if (!known)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    atomic_init(&known->holders, 1);
    int r = tw_loaded_read(store, limits, digest, &known->loaded, err);
    if (r < 0) {
        tw_known_drop(known);
        return r;
    }
    // The texts are in the inventories now.
    tw_stored_inventory_done(&known->loaded.stored);
    known->bytes = sizeof *known;
    for (size_t i = 0; i < known->loaded.count; i++)
        known->bytes += tw_arena_used(known->loaded.images[i]->arena);
    *ret_known = known;
    return 0;
}

const struct tw_loaded *tw_known_images(const struct tw_known *known)
{
    return &known->loaded;
}

uint64_t tw_known_bytes(const struct tw_known *known)
{
    return known->bytes;
}

struct tw_known *tw_known_hold(struct tw_known *known)
{
    atomic_fetch_add(&known->holders, 1);
    return known;
}

void tw_known_drop(struct tw_known *known)
{
    if (!known || atomic_fetch_sub(&known->holders, 1) > 1)
        return;
    tw_loaded_done(&known->loaded);
    free(known);
}
