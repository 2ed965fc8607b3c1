// Each allocation in turn fails, once, and together with all behind it; as curl's torture tests do.
// A parser must then say that memory is short, or give exactly what it gives otherwise. Leaks and
// bad accesses are the sanitizer's to find.
// usage: torture [--all] [SUBJECT]; without --all, at most some tries an input.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/json.h"
#include "tests/torture/memory.h"
#include "tests/torture/subjects.h"

enum { INPUT_MAX_BYTES = 8 << 20, RESULT_MAX_BYTES = 64 << 20, SOME = 150 };

struct tally {
    unsigned long long inputs, tries, failed_well, survived, wrong;
};

static struct tw_buf read_file(const char *folder, const char *name)
{
    char path[1024], bytes[65536];
    struct tw_buf buf = TW_BUF(INPUT_MAX_BYTES);
    snprintf(path, sizeof path, TEST_TOP "/%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    for (size_t n; file && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        tw_buf_append(&buf, bytes, n);
    if (!file || buf.status < 0) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    fclose(file);
    return buf;
}

// Reads with memory failing as said; what was read goes onto `out`.
static int try(const struct subject *s, struct tw_span input, uint64_t nth, bool and_all,
    struct tw_buf *out, uint64_t *ret_asked, struct tw_err *err)
{
    void *thing = NULL;
    memory_arm(nth, and_all);
    int r = s->read(input, &thing, err);
    *ret_asked = memory_disarm();
    if ((r == 0) != (thing != NULL)) {
        printf("%s: returned %d, and %s\n", s->name, r, thing ? "a result" : "no result");
        exit(1);
    }
    if (thing) {
        s->write(thing, out);
        s->free(thing);
    }
    return r;
}

// The reasons that a reader may give for want of memory: an arena cannot tell it from its ceiling.
static bool is_well(int r, const struct tw_err *err)
{
    return err->code == r && err->msg[0] && (r == TW_E_NOMEM || r == TW_E_LIMIT);
}

static void torture(const struct subject *s, const char *name, bool all, struct tally *tally)
{
    struct tw_buf input = read_file(s->folder, name), wanted = TW_BUF(RESULT_MAX_BYTES);
    struct tw_span bytes = input.size ? tw_buf_span(&input) : tw_span_of("", 0);
    struct tw_err why = {0};
    uint64_t count, asked;
    int usual = try(s, bytes, 0, false, &wanted, &count, &why); // libraries get what they keep
    tw_buf_reset(&wanted);
    usual = try(s, bytes, 0, false, &wanted, &count, &why);
    uint64_t step = all || count <= SOME ? 1 : count / SOME;
    tally->inputs++;
    for (uint64_t nth = 1; nth <= count; nth += step) {
        for (int and_all = 0; and_all < 2; and_all++) {
            struct tw_buf got = TW_BUF(RESULT_MAX_BYTES);
            struct tw_err err = {0};
            int r = try(s, bytes, nth, and_all, &got, &asked, &err);
            bool same = r == usual && got.size == wanted.size &&
                        (got.size == 0 || memcmp(got.data, wanted.data, got.size) == 0);
            tally->tries++;
            tally->survived += same;
            tally->failed_well += !same && r < 0 && is_well(r, &err);
            if (!same && !(r < 0 && is_well(r, &err))) {
                tally->wrong++;
                printf("%s, %s: allocation %llu of %llu%s fails: returned %d (%s) instead of %d\n",
                    s->name, name, (unsigned long long)nth, (unsigned long long)count,
                    and_all ? " and all behind it" : "", r, r < 0 ? err.msg : "another result",
                    usual);
            }
            tw_buf_done(&got);
        }
    }
    tw_buf_done(&input);
    tw_buf_done(&wanted);
}

static struct tally torture_all(const struct subject *s, bool all)
{
    char path[1024];
    struct tally tally = {0};
    snprintf(path, sizeof path, TEST_TOP "/%s", s->folder);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t size = strlen(entry->d_name);
        if (entry->d_type == DT_REG && (size < 3 || strcmp(entry->d_name + size - 3, ".py") != 0))
            torture(s, entry->d_name, all, &tally);
    }
    if (folder)
        closedir(folder);
    return tally;
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    const char *only = argc > 1 + all ? argv[1 + all] : NULL;
    unsigned long long wrong = 0, tried = 0;
    tw_json_init();
    json_object_seed(1); // the same order, the same allocations each time
    for (size_t i = 0; i < subject_count; i++) {
        if (only && strcmp(only, subjects[i].name) != 0)
            continue;
#ifndef TW_SANITIZED
        // libarchive 3.6 goes on with entries that it got no memory for; it dies in the cage.
        if (strcmp(subjects[i].name, "layer") == 0 && !only)
            continue;
#endif
        struct tally t = torture_all(&subjects[i], all);
        printf("%-16s %4llu inputs %8llu tries: %8llu said so, %6llu did without, %llu wrong\n",
            subjects[i].name, t.inputs, t.tries, t.failed_well, t.survived, t.wrong);
        wrong += t.wrong + (t.inputs == 0 || t.failed_well == 0);
        tried += t.tries;
    }
    return wrong > 0 || tried == 0;
}
