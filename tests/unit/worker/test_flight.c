#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/worker/flight.h"

enum { THREADS = 8, ROUNDS = 200, LAYERS = 3 };

static struct tw_digest digest_of(unsigned n)
{
    struct tw_digest digest = {0};
    snprintf(digest.text, sizeof digest.text, "sha256:%064x", n);
    return digest;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static bool at_once(void *ctx)
{
    ++*(unsigned *)ctx;
    return true;
}

// Layers as the workers see them: read by one at a time, known afterwards.
struct shared {
    struct tw_flight *flight;
    atomic_int inside[LAYERS];
    atomic_bool known[LAYERS];
    atomic_int reads[LAYERS], together;
};

static void *read_layers(void *ctx)
{
    struct shared *s = ctx;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned n = i % LAYERS;
        struct tw_digest digest = digest_of(n);
        if (!tw_flight_begin(s->flight, &digest, never, NULL))
            return s;
        if (atomic_fetch_add(&s->inside[n], 1) != 0)
            atomic_fetch_add(&s->together, 1);
        if (!atomic_load(&s->known[n])) {
            usleep(2000); // long enough for the others to come and wait
            atomic_fetch_add(&s->reads[n], 1);
            atomic_store(&s->known[n], true);
        }
        atomic_fetch_sub(&s->inside[n], 1);
        tw_flight_end(s->flight, &digest);
    }
    return NULL;
}

static void flight__many_workers__each_layer_is_read_once_and_by_one(void **state)
{
    (void)state;
    TW_AUTO(tw_flight_freep) struct tw_flight *flight = tw_flight_new();
    struct shared shared = {.flight = flight};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_layers, &shared), 0);
    for (int i = 0; i < THREADS; i++) {
        void *trouble = NULL;
        pthread_join(threads[i], &trouble);
        assert_null(trouble);
    }
    assert_int_equal(shared.together, 0);
    for (int n = 0; n < LAYERS; n++)
        assert_int_equal(shared.reads[n], 1);
}

static void flight__another_layer__is_taken_at_once(void **state)
{
    (void)state;
    TW_AUTO(tw_flight_freep) struct tw_flight *flight = tw_flight_new();
    struct tw_digest one = digest_of(1), two = digest_of(2);
    unsigned asked = 0;
    assert_true(tw_flight_begin(flight, &one, at_once, &asked));
    assert_true(tw_flight_begin(flight, &two, at_once, &asked));
    assert_int_equal(asked, 0); // neither had to wait
    tw_flight_end(flight, &one);
    assert_true(tw_flight_begin(flight, &one, at_once, &asked));
    assert_int_equal(asked, 0);
}

static void flight__cancelled_while_waiting__is_not_taken(void **state)
{
    (void)state;
    TW_AUTO(tw_flight_freep) struct tw_flight *flight = tw_flight_new();
    struct tw_digest one = digest_of(1);
    unsigned asked = 0;
    assert_true(tw_flight_begin(flight, &one, never, NULL));
    assert_false(tw_flight_begin(flight, &one, at_once, &asked));
    assert_int_equal(asked, 1);
    tw_flight_end(flight, &one);
    assert_true(tw_flight_begin(flight, &one, never, NULL)); // nothing was left behind
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flight__many_workers__each_layer_is_read_once_and_by_one),
        cmocka_unit_test(flight__another_layer__is_taken_at_once),
        cmocka_unit_test(flight__cancelled_while_waiting__is_not_taken),
    };
    return cmocka_run_group_tests_name("flight", tests, NULL, NULL);
}
