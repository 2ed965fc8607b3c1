// Values of the runtime's own environment variables, read as the runtime reads them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scanner/base/span.h"

// parseByteCount of src/runtime/string.go (1.19 to 1.27): digits, then nothing, B, KiB, MiB, GiB or
// TiB, at most the largest int64. "" and "off" are no byte counts: GOMEMLIMIT takes them before.
bool tw_bytecount_parse(struct tw_span text, int64_t *ret_bytes);

// Whether GOMEMLIMIT with this text lets the program start: empty, "off", or a byte count.
bool tw_gomemlimit_valid(struct tw_span text);

// The byte count that a person meant with a common mistake ("10GB", "512M", "1.5GiB", " 1GiB"), as
// a text that Go takes; false when it cannot be told. ret_text: at least 24 bytes.
bool tw_bytecount_guess(struct tw_span text, char *ret_text, uint64_t size);
