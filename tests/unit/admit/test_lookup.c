// From names to images, with a real store and registries that are not there or say nothing.
#include "../store/fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/admit/decide.h"
#include "daemon/admit/entries.h"
#include "daemon/admit/lookup.h"

enum { WAITERS = 8 };

struct bench {
    struct fixture *store;
    struct tw_registry_rule rules[1];
    char host[32];
    struct tw_registries registries;
    struct tw_limits limits;
    struct tw_lookup *lookup;
    int silent; // a socket that takes connections and says nothing
    int push_code;
    unsigned pushes;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int push(void *ctx, const struct tw_push *pushed, struct tw_scan *ret_scan, bool *ret_new,
    struct tw_err *err)
{
    struct bench *b = ctx;
    b->pushes++;
    if (b->push_code)
        return tw_err_set(err, b->push_code, "the queue is full");
    return tw_store_push(
        b->store->store, pushed, false, T0, &b->store->limits, ret_scan, ret_new, err);
}

static int listen_silently(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static int setup_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    uint16_t port = 0;
    void *fixture = NULL;
    struct tw_err err = {0};
    assert_int_equal(setup(&fixture), 0);
    b->store = fixture;
    b->limits = tw_limits_default;
    b->silent = listen_silently(&port);
    snprintf(b->host, sizeof b->host, "localhost:%u", port);
    b->rules[0] = (struct tw_registry_rule){b->host, true};
    b->registries = (struct tw_registries){.rules = b->rules,
        .rule_count = 1,
        .only_listed = true,
        .connect_timeout_s = 5,
        .stall_timeout_s = 20};
    const struct tw_lookup_options options = {.store = b->store->store,
        .registries = &b->registries,
        .limits = &b->limits,
        .push = push,
        .push_ctx = b,
        .tag_seconds = 30,
        .patience_s = 1,
        .waiters_max = WAITERS,
        .memory_bytes = 1 << 20};
    assert_int_equal(tw_lookup_start(&options, &b->lookup, &err), 0);
    *state = b;
    return 0;
}

static int teardown_bench(void **state)
{
    struct bench *b = *state;
    void *fixture = b->store;
    tw_lookup_stop(b->lookup);
    tw_lookup_free(b->lookup);
    close(b->silent);
    free(b);
    return teardown(&fixture);
}

static struct tw_reference reference_of(const struct bench *b, const char *rest)
{
    char text[400];
    struct tw_reference reference;
    snprintf(text, sizeof text, "%s/team/app%s", b->host, rest);
    assert_int_equal(tw_reference_parse(text, &reference, NULL), 0);
    return reference;
}

static struct tw_reference by_digest(const struct bench *b, unsigned n)
{
    char rest[TW_DIGEST_TEXT_MAX + 2];
    snprintf(rest, sizeof rest, "@%s", digest_of(n).text);
    return reference_of(b, rest);
}

static struct tw_found ask(
    struct bench *b, const struct tw_reference *reference, bool may_scan, bool wait, int64_t ms)
{
    struct tw_found found;
    const struct tw_lookup_wishes wishes = {may_scan, wait, now_ms() + ms};
    tw_lookup_ask(b->lookup, reference, 1, &wishes, &found);
    return found;
}

// What is queued is stored as an image with nothing in it.
static void finish_scan(struct bench *b, unsigned n)
{
    struct tw_image_inventory image = {.digest = digest_of(n),
        .media_type = "application/vnd.oci.image.manifest.v1+json",
        .os = "linux",
        .architecture = "amd64"};
    struct tw_buf json = TW_BUF(1 << 16);
    assert_int_equal(tw_image_inventory_to_json(&image, &json, &b->store->err), 0);
    struct tw_stored_image stored = image_of(n, json.data);
    assert_int_equal(lease_at(b->store, T0), 0);
    assert_int_equal(tw_store_finish(b->store->store, b->store->scan.id, "w1",
                         &stored.summary.digest, &stored, 1, T0 + 5, &b->store->err),
        0);
    tw_lookup_stored(b->lookup, &stored.summary.digest);
    tw_buf_done(&json);
}

static void ask__not_scanned__queued_once_and_the_scan_goes_on(void **state)
{
    struct bench *b = *state;
    struct tw_reference reference = by_digest(b, 1);
    for (int i = 0; i < 3; i++) {
        struct tw_found found = ask(b, &reference, true, false, 5000);
        assert_int_equal(found.state, TW_FOUND_SCANNING);
        assert_non_null(strstr(found.why.msg, "it is being scanned (scan "));
        assert_string_equal(found.digest.text, digest_of(1).text);
    }
    assert_int_equal(b->pushes, 1);
    finish_scan(b, 1);
    struct tw_found found = ask(b, &reference, true, false, 5000);
    assert_int_equal(found.state, TW_FOUND_KNOWN);
    assert_int_equal(tw_known_images(found.known)->count, 1);
    tw_known_drop(found.known);
    assert_int_equal(b->pushes, 1);
}

struct asker {
    struct bench *bench;
    struct tw_reference reference;
    struct tw_found found;
    pthread_t thread;
};

static void *ask_and_wait(void *ctx)
{
    struct asker *asker = ctx;
    asker->found = ask(asker->bench, &asker->reference, true, true, 20000);
    return NULL;
}

static void ask__many_wait__one_scan_answers_all_and_one_more_does_not_wait(void **state)
{
    struct bench *b = *state;
    struct asker askers[WAITERS];
    for (size_t i = 0; i < WAITERS; i++) {
        askers[i] = (struct asker){.bench = b, .reference = by_digest(b, 1)};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_and_wait, &askers[i]), 0);
    }
    while (__atomic_load_n(&b->pushes, __ATOMIC_RELAXED) == 0)
        usleep(1000);
    usleep(50000);
    struct tw_reference reference = by_digest(b, 1);
    int64_t began = now_ms();
    struct tw_found one_more = ask(b, &reference, true, true, 20000);
    assert_int_equal(one_more.state, TW_FOUND_SCANNING);
    assert_true(now_ms() - began < 5000);
    finish_scan(b, 1);
    for (size_t i = 0; i < WAITERS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].found.state, TW_FOUND_KNOWN);
        tw_known_drop(askers[i].found.known);
    }
    assert_int_equal(b->pushes, 1);
}

