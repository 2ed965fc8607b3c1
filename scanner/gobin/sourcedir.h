// The folder of the build machine that a program's own source files lay in.
#pragma once

#include "scanner/gobin/pclntab.h"

// Sets bin->source_dir: the folder of the program's own source files, as its file table has them.
// It stays NULL when they were trimmed (-trimpath). 0 or TW_E_NOMEM.
int tw_sourcedir_read(const struct tw_object *object, const struct tw_pclntab *table);
