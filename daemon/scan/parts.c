#include "daemon/scan/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/cage/cage.h"

enum { WORTH_BYTES = 1 << 20 }; // smaller ones come whole in the time of a few questions

bool tw_parts_wanted(const struct tw_source *source, const struct tw_descriptor *layer,
    const struct tw_scan_options *options)
{
    return !options->whole_layers && source->ops->range &&
           layer->seekable.kind != TW_SEEKABLE_NONE && layer->size_bytes >= WORTH_BYTES;
}

struct tw_digest tw_parts_key(const struct tw_descriptor *layer)
{
    char text[2 * TW_DIGEST_TEXT_MAX + TW_SEEKABLE_LINE_BYTES];
    char line[TW_SEEKABLE_LINE_BYTES];
    struct tw_digest key = layer->digest;
    tw_seekable_format(&layer->seekable, layer->size_bytes, line);
    int n = snprintf(text, sizeof text, "%s %s", layer->digest.text, line);
    tw_digest_of(text, (size_t)n, &key);
    return key;
}

// The child may have been taken over: it gets bytes of this layer, once, and not most of them.
static int check(const struct tw_descriptor *layer, struct tw_range range, uint64_t asked_bytes,
    struct tw_err *err)
{
    if (range.size_bytes == 0 || range.offset > layer->size_bytes ||
        range.size_bytes > layer->size_bytes - range.offset)
        return tw_err_set(err, TW_E_CAGE,
            "the cage asks for %" PRIu64 " bytes at %" PRIu64 ", which the layer does not have",
            range.size_bytes, range.offset);
    if (range.size_bytes > layer->size_bytes - asked_bytes)
        return tw_err_set(err, TW_E_CAGE, "the cage asks for more than the whole layer");
    return 0;
}

int tw_parts_read(struct tw_source *source, const struct tw_descriptor *layer, struct tw_cage *cage,
    tw_blob_sink sink, void *ctx, struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    char line[TW_SEEKABLE_LINE_BYTES];
    uint64_t asked_bytes = 0;
    struct tw_range range;
    tw_seekable_format(&layer->seekable, layer->size_bytes, line);
    int r = tw_cage_tell(cage, line, err);
    while (r == 0 && tw_cage_asked(cage, &range) > 0) {
        r = check(layer, range, asked_bytes, err);
        if (r == 0)
            r = source->ops->range(source, layer, range, sink, ctx, err);
        asked_bytes += range.size_bytes;
    }
    return r < 0 ? r : tw_cage_finish(cage, ret_inventory, err);
}
