// A function table: its header, names, files, and what is packed of it.
#include <stdlib.h>

#include "scanner/gobin/functions.h"
#include "scanner/gobin/packages.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct names {
    uint64_t count, bytes;
};

static bool count_name(void *ctx, struct tw_span name)
{
    struct names *names = ctx;
    names->count++;
    names->bytes += name.n;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(64 << 20);
    struct tw_gobin bin = {0};
    struct tw_section section = {
        .name = tw_span_str(".gopclntab"), .data = tw_span_of(data, size), .address = 0x1000};
    struct tw_segment segment = {.data = section.data, .address = section.address};
    struct tw_object object = {.limits = &tw_limits_default,
        .arena = arena,
        .bin = &bin,
        .format = TW_FORMAT_ELF,
        .pointer_bytes = 8,
        .file = section.data,
        .sections = &section,
        .section_count = 1,
        .segments = &segment,
        .segment_count = 1};
    struct tw_pclntab table;
    struct tw_span packed;
    bool complete;
    if (tw_pclntab_find(&object, &table)) {
        struct names walked = {0}, unpacked = {0};
        tw_pclntab_names(&table, object.limits, count_name, &walked);
        tw_pclntab_files(&table, object.limits, count_name, &(struct names){0});
        tw_packages_linked(&table, object.limits, arena, &bin);
        fuzz_taken();
        // What was packed comes out again.
        if (tw_functions_pack(&table, object.limits, arena, &packed, &complete) == 0 &&
            (tw_functions_unpack(packed, object.limits, count_name, &unpacked, NULL) < 0 ||
                (complete &&
                    (walked.count < unpacked.count ||
                        (walked.count == unpacked.count && walked.bytes != unpacked.bytes)))))
            abort();
    }
    tw_arena_free(arena);
    return 0;
}
