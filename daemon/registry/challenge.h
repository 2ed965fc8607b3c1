// WWW-Authenticate. RFC 9110 section 11; facts/registry-pull.md section 3. Input is hostile.
#pragma once

#include <stddef.h>

#include "scanner/base/err.h"

enum tw_challenge_scheme { TW_CHALLENGE_NONE, TW_CHALLENGE_BASIC, TW_CHALLENGE_BEARER };

enum { TW_CHALLENGE_TEXT_MAX = 1024, TW_CHALLENGES_MAX = 16 };

struct tw_challenge {
    enum tw_challenge_scheme scheme; // NONE: of a kind that is not known
    char name[32];                   // as written, cut; for messages (printable ASCII)
    char realm[TW_CHALLENGE_TEXT_MAX];
    char service[TW_CHALLENGE_TEXT_MAX];
    char scope[TW_CHALLENGE_TEXT_MAX];
};

// Reads the challenges of one header value (there may be several, split by commas). Appends to
// `list`, which holds *count of `max`; more are dropped. TW_E_FORMAT: not by the grammar, or
// a parameter is too long; what was read up to there stays.
int tw_challenge_parse(
    const char *value, struct tw_challenge *list, size_t max, size_t *count, struct tw_err *err);

// All header values of an answer, one a line. The best one: Bearer, then Basic, then another
// (scheme NONE); TW_E_FORMAT when there is none at all, or none that could be read.
int tw_challenge_choose(const char *values, struct tw_challenge *ret_challenge, struct tw_err *err);
