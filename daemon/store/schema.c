#include "daemon/store/schema.h"

#include <inttypes.h>
#include <stdio.h>

// "TWDB": tells our files from those of other programs.
#define APPLICATION_ID 0x54574442

// One row a version, never changed once released: user_version counts the rows that were run.
//
// scan.subject is what one scan at a time may be under way for: the digest, or the tag where no
// digest was given (a digest has a colon, a tag has none). scan_count is kept by triggers, so
// that no push has to count the queue.
static const char *const migrations[] = {
    "CREATE TABLE repository ("
    "  id INTEGER PRIMARY KEY,"
    "  registry TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  UNIQUE (registry, name)) STRICT;"

    "CREATE TABLE push (" // the history of tags
    "  id INTEGER PRIMARY KEY,"
    "  repository_id INTEGER NOT NULL REFERENCES repository (id),"
    "  tag TEXT NOT NULL," // '' when pushed by digest alone
    "  digest TEXT NOT NULL,"
    "  pushed_ms INTEGER NOT NULL,"
    "  requested_by TEXT NOT NULL,"
    "  actor TEXT) STRICT;"
    "CREATE INDEX push_tag ON push (repository_id, tag, id);"
    "CREATE INDEX push_digest ON push (digest, repository_id, tag);"

    "CREATE TABLE scan ("
    "  id TEXT PRIMARY KEY,"
    "  repository_id INTEGER NOT NULL REFERENCES repository (id),"
    "  tag TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  digest TEXT NOT NULL," // '' until known
    "  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  requested_by TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  due_ms INTEGER NOT NULL,"
    "  started_ms INTEGER NOT NULL DEFAULT 0,"
    "  finished_ms INTEGER NOT NULL DEFAULT 0,"
    "  retry_at_ms INTEGER NOT NULL DEFAULT 0,"
    "  lease_owner TEXT,"
    "  lease_until_ms INTEGER NOT NULL DEFAULT 0,"
    "  error_code TEXT NOT NULL DEFAULT '',"
    "  error_message TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;"
    "CREATE INDEX scan_due ON scan (due_ms, id) WHERE state = 'queued';"
    "CREATE INDEX scan_lease ON scan (lease_until_ms) WHERE state = 'running';"
    "CREATE INDEX scan_state ON scan (state, id);"
    "CREATE UNIQUE INDEX scan_active ON scan (repository_id, subject)"
    "  WHERE state IN ('queued', 'running');"

    "CREATE TABLE scan_count (state TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO scan_count VALUES ('queued', 0), ('running', 0), ('done', 0), ('failed', 0);"
    "CREATE TRIGGER scan_added AFTER INSERT ON scan BEGIN"
    "  UPDATE scan_count SET n = n + 1 WHERE state = new.state; END;"
    "CREATE TRIGGER scan_moved AFTER UPDATE OF state ON scan WHEN old.state <> new.state BEGIN"
    "  UPDATE scan_count SET n = n - 1 WHERE state = old.state;"
    "  UPDATE scan_count SET n = n + 1 WHERE state = new.state; END;"
    "CREATE TRIGGER scan_removed AFTER DELETE ON scan BEGIN"
    "  UPDATE scan_count SET n = n - 1 WHERE state = old.state; END;"

    "CREATE TABLE image ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  digest TEXT NOT NULL UNIQUE,"
    "  scan_id TEXT REFERENCES scan (id) ON DELETE SET NULL,"
    "  kind TEXT NOT NULL CHECK (kind IN ('image', 'index')),"
    "  media_type TEXT NOT NULL,"
    "  platform TEXT NOT NULL,"
    "  completeness TEXT NOT NULL,"
    "  decision TEXT NOT NULL,"
    "  info INTEGER NOT NULL,"
    "  low INTEGER NOT NULL,"
    "  medium INTEGER NOT NULL,"
    "  high INTEGER NOT NULL,"
    "  critical INTEGER NOT NULL,"
    "  go_binaries INTEGER NOT NULL,"
    "  scanned_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX image_decision ON image (decision, id);"
    "CREATE INDEX image_scan ON image (scan_id);"

    "CREATE TABLE image_inventory ("
    "  image_id INTEGER PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,"
    "  json BLOB NOT NULL) STRICT;"

    "CREATE TABLE image_child ("
    "  parent_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  child_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  PRIMARY KEY (parent_id, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX image_child_child ON image_child (child_id);"

    "CREATE TABLE layer ("
    "  id INTEGER PRIMARY KEY,"
    "  digest TEXT NOT NULL UNIQUE,"
    "  reader_version INTEGER NOT NULL,"
    "  read_ms INTEGER NOT NULL,"
    "  json BLOB NOT NULL) STRICT;"

    "CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL) STRICT;"
    "INSERT INTO probe VALUES (1, 0);",

    // Inventories of the first version say too little for the rules of this one: they are taken
    // again when the image is next pushed or asked for.
    "DELETE FROM image; DELETE FROM layer;"
    "ALTER TABLE image ADD COLUMN judged_by TEXT NOT NULL DEFAULT '';",

    // '' is what has to be judged whatever the policy. Images that got another name since they
    // were judged were not told apart before: all are judged once more.
    "UPDATE image SET judged_by = '';"
    "CREATE INDEX image_unjudged ON image (id) WHERE judged_by = '';",

    // Inventories do not say yet where Cmd begins. Their layers stay known, so that an image costs
    // its manifest and configuration when it is next pushed or asked for.
    "DELETE FROM image;",

    // Which images a registry or repository has, in order of storing: those of one that has few
    // would else be looked for among all, and those of one that has many be sorted. Kept by
    // triggers; an image of an index is where the index is.
    "CREATE TABLE image_registry ("
    "  registry TEXT NOT NULL,"
    "  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  PRIMARY KEY (registry, image_id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX image_registry_image ON image_registry (image_id);"
    "CREATE TABLE image_repository ("
    "  repository_id INTEGER NOT NULL REFERENCES repository (id),"
    "  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  PRIMARY KEY (repository_id, image_id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX image_repository_image ON image_repository (image_id);"
    "CREATE TRIGGER image_repository_added AFTER INSERT ON image_repository BEGIN"
    "  INSERT OR IGNORE INTO image_registry SELECT registry, new.image_id"
    "   FROM repository WHERE id = new.repository_id; END;"
    "CREATE TRIGGER push_added AFTER INSERT ON push BEGIN"
    "  INSERT OR IGNORE INTO image_repository SELECT new.repository_id, id"
    "   FROM image WHERE digest = new.digest;"
    "  INSERT OR IGNORE INTO image_repository SELECT new.repository_id, c.child_id"
    "   FROM image i JOIN image_child c ON c.parent_id = i.id WHERE i.digest = new.digest; END;"
    "CREATE TRIGGER image_added AFTER INSERT ON image BEGIN"
    "  INSERT OR IGNORE INTO image_repository SELECT repository_id, new.id"
    "   FROM push WHERE digest = new.digest; END;"
    "CREATE TRIGGER image_child_added AFTER INSERT ON image_child BEGIN"
    "  INSERT OR IGNORE INTO image_repository SELECT repository_id, new.child_id"
    "   FROM image_repository WHERE image_id = new.parent_id; END;"
    "INSERT OR IGNORE INTO image_repository SELECT p.repository_id, i.id FROM image i"
    " JOIN push p ON p.digest = i.digest;"
    "INSERT OR IGNORE INTO image_repository SELECT g.repository_id, c.child_id FROM image_child c"
    " JOIN image_repository g ON g.image_id = c.parent_id;"
    "CREATE INDEX repository_name ON repository (name);"

    // Layers that nobody asks for any more go; layer_sum is kept by triggers.
    "ALTER TABLE layer ADD COLUMN used_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE layer SET used_ms = read_ms;"
    "CREATE INDEX layer_used ON layer (used_ms);"
    "CREATE TABLE layer_sum (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT;"
    "INSERT INTO layer_sum SELECT 1, coalesce(sum(length(json)), 0) FROM layer;"
    "CREATE TRIGGER layer_added AFTER INSERT ON layer BEGIN"
    "  UPDATE layer_sum SET bytes = bytes + length(new.json); END;"
    "CREATE TRIGGER layer_changed AFTER UPDATE OF json ON layer BEGIN"
    "  UPDATE layer_sum SET bytes = bytes + length(new.json) - length(old.json); END;"
    "CREATE TRIGGER layer_removed AFTER DELETE ON layer BEGIN"
    "  UPDATE layer_sum SET bytes = bytes - length(old.json); END;",

    // The outbox: what has to be told (notice), to whom (delivery), and what of each image of a
    // repository is known to have been told (told). A scan that failed for good tells itself,
    // however that came about. Images from before are taken as told of: findings NULL.
    "CREATE TABLE notice ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  kind TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  sorted INTEGER NOT NULL DEFAULT 0," // 1: there is a delivery for each sink that wants it
    "  json TEXT NOT NULL) STRICT;"
    "CREATE INDEX notice_unsorted ON notice (id) WHERE sorted = 0;"
    "CREATE TABLE delivery ("
    "  id TEXT PRIMARY KEY,"
    "  notice_id INTEGER NOT NULL REFERENCES notice (id),"
    "  sink TEXT NOT NULL,"
    "  state TEXT NOT NULL CHECK (state IN ('waiting', 'failed')),"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  created_ms INTEGER NOT NULL,"
    "  due_ms INTEGER NOT NULL," // while it is under way: when its lease ends
    "  error TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;"
    "CREATE INDEX delivery_due ON delivery (sink, due_ms, id) WHERE state = 'waiting';"
    "CREATE INDEX delivery_state ON delivery (state, id);"
    "CREATE INDEX delivery_notice ON delivery (notice_id);"
    "CREATE TRIGGER delivery_removed AFTER DELETE ON delivery BEGIN"
    "  DELETE FROM notice WHERE id = old.notice_id AND NOT EXISTS"
    "   (SELECT 1 FROM delivery WHERE notice_id = old.notice_id); END;"
    "CREATE TABLE delivery_count ("
    "  sink TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  n INTEGER NOT NULL,"
    "  PRIMARY KEY (sink, state)) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER delivery_count_added AFTER INSERT ON delivery BEGIN"
    "  INSERT INTO delivery_count VALUES (new.sink, new.state, 1)"
    "   ON CONFLICT DO UPDATE SET n = n + 1; END;"
    "CREATE TRIGGER delivery_count_moved AFTER UPDATE OF state ON delivery"
    " WHEN old.state <> new.state BEGIN"
    "  UPDATE delivery_count SET n = n - 1 WHERE sink = old.sink AND state = old.state;"
    "  DELETE FROM delivery_count WHERE sink = old.sink AND state = old.state AND n = 0;"
    "  INSERT INTO delivery_count VALUES (new.sink, new.state, 1)"
    "   ON CONFLICT DO UPDATE SET n = n + 1; END;"
    "CREATE TRIGGER delivery_count_removed AFTER DELETE ON delivery BEGIN"
    "  UPDATE delivery_count SET n = n - 1 WHERE sink = old.sink AND state = old.state;"
    "  DELETE FROM delivery_count WHERE sink = old.sink AND state = old.state AND n = 0; END;"
    "CREATE TABLE told ("
    "  repository_id INTEGER NOT NULL REFERENCES repository (id),"
    "  digest TEXT NOT NULL,"
    "  generation INTEGER NOT NULL DEFAULT 1,"
    "  push_id INTEGER NOT NULL DEFAULT 0," // the last that was compared with what was before
    "  findings BLOB,"
    "  PRIMARY KEY (repository_id, digest)) STRICT, WITHOUT ROWID;"
    "INSERT INTO told (repository_id, digest, push_id) SELECT p.repository_id, p.digest, max(p.id)"
    " FROM push p JOIN image i ON i.digest = p.digest WHERE p.tag <> ''"
    " GROUP BY p.repository_id, p.digest;"
    "CREATE TRIGGER scan_dead AFTER UPDATE OF state ON scan"
    " WHEN new.state = 'failed' AND old.state <> 'failed' BEGIN"
    "  INSERT INTO notice (kind, created_ms, json) SELECT 'dead-letter', new.finished_ms,"
    "   json_object('registry', r.registry, 'repository', r.name, 'tag', new.tag,"
    "    'digest', new.digest, 'scan', new.id, 'attempts', new.attempts,"
    "    'error', new.error_code, 'message', new.error_message)"
    "   FROM repository r WHERE r.id = new.repository_id; END;",
};

