#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "daemon/events/events.h"

enum { T0 = 1000, FIRST = T0 * 1000 }; // when the ring is made, and the id before its first
enum { LONG_MS = 600000 };             // no test waits as long: who waits is woken

#define RESET(id) "id: " id "\nevent: reset\ndata: {}\n\n"

static int setup(void **state)
{
    struct tw_events *events;
    if (tw_events_new(T0, &events, NULL) < 0)
        return -1;
    *state = events;
    return 0;
}

static int teardown(void **state)
{
    tw_events_free(*state);
    return 0;
}

static struct tw_scan scan_of(const char *id)
{
    struct tw_scan scan = {.reference = "r.example/team/app:1", .digest.text = "sha256:aa"};
    snprintf(scan.id, sizeof scan.id, "%s", id);
    return scan;
}

// `count` pushes, whose scans are numbered from `first` on.
static void push(struct tw_events *events, int first, int count)
{
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%d", first + i);
        struct tw_scan scan = scan_of(id);
        tw_events_push(events, &scan);
    }
}

// Times are the clock's: "T" stands for each that is written as one is.
static void hide_times(char *text)
{
    static const char form[] = "0000-00-00T00:00:00.000Z\"";
    for (char *at = text; (at = strstr(at, "\"at\":\"")) != NULL;) {
        at += strlen("\"at\":\"");
        for (size_t i = 0; form[i]; i++) {
            bool fits = form[i] == '0' ? at[i] >= '0' && at[i] <= '9' : at[i] == form[i];
            if (!fits)
                fail_msg("no time: %.40s", at);
        }
        at[0] = 'T';
        memmove(at + 1, at + strlen(form) - 1, strlen(at + strlen(form) - 1) + 1);
    }
}

// What is there behind *after, without waiting; `max_bytes` at a time.
static void read_into(
    struct tw_events *events, uint64_t *after, size_t max_bytes, struct tw_buf *ret_text)
{
    *ret_text = TW_BUF(max_bytes);
    assert_int_equal(tw_events_read(events, after, 0, ret_text, NULL), 0);
    if (ret_text->data)
        hide_times(ret_text->data);
}

static void expect(struct tw_events *events, uint64_t *after, const char *text)
{
    TW_AUTO(tw_buf_done) struct tw_buf out;
    read_into(events, after, 1 << 20, &out);
    assert_string_equal(out.data ? out.data : "", text);
}

static void events__of_each_kind__in_order_as_server_sent_events(void **state)
{
    struct tw_events *events = *state;
    uint64_t after = FIRST;
    struct tw_scan scan = scan_of("s1");
    struct tw_err why = {.code = TW_E_DENIED, .msg = "the registry says \"no\"\nand more"};
    struct tw_image_summary image = {.digest.text = "sha256:aa",
        .registry = "r.example",
        .repository = "team/app",
        .tag = "1",
        .decision = "deny",
        .counts = {1, 2, 3, 4, 5}};
    struct tw_digest digest = {.text = "sha256:bb"}, before = {.text = "sha256:aa"};
    tw_events_push(events, &scan);
    tw_events_scan(events, &scan, TW_SCAN_RUNNING, NULL);
    tw_events_scan(events, &scan, TW_SCAN_FAILED, &why);
    tw_events_image(events, &image, NULL);
    tw_events_image(events, &image, "warn");
    tw_events_drift(events, &digest, &before, "r.example/team/app:1");
#define SCANNED "\"reference\":\"r.example/team/app:1\",\"digest\":\"sha256:aa\""
#define IMAGE                                                                                      \
    "event: image\ndata: {\"at\":\"T\",\"digest\":\"sha256:aa\",\"registry\":\"r.example\","       \
    "\"repository\":\"team/app\",\"tag\":\"1\",\"decision\":\"deny\",\"counts\":{\"critical\":5,"  \
    "\"high\":4,\"medium\":3,\"low\":2,\"info\":1},\"previous_decision\":"
    expect(events, &after,
        "id: 1000001\nevent: push\ndata: {\"at\":\"T\"," SCANNED ",\"scan\":\"s1\"}\n\n"
        "id: 1000002\nevent: scan\ndata: {\"at\":\"T\",\"id\":\"s1\"," SCANNED
        ",\"state\":\"running\",\"error\":null}\n\n"
        "id: 1000003\nevent: scan\ndata: {\"at\":\"T\",\"id\":\"s1\"," SCANNED
        ",\"state\":\"failed\",\"error\":{\"code\":\"denied\",\"message\":"
        "\"the registry says \\\"no\\\"\\nand more\"}}\n\n"
        "id: 1000004\n" IMAGE "null}\n\n"
        "id: 1000005\n" IMAGE "\"warn\"}\n\n"
        "id: 1000006\nevent: drift\ndata: {\"at\":\"T\",\"digest\":\"sha256:bb\","
        "\"previous\":\"sha256:aa\",\"reference\":\"r.example/team/app:1\"}\n\n");
    assert_int_equal(after, FIRST + 6);
    expect(events, &after, ""); // no more
    assert_int_equal(after, FIRST + 6);
    after = FIRST + 5; // goes on where it was
    expect(events, &after,
        "id: 1000006\nevent: drift\ndata: {\"at\":\"T\",\"digest\":\"sha256:bb\","
        "\"previous\":\"sha256:aa\",\"reference\":\"r.example/team/app:1\"}\n\n");
}

