// Errors: a negative code to act on and a sentence for a person.
//
// Every fallible function returns 0 or a negative TW_E_* and takes a caller-owned
// `struct tw_err *` last (NULL is allowed: the detail is then dropped). Outputs are named
// `ret_x` and stay untouched on failure. A layer of the program that can add where it
// happened wraps once: "layer 3: usr/bin/app: section header table ends past the file".
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum tw_code {
    TW_E_NOMEM = -1,        // an allocation failed
    TW_E_IO = -2,           // the operating system refused: file, pipe, process
    TW_E_FORMAT = -3,       // the bytes are not what they claim to be
    TW_E_TRUNCATED = -4,    // the bytes end too early
    TW_E_LIMIT = -5,        // past a row of the limits table
    TW_E_UNSUPPORTED = -6,  // well-formed, but of a kind that is not read
    TW_E_DIGEST = -7,       // the bytes do not have the digest or size that was promised
    TW_E_NOT_FOUND = -8,    // there is no such thing
    TW_E_DENIED = -9,       // credentials are missing, wrong or not enough
    TW_E_NOT_ALLOWED = -10, // our own configuration forbids it
    TW_E_UNAVAILABLE = -11, // the other side is down, busy or broke off: worth another try
    TW_E_USAGE = -12,       // the caller's words are off
    TW_E_CAGE = -13,        // the cage could not be set up, died or lied
    TW_E_INTERRUPTED = -14, // we were asked to stop
    TW_E_STORE = -15,       // the store failed
    TW_E_INTERNAL = -16,    // a bug of ours
    TW_E_BUSY = -17,        // we have too much to do for more: later
};

struct tw_err {
    int code;               // 0 or enum tw_code
    uint32_t retry_after_s; // what the other side asked us to wait; 0: it did not say
    char msg[512];          // one line, UTF-8, no line feed, no secret
};

#define TW_PRINTF(fmt_index, first) __attribute__((format(printf, fmt_index, first)))

// Sets *err (if not NULL) and returns `code`, so that `return tw_err_set(...)` reads well.
// The text is cut to the size of msg at a UTF-8 boundary.
int tw_err_set(struct tw_err *err, int code, const char *fmt, ...) TW_PRINTF(3, 4);

// Puts "prefix: " in front of the message, keeps code and retry time; returns err's code.
// With err == NULL it returns `code`.
int tw_err_wrap(struct tw_err *err, int code, const char *fmt, ...) TW_PRINTF(3, 4);

// The code's name in JSON and logs: "not-found"; "ok" for 0, "unknown" for others.
const char *tw_err_name(int code);

// Whether the same request may succeed later without anybody changing anything.
bool tw_err_is_temporary(int code);
