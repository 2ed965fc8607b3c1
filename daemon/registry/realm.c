#include "daemon/registry/realm.h"

#include <string.h>

static const struct tw_registry_rule *rule_of(
    const struct tw_registries *registries, const struct tw_url *realm)
{
    return tw_registries_find(registries, realm->origin);
}

int tw_realm_check(const struct tw_url *registry, const struct tw_registries *registries,
    const struct tw_url *realm, bool *ret_credentials, struct tw_err *err)
{
    bool same_host = strcmp(registry->host, realm->host) == 0;
    const struct tw_registry_rule *rule = rule_of(registries, realm);
    if (!realm->https && registry->https)
        return tw_err_set(err, TW_E_NOT_ALLOWED,
            "its token server %s is on plain http, which is not used", realm->origin);
    if (!realm->https && !same_host && !(rule && rule->plain_http))
        return tw_err_set(err, TW_E_NOT_ALLOWED,
            "its token server %s is on plain http; list it in --registries as http://%s if it "
            "is yours",
            realm->origin, realm->origin);
    *ret_credentials = registry->https || same_host || rule;
    return 0;
}
