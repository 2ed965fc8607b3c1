// What an image is called in the formats that machines read.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/report/report.h"

// "linux/arm64/v8"; NULL: not known, or no memory.
char *tw_report_platform(struct tw_arena *arena, const struct tw_image_inventory *image);

// The reference as it was given; "image" when there was none. Never "".
const char *tw_report_name(const struct tw_report_set *set, const struct tw_image_inventory *image);

// The name with the platform behind it. Two of one set never have the same: later ones are
// numbered. NULL: no memory.
char *tw_report_title(struct tw_arena *arena, const struct tw_report_set *set, size_t index);

// "tidewaiter/registry/repository/linux/arm64": neither tag nor digest, so that one build follows
// the other under the same name. Two of one set never have the same. NULL: no memory.
char *tw_report_series(struct tw_arena *arena, const struct tw_report_set *set, size_t index);
