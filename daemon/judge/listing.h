// What lists say of an image, made of its inventory and its verdict.
#pragma once

#include "daemon/store/listing.h"
#include "scanner/rules/verdict.h"

// Everything is copied. What is past limits->listed_rows is left out, and counted. TW_E_NOMEM.
int tw_listing_make(const struct tw_image_inventory *image, const struct tw_verdict *verdict,
    const struct tw_limits *limits, struct tw_listing *ret_listing, struct tw_err *err);
