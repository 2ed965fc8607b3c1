// What it costs to read a Go binary that is in memory, as a ratio to hashing it (SHA-256, as the
// layer reader does). usage: bench_gobin FILE...
// The best of ten turns of each, in turn: what else the machine does only makes a turn slower.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scanner/base/buf.h"
#include "scanner/base/digest.h"
#include "scanner/gobin/gobin.h"

enum { TURNS = 10 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int load(const char *path, struct tw_buf *file)
{
    char chunk[65536];
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        tw_buf_append(file, chunk, n);
    fclose(f);
    return file->status;
}

static double time_hash(struct tw_span file)
{
    struct tw_digest digest;
    double start = now();
    tw_digest_of(file.p, file.n, &digest);
    return now() - start;
}

static double time_read(struct tw_span file, struct tw_gobin *ret_bin)
{
    double start = now();
    struct tw_arena *arena = tw_arena_new(tw_limits_default.inventory_bytes);
    struct tw_gobin *records;
    size_t count = 0;
    if (tw_gobin_read(file, &tw_limits_default, arena, &records, &count, NULL) == 0 && count > 0)
        *ret_bin = records[0];
    double took = now() - start;
    ret_bin->notes = NULL; // the arena goes
    tw_arena_free(arena);
    return took;
}

int main(int argc, char **argv)
{
    double hashes = 0, reads = 0;
    uint64_t names = 0, functions = 0;
    printf("%10s %9s %9s %6s %9s %9s\n", "bytes", "hash ms", "read ms", "ratio", "functions",
        "names B");
    for (int i = 1; i < argc; i++) {
        TW_AUTO(tw_buf_done) struct tw_buf file = TW_BUF(UINT64_C(1) << 32);
        if (load(argv[i], &file) < 0) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        double hash = 1e9, read = 1e9;
        struct tw_gobin bin = {0};
        for (int turn = 0; turn < TURNS; turn++) {
            double t = time_hash(tw_buf_span(&file));
            hash = t < hash ? t : hash;
            t = time_read(tw_buf_span(&file), &bin);
            read = t < read ? t : read;
        }
        printf("%10zu %9.2f %9.2f %6.2f %9" PRIu64 " %9" PRIu64 "  %s\n", file.size, hash * 1e3,
            read * 1e3, read / hash, bin.function_count, bin.function_names.n, argv[i]);
        hashes += hash;
        reads += read;
        names += bin.function_names.n;
        functions += bin.function_count;
    }
    printf("all: ratio %.2f, %.2f bytes kept a function\n", reads / hashes,
        functions ? (double)names / (double)functions : 0);
    return 0;
}
