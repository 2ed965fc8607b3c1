// What a tag points to: asked of its registry, else of the pushes that we were told of.
#pragma once

#include "daemon/admit/lookup.h"

// *ret_is_last_push: the registry did not answer, and this is the digest of the tag's last push.
// Fails with what the registry said when there was no push either, or when it says that there is no
// such tag. Ends within options->patience_s, about.
int tw_resolve(const struct tw_lookup_options *options, const struct tw_reference *reference,
    struct tw_digest *ret_digest, bool *ret_is_last_push, struct tw_err *err);
