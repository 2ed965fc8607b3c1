// `tidewaiter inspect --functions`: every function whose name a binary has.
#include <stdlib.h>
#include <string.h>

#include "scanner/base/text.h"
#include "scanner/gobin/functions.h"
#include "scanner/report/binary.h"
#include "scanner/report/report.h"

struct names {
    struct tw_arena *arena;
    const char **texts;
    size_t count;
    bool failed;
};

static bool keep(void *ctx, struct tw_span name)
{
    struct names *names = ctx;
    const char **slot = tw_arena_push(names->arena, &names->texts, &names->count);
    if (slot)
        *slot = tw_text_escape(names->arena, name);
    names->failed = !slot || !*slot;
    return !names->failed;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorted, each once.
static int collect(const struct tw_gobin *bin, const struct tw_limits *limits,
    struct names *ret_names, struct tw_err *err)
{
    int r = bin->function_names.n == 0
                ? 0
                : tw_functions_unpack(bin->function_names, limits, keep, ret_names, err);
    if (r < 0 || ret_names->failed)
        return r < 0 ? r : tw_err_set(err, TW_E_NOMEM, "no memory for the names of functions");
    size_t kept = 0;
    if (ret_names->count > 0)
        qsort(ret_names->texts, ret_names->count, sizeof *ret_names->texts, by_text);
    for (size_t i = 0; i < ret_names->count; i++) {
        if (kept == 0 || strcmp(ret_names->texts[kept - 1], ret_names->texts[i]) != 0)
            ret_names->texts[kept++] = ret_names->texts[i];
    }
    ret_names->count = kept;
    return 0;
}

static int write_text(const struct tw_file *file, const struct tw_gobin *bin,
    const struct names *names, bool headed, struct tw_buf *out, struct tw_err *err)
{
    if (headed)
        tw_buf_printf(out, "%s%s%s%s:\n", out->size > 0 ? "\n" : "", file->path,
            bin->arch ? " " : "", bin->arch ? bin->arch : "");
    for (size_t i = 0; i < names->count; i++) {
        tw_buf_puts(out, names->texts[i]);
        tw_buf_puts(out, "\n");
    }
    return out->status < 0 ? tw_err_set(err, out->status, "the output is too large, or no memory")
                           : 0;
}

static int write_json(const struct tw_file *file, const struct tw_gobin *bin,
    const struct names *names, struct tw_buf *out, struct tw_err *err)
{
    json_t *record = tw_binary_json(NULL, file->path, file->size_bytes, &file->sha256, bin);
    json_t *list = json_array();
    for (size_t i = 0; list && i < names->count; i++)
        json_array_append_new(list, json_string(names->texts[i]));
    json_t *functions = json_object_get(record, "functions");
    if (json_is_object(functions))
        json_object_set_new(functions, "names", list);
    else
        json_decref(list);
    return tw_json_write(record, JSON_COMPACT, out, err);
}

int tw_inspect_write_functions(const struct tw_file *file, const struct tw_limits *limits,
    bool as_json, bool headed, struct tw_buf *out, struct tw_err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < file->record_count; i++) {
        const struct tw_gobin *bin = &file->records[i];
        TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(out->max_bytes);
        struct names names = {.arena = arena};
        if (!arena)
            return tw_err_set(err, TW_E_NOMEM, "no memory for the names of functions");
        r = collect(bin, limits, &names, err);
        if (r == 0)
            r = as_json ? write_json(file, bin, &names, out, err)
                        : write_text(file, bin, &names, headed || file->record_count > 1, out, err);
    }
    return r;
}
