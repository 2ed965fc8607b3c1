#include "daemon/admit/entries.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/base/siphash.h"

enum { BUCKETS = 16384 };

// In order of use each.
enum use { EMPTY, KNOWN, BUSY, USES };

static const enum use uses[TW_ENTRY_STATES] = {
    [TW_ENTRY_NEW] = EMPTY,
    [TW_ENTRY_UNSCANNED] = EMPTY,
    [TW_ENTRY_FAILED] = EMPTY,
    [TW_ENTRY_READY] = KNOWN,
    [TW_ENTRY_ASKED] = BUSY,    // whoever looks for it comes back to it
    [TW_ENTRY_SCANNING] = BUSY, // it counts among those that wait
};

struct tw_entries {
    struct tw_sipkey key;
    size_t count, max_count, in_state[TW_ENTRY_STATES];
    uint64_t bytes, max_bytes; // of images
    struct in_use {
        struct tw_entry *oldest, *newest;
    } in_use[USES];
    struct tw_entry *buckets[BUCKETS];
};

static struct tw_entry **bucket_of(struct tw_entries *entries, const char *key)
{
    return &entries->buckets[tw_siphash(&entries->key, 0, key, strlen(key)) % BUCKETS];
}

struct tw_entries *tw_entries_new(size_t max_count, uint64_t max_bytes)
{
    struct tw_entries *entries = calloc(1, sizeof *entries);
    if (!entries || tw_sipkey_new(&entries->key) < 0) {
        free(entries);
        return NULL;
    }
    entries->max_count = max_count;
    entries->max_bytes = max_bytes;
    return entries;
}

// ---- in order of use ----

static void unlink_use(struct tw_entries *entries, struct tw_entry *entry)
{
    struct in_use *list = &entries->in_use[uses[entry->state]];
    *(entry->older ? &entry->older->newer : &list->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &list->newest) = entry->older;
    entry->older = entry->newer = NULL;
}

static void link_newest(struct tw_entries *entries, struct tw_entry *entry)
{
    struct in_use *list = &entries->in_use[uses[entry->state]];
    entry->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = entry;
    list->newest = entry;
}

static void drop(struct tw_entries *entries, struct tw_entry *entry)
{
    struct tw_entry **at = bucket_of(entries, entry->key);
    while (*at != entry)
        at = &(*at)->next_in_bucket;
    *at = entry->next_in_bucket;
    unlink_use(entries, entry);
    tw_entries_set_known(entries, entry, NULL);
    entries->count--;
    entries->in_state[entry->state]--;
    free(entry);
}

void tw_entries_set_max_bytes(struct tw_entries *entries, uint64_t max_bytes)
{
    entries->max_bytes = max_bytes;
}

void tw_entries_free(struct tw_entries *entries)
{
    if (!entries)
        return;
    for (size_t use = 0; use < USES; use++) {
        while (entries->in_use[use].oldest)
            drop(entries, entries->in_use[use].oldest);
    }
    free(entries);
}

// The one that is missed least; NULL.
static struct tw_entry *idle(const struct tw_entries *entries)
{
    struct tw_entry *empty = entries->in_use[EMPTY].oldest;
    return empty ? empty : entries->in_use[KNOWN].oldest;
}

// ---- finding ----

struct tw_entry *tw_entries_find(struct tw_entries *entries, const char *key)
{
    struct tw_entry *entry = *bucket_of(entries, key);
    while (entry && strcmp(entry->key, key) != 0)
        entry = entry->next_in_bucket;
    if (entry) {
        unlink_use(entries, entry);
        link_newest(entries, entry);
    }
    return entry;
}

struct tw_entry *tw_entries_get(struct tw_entries *entries, const char *key)
{
    struct tw_entry *entry = tw_entries_find(entries, key);
    if (entry)
        return entry;
    if (entries->count >= entries->max_count) {
        struct tw_entry *least = idle(entries);
        if (!least)
            return NULL;
        drop(entries, least);
    }
    size_t size = strlen(key);
    entry = size < sizeof entry->key ? calloc(1, sizeof *entry) : NULL;
    if (!entry)
        return NULL;
    memcpy(entry->key, key, size + 1);
    struct tw_entry **bucket = bucket_of(entries, key);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(entries, entry);
    entries->count++;
    entries->in_state[entry->state]++;
    return entry;
}

struct tw_entry *tw_entries_of_scan(struct tw_entries *entries, const char *scan_id)
{
    struct tw_entry *entry = entries->in_use[BUSY].newest;
    while (entry && strcmp(entry->scan_id, scan_id) != 0)
        entry = entry->older;
    return entry;
}

void tw_entries_set_state(
    struct tw_entries *entries, struct tw_entry *entry, enum tw_entry_state state)
{
    unlink_use(entries, entry);
    entries->in_state[entry->state]--;
    entries->in_state[state]++;
    entry->state = state;
    link_newest(entries, entry);
}

size_t tw_entries_count(const struct tw_entries *entries, enum tw_entry_state state)
{
    return entries->in_state[state];
}

void tw_entries_set_known(
    struct tw_entries *entries, struct tw_entry *entry, struct tw_known *known)
{
    if (entry->known) {
        entries->bytes -= tw_known_bytes(entry->known);
        tw_known_drop(entry->known);
    }
    entry->known = known;
    if (!known)
        return;
    entries->bytes += tw_known_bytes(known);
    struct tw_entry *oldest = entries->in_use[KNOWN].oldest;
    while (entries->bytes > entries->max_bytes && oldest) {
        struct tw_entry *next = oldest->newer;
        if (oldest != entry && oldest->known)
            drop(entries, oldest);
        oldest = next;
    }
}
