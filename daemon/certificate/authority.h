// A CA of our own and the server certificates that it signs. Pure: the time is an argument.
#pragma once

#include <stdint.h>

#include "daemon/certificate/pair.h"

enum {
    TW_CA_DAYS = 3650,
    TW_LEAF_DAYS_MAX = TW_CA_DAYS / 2,
    TW_BACKDATE_S = 3600, // certificates begin so long before they are made: clocks differ
    TW_NAMES = 4,
    TW_NAME_BYTES = 160,
};

// What a Service is called within its cluster; the API server uses the first.
struct tw_names {
    char text[TW_NAMES][TW_NAME_BYTES];
};

// Both are DNS labels, so at most 63 bytes.
struct tw_names tw_names_of(const char *service, const char *namespace);

// A new CA from `now_s` (seconds since 1970) on.
int tw_authority_make(int64_t now_s, struct tw_pair *ret_ca, struct tw_err *err);

// A new certificate of `ca` for a server with these names.
int tw_leaf_make(const struct tw_pair *ca, const struct tw_names *names, unsigned days,
    int64_t now_s, struct tw_pair *ret_leaf, struct tw_err *err);

// Why it has to be made anew ("it is no CA"), a constant; NULL in *ret_fault: it is good.
// A CA: it must outlive a certificate of `days` that is made now.
int tw_authority_check(const struct tw_pair *ca, unsigned days, int64_t now_s,
    const char **ret_fault, struct tw_err *err);

// A certificate: of this CA, for these names, with a third of its life to come.
int tw_leaf_check(const struct tw_pair *leaf, const struct tw_pair *ca,
    const struct tw_names *names, int64_t now_s, const char **ret_fault, struct tw_err *err);

// When a certificate was made, when it is due to be made anew, and when it ends; for a PEM that is
// none, zeros.
struct tw_life {
    int64_t made_s, due_s, end_s;
};
struct tw_life tw_life_of(const char *certificate);
