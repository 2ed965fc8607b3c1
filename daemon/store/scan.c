// Rows of the table scan: one, lists, counts.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/inside.h"

// The words that stand in the table.
static const char *const states[] = {
    [TW_SCAN_QUEUED] = "queued",
    [TW_SCAN_RUNNING] = "running",
    [TW_SCAN_DONE] = "done",
    [TW_SCAN_FAILED] = "failed",
};

static int find_state(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(states); i++) {
        if (strcmp(states[i], name) == 0)
            return (int)i;
    }
    return -1;
}

// The reference as it was asked for: a digest that was only found later is not part of it.
static void read_reference(sqlite3_stmt *query, struct tw_scan *scan)
{
    struct tw_reference reference = {0};
    TW_COLUMN_TEXT(query, 1, reference.registry);
    TW_COLUMN_TEXT(query, 2, reference.repository);
    TW_COLUMN_TEXT(query, 3, reference.tag);
    char subject[sizeof reference.digest.text];
    TW_COLUMN_TEXT(query, 4, subject);
    if (strchr(subject, ':'))
        memcpy(reference.digest.text, subject, sizeof subject);
    tw_reference_format(&reference, scan->reference);
}

int tw_scan_read(sqlite3_stmt *query, struct tw_scan *ret_scan, struct tw_err *err)
{
    char state[16];
    struct tw_scan scan = {0};
    TW_COLUMN_TEXT(query, 0, scan.id);
    read_reference(query, &scan);
    TW_COLUMN_TEXT(query, 5, scan.digest.text);
    TW_COLUMN_TEXT(query, 6, state);
    scan.attempts = (unsigned)sqlite3_column_int64(query, 7);
    TW_COLUMN_TEXT(query, 8, scan.requested_by);
    scan.created_ms = sqlite3_column_int64(query, 9);
    scan.started_ms = sqlite3_column_int64(query, 10);
    scan.finished_ms = sqlite3_column_int64(query, 11);
    scan.retry_at_ms = sqlite3_column_int64(query, 12);
    TW_COLUMN_TEXT(query, 13, scan.error_code);
    TW_COLUMN_TEXT(query, 14, scan.error_message);
    int found = find_state(state);
    if (found < 0)
        return tw_err_set(err, TW_E_STORE, "scan %s: unknown state \"%s\"", scan.id, state);
    scan.state = (enum tw_scan_state)found;
    *ret_scan = scan;
    return 0;
}

int tw_scan_get(struct tw_db *db, const char *id, struct tw_scan *ret_scan, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err,
        "SELECT " TW_SCAN_COLUMNS " FROM " TW_SCAN_TABLES " WHERE s.id = ?1", TW_TEXT(id));
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r == 0)
        return tw_err_set(err, TW_E_NOT_FOUND, "there is no scan \"%.40s\"", id);
    return r < 0 ? r : tw_scan_read(query, ret_scan, err);
}

int tw_store_scan_get(
    struct tw_store *store, const char *id, struct tw_scan *ret_scan, struct tw_err *err)
{
    struct tw_db *db = tw_store_reader(store);
    int r = tw_scan_get(db, id, ret_scan, err);
    tw_store_reader_back(store, db);
    return r;
}

// ---- lists: newest first ----

// At most SCANS_LOOKED rows are looked at for a page: it may have fewer than `limit` and a next
// one.
enum { COLUMN_FITS = 15, SCANS_LOOKED = 10000 };

static int read_page(struct tw_db *db, sqlite3_stmt *query, unsigned limit,
    struct tw_scan_list *ret_list, struct tw_err *err)
{
    unsigned looked = 0;
    char last[33] = "";
    TW_AUTO(tw_freep) struct tw_scan *items = calloc(limit, sizeof *items);
    if (!items)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    struct tw_scan_list list = {0};
    int r;
    while ((r = tw_db_next(db, query, err)) > 0) {
        bool fits = sqlite3_column_int(query, COLUMN_FITS);
        // One row more than the page: there is a next one.
        if ((fits && list.count == limit) || looked++ == SCANS_LOOKED) {
            snprintf(list.next, sizeof list.next, "s%s", last);
            break;
        }
        TW_COLUMN_TEXT(query, 0, last);
        r = fits ? tw_scan_read(query, &items[list.count], err) : 0;
        if (r < 0)
            return r;
        list.count += fits;
    }
    if (r < 0)
        return r;
    list.items = TW_TAKE(items);
    *ret_list = list;
    return 0;
}

