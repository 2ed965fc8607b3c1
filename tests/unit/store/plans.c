#include "tests/unit/store/plans.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store/store.h"

enum { STATEMENTS_MAX = 1024 };

static struct {
    pthread_mutex_t mutex;
    char *sql[STATEMENTS_MAX];
    size_t count;
} seen = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// What walks or sorts, and may: statements by a part of their text.
static const struct {
    const char *sql, *step, *why;
} allowed[] = {
    {"", "SCAN CONSTANT ROW", "no table"},
    {"INDEXED BY scan_due", "SCAN scan USING INDEX scan_due", "its first row"},
    {"SELECT id FROM layer ORDER BY used_ms LIMIT 1", "SCAN layer USING COVERING INDEX layer_used",
        "its first row"},
    {"FROM notice WHERE sorted = 0 ORDER BY id LIMIT 1", "SCAN notice USING INDEX notice_unsorted",
        "its first row"},
    {"FROM delivery_count ORDER BY sink", "SCAN delivery_count", "two rows a sink"},
    {"SELECT state, n FROM scan_count", "SCAN scan_count", "four rows"},
    {"ORDER BY q.pushed_ms DESC", "USE TEMP B-TREE FOR ORDER BY", "the pushes of one image"},
    {") few CROSS JOIN", "SCAN few", "TW_WALK_FEW rows at most: they were counted before"},
    {") few CROSS JOIN", "SCAN named", "as above"},
    {") few CROSS JOIN", "SCAN v", "as above"},
    {") few CROSS JOIN", "UNION USING TEMP B-TREE", "as above"},
    {") few CROSS JOIN", "USE TEMP B-TREE FOR DISTINCT", "as above"},
    {") few CROSS JOIN", "USE TEMP B-TREE FOR ORDER BY", "as above"},
    {") v CROSS JOIN image i", "SCAN v", "as above"},
    {") v CROSS JOIN image i", "SCAN named", "as above"},
    {") v CROSS JOIN image i", "UNION USING TEMP B-TREE", "as above"},
    {") v CROSS JOIN image i", "USE TEMP B-TREE FOR ORDER BY", "as above"},
    {"FROM repository n INDEXED BY repository_name", "SCAN n USING",
        "in the order of the answer, TW_WALK_ROWS at most"},
    {"WITH pushed", "SCAN pushed", "the images of one repository or tag"},
    {"WITH pushed", "UNION USING TEMP B-TREE", "the images of one repository or tag"},
    {"WHERE q.tag = ?3 AND q.repository_id IN (SELECT t.id FROM repository t WHERE true)", "SCAN t",
        "repositories, not images: each is asked for the tag"},
};

static int note(unsigned kind, void *ctx, void *statement, void *text)
{
    (void)kind, (void)ctx, (void)text;
    const char *sql = sqlite3_sql(statement);
    pthread_mutex_lock(&seen.mutex);
    size_t i = 0;
    while (i < seen.count && strcmp(seen.sql[i], sql) != 0)
        i++;
    if (i == seen.count && i < STATEMENTS_MAX)
        seen.sql[seen.count++] = strdup(sql);
    pthread_mutex_unlock(&seen.mutex);
    return 0;
}

static int watch_connection(sqlite3 *db, const char **ret_error, const void *api)
{
    (void)ret_error, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, note, NULL);
}

int plans_watch(void **state)
{
    (void)state;
    return sqlite3_auto_extension((void (*)(void))watch_connection);
}

// What the schema is made by ends with a semicolon, and runs once.
static bool is_of_the_store(const char *sql)
{
    static const char *const words[] = {"SELECT ", "UPDATE ", "INSERT ", "DELETE "};
    for (size_t i = 0; i < TW_COUNT(words); i++) {
        if (strncmp(sql, words[i], strlen(words[i])) == 0)
            return !strchr(sql, ';') && !strstr(sql, "sqlite_schema");
    }
    return false;
}

static bool is_cheap(const char *sql, const char *step)
{
    if (strncmp(step, "SCAN ", 5) != 0 && !strstr(step, "TEMP B-TREE"))
        return true;
    for (size_t i = 0; i < TW_COUNT(allowed); i++) {
        if (strstr(sql, allowed[i].sql) &&
            strncmp(step, allowed[i].step, strlen(allowed[i].step)) == 0)
            return true;
    }
    return false;
}

// Returns the number of steps that are not cheap.
static size_t explain(sqlite3 *db, const char *sql)
{
    char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *steps = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &steps, NULL), SQLITE_OK);
    sqlite3_free(text);
    size_t dear = 0;
    while (sqlite3_step(steps) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(steps, 3);
        if (is_cheap(sql, step))
            continue;
        print_error("%s\n", step);
        print_error("  in: %.700s\n", sql); // cmocka prints 1,024 bytes at most
        dear++;
    }
    sqlite3_finalize(steps);
    return dear;
}

void plans__of_all_statements_that_ran__search_by_index(void **state)
{
    (void)state;
    char path[] = "/tmp/tidewaiter-plans-XXXXXX", lock[64];
    close(mkstemp(path));
    snprintf(lock, sizeof lock, "%s.lock", path);
    struct tw_err err = {0};
    struct tw_store *store = NULL;
    sqlite3_reset_auto_extension();
    assert_int_equal(tw_store_open(path, &store, &err), 0);
    tw_store_close(store);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    size_t explained = 0, dear = 0;
    for (size_t i = 0; i < seen.count; i++) {
        if (is_of_the_store(seen.sql[i])) {
            dear += explain(db, seen.sql[i]);
            explained++;
        }
        free(seen.sql[i]);
    }
    bool all_seen = seen.count < STATEMENTS_MAX;
    seen.count = 0;
    sqlite3_close(db);
    unlink(path);
    unlink(lock);
    assert_true(all_seen);
    assert_in_range(explained, 10, STATEMENTS_MAX);
    assert_int_equal(dear, 0);
}
