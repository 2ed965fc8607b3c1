#include "scanner/facts/release.h"

#include "scanner/facts/tables.h"

const struct tw_release *tw_release_find(struct tw_goversion version)
{
    for (size_t i = 0; i < tw_releases_count; i++) {
        if (tw_releases[i].minor.major == version.major &&
            tw_releases[i].minor.minor == version.minor)
            return &tw_releases[i];
    }
    return NULL;
}

const struct tw_release *tw_release_newest(void)
{
    return &tw_releases[tw_releases_count - 1];
}

const char *tw_facts_version(void)
{
    return tw_releases_newest;
}
