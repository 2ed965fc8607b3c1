#include "daemon/cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_SHOWN_MS = 1000, EVERY_MS = 200 };

static int64_t elapsed_ms(const struct timespec *since, const struct timespec *now)
{
    return (int64_t)(now->tv_sec - since->tv_sec) * 1000 +
           (now->tv_nsec - since->tv_nsec) / 1000000;
}

void tw_progress_line_init(struct tw_progress_line *line, bool quiet)
{
    memset(line, 0, sizeof *line);
    line->enabled = !quiet && isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &line->started);
}

static void show(struct tw_progress_line *line)
{
    struct timespec now;
    if (!line->enabled || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
        return;
    if (elapsed_ms(&line->started, &now) < FIRST_SHOWN_MS)
        return;
    if (line->visible && elapsed_ms(&line->shown, &now) < EVERY_MS)
        return;
    line->shown = now;
    line->visible = true;
    fprintf(stderr, "\r\033[Klayer %zu of %zu: %.1f of %.1f MB", line->begun, line->layers,
        (double)line->done_bytes / 1e6, (double)line->layer_bytes / 1e6);
    fflush(stderr);
}

static void on_layer(void *ctx, size_t index, size_t count, uint64_t size_bytes, bool cached)
{
    struct tw_progress_line *line = ctx;
    (void)index;
    line->begun++;
    line->layers = count;
    line->layer_bytes += size_bytes;
    line->done_bytes += cached ? size_bytes : 0;
    show(line);
}

static void on_bytes(void *ctx, uint64_t more_bytes)
{
    struct tw_progress_line *line = ctx;
    line->done_bytes += more_bytes;
    show(line);
}

struct tw_scan_progress tw_progress_line_callbacks(struct tw_progress_line *line)
{
    return (struct tw_scan_progress){.ctx = line, .layer = on_layer, .bytes = on_bytes};
}

void tw_progress_line_done(struct tw_progress_line *line)
{
    if (line->visible)
        fprintf(stderr, "\r\033[K");
    line->visible = false;
}