// Who asks by tag and digest says what the tag points to; that is for the registry to say.
static void ask__tag_and_digest__the_tag_does_not_move(void **state)
{
    struct bench *b = *state;
    char rest[TW_DIGEST_TEXT_MAX + 4];
    struct tw_digest digest;
    struct tw_reference tag = reference_of(b, ":1");
    snprintf(rest, sizeof rest, ":1@%s", digest_of(1).text);
    struct tw_reference pushed = reference_of(b, rest);
    struct tw_push push_of_1 = {.reference = pushed, .requested_by = "webhook:distribution"};
    struct tw_scan scan;
    bool is_new;
    assert_int_equal(push(b, &push_of_1, &scan, &is_new, &b->store->err), 0);
    snprintf(rest, sizeof rest, ":1@%s", digest_of(2).text);
    struct tw_reference forged = reference_of(b, rest);
    assert_int_equal(ask(b, &forged, true, false, 5000).state, TW_FOUND_SCANNING);
    assert_int_equal(b->pushes, 2);
    assert_int_equal(tw_store_tag_get(b->store->store, &tag, &digest, &b->store->err), 0);
    assert_string_equal(digest.text, digest_of(1).text);
}

// However many one asks for, few are looked for at a time.
static void ask__names_without_end__the_others_have_their_turn(void **state)
{
    enum { NAMES = 500, AT_ONCE = 8 };
    struct bench *b = *state;
    struct tw_reference *names = calloc(NAMES, sizeof *names);
    struct tw_found *found = calloc(NAMES, sizeof *found);
    for (unsigned i = 0; i < NAMES; i++) {
        char rest[16];
        snprintf(rest, sizeof rest, ":t%u", i);
        names[i] = reference_of(b, rest);
    }
    const struct tw_lookup_wishes wishes = {false, false, now_ms() + 100};
    tw_lookup_ask(b->lookup, names, NAMES, &wishes, found);
    for (unsigned i = 0; i < NAMES; i++) {
        assert_int_equal(found[i].state, TW_FOUND_NOTHING);
        assert_string_equal(
            found[i].why.msg, i < AT_ONCE ? "the registry does not answer in time"
                                          : "the time was over before its turn came; ask again");
    }
    // The registry is given up after a second, and four are asked at a time.
    struct tw_reference other = reference_of(b, ":other");
    assert_string_equal(ask(b, &other, false, false, 8000).why.msg + strlen(b->host),
        " does not answer within 1 s");
    free(names);
    free(found);
}

