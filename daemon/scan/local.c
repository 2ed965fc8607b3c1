// What lies on this machine and is no image: a root file system, one binary.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/cage/cage.h"
#include "daemon/scan/scan.h"
#include "scanner/base/text.h"
#include "scanner/layer/pack.h"

enum { READ_BYTES = 256 * 1024, SKIPPED_MAX = 1000, SKIPPED_BYTES = 1 << 20 };

static bool cancelled(const struct tw_scan_options *options)
{
    const struct tw_scan_progress *progress = options->progress;
    return progress && progress->cancelled && progress->cancelled(progress->ctx);
}

// Everything that can be read from `fd` goes into a cage.
static int read_in_cage(int fd, enum tw_cage_kind kind, const struct tw_scan_options *options,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    TW_AUTO(tw_freep) char *bytes = malloc(READ_BYTES);
    if (!bytes)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_cage_start(&options->cage, kind, options->limits, &cage, err);
    uint64_t done_bytes = 0;
    while (r == 0) {
        ssize_t n = read(fd, bytes, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tw_err_set(err, TW_E_IO, "%s", strerror(errno));
        if (n == 0)
            return tw_cage_finish(cage, ret_inventory, err);
        if (cancelled(options))
            return tw_err_set(err, TW_E_INTERRUPTED, "asked to stop");
        done_bytes += (uint64_t)n;
        if (options->progress && options->progress->bytes)
            options->progress->bytes(options->progress->ctx, done_bytes);
        r = tw_cage_write(cage, bytes, (size_t)n, err);
    }
    return r;
}

int tw_scan_file(const char *path, const struct tw_scan_options *options,
    struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    struct stat st;
    // O_NONBLOCK: a FIFO must not hang us before fstat tells what it is.
    TW_AUTO(tw_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0)
        return tw_err_set(err, TW_E_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return tw_err_set(
            err, TW_E_USAGE, "%s is a directory; tidewaiter scan dir:%s reads it", path, path);
    if (!S_ISREG(st.st_mode))
        return tw_err_set(err, TW_E_USAGE, "%s is no regular file", path);
    int r = read_in_cage(fd, TW_CAGE_FILE, options, ret_inventory, err);
    return r < 0 ? tw_err_wrap(err, r, "%s", path) : 0;
}

// ---- dir:PATH ----

// The tree is packed by a thread of its own and read from a pipe, as a layer would be.
struct packing {
    const char *path;
    int out_fd;
    struct tw_arena *arena; // of `skipped`
    struct tw_layer_note *skipped;
    size_t skipped_count;
    uint64_t dropped;
    int result;
    struct tw_err err;
};

static void skip(void *ctx, const char *path, const char *why)
{
    struct packing *p = ctx;
    struct tw_layer_note *note = p->skipped_count < SKIPPED_MAX
                                     ? tw_arena_push(p->arena, &p->skipped, &p->skipped_count)
                                     : NULL;
    if (!note) {
        p->dropped++;
        return;
    }
    *note = (struct tw_layer_note){.path = tw_arena_strdup(p->arena, path),
        .code = "io",
        .message = tw_text_escape(p->arena, tw_span_str(why)),
        .incomplete = true};
}

static void *pack(void *ctx)
{
    struct packing *p = ctx;
    p->result = tw_pack_tree(p->path, p->out_fd, skip, p, &p->err);
    close(p->out_fd);
    return NULL;
}

// What the packer could not read belongs to the layer's notes.
static int add_skipped(
    struct tw_layer_inventory *layer, const struct packing *p, struct tw_err *err)
{
    for (size_t i = 0; i < p->skipped_count; i++) {
        const struct tw_layer_note *from = &p->skipped[i];
        struct tw_layer_note *note = tw_arena_push(layer->arena, &layer->notes, &layer->note_count);
        if (!note)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
        *note = (struct tw_layer_note){.code = from->code, .incomplete = true};
        note->path = tw_arena_strdup(layer->arena, from->path ? from->path : "?");
        note->message = tw_arena_strdup(layer->arena, from->message ? from->message : "?");
        if (!note->path || !note->message)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    layer->notes_dropped += p->dropped;
    layer->complete = layer->complete && p->skipped_count == 0 && p->dropped == 0;
    return 0;
}

static int read_packed(struct packing *p, const struct tw_scan_options *options,
    struct tw_layer_inventory **ret_layer, struct tw_err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return tw_err_set(err, TW_E_IO, "pipe: %s", strerror(errno));
    p->out_fd = fds[1];
    pthread_t thread;
    int why = pthread_create(&thread, NULL, pack, p);
    if (why) {
        close(fds[0]);
        close(fds[1]);
        return tw_err_set(err, TW_E_IO, "thread: %s", strerror(why));
    }
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *layer = NULL;
    int r = read_in_cage(fds[0], TW_CAGE_LAYER, options, &layer, err);
    close(fds[0]); // ends a packer that still writes
    pthread_join(thread, NULL);
    if (r == 0 && p->result < 0) {
        r = p->result;
        if (err)
            *err = p->err;
    }
    if (r == 0)
        r = add_skipped(layer, p, err);
    if (r == 0)
        *ret_layer = TW_TAKE(layer);
    return r;
}

int tw_scan_tree(const char *path, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err)
{
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *layer = NULL;
    struct packing packing = {.path = path, .arena = tw_arena_new(SKIPPED_BYTES)};
    struct tw_scan_result result = {.images = calloc(1, sizeof *result.images)};
    int r = 0;
    if (!packing.arena || !result.images)
        r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (r == 0)
        r = read_packed(&packing, options, &layer, err);
    if (r == 0)
        r = tw_image_inventory_of_layer(layer, options->limits, &result.images[0], err);
    tw_arena_free(packing.arena);
    if (r < 0) {
        free(result.images);
        return tw_err_wrap(err, r, "%s", path);
    }
    result.count = 1;
    *ret_result = result;
    return 0;
}
