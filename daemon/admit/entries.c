#include "daemon/admit/entries.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/base/siphash.h"

enum { BUCKETS = 16384 };

struct tw_entries {
    struct tw_sipkey key;
    size_t count, max_count, in_state[TW_ENTRY_STATES];
    uint64_t bytes, max_bytes; // of images
    struct tw_entry *oldest, *newest;
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
    *(entry->older ? &entry->older->newer : &entries->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &entries->newest) = entry->older;
    entry->older = entry->newer = NULL;
}

static void link_newest(struct tw_entries *entries, struct tw_entry *entry)
{
    entry->older = entries->newest;
    *(entries->newest ? &entries->newest->newer : &entries->oldest) = entry;
    entries->newest = entry;
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
    while (entries->oldest)
        drop(entries, entries->oldest);
    free(entries);
}

// Whoever looks for an entry comes back to it.
static struct tw_entry *oldest_idle(struct tw_entries *entries, const struct tw_entry *but)
{
    struct tw_entry *entry = entries->oldest;
    while (entry && (entry->state == TW_ENTRY_ASKED || entry == but))
        entry = entry->newer;
    return entry;
}

// ---- finding ----

struct tw_entry *tw_entries_find(struct tw_entries *entries, const char *key)
{
    struct tw_entry *entry = *bucket_of(entries, key);
    while (entry && strcmp(entry->key, key) != 0)
        entry = entry->next_in_bucket;
    if (entry && entry != entries->newest) {
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
        struct tw_entry *idle = oldest_idle(entries, NULL);
        if (!idle)
            return NULL;
        drop(entries, idle);
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
    struct tw_entry *entry = entries->newest;
    while (entry && strcmp(entry->scan_id, scan_id) != 0)
        entry = entry->older;
    return entry;
}

void tw_entries_set_state(
    struct tw_entries *entries, struct tw_entry *entry, enum tw_entry_state state)
{
    entries->in_state[entry->state]--;
    entries->in_state[state]++;
    entry->state = state;
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
    struct tw_entry *idle;
    while (entries->bytes > entries->max_bytes && (idle = oldest_idle(entries, entry)))
        drop(entries, idle);
}
