// How SQLite runs the statements of the store: what a test program has run is explained at its
// end, so that no query looks at every row as tables grow.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// Group setup: from here on each statement of each connection is noted.
int plans_watch(void **state);

// The test that comes last. Fails for a statement that walks a whole table or sorts what it found,
// unless plans.c says why that one may.
void plans__of_all_statements_that_ran__search_by_index(void **state);
