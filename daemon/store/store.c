#include "daemon/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>

#include "daemon/store/inside.h"
#include "daemon/store/schema.h"

// ---- opening and closing ----

// A file of its own: closing a descriptor of the database would drop SQLite's locks on it.
// The lock goes with its descriptor, so what a killed process leaves behind locks nobody out.
static int lock(const char *path, int *ret_fd, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *name = NULL;
    if (asprintf(&name, "%s.lock", path) < 0) {
        name = NULL;
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    TW_AUTO(tw_closep) int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return tw_err_set(err, TW_E_STORE,
            "store %s: cannot write %s: %s; its folder must exist and be writable for the "
            "daemon's user",
            path, name, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        char holder[16] = "";
        ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
        holder[n > 0 ? strspn(holder, "0123456789") : 0] = '\0';
        return tw_err_set(err, TW_E_STORE,
            "store %s: in use by another process%s%s; end that one, or set --data-dir to another "
            "folder",
            path, holder[0] ? " with id " : "", holder);
    }
    char text[16];
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    // The id is only for the message above, so a disk that is full does not matter here.
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)size, 0) != size)
        errno = 0;
    *ret_fd = TW_TAKE_FD(fd);
    return 0;
}

static int open_all(const char *path, struct tw_store *store, struct tw_err *err)
{
    int r = lock(path, &store->lock_fd, err);
    TW_AUTO(tw_db_closep) struct tw_db *db = NULL;
    if (r == 0)
        r = tw_db_open(path, false, &db, err);
    if (r == 0)
        r = tw_schema_migrate(db, err);
    if (r == 0)
        r = tw_writer_start(TW_TAKE(db), &store->writer, err);
    for (int i = 0; r == 0 && i < TW_STORE_READERS; i++)
        r = tw_db_open(path, true, &store->readers[i], err);
    return r;
}

int tw_store_open(const char *path, struct tw_store **ret_store, struct tw_err *err)
{
    TW_AUTO(tw_store_closep) struct tw_store *store = calloc(1, sizeof *store);
    if (!store)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    store->lock_fd = -1;
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->reader_free, NULL);
    int r = open_all(path, store, err);
    if (r < 0)
        return r;
    *ret_store = TW_TAKE(store);
    return 0;
}

void tw_store_close(struct tw_store *store)
{
    if (!store)
        return;
    for (int i = 0; i < TW_STORE_READERS; i++)
        tw_db_close(store->readers[i]);
    tw_writer_stop(store->writer); // last: closing it folds the log into the file
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    pthread_cond_destroy(&store->reader_free);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

// ---- readers ----

static struct tw_db *take_reader(struct tw_store *store)
{
    for (int i = 0; i < TW_STORE_READERS; i++) {
        if (!store->reader_taken[i]) {
            store->reader_taken[i] = true;
            return store->readers[i];
        }
    }
    return NULL;
}

struct tw_db *tw_store_reader(struct tw_store *store)
{
    struct tw_db *reader = NULL;
    pthread_mutex_lock(&store->mutex);
    while (!(reader = take_reader(store)))
        pthread_cond_wait(&store->reader_free, &store->mutex);
    pthread_mutex_unlock(&store->mutex);
    return reader;
}

void tw_store_reader_back(struct tw_store *store, struct tw_db *reader)
{
    pthread_mutex_lock(&store->mutex);
    for (int i = 0; i < TW_STORE_READERS; i++) {
        if (store->readers[i] == reader)
            store->reader_taken[i] = false;
    }
    pthread_cond_signal(&store->reader_free);
    pthread_mutex_unlock(&store->mutex);
}

// ---- small things ----

int tw_store_new_id(struct tw_store *store, int64_t now_ms, char ret_id[33], struct tw_err *err)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return tw_err_set(err, TW_E_IO, "no random numbers: %s", strerror(errno));
    bool later = now_ms > store->ids.last_ms;
    if (!later && store->ids.count == UINT16_MAX) {
        store->ids.last_ms++;
        store->ids.count = 0;
    } else {
        store->ids.count = later ? 0 : (uint16_t)(store->ids.count + 1);
        store->ids.last_ms = later ? now_ms : store->ids.last_ms;
    }
    snprintf(ret_id, 33, "%012llx%04x%016llx",
        (unsigned long long)store->ids.last_ms & 0xFFFFFFFFFFFFULL, (unsigned)store->ids.count,
        (unsigned long long)random);
    return 0;
}

int tw_store_check_page(unsigned limit, struct tw_err *err)
{
    if (limit >= 1 && limit <= TW_STORE_LIST_MAX)
        return 0;
    return tw_err_set(err, TW_E_USAGE, "limit must be 1 to %d", TW_STORE_LIST_MAX);
}

// A real commit: only that finds out about a disk that is full.
static int probe(struct tw_db *db, void *ctx, struct tw_err *err)
{
    (void)ctx;
    return tw_db_run(db, err, "UPDATE probe SET n = n + 1 WHERE id = 1");
}

const struct tw_store_counters *tw_store_counters(const struct tw_store *store)
{
    return tw_writer_counters(store->writer);
}

int tw_store_check(struct tw_store *store, struct tw_err *err)
{
    return tw_writer_do(store->writer, probe, NULL, err);
}
