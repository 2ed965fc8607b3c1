// What an answer about a Pod costs over TLS, beside /healthz of the same daemon, which has nothing
// to think about: what is left is TLS, HTTP and this client (on the same machine). usage:
// bench_admission PORT CA-FILE REVIEWS-FILE [CONNECTIONS,...] [RATE] [SECONDS] [JSON-FILE]
// REVIEWS-FILE: an AdmissionReview a line, sent in turn. $TW_SERVER: process whose CPU time is
// told.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load.h"

enum { REQUESTS_MAX = 4096, RUNS_MAX = 16, OPEN_LOOP_CONNECTIONS = 64 };
static const double bound_per_second = 2000, bound_p99_ms = 5;

struct row {
    const char *path;
    unsigned connections;
    double rate;
    struct tw_load_result result;
};

static char *wrap(const char *port, const char *body, size_t size, size_t *ret_size)
{
    char *text = malloc(size + 512);
    if (!text)
        return NULL;
    int head =
        body ? snprintf(text, 512,
                   "POST /v1/admission?timeout=10s HTTP/1.1\r\nHost: localhost:%s\r\n"
                   "User-Agent: kube-apiserver-admission\r\nContent-Length: %zu\r\n"
                   "Accept: application/json, */*\r\nContent-Type: application/json\r\n\r\n",
                   port, size)
             : snprintf(text, 512, "GET /healthz HTTP/1.1\r\nHost: localhost:%s\r\n\r\n", port);
    if (body)
        memcpy(text + head, body, size);
    *ret_size = (size_t)head + size;
    return text;
}

// Returns how many; 0: the file cannot be read, or is empty.
static size_t load_reviews(const char *path, const char *port, struct tw_load_request *ret_requests)
{
    char *line = NULL;
    size_t room = 0, count = 0;
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    for (ssize_t n; count < REQUESTS_MAX && (n = getline(&line, &room, f)) > 1;) {
        struct tw_load_request *request = &ret_requests[count];
        request->text = wrap(port, line, (size_t)n - (line[n - 1] == '\n'), &request->size);
        count += request->text != NULL;
    }
    free(line);
    fclose(f);
    return count;
}

static void print_head(void)
{
    printf("%-14s %5s %8s %10s %8s %8s %8s %8s %9s %9s %7s\n", "path", "conns", "rate", "answers/s",
        "p50 ms", "p99 ms", "p99.9", "max ms", "server us", "client us", "failed");
}

static void print_row(const struct row *row)
{
    const struct tw_load_result *r = &row->result;
    printf("%-14s %5u %8.0f %10.0f %8.2f %8.2f %8.2f %8.2f %9.0f %9.0f %7zu\n", row->path,
        row->connections, row->rate, r->per_second, r->p50_ms, r->p99_ms, r->p999_ms, r->max_ms,
        r->server_us, r->client_us, (size_t)r->failed);
    fflush(stdout);
}

static json_t *row_json(const struct row *row)
{
    const struct tw_load_result *r = &row->result;
    return json_pack("{s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I}", "path",
        row->path, "connections", (int)row->connections, "rate", row->rate, "answers_per_second",
        r->per_second, "p50_ms", r->p50_ms, "p99_ms", r->p99_ms, "p999_ms", r->p999_ms, "max_ms",
        r->max_ms, "server_cpu_us", r->server_us, "client_cpu_us", r->client_us, "answered",
        (json_int_t)r->answered, "denied", (json_int_t)r->denied, "failed", (json_int_t)r->failed);
}

static int write_json(const char *path, const struct row *rows, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, row_json(&rows[i]));
    json_t *all = json_pack("{s:{s:f, s:f}, s:o}", "bounds", "answers_per_second", bound_per_second,
        "p99_ms", bound_p99_ms, "rows", list);
    int status = all ? json_dump_file(all, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : -1;
    json_decref(all);
    return status;
}

