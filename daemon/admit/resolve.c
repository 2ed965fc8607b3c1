#include "daemon/admit/resolve.h"

#include "daemon/clock/clock.h"
#include "scanner/image/manifest.h"

static bool is_late(void *ctx)
{
    return tw_clock_s() >= *(const int64_t *)ctx;
}

static int ask_registry(const struct tw_lookup_options *o, const struct tw_reference *reference,
    struct tw_digest *ret_digest, struct tw_err *err)
{
    char content_type[128] = "";
    int64_t until_s = tw_clock_s() + o->patience_s;
    TW_AUTO(tw_source_freep) struct tw_source *source = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf bytes = TW_BUF(o->limits->manifest_bytes);
    TW_AUTO(tw_manifest_freep) struct tw_manifest *manifest = NULL;
    int r = tw_registry_open(reference, o->registries, o->limits, &source, err);
    if (r < 0)
        return r;
    source->ops->set_cancel(source, is_late, &until_s);
    r = source->ops->manifest(source, NULL, &bytes, content_type, err);
    if (r == TW_E_INTERRUPTED)
        return tw_err_set(err, TW_E_UNAVAILABLE, "%s does not answer within %u s",
            reference->registry, o->patience_s);
    if (r == 0)
        r = tw_manifest_parse(tw_buf_span(&bytes), content_type, o->limits, &manifest, err);
    if (r < 0)
        return r;
    *ret_digest = manifest->digest;
    return 0;
}

int tw_resolve(const struct tw_lookup_options *options, const struct tw_reference *reference,
    struct tw_digest *ret_digest, bool *ret_is_last_push, struct tw_err *err)
{
    int r = ask_registry(options, reference, ret_digest, err);
    if (r == 0 || r == TW_E_NOT_FOUND)
        return r;
    if (tw_store_tag_get(options->store, reference, ret_digest, NULL) < 0)
        return r;
    *ret_is_last_push = true;
    return 0;
}
