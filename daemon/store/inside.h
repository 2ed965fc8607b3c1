// What the files of daemon/store share. Private to them.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/store/notice.h"
#include "daemon/store/writer.h"

enum { TW_STORE_READERS = 4, TW_STORE_LIST_MAX = 500, TW_STORE_PAGE_BYTES = 64 << 20 };

struct tw_store {
    struct tw_writer *writer;
    int lock_fd;
    struct { // only the writer's thread uses it
        int64_t last_ms;
        uint16_t count;
    } ids;
    atomic_bool telling; // somebody wants to be told
    void (*noticed)(void *ctx);
    void *noticed_ctx;
    pthread_mutex_t mutex; // of the readers
    pthread_cond_t reader_free;
    struct tw_db *readers[TW_STORE_READERS];
    bool reader_taken[TW_STORE_READERS];
};

// A connection for reading; waits until one is free. Give it back soon.
struct tw_db *tw_store_reader(struct tw_store *store);
void tw_store_reader_back(struct tw_store *store, struct tw_db *reader);

// 32 hex digits: 48 bits of time, 16 bits that rise within a millisecond, 64 random bits. So ids
// sort by time and nobody can guess one. Only for the writer's thread.
int tw_store_new_id(struct tw_store *store, int64_t now_ms, char ret_id[33], struct tw_err *err);

// ---- push.c ----

// Notes that the tag points to the digest since `pushed_ms`.
struct tw_push_note {
    int64_t repository_id;
    const char *tag, *digest, *requested_by, *actor;
    int64_t pushed_ms;
};
int tw_push_note_write(struct tw_db *db, const struct tw_push_note *note, struct tw_err *err);

// The push that says where image i is known from: the latest of it, or of an index that it is part
// of. `also`: what else must hold of push q and its repository t; "" for nothing.
#define TW_PUSH_OF_IMAGE(also)                                                                     \
    "(SELECT q.id FROM push q JOIN repository t ON t.id = q.repository_id"                         \
    " WHERE q.digest IN (SELECT i.digest UNION ALL SELECT parent.digest FROM image_child c"        \
    " JOIN image parent ON parent.id = c.parent_id WHERE c.child_id = i.id)" also                  \
    " ORDER BY q.pushed_ms DESC, q.id DESC LIMIT 1)"

// ---- scan.c: rows of the table scan ----

// The columns that tw_scan_read takes, and their tables.
#define TW_SCAN_COLUMNS                                                                            \
    "s.id, r.registry, r.name, s.tag, s.subject, s.digest, s.state, s.attempts, s.requested_by,"   \
    " s.created_ms, s.started_ms, s.finished_ms, s.retry_at_ms, s.error_code, s.error_message"
#define TW_SCAN_TABLES "scan s JOIN repository r ON r.id = s.repository_id"

int tw_scan_read(sqlite3_stmt *query, struct tw_scan *ret_scan, struct tw_err *err);

// TW_E_NOT_FOUND names the id.
int tw_scan_get(struct tw_db *db, const char *id, struct tw_scan *ret_scan, struct tw_err *err);

// ---- notice.c ----

// Writes what has to be told, in the job that it belongs to. 1: what is known of the image has
// changed since `telling` was made, and nothing was written.
int tw_telling_write(struct tw_db *db, const struct tw_telling *telling, struct tw_err *err);

// Calls whoever listens. After a commit.
void tw_store_tell(struct tw_store *store);

// ---- listing.c ----

// Writes the rows of the image, where they differ from what is stored, and counts it. Findings that
// it had before keep the time when they were first seen.
int tw_listing_write(struct tw_db *db, int64_t image_id, const struct tw_listing *listing,
    int64_t now_ms, struct tw_err *err);

// Takes the image out of all counts. Before anything of it changes that is counted.
int tw_listing_uncount(struct tw_db *db, int64_t image_id, struct tw_err *err);

int tw_store_check_page(unsigned limit, struct tw_err *err);
