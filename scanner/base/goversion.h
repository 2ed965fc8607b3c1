// Go versions as comparable numbers. https://go.dev/doc/toolchain#version
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scanner/base/span.h"

// Order: 1.21rc1 < 1.21 = 1.21.0 < 1.21.1; beta before rc before the release.
struct tw_goversion {
    uint16_t major;
    uint16_t minor;
    uint16_t patch;
    enum { TW_GO_BETA, TW_GO_RC, TW_GO_RELEASE } kind;
    uint16_t pre; // the number after beta or rc
};

// Reads "1.26.5", "1.27rc1", "1.21", with or without "go" in front, to the end of the text.
bool tw_goversion_parse(struct tw_span text, struct tw_goversion *ret_version);

// Reads as much of a version as the text starts with; ret_size: bytes taken.
bool tw_goversion_scan(struct tw_span text, struct tw_goversion *ret_version, uint64_t *ret_size);

// Below, equal or above zero.
int tw_goversion_compare(struct tw_goversion a, struct tw_goversion b);

// A number above zero that sorts as versions do: 1.21rc1 is below 1.21.0.
int64_t tw_goversion_number(struct tw_goversion v);

// a is at least major.minor.patch (pre-releases of major.minor count as below it).
bool tw_goversion_at_least(struct tw_goversion a, uint16_t major, uint16_t minor, uint16_t patch);

// The version as people write it: "1.26", "1.23.11", "1.27rc1".
struct tw_goversion_text {
    char text[32];
};
struct tw_goversion_text tw_goversion_print(struct tw_goversion v);
