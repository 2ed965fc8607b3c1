#include "daemon/store/db.h"

#include <stdio.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 5000 };

static const struct {
    int code;
    const char *advice;
} advices[] = {
    {SQLITE_CORRUPT, "the file is damaged: stop the daemon, then put a backup in its place, or "
                     "move it away (a new one is made, and images are scanned again)"},
    {SQLITE_NOTADB, "this is no database: stop the daemon, then put a backup in its place, or "
                    "move it away (a new one is made, and images are scanned again)"},
    {SQLITE_FULL, "make room on that disk; the store goes on by itself"},
    {SQLITE_IOERR, "look at the disk and the kernel's log"},
    {SQLITE_READONLY, "the file and its folder must be writable for the daemon's user"},
    {SQLITE_PERM, "the file and its folder must be writable for the daemon's user"},
    {SQLITE_CANTOPEN, "its folder must exist, and both must be writable for the daemon's user"},
    {SQLITE_BUSY, "another program holds the file; end it"},
    {SQLITE_LOCKED, "another program holds the file; end it"},
};

int tw_db_error(struct tw_db *db, int sqlite_code, struct tw_err *err)
{
    if ((sqlite_code & 0xFF) == SQLITE_NOMEM)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    const char *advice = "this should not happen: please report it";
    for (size_t i = 0; i < TW_COUNT(advices); i++) {
        if (advices[i].code == (sqlite_code & 0xFF))
            advice = advices[i].advice;
    }
    const char *detail = db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(sqlite_code);
    return tw_err_set(
        err, TW_E_STORE, "store %s: %s (SQLite %d); %s", db->path, detail, sqlite_code, advice);
}

// ---- opening ----

// FULL: a commit is on the disk, not only with the kernel, so that it survives a power cut.
// Nothing but the database's folder may be writable, so temporary files are memory.
static const char settings_of_writer[] = //
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -16384;"
    "PRAGMA temp_store = MEMORY;";
static const char settings_of_reader[] = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

int tw_db_open(const char *path, bool read_only, struct tw_db **ret_db, struct tw_err *err)
{
    TW_AUTO(tw_db_closep) struct tw_db *db = calloc(1, sizeof *db);
    if (db)
        db->path = strdup(path);
    if (!db || !db->path)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    int code = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
    if (code != SQLITE_OK)
        return tw_db_error(db, code, err);
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
    int r = tw_db_script(db, read_only ? settings_of_reader : settings_of_writer, err);
    if (r < 0)
        return r;
    *ret_db = TW_TAKE(db);
    return 0;
}

void tw_db_close(struct tw_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->kept_count; i++)
        sqlite3_finalize(db->kept[i].statement);
    sqlite3_close(db->sqlite);
    free(db->path);
    free(db);
}

// ---- statements ----

static int bind(sqlite3_stmt *statement, int index, const struct tw_value *value)
{
    if (value->kind == TW_VALUE_NUMBER)
        return sqlite3_bind_int64(statement, index, value->number);
    if (!value->bytes)
        return sqlite3_bind_null(statement, index);
    if (value->kind == TW_VALUE_TEXT)
        return sqlite3_bind_text(statement, index, value->bytes, -1, SQLITE_STATIC);
    return sqlite3_bind_blob64(statement, index, value->bytes, value->size, SQLITE_STATIC);
}

static int bind_all(struct tw_db *db, sqlite3_stmt *statement, const struct tw_value *values,
    size_t count, struct tw_err *err)
{
    for (size_t i = 0; i < count; i++) {
        int code = bind(statement, (int)i + 1, &values[i]);
        if (code != SQLITE_OK)
            return tw_db_error(db, code, err);
    }
    return 0;
}

static int keep(struct tw_db *db, const char *sql, sqlite3_stmt **ret_statement, struct tw_err *err)
{
    for (size_t i = 0; i < db->kept_count; i++) {
        if (db->kept[i].sql == sql) {
            *ret_statement = db->kept[i].statement;
            return 0;
        }
    }
    if (db->kept_count == TW_DB_STATEMENTS)
        return tw_err_set(err, TW_E_INTERNAL, "more statements than are kept");
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK)
        return tw_db_error(db, code, err);
    db->kept[db->kept_count].sql = sql;
    db->kept[db->kept_count++].statement = statement;
    *ret_statement = statement;
    return 0;
}

int tw_db_query_(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    sqlite3_stmt **ret_query, struct tw_err *err)
{
    sqlite3_stmt *statement = NULL;
    int r = keep(db, sql, &statement, err);
    if (r == 0)
        r = bind_all(db, statement, values, count, err);
    if (r < 0)
        return r;
    *ret_query = statement;
    return 0;
}

int tw_db_prepare(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    sqlite3_stmt **ret_query, struct tw_err *err)
{
    TW_AUTO(sqlite3_finalizep) sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return tw_db_error(db, code, err);
    size_t wanted = (size_t)sqlite3_bind_parameter_count(statement);
    int r = bind_all(db, statement, values, count < wanted ? count : wanted, err);
    if (r < 0)
        return r;
    *ret_query = TW_TAKE(statement);
    return 0;
}

int tw_db_next(struct tw_db *db, sqlite3_stmt *query, struct tw_err *err)
{
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : tw_db_error(db, code, err);
}

void tw_db_end(sqlite3_stmt *query)
{
    if (!query)
        return;
    sqlite3_reset(query);
    sqlite3_clear_bindings(query);
}

int tw_db_run_(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    struct tw_err *err)
{
    TW_AUTO(tw_db_endp) sqlite3_stmt *query = NULL;
    int r = tw_db_query_(db, sql, values, count, &query, err);
    while (r >= 0) {
        r = tw_db_next(db, query, err);
        if (r == 0)
            return 0;
    }
    return r;
}

int tw_db_script(struct tw_db *db, const char *sql, struct tw_err *err)
{
    int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : tw_db_error(db, code, err);
}

int64_t tw_db_changes(struct tw_db *db)
{
    return sqlite3_changes64(db->sqlite);
}

void tw_column_text(sqlite3_stmt *query, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(query, column);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}
