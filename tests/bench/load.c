#include "tests/bench/load.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct run {
    const struct tw_load *load;
    int64_t start_ns, end_ns;
    atomic_uint_fast64_t next; // the number of the next request
};

struct client {
    struct run *run;
    pthread_t thread;
    int64_t *took_ns;
    size_t count, room;
    uint64_t denied, failed;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void wait_until(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
        ;
}

static void note(struct client *c, int64_t took_ns)
{
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 4096;
        int64_t *grown = realloc(c->took_ns, room * sizeof *grown);
        if (!grown)
            abort();
        c->took_ns = grown;
        c->room = room;
    }
    c->took_ns[c->count++] = took_ns;
}

static void *ask_on(void *arg)
{
    struct client *c = arg;
    struct run *run = c->run;
    const struct tw_load *load = run->load;
    struct tw_https https = {.target = &load->target};
    for (;;) {
        uint64_t number = atomic_fetch_add(&run->next, 1);
        int64_t due = load->rate > 0 ? run->start_ns + (int64_t)((double)number * 1e9 / load->rate)
                                     : now_ns();
        if (due >= run->end_ns)
            break;
        if (load->rate > 0)
            wait_until(due);
        const struct tw_load_request *request = &load->requests[number % load->request_count];
        int status = tw_https_ask(&https, request->text, request->size);
        note(c, now_ns() - due);
        c->failed += status != 200;
        c->denied += status == 200 && strstr(https.answer, "\"allowed\":false") != NULL;
    }
    tw_https_done(&https);
    return NULL;
}

// CPU time of a process in clock ticks; 0: not known.
static uint64_t server_ticks(pid_t pid)
{
    char path[64], text[1024] = "";
    uint64_t user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = pid > 0 ? fopen(path, "r") : NULL;
    if (!f)
        return 0;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *rest = strrchr(text, ')'); // state is field 3, utime 14, stime 15
    if (!rest ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &user,
            &kernel) != 2)
        return 0;
    return user + kernel;
}

static double client_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double at_ms(const int64_t *sorted, size_t count, double share)
{
    size_t i = (size_t)((double)count * share);
    return count ? (double)sorted[i < count ? i : count - 1] / 1e6 : 0;
}

// Puts the times of all clients in one row.
static int sum_up(const struct client *clients, unsigned count, struct tw_load_result *result)
{
    size_t total = 0, n = 0;
    for (unsigned i = 0; i < count; i++)
        total += clients[i].count;
    int64_t *all = malloc((total + 1) * sizeof *all);
    if (!all)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        if (clients[i].count)
            memcpy(all + n, clients[i].took_ns, clients[i].count * sizeof *all);
        n += clients[i].count;
        result->denied += clients[i].denied;
        result->failed += clients[i].failed;
    }
    qsort(all, total, sizeof *all, compare);
    result->answered = total;
    result->p50_ms = at_ms(all, total, 0.5);
    result->p99_ms = at_ms(all, total, 0.99);
    result->p999_ms = at_ms(all, total, 0.999);
    result->max_ms = at_ms(all, total, 1);
    free(all);
    return 0;
}

int tw_load_run(const struct tw_load *load, struct tw_load_result *ret_result)
{
    struct tw_load_result result = {0};
    struct client *clients = calloc(load->connections, sizeof *clients);
    uint64_t ticks = server_ticks(load->server);
    double client = client_seconds();
    struct run run = {.load = load, .start_ns = now_ns()};
    unsigned started = 0;
    int status = clients ? 0 : -1;
    run.end_ns = run.start_ns + (int64_t)(load->seconds * 1e9);
    for (; status == 0 && started < load->connections; started++) {
        clients[started].run = &run;
        if (pthread_create(&clients[started].thread, NULL, ask_on, &clients[started]) != 0) {
            status = -1;
            break;
        }
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(clients[i].thread, NULL);
    double seconds = (double)(now_ns() - run.start_ns) / 1e9;
    if (status == 0)
        status = sum_up(clients, started, &result);
    for (unsigned i = 0; i < started; i++)
        free(clients[i].took_ns);
    free(clients);
    if (status < 0 || result.answered == 0)
        return -1;
    double answered = (double)result.answered;
    result.per_second = answered / seconds;
    result.client_us = (client_seconds() - client) * 1e6 / answered;
    result.server_us = (double)(server_ticks(load->server) - ticks) * 1e6 /
                       (double)sysconf(_SC_CLK_TCK) / answered;
    *ret_result = result;
    return 0;
}
