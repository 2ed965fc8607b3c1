#include "daemon/cage/cage.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/cage/child.h"
#include "daemon/clock/clock.h"
#include "scanner/base/mem.h"

enum { TROUBLE_BYTES_MAX = 64 * 1024, READ_BYTES = 64 * 1024 };

// Why we ended it.
enum fault { FINE, FLOOD, NOISE, IDLE, LATE };

static const struct {
    int code;
    enum tw_cage_death death;
    const char *sentence;
} faults[] = {
    [FLOOD] = {TW_E_LIMIT, TW_CAGE_OUTPUT, "the inventory is over the limit inventory_bytes"},
    [NOISE] = {TW_E_CAGE, TW_CAGE_OUTPUT, "the cage complains without end"},
    [IDLE] = {TW_E_CAGE, TW_CAGE_TIME,
        "the cage neither read nor wrote for too long (limit cage_idle_seconds)"},
    [LATE] = {TW_E_LIMIT, TW_CAGE_TIME,
        "the cage kept us waiting for too long (limit cage_wait_seconds)"},
};

static const char *const death_names[TW_CAGE_DEATHS] = {
    [TW_CAGE_LIVED] = "none",
    [TW_CAGE_FORBIDDEN] = "forbidden-call",
    [TW_CAGE_TIME] = "time",
    [TW_CAGE_MEMORY] = "memory",
    [TW_CAGE_OUTPUT] = "output",
    [TW_CAGE_CRASH] = "crash",
    [TW_CAGE_KILLED] = "killed",
    [TW_CAGE_LIE] = "lie",
    [TW_CAGE_TROUBLE] = "trouble",
};

const char *tw_cage_death_name(enum tw_cage_death death)
{
    return death_names[death];
}

struct tw_cage {
    struct tw_cage_counters *counters; // NULL: nobody counts
    struct tw_child child;
    const struct tw_limits *limits;
    struct tw_buf output;
    struct tw_buf trouble;
    size_t asked_bytes; // of the output: questions that were taken
    uint64_t fed_bytes;
    uint64_t waited_ms; // for the child, all together
    bool input_refused; // the child reads no more: finish tells why
    enum fault fault;   // the first
};

static const char *const kind_words[] = {
    [TW_CAGE_LAYER] = "layer", [TW_CAGE_PARTS] = "parts", [TW_CAGE_FILE] = "file"};

static struct tw_cage *new_cage(const struct tw_limits *limits)
{
    struct tw_cage *cage = calloc(1, sizeof *cage);
    if (!cage)
        return NULL;
    cage->limits = limits;
    cage->output = TW_BUF(limits->inventory_bytes);
    cage->trouble = TW_BUF(TROUBLE_BYTES_MAX);
    cage->child = (struct tw_child){.input_fd = -1, .output_fd = -1, .trouble_fd = -1};
    return cage;
}

static void count_death(const struct tw_cage *cage, enum tw_cage_death death)
{
    if (cage->counters && death != TW_CAGE_LIVED)
        atomic_fetch_add(&cage->counters->deaths[death], 1);
}

static void count_start(const struct tw_cage *cage, bool started)
{
    if (cage->counters)
        atomic_fetch_add(&cage->counters->started, 1);
    if (!started)
        count_death(cage, TW_CAGE_TROUBLE);
}

static int start(const struct tw_cage_options *options, const char *kind, int own_input,
    const struct tw_limits *limits, struct tw_cage **ret_cage, struct tw_err *err)
{
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = new_cage(limits);
    if (!cage)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    int r = tw_child_start(options, kind, own_input, limits, &cage->child, err);
    cage->counters = options->counters;
    count_start(cage, r == 0);
    if (r == 0)
        *ret_cage = TW_TAKE(cage);
    return r;
}

int tw_cage_start(const struct tw_cage_options *options, enum tw_cage_kind kind,
    const struct tw_limits *limits, struct tw_cage **ret_cage, struct tw_err *err)
{
    return start(options, kind_words[kind], -1, limits, ret_cage, err);
}

static void give_up(struct tw_cage *cage, enum fault fault)
{
    if (cage->fault == FINE)
        cage->fault = fault;
    tw_child_kill(&cage->child);
}

// Takes what there is to read; closes the descriptor at its end.
static void drain(struct tw_cage *cage, int *fd, struct tw_buf *buf)
{
    char bytes[READ_BYTES];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return;
    }
    if (tw_buf_append(buf, bytes, (size_t)n) < 0)
        give_up(cage, buf == &cage->output ? FLOOD : NOISE);
}

// How long it may be silent now, also when it has dripped for long.
static int patience_ms(const struct tw_cage *cage)
{
    uint64_t idle = cage->limits->cage_idle_seconds * 1000;
    uint64_t all = cage->limits->cage_wait_seconds * 1000;
    uint64_t left = cage->waited_ms < all ? all - cage->waited_ms : 0;
    return (int)(left < idle ? left : idle);
}

// Waits until the child takes input (when wanted) or wrote something. Kills one that is idle.
static bool wait_for_child(struct tw_cage *cage, bool *ret_writable)
{
    struct tw_child *c = &cage->child;
    struct pollfd fds[] = {
        {.fd = ret_writable ? c->input_fd : -1, .events = POLLOUT},
        {.fd = c->output_fd, .events = POLLIN},
        {.fd = c->trouble_fd, .events = POLLIN},
    };
    int patience = patience_ms(cage);
    int64_t since = tw_clock_ms();
    int n = patience > 0 ? poll(fds, TW_COUNT(fds), patience) : 0;
    int why = errno;
    cage->waited_ms += (uint64_t)(tw_clock_ms() - since);
    if (n < 0)
        return why == EINTR;
    if (n == 0) {
        give_up(cage, patience_ms(cage) > 0 ? IDLE : LATE);
        return false;
    }
    if (fds[1].revents)
        drain(cage, &c->output_fd, &cage->output);
    if (fds[2].revents)
        drain(cage, &c->trouble_fd, &cage->trouble);
    if (ret_writable)
        *ret_writable = fds[0].revents != 0;
    return true;
}

