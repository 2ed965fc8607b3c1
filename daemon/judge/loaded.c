#include "daemon/judge/loaded.h"

#include <stdlib.h>
#include <string.h>

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static int add(struct tw_loaded *loaded, struct tw_span json, const struct tw_limits *limits,
    struct tw_err *err)
{
    const struct tw_image_summary *where = &loaded->stored.summary;
    struct tw_image_inventory *image = NULL;
    int r = tw_image_inventory_from_json(json, limits, &image, err);
    if (r < 0)
        return tw_err_wrap(err, r, "stored inventory");
    image->reference = or_null(loaded->reference);
    image->registry = or_null(where->registry);
    image->repository = or_null(where->repository);
    image->tag = or_null(where->tag);
    loaded->images[loaded->count++] = image;
    return 0;
}

static int add_child(struct tw_loaded *loaded, struct tw_store *store,
    const struct tw_limits *limits, const struct tw_digest *digest, struct tw_err *err)
{
    TW_AUTO(tw_stored_inventory_done) struct tw_stored_inventory child = {0};
    int r = tw_store_inventory_get(store, digest, &child, err);
    return r < 0 ? r
                 : add(loaded, tw_span_of(child.inventory_json, child.inventory_size), limits, err);
}

static int add_all(struct tw_loaded *loaded, struct tw_store *store, const struct tw_limits *limits,
    struct tw_err *err)
{
    const struct tw_stored_inventory *stored = &loaded->stored;
    size_t room = stored->inventory_json ? 1 : stored->child_count;
    loaded->images = calloc(room + 1, sizeof(struct tw_image_inventory *));
    if (!loaded->images)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (stored->inventory_json)
        return add(loaded, tw_span_of(stored->inventory_json, stored->inventory_size), limits, err);
    for (size_t i = 0; i < stored->child_count; i++) {
        int r = add_child(loaded, store, limits, &stored->children[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

// "registry/repository:tag" of the latest push, when there was one.
static void name_it(struct tw_loaded *loaded)
{
    const struct tw_image_summary *where = &loaded->stored.summary;
    struct tw_reference reference;
    const char *digest = where->tag[0] ? NULL : where->digest.text;
    if (tw_reference_make(
            where->registry, where->repository, where->tag, digest, &reference, NULL) == 0)
        tw_reference_format(&reference, loaded->reference);
}

int tw_loaded_read(struct tw_store *store, const struct tw_limits *limits,
    const struct tw_digest *digest, struct tw_loaded *loaded, struct tw_err *err)
{
    *loaded = (struct tw_loaded){0};
    int r = tw_store_inventory_get(store, digest, &loaded->stored, err);
    if (r == TW_E_NOT_FOUND)
        return tw_err_set(err, r,
            "%s has not been scanned; POST /v1/scans asks for it, GET /v1/scans shows what is "
            "under way",
            digest->text);
    if (r < 0)
        return r;
    name_it(loaded);
    return add_all(loaded, store, limits, err);
}

void tw_loaded_done(struct tw_loaded *loaded)
{
    for (size_t i = 0; i < loaded->count; i++)
        tw_image_inventory_free(loaded->images[i]);
    free(loaded->images);
    tw_stored_inventory_done(&loaded->stored);
}
