#include "daemon/service/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/metric/exposition.h"

// Fields of /proc/self/stat (proc(5)); counted from 1, the name in parentheses is the second.
enum { UTIME = 14, STIME = 15, THREADS = 20, STARTTIME = 22, VSIZE = 23, RSS = 24, FIELDS = 25 };

static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t n = fread(text, 1, size - 1, file);
    fclose(file);
    text[n] = '\0';
    return n > 0;
}

// The name may have blanks and parentheses: the numbers begin behind the last one.
static bool read_stat(uint64_t fields[FIELDS])
{
    char text[2048];
    if (!read_text("/proc/self/stat", text, sizeof text))
        return false;
    char *next = strrchr(text, ')');
    next = next ? strchr(next + 1, ' ') : NULL; // before the state, field 3
    next = next ? strchr(next + 1, ' ') : NULL;
    for (int i = 4; next && i < FIELDS; i++) {
        fields[i] = (uint64_t)strtoull(next, &next, 10); // a negative one is none of ours
        next = *next == ' ' ? next : i == FIELDS - 1 ? next : NULL;
    }
    return next != NULL;
}

// Seconds since 1970 when the machine was started.
static bool read_boot_time(double *ret_seconds)
{
    char text[8192];
    const char *line = NULL;
    FILE *file = fopen("/proc/stat", "re"); // its first lines grow with the processors
    if (!file)
        return false;
    while (!line && fgets(text, sizeof text, file))
        line = strncmp(text, "btime ", 6) == 0 ? text + 6 : NULL;
    fclose(file);
    if (line)
        *ret_seconds = (double)strtoull(line, NULL, 10);
    return line != NULL;
}

static bool count_descriptors(uint64_t *ret_count)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return false;
    uint64_t n = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        n += entry->d_name[0] != '.';
    closedir(folder);
    *ret_count = n - 1; // not the one that looks
    return true;
}

static void write_stat(struct tw_buf *out, const uint64_t fields[FIELDS])
{
    double ticks = (double)sysconf(_SC_CLK_TCK), boot_s = 0;
    tw_single(out, TW_COUNTER, "process_cpu_seconds_total",
        "CPU time of the daemon, its cages left out.",
        (double)(fields[UTIME] + fields[STIME]) / ticks);
    tw_single_count(out, TW_GAUGE, "process_resident_memory_bytes", "Memory in use.",
        fields[RSS] * (uint64_t)sysconf(_SC_PAGESIZE));
    tw_single_count(
        out, TW_GAUGE, "process_virtual_memory_bytes", "Address space in use.", fields[VSIZE]);
    tw_single_count(out, TW_GAUGE, "process_threads", "Threads.", fields[THREADS]);
    if (read_boot_time(&boot_s))
        tw_single(out, TW_GAUGE, "process_start_time_seconds", "When it was started, since 1970.",
            boot_s + (double)fields[STARTTIME] / ticks);
}

void tw_process_metrics(struct tw_buf *out)
{
    uint64_t fields[FIELDS] = {0}, descriptors = 0;
    struct rlimit most;
    struct rusage cages;
    if (read_stat(fields))
        write_stat(out, fields);
    if (count_descriptors(&descriptors))
        tw_single_count(
            out, TW_GAUGE, "process_open_fds", "Descriptors that are open.", descriptors);
    if (getrlimit(RLIMIT_NOFILE, &most) == 0)
        tw_single_count(
            out, TW_GAUGE, "process_max_fds", "Descriptors that may be open.", most.rlim_cur);
    if (getrusage(RUSAGE_CHILDREN, &cages) == 0)
        tw_single(out, TW_COUNTER, "tidewaiter_cage_cpu_seconds_total",
            "CPU time of cages that have ended.",
            (double)(cages.ru_utime.tv_sec + cages.ru_stime.tv_sec) +
                (double)(cages.ru_utime.tv_usec + cages.ru_stime.tv_usec) / 1e6);
}