// Ids begin with the time of creation, so a range of times is one of ids.
static void id_of_time(int64_t ms, char id[33])
{
    snprintf(id, 33, "%012" PRIx64, (uint64_t)(ms & 0xFFFFFFFFFFFFLL));
}

static int list(struct tw_db *db, const struct tw_scan_query *query, const char *from,
    struct tw_scan_list *ret_list, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf sql = TW_BUF(4096);
    TW_AUTO(sqlite3_finalizep) sqlite3_stmt *rows = NULL;
    char since[33], until[33] = "~"; // sorts after every hex digit
    id_of_time(query->since_ms, since);
    if (query->until_ms > 0)
        id_of_time(query->until_ms, until);
    tw_buf_printf(&sql,
        "SELECT " TW_SCAN_COLUMNS ", (?3 IS NULL OR r.registry = ?3) AND (?4 IS NULL OR"
        " r.name = ?4) FROM scan s JOIN repository r ON r.id = s.repository_id"
        " WHERE s.id %s ?1 AND s.id %s ?2%s ORDER BY s.id%s",
        query->oldest_first ? ">" : "<",
        query->oldest_first ? "<" : ">=", query->state ? " AND s.state = ?5" : "",
        query->oldest_first ? "" : " DESC");
    // The end that the cursor is not at.
    const char *end = query->oldest_first ? until : since;
    const char *begin = query->oldest_first ? since : until;
    bool inside =
        from && (query->oldest_first ? strcmp(from, begin) >= 0 : strcmp(from, begin) < 0);
    const struct tw_value values[] = {TW_TEXT(inside ? from : begin), TW_TEXT(end),
        TW_TEXT(query->registry), TW_TEXT(query->repository), TW_TEXT(query->state)};
    if (sql.status < 0)
        return tw_err_set(err, sql.status, "the query could not be written");
    int r = tw_db_prepare(db, sql.data, values, TW_COUNT(values), &rows, err);
    return r < 0 ? r : read_page(db, rows, query->limit, ret_list, err);
}

int tw_store_scan_list(struct tw_store *store, const struct tw_scan_query *query,
    struct tw_scan_list *ret_list, struct tw_err *err)
{
    const char *from = NULL;
    int r = tw_store_check_page(query->limit, err);
    if (r < 0)
        return r;
    if (query->state && find_state(query->state) < 0)
        return tw_err_set(err, TW_E_USAGE,
            "state \"%.40s\" is none of: queued, running, done, failed", query->state);
    if (query->cursor && query->cursor[0]) {
        from = query->cursor + 1;
        if (query->cursor[0] != 's' || strlen(from) != 32 || strspn(from, "0123456789abcdef") != 32)
            return tw_err_set(err, TW_E_USAGE,
                "this cursor is not from a list of scans; start again without one");
    }
    struct tw_db *db = tw_store_reader(store);
    r = list(db, query, from, ret_list, err);
    tw_store_reader_back(store, db);
    return r;
}

// ---- counts ----

static int stats(struct tw_db *db, uint64_t counts[4], int64_t *oldest_ms, struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query(db, &query, err, "SELECT state, n FROM scan_count");
    while (r >= 0 && (r = tw_db_next(db, query, err)) > 0) {
        char name[16];
        TW_COLUMN_TEXT(query, 0, name);
        int state = find_state(name);
        if (state >= 0)
            counts[state] = (uint64_t)sqlite3_column_int64(query, 1);
    }
    TW_AUTO(tw_db_endp) sqlite3_stmt *oldest = NULL;
    if (r == 0) // ids are in order of time
        r = tw_db_query(db, &oldest, err,
            "SELECT created_ms FROM scan WHERE state = 'queued' ORDER BY id LIMIT 1");
    if (r == 0)
        r = tw_db_next(db, oldest, err);
    if (r > 0)
        *oldest_ms = sqlite3_column_int64(oldest, 0);
    return r < 0 ? r : 0;
}

int tw_store_queue_stats(
    struct tw_store *store, uint64_t ret_counts[4], int64_t *ret_oldest_ms, struct tw_err *err)
{
    uint64_t counts[4] = {0};
    int64_t oldest_ms = 0;
    struct tw_db *db = tw_store_reader(store);
    int r = stats(db, counts, &oldest_ms, err);
    tw_store_reader_back(store, db);
    if (r < 0)
        return r;
    memcpy(ret_counts, counts, sizeof counts);
    *ret_oldest_ms = oldest_ms;
    return 0;
}
