// /openapi.yaml and /schema/{name}: files of this folder, put into the program when it is built.
#include <string.h>

#include "api/route.h"

// The assembler reads the file; CMake makes this object depend on it. The symbols have no type
// but bytes, so only their addresses are used.
#define EMBED(symbol, path)                                                                        \
    __asm__(".pushsection .rodata, \"a\"\n"                                                        \
            "tw_file_" #symbol ":\n"                                                               \
            ".incbin \"" TW_API_FOLDER "/" path "\"\n"                                             \
            "tw_file_" #symbol "_end:\n"                                                           \
            ".popsection\n");                                                                      \
    extern const char tw_file_##symbol[] __attribute__((visibility("hidden")));                    \
    extern const char tw_file_##symbol##_end[] __attribute__((visibility("hidden")));

#define SCHEMAS(ROW)                                                                               \
    ROW(binary)                                                                                    \
    ROW(comparison)                                                                                \
    ROW(event)                                                                                     \
    ROW(finding)                                                                                   \
    ROW(image)                                                                                     \
    ROW(index)                                                                                     \
    ROW(list)                                                                                      \
    ROW(listed)                                                                                    \
    ROW(notice)                                                                                    \
    ROW(notification)                                                                              \
    ROW(problem)                                                                                   \
    ROW(program)                                                                                   \
    ROW(report)                                                                                    \
    ROW(rule)                                                                                      \
    ROW(scan)                                                                                      \
    ROW(stats)                                                                                     \
    ROW(verdict)

#define EMBED_SCHEMA(name) EMBED(name, "schema/" #name ".json")
EMBED(openapi, "openapi.yaml")
SCHEMAS(EMBED_SCHEMA)

static const struct {
    const char *name, *start, *end;
} schemas[] = {
#define SCHEMA_ROW(name) {#name ".json", tw_file_##name, tw_file_##name##_end},
    SCHEMAS(SCHEMA_ROW)
#undef SCHEMA_ROW
};

static int answer_file(struct tw_answer *answer, const char *start, const char *end,
    const char *content_type, struct tw_err *err)
{
    if (tw_buf_append(&answer->body, start, (size_t)(end - start)) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for the answer");
    answer->status = 200;
    answer->content_type = content_type;
    return 0;
}

int tw_handle_document(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    (void)call;
    return answer_file(answer, tw_file_openapi, tw_file_openapi_end, "application/yaml", err);
}

int tw_handle_schema(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(schemas); i++) {
        if (strcmp(schemas[i].name, call->path[0]) == 0)
            return answer_file(
                answer, schemas[i].start, schemas[i].end, "application/schema+json", err);
    }
    return tw_err_set(err, TW_E_NOT_FOUND,
        "there is no schema \"%.40s\"; /openapi.yaml refers to all of them", call->path[0]);
}