static void ask__dry_run__no_scan(void **state)
{
    struct bench *b = *state;
    struct tw_reference reference = by_digest(b, 1);
    struct tw_found found = ask(b, &reference, false, true, 5000);
    assert_int_equal(found.state, TW_FOUND_SCANNING);
    assert_string_equal(found.why.msg, "it has not been scanned");
    assert_int_equal(b->pushes, 0);
    assert_int_equal(ask(b, &reference, true, false, 5000).state, TW_FOUND_SCANNING);
    assert_int_equal(b->pushes, 1);
}

static void ask__queue_full__nothing_and_why(void **state)
{
    struct bench *b = *state;
    struct tw_reference reference = by_digest(b, 1);
    b->push_code = TW_E_BUSY;
    struct tw_found found = ask(b, &reference, true, true, 5000);
    assert_int_equal(found.state, TW_FOUND_NOTHING);
    assert_int_equal(found.why.code, TW_E_BUSY);
    assert_string_equal(found.why.msg, "the queue is full");
}

static void ask__too_many_images_wait__no_more_are_queued(void **state)
{
    enum { SCANS = 200 };
    struct bench *b = *state;
    struct tw_found found;
    for (unsigned i = 1; i <= SCANS; i++) {
        struct tw_reference reference = by_digest(b, i);
        found = ask(b, &reference, true, false, 5000);
        assert_int_equal(found.state, TW_FOUND_SCANNING);
    }
    struct tw_reference last = by_digest(b, SCANS + 1);
    found = ask(b, &last, true, true, 20000);
    assert_int_equal(found.state, TW_FOUND_NOTHING);
    assert_int_equal(found.why.code, TW_E_BUSY);
    assert_string_equal(found.why.msg,
        "it has not been scanned, and 200 others that Pods asked for wait; ask again");
    assert_int_equal(b->pushes, SCANS);
    finish_scan(b, 1);
    usleep(1100000);
    found = ask(b, &last, true, false, 5000);
    assert_int_equal(found.state, TW_FOUND_SCANNING);
    assert_int_equal(b->pushes, SCANS + 1);
}

static void ask__scan_fails__told_while_it_is_tried_and_when_given_up(void **state)
{
    struct bench *b = *state;
    struct tw_reference reference = by_digest(b, 1);
    struct tw_err why = {0};
    assert_int_equal(ask(b, &reference, true, false, 5000).state, TW_FOUND_SCANNING);
    assert_int_equal(lease_at(b->store, T0), 0);
    tw_err_set(&why, TW_E_UNAVAILABLE, "no answer");
    tw_lookup_failed(b->lookup, b->store->scan.id, &why, true);
    struct tw_found found = ask(b, &reference, true, true, 50);
    assert_int_equal(found.state, TW_FOUND_SCANNING);
    assert_string_equal(found.why.msg, "it is being scanned; the last try: no answer");
    tw_lookup_failed(b->lookup, b->store->scan.id, &why, false);
    found = ask(b, &reference, true, true, 5000);
    assert_int_equal(found.state, TW_FOUND_NOTHING);
    assert_string_equal(found.why.msg, "no answer");
    assert_int_equal(b->pushes, 1);
}

static void ask__silent_registry__in_time_then_by_the_last_push(void **state)
{
    struct bench *b = *state;
    char text[400];
    struct tw_reference tag = reference_of(b, ":1");
    struct tw_found found = ask(b, &tag, true, true, 200);
    assert_int_equal(found.state, TW_FOUND_NOTHING);
    assert_string_equal(found.why.msg, "the registry does not answer in time");
    snprintf(text, sizeof text, "%s/team/app:2@%s", b->host, digest_of(2).text);
    assert_int_equal(push_to(b->store, text, false, T0), 0);
    finish_scan(b, 2);
    tag = reference_of(b, ":2");
    found = ask(b, &tag, true, true, 20000);
    assert_int_equal(found.state, TW_FOUND_KNOWN);
    assert_true(found.is_last_known);
    assert_string_equal(found.digest.text, digest_of(2).text);
    tw_known_drop(found.known);
}

static void ask__silent_registry__images_by_digest_do_not_wait_for_it(void **state)
{
    struct bench *b = *state;
    struct tw_reference reference = by_digest(b, 1);
    for (unsigned i = 0; i < 20; i++) {
        char rest[16];
        snprintf(rest, sizeof rest, ":t%u", i);
        struct tw_reference tag = reference_of(b, rest);
        assert_int_equal(ask(b, &tag, true, true, 0).state, TW_FOUND_NOTHING);
    }
    assert_int_equal(ask(b, &reference, true, false, 5000).state, TW_FOUND_SCANNING);
}

