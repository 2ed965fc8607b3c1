// Releases told apart by what their runtime links into every program, when nothing says the
// version: a range of one minor release from Go 1.21 on.
#pragma once

#include "scanner/gobin/pclntab.h"

// Narrows the range that the table's form gives and sets bin->go.range_from and range_to. An
// obfuscated program has made-up names: then what it has counts, and not what it lacks.
void tw_milestones_narrow(const struct tw_object *object, const struct tw_pclntab *table);
