// What the lookup remembers, by name: "registry/repository:tag", or a digest. Bounded in number and
// in bytes of images: names that nothing is known of go first, so that nobody drives what is known
// out by asking for what is not there; then what was used longest ago. What somebody looks for or
// waits for stays. Not safe for threads: lookup.c locks.
#pragma once

#include <stdbool.h>

#include "daemon/admit/known.h"
#include "scanner/image/reference.h"

enum tw_entry_state {
    TW_ENTRY_NEW,       // nobody has asked yet
    TW_ENTRY_ASKED,     // somebody is looking
    TW_ENTRY_READY,     // a tag: its digest; a digest: its images
    TW_ENTRY_SCANNING,  // a digest: not scanned yet, a scan is queued or under way
    TW_ENTRY_UNSCANNED, // a digest: not scanned, and nobody asked for a scan
    TW_ENTRY_FAILED,    // see `why`
};

enum { TW_ENTRY_STATES = TW_ENTRY_FAILED + 1 };

struct tw_entry {
    char key[TW_REFERENCE_TEXT_MAX + 1];
    enum tw_entry_state state;
    struct tw_reference reference; // to ask with
    int64_t until_ms;              // READY of a tag, FAILED: then ask again
    struct tw_digest digest;       // of a tag
    bool is_last_known;            // the registry did not answer: what it was before
    struct tw_known *known;        // of a digest; held
    struct tw_err why;
    char scan_id[33];
    bool may_scan;  // the one who asks
    unsigned ended; // scans of it that ended while it was looked for
    struct tw_entry *next_in_bucket, *older, *newer, *next_job;
};

struct tw_entries;

// NULL: out of memory.
struct tw_entries *tw_entries_new(size_t max_count, uint64_t max_bytes);
void tw_entries_free(struct tw_entries *entries);
// What is too much then goes with the next image that comes.
void tw_entries_set_max_bytes(struct tw_entries *entries, uint64_t max_bytes);

// NULL: there is none. It counts as used.
struct tw_entry *tw_entries_find(struct tw_entries *entries, const char *key);
// A new one when there is none. NULL: out of memory, or all are looked for or scanned.
struct tw_entry *tw_entries_get(struct tw_entries *entries, const char *key);

// Every change of state goes this way, so that they can be counted.
void tw_entries_set_state(
    struct tw_entries *entries, struct tw_entry *entry, enum tw_entry_state state);
size_t tw_entries_count(const struct tw_entries *entries, enum tw_entry_state state);

// The entry has these images now (NULL: none); takes them. Others are dropped to make room.
void tw_entries_set_known(
    struct tw_entries *entries, struct tw_entry *entry, struct tw_known *known);

// The one whose scan has this id; NULL. Slow: all that are looked for or scanned are looked at.
struct tw_entry *tw_entries_of_scan(struct tw_entries *entries, const char *scan_id);
