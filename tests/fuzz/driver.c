// Replays every file of the folders and files that are named, for compilers without libFuzzer.
// Fails when a folder holds no file: a replay of nothing would always pass.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void fuzz_tells(void);
void fuzz_taken(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int taken = -1; // -1: the target does not tell

void fuzz_tells(void)
{
    taken = 0;
}

void fuzz_taken(void)
{
    taken++;
}

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    uint8_t *data = NULL;
    size_t size = 0, n;
    do {
        data = realloc(data, size + 65536);
        if (!data)
            abort();
        n = fread(data + size, 1, 65536, f);
        size += n;
    } while (n > 0);
    fclose(f);
    // An exact allocation, so that the sanitizer sees a read of one byte too many.
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static int replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        return replay_file(path);
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    int count = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        char name[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        int n = replay_file(name);
        if (n < 0) {
            closedir(dir);
            return -1;
        }
        count += n;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int n = replay(argv[i]);
        if (n <= 0) {
            fprintf(stderr, "%s: no seed could be read\n", argv[i]);
            return 1;
        }
        total += n;
    }
    if (taken == 0 && argc > 1) {
        fprintf(stderr, "%d seeds, and none of them is taken: they are stale\n", total);
        return 1;
    }
    printf("%d seeds, %d taken\n", total, taken);
    return total > 0 ? 0 : 1;
}
