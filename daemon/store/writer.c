#include "daemon/store/writer.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { BATCH_JOBS_MAX = 1024 }; // bounds how long the first of a batch waits

const struct tw_bounds tw_commit_seconds_bounds = {
    10, {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10}};
const struct tw_bounds tw_commit_writes_bounds = {8, {1, 2, 4, 8, 16, 64, 256, 1024}};

struct job {
    tw_write_fn fn;
    void *ctx;
    struct tw_err err;
    int result;
    bool done;
    pthread_cond_t ended;
    struct job *next;
};

struct tw_writer {
    struct tw_db *db;
    pthread_t thread;
    struct tw_store_counters counters; // needs no lock
    pthread_mutex_t mutex;             // of everything below; never held across I/O
    pthread_cond_t work;
    struct job *first, **last;
    bool stopping;
};

// ---- the thread ----

static int run_job(struct tw_db *db, struct job *job)
{
    int r = tw_db_run(db, &job->err, "SAVEPOINT job");
    if (r < 0)
        return r;
    r = job->fn(db, job->ctx, &job->err);
    if (r >= 0)
        r = tw_db_run(db, &job->err, "RELEASE job");
    // A full disk may have rolled back the whole transaction; then there is no savepoint any more.
    if (r < 0 && !sqlite3_get_autocommit(db->sqlite)) {
        tw_db_run(db, NULL, "ROLLBACK TO job");
        tw_db_run(db, NULL, "RELEASE job");
    }
    return r;
}

static void fail_until(struct job *first, struct job *end, const struct tw_err *why)
{
    for (struct job *job = first; job != end; job = job->next) {
        if (job->result < 0)
            continue; // has a reason of its own
        job->err = *why;
        job->result = why->code;
    }
}

// Returns the first job that has not been dealt with.
static struct job *run_batch(struct tw_db *db, struct job *first)
{
    struct tw_err err = {0};
    if (tw_db_run(db, &err, "BEGIN IMMEDIATE") < 0) {
        fail_until(first, NULL, &err);
        return NULL;
    }
    struct job *job = first;
    for (; job; job = job->next) {
        job->result = run_job(db, job);
        if (sqlite3_get_autocommit(db->sqlite)) { // all that this batch did is undone
            fail_until(first, job, &job->err);
            return job->next;
        }
    }
    if (tw_db_run(db, &err, "COMMIT") < 0) {
        if (!sqlite3_get_autocommit(db->sqlite))
            tw_db_run(db, NULL, "ROLLBACK");
        fail_until(first, NULL, &err);
    }
    return NULL;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct job *run_counted(struct tw_writer *writer, struct job *first)
{
    double began = seconds_of(CLOCK_MONOTONIC);
    size_t writes = 0;
    bool failed = false;
    struct job *rest = run_batch(writer->db, first);
    for (const struct job *job = first; job != rest; job = job->next) {
        writes++;
        failed |= job->result == TW_E_STORE;
    }
    tw_histogram_add(&writer->counters.commit_seconds, &tw_commit_seconds_bounds,
        seconds_of(CLOCK_MONOTONIC) - began);
    tw_histogram_add(&writer->counters.commit_writes, &tw_commit_writes_bounds, (double)writes);
    atomic_fetch_add(&writer->counters.failed_commits, failed);
    return rest;
}

static struct job *take_batch(struct tw_writer *writer)
{
    struct job *first = writer->first, *end = first;
    for (int n = 1; end && n < BATCH_JOBS_MAX && end->next; n++)
        end = end->next;
    if (!end)
        return NULL;
    writer->first = end->next;
    if (!writer->first)
        writer->last = &writer->first;
    end->next = NULL;
    return first;
}

static void *thread_main(void *ctx)
{
    struct tw_writer *writer = ctx;
    pthread_mutex_lock(&writer->mutex);
    for (;;) {
        while (!writer->first && !writer->stopping)
            pthread_cond_wait(&writer->work, &writer->mutex);
        struct job *batch = take_batch(writer);
        if (!batch)
            break;
        pthread_mutex_unlock(&writer->mutex);
        for (struct job *rest = batch; rest;)
            rest = run_counted(writer, rest);
        pthread_mutex_lock(&writer->mutex);
        while (batch) {
            struct job *job = batch;
            batch = job->next; // the job is its caller's again once the mutex is free
            job->done = true;
            pthread_cond_signal(&job->ended);
        }
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

// ---- for the others ----

int tw_writer_start(struct tw_db *db, struct tw_writer **ret_writer, struct tw_err *err)
{
    struct tw_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        tw_db_close(db);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    writer->db = db;
    writer->last = &writer->first;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->work, NULL);
    int e = pthread_create(&writer->thread, NULL, thread_main, writer);
    if (e != 0) {
        tw_db_close(db);
        free(writer);
        return tw_err_set(err, TW_E_IO, "cannot start the store's thread: %s", strerror(e));
    }
    *ret_writer = writer;
    return 0;
}

void tw_writer_stop(struct tw_writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    tw_db_close(writer->db);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
}

const struct tw_store_counters *tw_writer_counters(const struct tw_writer *writer)
{
    return &writer->counters;
}

int tw_writer_do(struct tw_writer *writer, tw_write_fn fn, void *ctx, struct tw_err *err)
{
    struct job job = {.fn = fn, .ctx = ctx};
    pthread_cond_init(&job.ended, NULL);
    pthread_mutex_lock(&writer->mutex);
    *writer->last = &job;
    writer->last = &job.next;
    pthread_cond_signal(&writer->work);
    while (!job.done)
        pthread_cond_wait(&job.ended, &writer->mutex);
    pthread_mutex_unlock(&writer->mutex);
    pthread_cond_destroy(&job.ended);
    if (job.result < 0 && err)
        *err = job.err;
    return job.result < 0 ? job.result : 0;
}
