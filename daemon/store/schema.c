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

    // The tag's present digest, and with it whether an image is current: a tag points to it, or to
    // an index that it is part of. Kept by triggers, as is the time of the latest push.
    // image_known: the digests by which an image can be pushed.
    "CREATE VIEW image_known AS SELECT id, digest FROM image UNION ALL"
    "  SELECT c.child_id, o.digest FROM image o JOIN image_child c ON c.parent_id = o.id;"
    "CREATE TABLE tag ("
    "  repository_id INTEGER NOT NULL REFERENCES repository (id),"
    "  name TEXT NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  push_id INTEGER NOT NULL,"
    "  PRIMARY KEY (repository_id, name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX tag_digest ON tag (digest);"
    "CREATE INDEX tag_name ON tag (name);"
    "INSERT INTO tag SELECT repository_id, tag, digest, max(id) FROM push WHERE tag <> ''"
    " GROUP BY repository_id, tag;"
    "ALTER TABLE image ADD COLUMN is_current INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE image ADD COLUMN pushed_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE image ADD COLUMN worst INTEGER NOT NULL GENERATED ALWAYS AS (CASE"
    "  WHEN critical > 0 THEN 4 WHEN high > 0 THEN 3 WHEN medium > 0 THEN 2 WHEN low > 0 THEN 1"
    "  WHEN info > 0 THEN 0 ELSE -1 END) VIRTUAL;"
    "UPDATE image SET is_current = EXISTS (SELECT 1 FROM image_known k JOIN tag t"
    "  ON t.digest = k.digest WHERE k.id = image.id), pushed_ms = ifnull((SELECT max(q.pushed_ms)"
    "  FROM image_known k JOIN push q ON q.digest = k.digest WHERE k.id = image.id), 0);"
    "CREATE INDEX image_current ON image (is_current, id);"
    "CREATE INDEX image_pushed ON image (pushed_ms, id);"
    "CREATE INDEX image_current_pushed ON image (is_current, pushed_ms, id);"
    "CREATE INDEX image_worst ON image (worst, id);"
    "CREATE TRIGGER tag_added AFTER INSERT ON tag BEGIN"
    "  UPDATE image SET is_current = 1 WHERE NOT is_current"
    "   AND id IN (SELECT id FROM image_known WHERE digest = new.digest); END;"
    "CREATE TRIGGER tag_moved AFTER UPDATE OF digest ON tag WHEN old.digest <> new.digest BEGIN"
    "  UPDATE image SET is_current = 1 WHERE NOT is_current"
    "   AND id IN (SELECT id FROM image_known WHERE digest = new.digest);"
    "  UPDATE image SET is_current = 0 WHERE is_current"
    "   AND id IN (SELECT id FROM image_known WHERE digest = old.digest) AND NOT EXISTS (SELECT 1"
    "    FROM image_known k JOIN tag t ON t.digest = k.digest WHERE k.id = image.id); END;"
    "CREATE TRIGGER push_dated AFTER INSERT ON push BEGIN"
    "  UPDATE image SET pushed_ms = new.pushed_ms WHERE pushed_ms < new.pushed_ms"
    "   AND id IN (SELECT id FROM image_known WHERE digest = new.digest); END;"
    "CREATE TRIGGER push_dated_again AFTER UPDATE OF pushed_ms ON push"
    " WHEN new.pushed_ms > old.pushed_ms BEGIN"
    "  UPDATE image SET pushed_ms = new.pushed_ms WHERE pushed_ms < new.pushed_ms"
    "   AND id IN (SELECT id FROM image_known WHERE digest = new.digest); END;"
    "CREATE TRIGGER image_dated AFTER INSERT ON image BEGIN"
    "  UPDATE image SET is_current = EXISTS (SELECT 1 FROM tag t WHERE t.digest = new.digest),"
    "   pushed_ms = ifnull((SELECT max(pushed_ms) FROM push WHERE digest = new.digest), 0)"
    "   WHERE id = new.id; END;"
    "CREATE TRIGGER image_child_dated AFTER INSERT ON image_child BEGIN"
    "  UPDATE image SET is_current = image.is_current OR p.is_current,"
    "   pushed_ms = max(image.pushed_ms, p.pushed_ms) FROM (SELECT is_current, pushed_ms FROM image"
    "    WHERE id = new.parent_id) p WHERE image.id = new.child_id; END;"
    "CREATE TRIGGER image_child_removed AFTER DELETE ON image_child BEGIN"
    "  UPDATE image SET is_current = 0 WHERE id = old.child_id AND is_current AND NOT EXISTS"
    "   (SELECT 1 FROM image_known k JOIN tag t ON t.digest = k.digest WHERE k.id = image.id); END;"

    // What questions about all images are answered from. A program that many images have is kept
    // once; image_program says where it lies. The marks tell whether rows have to be written again.
    // go_number: scanner/base/goversion.h; severity: scanner/rules/rule.h.
    "ALTER TABLE image ADD COLUMN programs_mark INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE image ADD COLUMN findings_mark INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE program ("
    "  id INTEGER PRIMARY KEY,"
    "  key BLOB NOT NULL UNIQUE,"
    "  sha256 TEXT NOT NULL,"
    "  os TEXT NOT NULL,"
    "  arch TEXT NOT NULL,"
    "  go_version TEXT NOT NULL,"
    "  go_release TEXT NOT NULL,"
    "  experiments TEXT NOT NULL,"
    "  main_path TEXT NOT NULL,"
    "  main_version TEXT NOT NULL) STRICT;"
    "CREATE INDEX program_main ON program (main_path);"
    "CREATE TABLE program_experiment ("
    "  name TEXT NOT NULL,"
    "  program_id INTEGER NOT NULL REFERENCES program (id) ON DELETE CASCADE,"
    "  PRIMARY KEY (name, program_id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX program_experiment_program ON program_experiment (program_id);"
    "CREATE TABLE module (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE program_module ("
    "  program_id INTEGER NOT NULL REFERENCES program (id) ON DELETE CASCADE,"
    "  module_id INTEGER NOT NULL REFERENCES module (id),"
    "  version TEXT NOT NULL,"
    "  PRIMARY KEY (program_id, module_id, version)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX program_module_module ON program_module (module_id, version, program_id);"
    "CREATE TABLE image_program ("
    "  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  n INTEGER NOT NULL,"
    "  program_id INTEGER NOT NULL REFERENCES program (id),"
    "  path TEXT NOT NULL,"
    "  go_number INTEGER NOT NULL,"
    "  is_current INTEGER NOT NULL,"
    "  PRIMARY KEY (image_id, n)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX image_program_go ON image_program (is_current, go_number);"
    "CREATE INDEX image_program_path ON image_program (is_current, path);"
    "CREATE INDEX image_program_program ON image_program (program_id, is_current);"
    "CREATE TRIGGER image_program_removed AFTER DELETE ON image_program BEGIN"
    "  DELETE FROM program WHERE id = old.program_id AND NOT EXISTS"
    "   (SELECT 1 FROM image_program WHERE program_id = old.program_id); END;"
    "CREATE TABLE image_godebug ("
    "  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  n INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  from_default INTEGER NOT NULL,"
    "  PRIMARY KEY (image_id, n, name)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX image_godebug_name ON image_godebug (name, value);"
    "CREATE TABLE finding ("
    "  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,"
    "  n INTEGER NOT NULL,"
    "  rule TEXT NOT NULL,"
    "  severity INTEGER NOT NULL,"
    "  waived INTEGER NOT NULL,"
    "  first_seen_ms INTEGER NOT NULL,"
    "  is_current INTEGER NOT NULL,"
    "  fingerprint TEXT NOT NULL,"
    "  binary TEXT,"
    "  title TEXT NOT NULL,"
    "  message TEXT NOT NULL,"
    "  PRIMARY KEY (image_id, n)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX finding_severity ON finding (is_current, severity);"
    "CREATE INDEX finding_seen ON finding (is_current, first_seen_ms);"
    "CREATE INDEX finding_rule ON finding (rule, is_current, severity);"

    // How many current images and programs there are of each kind: fleet_count by kind, name and
    // value. An image is counted as a whole, and taken out as a whole before it changes.
    "ALTER TABLE image ADD COLUMN is_counted INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE fleet_count ("
    "  kind TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  images INTEGER NOT NULL,"
    "  things INTEGER NOT NULL,"
    "  PRIMARY KEY (kind, name, value)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX fleet_count_images ON fleet_count (kind, images);"
    "CREATE INDEX fleet_count_none ON fleet_count (kind) WHERE images <= 0;"
    "CREATE TRIGGER image_counted AFTER UPDATE OF is_counted ON image"
    " WHEN new.is_counted <> old.is_counted BEGIN"
    "  INSERT INTO fleet_count SELECT kind, name, value, new.is_counted - old.is_counted,"
    "   (new.is_counted - old.is_counted) * n FROM ("
    "   SELECT 'image' AS kind, '' AS name, '' AS value, new.go_binaries AS n"
    "   UNION ALL SELECT 'decision', new.decision, '', 0"
    "   UNION ALL SELECT 'completeness', new.completeness, '', 0"
    "   UNION ALL SELECT 'severity', CAST(severity AS TEXT), '', count(*) FROM finding"
    "    WHERE image_id = new.id AND NOT waived GROUP BY severity"
    "   UNION ALL SELECT 'rule', rule, CAST(severity AS TEXT), count(*) FROM finding"
    "    WHERE image_id = new.id AND NOT waived GROUP BY rule, severity"
    "   UNION ALL SELECT 'go', p.go_release, '', count(*) FROM image_program l"
    "    JOIN program p ON p.id = l.program_id WHERE l.image_id = new.id GROUP BY p.go_release"
    "   UNION ALL SELECT 'godebug', name, value, count(*) FROM image_godebug"
    "    WHERE image_id = new.id GROUP BY name, value) WHERE true"
    "  ON CONFLICT (kind, name, value) DO UPDATE SET images = images + excluded.images,"
    "   things = things + excluded.things; END;"
    "CREATE TRIGGER image_turned AFTER UPDATE OF is_current ON image"
    " WHEN new.is_current <> old.is_current BEGIN"
    "  UPDATE image_program SET is_current = new.is_current WHERE image_id = new.id;"
    "  UPDATE finding SET is_current = new.is_current WHERE image_id = new.id;"
    "  UPDATE image SET is_counted = new.is_current WHERE id = new.id AND programs_mark <> 0; END;"
    "CREATE TRIGGER image_removed BEFORE DELETE ON image WHEN old.is_counted BEGIN"
    "  UPDATE image SET is_counted = 0 WHERE id = old.id; END;"

    // The past: sums that only grow, and what was counted at the end of each hour.
    "CREATE TABLE tally (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO tally VALUES ('pushes', 0), ('scans_done', 0), ('scans_failed', 0);"
    "CREATE TRIGGER push_tallied AFTER INSERT ON push BEGIN"
    "  UPDATE tally SET n = n + 1 WHERE name = 'pushes'; END;"
    "CREATE TRIGGER scan_tallied AFTER UPDATE OF state ON scan"
    " WHEN new.state <> old.state AND new.state IN ('done', 'failed') BEGIN"
    "  UPDATE tally SET n = n + 1 WHERE name = 'scans_' || new.state; END;"
    "CREATE TABLE sample ("
    "  at_ms INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  value INTEGER NOT NULL,"
    "  PRIMARY KEY (at_ms, name)) STRICT, WITHOUT ROWID;"

    // All images are judged once more, from what is stored: that makes their rows.
    "UPDATE image SET judged_by = '';",

    // Experiments are counted as all else is, in a trigger of their own; those of images that are
    // counted already are added here.
    "CREATE TRIGGER image_counted_experiments AFTER UPDATE OF is_counted ON image"
    " WHEN new.is_counted <> old.is_counted BEGIN"
    "  INSERT INTO fleet_count SELECT 'experiment', e.name, '', new.is_counted - old.is_counted,"
    "   (new.is_counted - old.is_counted) * count(*) FROM image_program l"
    "   JOIN program_experiment e ON e.program_id = l.program_id WHERE l.image_id = new.id"
    "   GROUP BY e.name"
    "  ON CONFLICT (kind, name, value) DO UPDATE SET images = images + excluded.images,"
    "   things = things + excluded.things; END;"
    "INSERT INTO fleet_count SELECT 'experiment', e.name, '', count(DISTINCT i.id), count(*)"
    "  FROM image i JOIN image_program l ON l.image_id = i.id"
    "  JOIN program_experiment e ON e.program_id = l.program_id WHERE i.is_counted"
    "  GROUP BY e.name;",
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
