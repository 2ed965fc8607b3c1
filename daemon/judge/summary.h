// The row of a list: what an image was judged to be, in numbers.
#pragma once

#include "api/service.h"
#include "scanner/rules/verdict.h"

// Where it was pushed to, and when, is left empty.
struct tw_image_summary tw_summary_of_image(
    const struct tw_image_inventory *image, const struct tw_verdict *verdict);

// The worst of its images, and the sum of what was found in them.
struct tw_image_summary tw_summary_of_index(
    const struct tw_digest *digest, const struct tw_image_summary *children, size_t count);