// ---- what is remembered ----

static void entries__past_their_number__the_longest_unused_goes(void **state)
{
    (void)state;
    struct tw_entries *entries = tw_entries_new(3, 1 << 20);
    assert_non_null(tw_entries_get(entries, "a"));
    tw_entries_set_state(entries, tw_entries_get(entries, "b"), TW_ENTRY_ASKED);
    assert_non_null(tw_entries_get(entries, "c"));
    assert_non_null(tw_entries_find(entries, "a"));
    assert_non_null(tw_entries_get(entries, "d")); // c goes: b is being looked for
    assert_null(tw_entries_find(entries, "c"));
    assert_non_null(tw_entries_find(entries, "b"));
    tw_entries_set_state(entries, tw_entries_find(entries, "a"), TW_ENTRY_ASKED);
    tw_entries_set_state(entries, tw_entries_find(entries, "d"), TW_ENTRY_ASKED);
    assert_null(tw_entries_get(entries, "e"));
    tw_entries_free(entries);
}

static void ready(struct tw_entries *entries, const char *key, struct tw_known *known)
{
    struct tw_entry *entry = tw_entries_get(entries, key);
    assert_non_null(entry);
    tw_entries_set_state(entries, entry, TW_ENTRY_READY);
    tw_entries_set_known(entries, entry, known ? tw_known_hold(known) : NULL);
}

static void entries__names_without_end__drive_out_each_other_and_nothing_known(void **state)
{
    (void)state;
    struct tw_entries *entries = tw_entries_new(3, 1 << 20);
    ready(entries, "known", NULL);
    tw_entries_set_state(entries, tw_entries_get(entries, "scanned"), TW_ENTRY_SCANNING);
    for (unsigned i = 0; i < 10; i++) {
        char key[16];
        snprintf(key, sizeof key, "strange%u", i);
        tw_entries_set_state(entries, tw_entries_get(entries, key), TW_ENTRY_FAILED);
    }
    assert_non_null(tw_entries_find(entries, "known"));
    assert_non_null(tw_entries_find(entries, "scanned"));
    assert_non_null(tw_entries_find(entries, "strange9"));
    assert_null(tw_entries_find(entries, "strange8"));
    assert_int_equal(tw_entries_count(entries, TW_ENTRY_SCANNING), 1);
    tw_entries_free(entries);
}

static void entries__past_their_bytes__images_go_and_who_holds_one_keeps_it(void **state)
{
    struct bench *b = *state;
    struct tw_known *known[2];
    for (unsigned n = 1; n <= 2; n++) {
        struct tw_digest digest = digest_of(n);
        assert_int_equal(push_app(b->store, "1", n, T0), 0);
        finish_scan(b, n);
        assert_int_equal(
            tw_known_load(b->store->store, &b->limits, &digest, &known[n - 1], NULL), 0);
    }
    struct tw_entries *entries = tw_entries_new(10, tw_known_bytes(known[0]) + 1);
    ready(entries, "a", known[0]);
    assert_non_null(tw_entries_find(entries, "a"));
    ready(entries, "b", known[1]);
    assert_null(tw_entries_find(entries, "a"));
    assert_non_null(tw_entries_find(entries, "b"));
    tw_entries_free(entries);
    assert_string_equal(tw_known_images(known[0])->images[0]->os, "linux");
    tw_known_drop(known[0]);
    tw_known_drop(known[1]);
}

#define BENCH(name) cmocka_unit_test_setup_teardown(name, setup_bench, teardown_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(ask__not_scanned__queued_once_and_the_scan_goes_on),
        BENCH(ask__many_wait__one_scan_answers_all_and_one_more_does_not_wait),
        BENCH(ask__tag_and_digest__the_tag_does_not_move),
        BENCH(ask__names_without_end__the_others_have_their_turn),
        BENCH(ask__dry_run__no_scan),
        BENCH(ask__queue_full__nothing_and_why),
        BENCH(ask__too_many_images_wait__no_more_are_queued),
        BENCH(ask__scan_fails__told_while_it_is_tried_and_when_given_up),
        BENCH(ask__silent_registry__in_time_then_by_the_last_push),
        BENCH(ask__silent_registry__images_by_digest_do_not_wait_for_it),
        cmocka_unit_test(entries__past_their_number__the_longest_unused_goes),
        cmocka_unit_test(entries__names_without_end__drive_out_each_other_and_nothing_known),
        BENCH(entries__past_their_bytes__images_go_and_who_holds_one_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