static int read_number(struct tw_db *db, const char *sql, int64_t *ret_n, struct tw_err *err)
{
    TW_AUTO(sqlite3_finalizep) sqlite3_stmt *query = NULL;
    int r = tw_db_prepare(db, sql, NULL, 0, &query, err);
    if (r == 0)
        r = tw_db_next(db, query, err);
    if (r < 0)
        return r;
    *ret_n = sqlite3_column_int64(query, 0);
    return 0;
}

static int run_one(struct tw_db *db, size_t version, struct tw_err *err)
{
    char mark[128];
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %zu; COMMIT;",
        APPLICATION_ID, version + 1);
    int r = tw_db_script(db, "BEGIN IMMEDIATE;", err);
    if (r == 0)
        r = tw_db_script(db, migrations[version], err);
    if (r == 0)
        r = tw_db_script(db, mark, err);
    if (r < 0)
        tw_db_script(db, "ROLLBACK;", NULL);
    return r;
}

int tw_schema_migrate(struct tw_db *db, struct tw_err *err)
{
    int64_t version = 0, application = 0, tables = 0;
    int r = read_number(db, "PRAGMA user_version", &version, err);
    if (r == 0)
        r = read_number(db, "PRAGMA application_id", &application, err);
    if (r == 0)
        r = read_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (r < 0)
        return r;
    if (tables > 0 && application != APPLICATION_ID)
        return tw_err_set(err, TW_E_STORE,
            "store %s: a database of another program; set --data-dir to another folder", db->path);
    if (version > (int64_t)TW_COUNT(migrations))
        return tw_err_set(err, TW_E_STORE,
            "store %s: written by a newer Tidewaiter (schema %" PRId64
            ", known here: %zu); run that one, or put a backup in its place",
            db->path, version, TW_COUNT(migrations));
    for (size_t i = (size_t)version; r == 0 && i < TW_COUNT(migrations); i++)
        r = run_one(db, i, err);
    return r;
}
