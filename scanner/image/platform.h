// Platforms as people write them: "linux/arm64/v8". Go's and OCI's words for the parts.
#pragma once

#include <stdbool.h>

enum { TW_PLATFORM_TEXT_MAX = 127 };

// Whether an image for os/architecture/variant (each may be NULL: not known) is what `wanted`
// asks for. NULL and "all" ask for everything. A variant that is not written stands for the
// usual one of its architecture (arm64: v8), and asks for every variant.
bool tw_platform_matches(
    const char *wanted, const char *os, const char *architecture, const char *variant);

// "linux/arm64/v8"; "?" for a part that is not known.
void tw_platform_format(const char *os, const char *architecture, const char *variant,
    char ret_text[TW_PLATFORM_TEXT_MAX + 1]);
