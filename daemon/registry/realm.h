// May the token server that a challenge names be asked, and may it see credentials?
#pragma once

#include "daemon/http/url.h"
#include "daemon/registry/registry.h"

// The realm is chosen by whoever wrote the answer. The rules:
//
// - A realm is asked over https. Over plain http only when the registry itself is spoken to over
//   plain http by a rule of the configuration, and the realm is on the same host name (any
//   port) or on a host that has such a rule too.
// - Its address is guarded (address.h), when it is not the registry's own origin.
// - It gets the credentials of this registry, never others. A registry over https is who it says
//   it is, and whoever configured credentials for it trusts it with them; sending them to its
//   token server, as auth.docker.io is for docker.io, is what they are for. An answer over plain
//   http could be anybody's: then credentials go only where they are as exposed already, that is
//   the same host name, or to a host that is listed in the configuration.
//
// TW_E_NOT_ALLOWED says which rule; *ret_credentials: whether credentials may be sent.
int tw_realm_check(const struct tw_url *registry, const struct tw_registries *registries,
    const struct tw_url *realm, bool *ret_credentials, struct tw_err *err);