// Rows come in pairs: admission, and its floor.
static void print_bounds(const struct row *rows, size_t count)
{
    const struct tw_load_result *best = NULL;
    for (size_t i = 0; i + 1 < count; i += 2) {
        const struct tw_load_result *r = &rows[i].result, *floor = &rows[i + 1].result;
        printf("%u connections%s: %.2f of the answers a second of /healthz, %.2f of its server's "
               "CPU\n",
            rows[i].connections, rows[i].rate > 0 ? " at a fixed rate" : "",
            r->per_second / floor->per_second,
            floor->server_us > 0 ? r->server_us / floor->server_us : 0);
        if (rows[i].rate == 0 && (!best || r->per_second > best->per_second))
            best = r;
    }
    if (best)
        printf("most: %.0f answers/s; bound: at least %.0f\n", best->per_second, bound_per_second);
    for (size_t i = 0; i < count; i += 2)
        if (rows[i].rate > 0)
            printf("at %.0f/s: 99th percentile %.2f ms; bound: at most %.0f ms\n", rows[i].rate,
                rows[i].result.p99_ms, bound_p99_ms);
}

static int measure(struct tw_load *load, const struct tw_load_request *requests, size_t count,
    const char *path, struct row *row)
{
    load->requests = requests;
    load->request_count = count;
    *row = (struct row){.path = path, .connections = load->connections, .rate = load->rate};
    if (tw_load_run(load, &row->result) < 0) {
        fprintf(stderr, "bench_admission: %s: no answer\n", path);
        return -1;
    }
    print_row(row);
    return 0;
}

// "1,8,64" and the fixed rate behind them, as rows to measure; returns how many.
static size_t plan(const char *list, double rate, struct row *rows)
{
    size_t count = 0;
    for (char *end; *list && count + 1 < RUNS_MAX; list = *end ? end + 1 : end)
        rows[count++] = (struct row){.connections = (unsigned)strtoul(list, &end, 10)};
    if (rate > 0)
        rows[count++] = (struct row){.connections = OPEN_LOOP_CONNECTIONS, .rate = rate};
    return count;
}

int main(int argc, char **argv)
{
    static struct tw_load_request reviews[REQUESTS_MAX];
    struct row plans[RUNS_MAX], rows[2 * RUNS_MAX];
    if (argc < 4) {
        fputs("usage: bench_admission PORT CA-FILE REVIEWS-FILE [CONNECTIONS,...] [RATE] [SECONDS]"
              " [JSON-FILE]\n",
            stderr);
        return 2;
    }
    const char *server = getenv("TW_SERVER");
    struct tw_load_request health;
    struct tw_load load = {.target = {.host = "localhost", .port = argv[1]},
        .seconds = argc > 6 ? atof(argv[6]) : 5,
        .server = server ? atoi(server) : 0};
    load.target.tls = tw_https_context(argv[2]);
    size_t review_count = load_reviews(argv[3], argv[1], reviews);
    health.text = wrap(argv[1], NULL, 0, &health.size);
    if (!load.target.tls || review_count == 0 || !health.text) {
        fprintf(stderr, "bench_admission: %s or %s cannot be read\n", argv[2], argv[3]);
        return 2;
    }
    print_head();
    size_t count =
        plan(argc > 4 ? argv[4] : "1,8,32,64", argc > 5 ? atof(argv[5]) : bound_per_second, plans);
    for (size_t i = 0; i < count; i++) {
        load.connections = plans[i].connections;
        load.rate = plans[i].rate;
        if (measure(&load, reviews, review_count, "/v1/admission", &rows[2 * i]) < 0 ||
            measure(&load, &health, 1, "/healthz", &rows[2 * i + 1]) < 0)
            return 1;
    }
    print_bounds(rows, 2 * count);
    return argc > 7 && write_json(argv[7], rows, 2 * count) < 0 ? 1 : 0;
}
