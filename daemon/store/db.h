// One connection to SQLite with the statements it has prepared. The only header of the project
// that sees sqlite3.h; private to daemon/store.
//
// A connection is used by one thread at a time.
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "scanner/base/buf.h"
#include "scanner/base/err.h"

enum { TW_DB_STATEMENTS = 128 };

struct tw_db {
    sqlite3 *sqlite;
    char *path;
    struct {
        const char *sql; // compared by address: every statement is one literal of this folder
        sqlite3_stmt *statement;
    } kept[TW_DB_STATEMENTS];
    size_t kept_count;
};

// The writer creates the file; readers need it to exist.
int tw_db_open(const char *path, bool read_only, struct tw_db **ret_db, struct tw_err *err);
void tw_db_close(struct tw_db *db);
TW_DEFINE_AUTO(struct tw_db, tw_db_close)

// TW_E_STORE (or TW_E_NOMEM): the file, what SQLite says, and what to do about it.
int tw_db_error(struct tw_db *db, int sqlite_code, struct tw_err *err);

// What is bound to ?1, ?2 ...; the memory must stay until the statement has run.
struct tw_value {
    enum { TW_VALUE_TEXT, TW_VALUE_NUMBER, TW_VALUE_BYTES } kind;
    const void *bytes; // NULL: SQL's NULL
    size_t size;
    int64_t number;
};
#define TW_TEXT(text) ((struct tw_value){.kind = TW_VALUE_TEXT, .bytes = (text)})
#define TW_NUMBER(n) ((struct tw_value){.kind = TW_VALUE_NUMBER, .number = (int64_t)(n)})
#define TW_BYTES(p, n) ((struct tw_value){.kind = TW_VALUE_BYTES, .bytes = (p), .size = (n)})

// Runs a statement that gives no rows. `sql` must be a literal.
int tw_db_run_(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    struct tw_err *err);
#define tw_db_run(db, err, sql, ...)                                                               \
    tw_db_run_(db, sql, (const struct tw_value[]){__VA_ARGS__},                                    \
        sizeof((const struct tw_value[]){__VA_ARGS__}) / sizeof(struct tw_value), err)

// Starts a query. End it with tw_db_end, best through TW_AUTO(tw_db_endp).
int tw_db_query_(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    sqlite3_stmt **ret_query, struct tw_err *err);
#define tw_db_query(db, ret_query, err, sql, ...)                                                  \
    tw_db_query_(db, sql, (const struct tw_value[]){__VA_ARGS__},                                  \
        sizeof((const struct tw_value[]){__VA_ARGS__}) / sizeof(struct tw_value), ret_query, err)

// 1: there is a row; 0: no more; negative: TW_E_STORE.
int tw_db_next(struct tw_db *db, sqlite3_stmt *query, struct tw_err *err);
void tw_db_end(sqlite3_stmt *query);
TW_DEFINE_AUTO(sqlite3_stmt, tw_db_end)

// A statement that is put together at run time; sqlite3_finalize ends it. Values past the last one
// that it names are left alone.
int tw_db_prepare(struct tw_db *db, const char *sql, const struct tw_value *values, size_t count,
    sqlite3_stmt **ret_query, struct tw_err *err);
TW_DEFINE_AUTO(sqlite3_stmt, sqlite3_finalize)

// Several statements without values or rows (schema, pragmas).
int tw_db_script(struct tw_db *db, const char *sql, struct tw_err *err);

// Rows changed by the last statement.
int64_t tw_db_changes(struct tw_db *db);

// A column as text, cut to the size of `out`; "" for NULL.
void tw_column_text(sqlite3_stmt *query, int column, char *out, size_t size);
#define TW_COLUMN_TEXT(query, column, array) tw_column_text(query, column, array, sizeof(array))
