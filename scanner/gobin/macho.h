// Universal Mach-O files: several executables in one, one an architecture.
#pragma once

#include "scanner/gobin/object.h"

enum { TW_MACHO_PARTS_MAX = 16 };

// The executables in a universal file, in its order; those that lie outside of it are left out.
// 0: the file is none (Java's class files begin with the same bytes).
size_t tw_macho_parts(struct tw_span file, struct tw_span ret_parts[TW_MACHO_PARTS_MAX]);
