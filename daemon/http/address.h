// Which network addresses a registry may send us to (server-side request forgery).
//
// A registry chooses where its tokens and redirects come from. It must not be able to make the
// daemon ask services that trust whoever is on the same machine or link: loopback, link-local,
// the clouds' metadata services. Private networks (10/8 and the like) are allowed: that is where
// token servers and object stores of a company are.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

enum tw_address_kind {
    TW_ADDRESS_ORDINARY,
    TW_ADDRESS_LOOPBACK,
    TW_ADDRESS_LINK_LOCAL,
    TW_ADDRESS_METADATA, // of a cloud: hands out the machine's own credentials
    TW_ADDRESS_UNUSABLE, // unspecified, multicast, broadcast
};

// IPv4 inside IPv6 (mapped, NAT64, 6to4) counts as that IPv4 address. Other families: unusable.
enum tw_address_kind tw_address_kind_of(const struct sockaddr *address);

// The kind that a URL's host shows by itself: "localhost", or a literal address. Names that have
// to be resolved are ordinary here, and are looked at once they are resolved.
enum tw_address_kind tw_address_kind_of_host(const char *host);

const char *tw_address_kind_name(enum tw_address_kind kind);

struct tw_address_guard {
    // The registry itself: configured, not chosen by an answer. Only metadata is out of reach
    // then: whoever controls its name may have pointed it there.
    bool any;
    enum tw_address_kind allowed; // besides ordinary ones
};
bool tw_address_guard_allows(const struct tw_address_guard *guard, enum tw_address_kind kind);
