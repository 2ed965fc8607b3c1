// The tables, and how an older file becomes a newer one. Private to daemon/store.
#pragma once

#include "daemon/store/db.h"

// Brings the file to the newest version, in one transaction a version. TW_E_STORE: a file of
// another program, or of a newer Tidewaiter.
int tw_schema_migrate(struct tw_db *db, struct tw_err *err);