static void events__texts_that_are_not_known_or_no_utf8__null_or_escaped(void **state)
{
    struct tw_events *events = *state;
    uint64_t after = FIRST;
    struct tw_scan scan = {.id = "s1",
        .reference = "a\xff"
                     "b"};
    tw_events_push(events, &scan);
    expect(events, &after,
        "id: 1000001\nevent: push\ndata: {\"at\":\"T\",\"reference\":\"a\\\\xffb\","
        "\"digest\":null,\"scan\":\"s1\"}\n\n");
}

static void events__from_now_on__nothing_of_before(void **state)
{
    struct tw_events *events = *state;
    push(events, 0, 3);
    uint64_t after = TW_EVENTS_FROM_NOW;
    expect(events, &after, "");
    assert_int_equal(after, FIRST + 3);
    push(events, 3, 1);
    expect(events, &after,
        "id: 1000004\nevent: push\ndata: {\"at\":\"T\"," SCANNED ",\"scan\":\"s3\"}\n\n");
}

static void events__ids_that_are_not_there__reset(void **state)
{
    struct tw_events *events = *state;
    static const uint64_t others[] = {0, 1, FIRST - 1, FIRST + 1, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint64_t after = others[i]; // of a process before, or of nobody
        expect(events, &after, RESET("1000000"));
        assert_int_equal(after, FIRST);
        expect(events, &after, ""); // it is told once
    }
    push(events, 0, TW_EVENTS_KEPT + 1); // the first is lost
    uint64_t after = FIRST;
    expect(events, &after, RESET("1001025"));
    assert_int_equal(after, FIRST + TW_EVENTS_KEPT + 1);
    after = FIRST + TW_EVENTS_KEPT + 2; // of after
    expect(events, &after, RESET("1001025"));
}

static void events__as_many_as_are_kept__are_all_there(void **state)
{
    struct tw_events *events = *state;
    push(events, 0, TW_EVENTS_KEPT + 1);
    uint64_t after = FIRST + 1;
    TW_AUTO(tw_buf_done) struct tw_buf out;
    read_into(events, &after, 1 << 20, &out);
    assert_int_equal(after, FIRST + 1 + TW_EVENTS_KEPT);
    const char *at = out.data;
    for (int i = 1; i <= TW_EVENTS_KEPT; i++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted,
            "id: %d\nevent: push\ndata: {\"at\":\"T\"," SCANNED ",\"scan\":\"s%d\"}\n\n",
            FIRST + 1 + i, i);
        if (strncmp(at, wanted, strlen(wanted)) != 0)
            fail_msg("%.200s\nis not\n%s", at, wanted);
        at += strlen(wanted);
    }
    assert_string_equal(at, "");
}

static void events__a_process_later__its_ids_are_above_and_the_old_ones_reset(void **state)
{
    struct tw_events *before = *state;
    push(before, 0, 5);
    uint64_t after = TW_EVENTS_FROM_NOW;
    expect(before, &after, "");
    TW_AUTO(tw_events_freep) struct tw_events *later = NULL;
    assert_int_equal(tw_events_new(T0 + 1, &later, NULL), 0);
    push(later, 0, 1);
    expect(later, &after, RESET("1001001"));
    TW_AUTO(tw_events_freep) struct tw_events *no_clock = NULL;
    assert_int_equal(tw_events_new(-1, &no_clock, NULL), 0);
    push(no_clock, 0, 1);
    after = 0;
    expect(no_clock, &after,
        "id: 1\nevent: push\ndata: {\"at\":\"T\"," SCANNED ",\"scan\":\"s0\"}\n\n");
}

