// The runtime's function table: in every Go binary, stripped or not.
// facts/binary-format.md section 3; runtime/symtab.go, debug/gosym/pclntab.go.
#pragma once

#include "scanner/gobin/object.h"

struct tw_pclntab {
    struct tw_span table; // from the header on
    bool big_endian;
    unsigned pointer_bytes;
    const char *from, *to; // the releases that write this form: "1.20"; to NULL: open
    bool obfuscated;       // its magic is none of Go's
    uint64_t function_count;
    struct tw_span names;   // NUL-terminated names one after the other; empty before 1.16
    struct tw_span files;   // likewise; empty before 1.16
    uint64_t functions_at;  // 1.2 to 1.15: where the pairs {pc, offset} begin
    uint64_t file_table_at; // 1.2 to 1.15
};

// In the section that has it, else by a search for a header that holds together and that the
// program itself refers to, as its moduledata does: what is carried inside as data is not it.
bool tw_pclntab_find(const struct tw_object *object, struct tw_pclntab *ret_table);

// Calls `each` for every function name until it returns false. From 1.16 on there are those of
// inlined functions too; before, only what the function table lists. False when there are more than
// limits->binary_functions, or (before 1.16) binary_names_bytes.
bool tw_pclntab_names(const struct tw_pclntab *table, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx);

// The same for the names of source files.
void tw_pclntab_files(const struct tw_pclntab *table, const struct tw_limits *limits,
    bool (*each)(void *ctx, struct tw_span name), void *ctx);
