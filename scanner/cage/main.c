// tidewaiter-layer: the cage. Bytes in on descriptor 0, one inventory as JSON out on 1, one line
// of trouble on 2.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scanner/base/json.h"
#include "scanner/cage/sandbox.h"
#include "scanner/cage/selftest.h"
#include "scanner/inventory/layer.h"
#include "scanner/layer/toc.h"

enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2, EXIT_NO_CAGE = 3 };

#ifdef TW_SANITIZED
// LeakSanitizer stops and traces the process, which nothing may do in here.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static int write_all(struct tw_span text)
{
    while (text.n > 0) {
        ssize_t n = write(STDOUT_FILENO, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        tw_span_from(text, (uint64_t)n, &text);
    }
    return 0;
}

typedef int (*inventory_reader)(const struct tw_stream *source, const struct tw_limits *limits,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err);

static int read_inventory(
    inventory_reader reader, const struct tw_limits *limits, struct tw_buf *out, struct tw_err *err)
{
    const int fd = STDIN_FILENO;
    struct tw_stream source = tw_stream_of_fd(&fd);
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    int r = reader(&source, limits, &inventory, err);
    return r < 0 ? r : tw_layer_inventory_to_json(inventory, out, err);
}

static int read_layer(const struct tw_limits *limits, struct tw_buf *out, struct tw_err *err)
{
    return read_inventory(tw_layer_inventory_read, limits, out, err);
}

static int read_file(const struct tw_limits *limits, struct tw_buf *out, struct tw_err *err)
{
    return read_inventory(tw_layer_inventory_read_file, limits, out, err);
}

// ---- a layer in parts: the parent is asked for ranges on 1, and gives them on 0 ----

static int ask_range(void *ctx, struct tw_range range, struct tw_err *err)
{
    (void)ctx;
    char line[TW_RANGE_LINE_BYTES];
    tw_range_format(range, line);
    return write_all(tw_span_str(line)) < 0 ? tw_err_set(err, TW_E_IO, "nobody takes questions")
                                            : 0;
}

// The first line says where the table of contents is.
static int read_seekable(const struct tw_stream *source, struct tw_seekable *ret_seekable,
    uint64_t *ret_blob_bytes, struct tw_err *err)
{
    char line[TW_SEEKABLE_LINE_BYTES] = "";
    for (size_t n = 0; n < sizeof line - 1; n++) {
        if (source->read(source->ctx, line + n, 1, err) != 1 || line[n] == '\n')
            break;
    }
    return tw_seekable_parse(line, ret_seekable, ret_blob_bytes)
               ? 0
               : tw_err_set(err, TW_E_USAGE, "the first line does not say what the layer is");
}

static int read_parts(const struct tw_limits *limits, struct tw_buf *out, struct tw_err *err)
{
    const int fd = STDIN_FILENO;
    const struct tw_ranges ranges = {.ask = ask_range, .answers = tw_stream_of_fd(&fd)};
    struct tw_seekable seekable;
    uint64_t blob_bytes = 0;
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    int r = read_seekable(&ranges.answers, &seekable, &blob_bytes, err);
    if (r == 0)
        r = tw_layer_inventory_read_parts(&seekable, blob_bytes, &ranges, limits, &inventory, err);
    return r < 0 ? r : tw_layer_inventory_to_json(inventory, out, err);
}

static int read_archive(const struct tw_limits *limits, struct tw_buf *out, struct tw_err *err)
{
    TW_AUTO(tw_archive_toc_freep) struct tw_archive_toc *toc = NULL;
    int r = tw_archive_toc_read(STDIN_FILENO, limits, &toc, err);
    return r < 0 ? r : tw_archive_toc_to_json(toc, out, err);
}

static const struct kind {
    const char *name;
    int (*read)(const struct tw_limits *limits, struct tw_buf *out, struct tw_err *err);
    const char *help;
} kinds[] = {
    {"layer", read_layer, "an image layer: tar, plain or compressed by gzip or zstd"},
    {"parts", read_parts, "a seekable layer: a line says where its contents are, then ranges"},
    {"file", read_file, "one executable"},
    {"archive", read_archive, "a tar archive: where its members lie"},
};

struct arguments {
    const struct kind *kind;
    bool self_test;
    struct tw_limits limits;
    struct tw_sandbox_options sandbox;
};

static int usage(FILE *out)
{
    fprintf(out, "usage: tidewaiter-layer --as KIND [--limit NAME=VALUE]... [--walls WORD] <BYTES\n"
                 "       tidewaiter-layer --self-test [--walls WORD]\n\n"
                 "Reads hostile bytes in a cage: no files, no network, no processes.\n"
                 "KIND is what descriptor 0 gives:\n");
    for (size_t i = 0; i < TW_COUNT(kinds); i++)
        fprintf(out, "  %-8s %s\n", kinds[i].name, kinds[i].help);
    fprintf(out, "--self-test tries from the inside what the cage forbids; exit 0: it holds.\n"
                 "WORD is full; without-landlock, for kernels that have none; or none, where\n"
                 "system calls cannot be filtered either.\n");
    return out == stdout ? 0 : EXIT_USAGE;
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static int set_kind(struct arguments *a, const char *value, struct tw_err *err)
{
    a->kind = find_kind(value);
    return a->kind ? 0
                   : tw_err_set(err, TW_E_USAGE,
                         "--as %.40s: must be layer, parts, file or archive", value);
}

static int set_limit(struct arguments *a, const char *value, struct tw_err *err)
{
    return tw_limits_set(&a->limits, value, err);
}

static int set_self_test(struct arguments *a, const char *value, struct tw_err *err)
{
    (void)value;
    (void)err;
    a->self_test = true;
    return 0;
}

static int set_walls(struct arguments *a, const char *value, struct tw_err *err)
{
    return tw_sandbox_walls(value, &a->sandbox.walls, err);
}

static const struct flag {
    const char *name;
    bool has_value;
    int (*set)(struct arguments *a, const char *value, struct tw_err *err);
} flags[] = {
    {"--as", true, set_kind},
    {"--limit", true, set_limit},
    {"--self-test", false, set_self_test},
    {"--walls", true, set_walls},
};

static int parse(int argc, char **argv, struct arguments *a, struct tw_err *err)
{
    for (int i = 1; i < argc; i++) {
        const struct flag *flag = NULL;
        for (size_t k = 0; k < TW_COUNT(flags) && !flag; k++)
            flag = strcmp(argv[i], flags[k].name) == 0 ? &flags[k] : NULL;
        if (!flag || (flag->has_value && i + 1 == argc))
            return tw_err_set(err, TW_E_USAGE, "%.40s: %s", argv[i],
                flag ? "a value is missing" : "unknown argument");
        int r = flag->set(a, flag->has_value ? argv[++i] : NULL, err);
        if (r < 0)
            return r;
    }
    return a->kind || a->self_test ? 0
                                   : tw_err_set(err, TW_E_USAGE, "--as or --self-test is needed");
}

static int trouble(const struct tw_err *err, int code)
{
    fprintf(stderr, "%s: %s\n", tw_err_name(err->code), err->msg);
    return code;
}

int main(int argc, char **argv)
{
    struct arguments a = {.limits = tw_limits_default, .sandbox.walls = TW_WALLS_ALL};
    struct tw_err err = {0};
    a.sandbox.limits = &a.limits;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout);
    if (parse(argc, argv, &a, &err) < 0) {
        trouble(&err, EXIT_USAGE);
        return usage(stderr);
    }
    if (a.self_test)
        return tw_selftest(&a.sandbox, &err) < 0 ? trouble(&err, EXIT_TROUBLE) : 0;
    tw_json_init();
    if (tw_sandbox_enter(&a.sandbox, &err) < 0)
        return trouble(&err, EXIT_NO_CAGE);

    struct tw_buf out = TW_BUF(a.limits.inventory_bytes);
    if (a.kind->read(&a.limits, &out, &err) < 0)
        return trouble(&err, EXIT_TROUBLE);
    return write_all(tw_buf_span(&out)) < 0 ? EXIT_TROUBLE : 0;
}
