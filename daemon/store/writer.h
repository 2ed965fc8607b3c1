// The one thread that writes. Callers queue a job and wait; all jobs that wait run in one
// transaction, each in a savepoint of its own so that one failure harms no other, and their
// callers go on when the commit is on the disk. Private to daemon/store.
#pragma once

#include "daemon/store/db.h"
#include "daemon/store/store.h"

struct tw_writer;

// Runs in the writer's thread. `ctx` may be written to; it counts only when the job's result is
// 0, since the commit may still fail.
typedef int (*tw_write_fn)(struct tw_db *db, void *ctx, struct tw_err *err);

// The connection is the writer's from here on, also when this fails.
int tw_writer_start(struct tw_db *db, struct tw_writer **ret_writer, struct tw_err *err);

// Finishes what is queued. Nobody may be in tw_writer_do any more.
void tw_writer_stop(struct tw_writer *writer);

const struct tw_store_counters *tw_writer_counters(const struct tw_writer *writer);

// Any thread. 0: `fn` returned 0 and the commit is on the disk.
int tw_writer_do(struct tw_writer *writer, tw_write_fn fn, void *ctx, struct tw_err *err);