static void events__a_reader_with_little_room__gets_whole_ones_in_turn(void **state)
{
    struct tw_events *events = *state;
    push(events, 0, 5);
    uint64_t after = FIRST;
    size_t one_bytes = 0;
    for (int i = 1; i <= 5; i++) {
        TW_AUTO(tw_buf_done) struct tw_buf out;
        read_into(events, &after, one_bytes ? one_bytes + one_bytes / 2 : 200, &out);
        assert_int_equal(after, FIRST + i);
        char wanted[32];
        snprintf(wanted, sizeof wanted, "\"scan\":\"s%d\"}\n\n", i - 1);
        assert_string_equal(out.data + out.size - strlen(wanted) - 23 /* the time */, wanted);
        one_bytes = out.size;
    }
    after = 0; // the reset first, the rest later
    push(events, 5, 1);
    expect(events, &after, RESET("1000006"));
    TW_AUTO(tw_buf_done) struct tw_buf none = TW_BUF(16);
    struct tw_err err = {0};
    after = FIRST;
    assert_int_equal(tw_events_read(events, &after, 0, &none, &err), TW_E_LIMIT);
    assert_int_equal(after, FIRST);
}

static void events__a_reader_that_is_overtaken__resets_and_others_do_not(void **state)
{
    struct tw_events *events = *state;
    uint64_t slow = FIRST, quick = FIRST;
    push(events, 0, 2);
    for (int i = 0; i < 3; i++) {
        push(events, 2, TW_EVENTS_KEPT - 2);
        TW_AUTO(tw_buf_done) struct tw_buf out;
        read_into(events, &quick, 1 << 20, &out);
        assert_null(strstr(out.data, "event: reset"));
        push(events, 0, 2);
    }
    assert_int_equal(quick, FIRST + 3 * TW_EVENTS_KEPT);
    expect(events, &slow, RESET("1003074"));
    expect(events, &slow, "");
}

struct waiting {
    struct tw_events *events;
    uint64_t after;
    struct tw_buf out;
    int result;
    pthread_t thread;
};

static void *wait_for_one(void *ctx)
{
    struct waiting *w = ctx;
    w->out = TW_BUF(4096);
    w->result = tw_events_read(w->events, &w->after, LONG_MS, &w->out, NULL);
    return NULL;
}

static void events__published_or_closed__wakes_all_who_wait(void **state)
{
    struct tw_events *events = *state;
    struct waiting waiting[3];
    for (int closing = 0; closing < 2; closing++) {
        for (int i = 0; i < 3; i++) {
            waiting[i] = (struct waiting){.events = events, .after = FIRST + (uint64_t)closing};
            assert_int_equal(
                pthread_create(&waiting[i].thread, NULL, wait_for_one, &waiting[i]), 0);
        }
        if (closing)
            tw_events_close(events);
        else
            push(events, 0, 1);
        for (int i = 0; i < 3; i++) {
            pthread_join(waiting[i].thread, NULL);
            assert_int_equal(waiting[i].result, closing ? TW_E_INTERRUPTED : 0);
            assert_int_equal(waiting[i].after, FIRST + 1);
            assert_int_equal(waiting[i].out.size > 0, !closing);
            tw_buf_done(&waiting[i].out);
        }
    }
}

static void events__closed__nothing_is_read_any_more(void **state)
{
    struct tw_events *events = *state;
    push(events, 0, 1);
    tw_events_close(events);
    push(events, 1, 1); // who publishes still may
    uint64_t after = FIRST;
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(4096);
    assert_int_equal(tw_events_read(events, &after, LONG_MS, &out, &err), TW_E_INTERRUPTED);
    assert_string_equal(err.msg, "the daemon stops");
    assert_int_equal(after, FIRST);
    assert_int_equal(out.size, 0);
}

static void events__of_nobody__nothing_happens(void **state)
{
    (void)state;
    struct tw_scan scan = scan_of("s1");
    struct tw_image_summary image = {0};
    tw_events_push(NULL, &scan);
    tw_events_scan(NULL, &scan, TW_SCAN_DONE, NULL);
    tw_events_image(NULL, &image, NULL);
    tw_events_drift(NULL, &scan.digest, &scan.digest, "x");
    tw_events_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events__of_each_kind__in_order_as_server_sent_events),
        TEST(events__texts_that_are_not_known_or_no_utf8__null_or_escaped),
        TEST(events__from_now_on__nothing_of_before),
        TEST(events__ids_that_are_not_there__reset),
        TEST(events__as_many_as_are_kept__are_all_there),
        TEST(events__a_process_later__its_ids_are_above_and_the_old_ones_reset),
        TEST(events__a_reader_with_little_room__gets_whole_ones_in_turn),
        TEST(events__a_reader_that_is_overtaken__resets_and_others_do_not),
        TEST(events__published_or_closed__wakes_all_who_wait),
        TEST(events__closed__nothing_is_read_any_more),
        cmocka_unit_test(events__of_nobody__nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