int tw_cage_write(struct tw_cage *cage, const void *bytes, size_t size, struct tw_err *err)
{
    (void)err;
    const char *p = bytes;
    cage->fed_bytes += size;
    while (size > 0 && !cage->input_refused) {
        ssize_t n = write(cage->child.input_fd, p, size);
        if (n > 0) {
            p += n;
            size -= (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        bool writable = false;
        if (n < 0 && errno == EAGAIN) {
            // The child may be blocked on output of its own; both ends are served.
            if (wait_for_child(cage, &writable))
                continue;
        }
        cage->input_refused = true;
    }
    return 0;
}

int tw_cage_tell(struct tw_cage *cage, const char *line, struct tw_err *err)
{
    uint64_t fed_bytes = cage->fed_bytes;
    int r = tw_cage_write(cage, line, strlen(line), err);
    cage->fed_bytes = fed_bytes;
    return r;
}

// The output that no question has taken.
static struct tw_span said(const struct tw_cage *cage)
{
    struct tw_span all = tw_buf_span(&cage->output), rest;
    return tw_span_from(all, cage->asked_bytes, &rest) ? rest : tw_span_of("", 0);
}

int tw_cage_asked(struct tw_cage *cage, struct tw_range *ret_range)
{
    for (;;) {
        char line[TW_RANGE_LINE_BYTES] = "";
        struct tw_span rest = said(cage);
        const uint8_t *end = rest.n > 0 ? memchr(rest.p, '\n', rest.n) : NULL;
        size_t size = end ? (size_t)(end - rest.p) + 1 : 0;
        if (size > 0 && size < sizeof line) {
            memcpy(line, rest.p, size);
            if (tw_range_parse(line, ret_range)) {
                cage->asked_bytes += size;
                return 1;
            }
        }
        // An inventory begins with a brace, and its end is for finish.
        if (rest.n >= sizeof line || (rest.n > 0 && rest.p[0] != 'r') ||
            cage->child.output_fd < 0 || !wait_for_child(cage, NULL))
            return 0;
    }
}

static int end(struct tw_cage *cage, struct tw_err *err)
{
    enum tw_cage_death death;
    tw_closep(&cage->child.input_fd);
    cage->child.input_fd = -1;
    while (cage->fault == FINE && (cage->child.output_fd >= 0 || cage->child.trouble_fd >= 0)) {
        if (!wait_for_child(cage, NULL))
            break;
    }
    // It may have closed all and stayed.
    if (cage->fault == FINE && !tw_child_ends_within(&cage->child, patience_ms(cage)))
        give_up(cage, IDLE);
    int r = tw_child_reap(&cage->child, &cage->trouble, &death, err);
    count_death(cage, cage->fault == FINE ? death : faults[cage->fault].death);
    return cage->fault == FINE
               ? r
               : tw_err_set(err, faults[cage->fault].code, "%s", faults[cage->fault].sentence);
}

// What a cage says that ended well.
static int believe(
    const struct tw_cage *cage, struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    struct tw_span json = said(cage);
    if (json.n == 0)
        return tw_err_set(err, TW_E_CAGE, "the cage said nothing");
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *inventory = NULL;
    int r = tw_layer_inventory_from_json(json, cage->limits, &inventory, err);
    if (r < 0)
        return r;
    // The reader takes every byte, whatever it finds.
    if (inventory->in_bytes != cage->fed_bytes)
        return tw_err_set(err, TW_E_CAGE,
            "in_bytes: %" PRIu64 ", but it was given %" PRIu64 " bytes", inventory->in_bytes,
            cage->fed_bytes);
    *ret_inventory = TW_TAKE(inventory);
    return 0;
}

int tw_cage_finish(
    struct tw_cage *cage, struct tw_layer_inventory **ret_inventory, struct tw_err *err)
{
    int r = end(cage, err);
    if (r < 0)
        return r;
    r = believe(cage, ret_inventory, err);
    if (r == TW_E_CAGE)
        count_death(cage, TW_CAGE_LIE);
    if (r == 0 && cage->counters)
        atomic_fetch_add(&cage->counters->out_bytes, (*ret_inventory)->out_bytes);
    return r;
}

int tw_cage_try(
    const struct tw_cage_options *options, const struct tw_limits *limits, struct tw_err *err)
{
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *nothing = NULL;
    int r = tw_cage_start(options, TW_CAGE_LAYER, limits, &cage, err);
    return r < 0 ? r : tw_cage_finish(cage, &nothing, err);
}

void tw_cage_free(struct tw_cage *cage)
{
    if (!cage)
        return;
    if (cage->child.pid > 0) {
        tw_child_kill(&cage->child);
        enum tw_cage_death killed_by_us;
        tw_child_reap(&cage->child, &cage->trouble, &killed_by_us, NULL);
    }
    tw_buf_done(&cage->output);
    tw_buf_done(&cage->trouble);
    free(cage);
}

int tw_cage_archive_toc(const struct tw_cage_options *options, int fd,
    const struct tw_limits *limits, struct tw_archive_toc **ret_toc, struct tw_err *err)
{
    TW_AUTO(tw_cage_freep) struct tw_cage *cage = NULL;
    int r = start(options, "archive", fd, limits, &cage, err);
    if (r == 0)
        r = end(cage, err);
    return r < 0 ? r : tw_archive_toc_from_json(tw_buf_span(&cage->output), limits, ret_toc, err);
}
