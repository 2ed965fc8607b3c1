#include "tests/unit/store/fixture.h"
#include "tests/unit/store/plans.h"

// ---- pushes ----

static void push__first__is_queued_with_all_that_is_known(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(push_app(f, "1.4", 1, T0), 0);
    assert_true(f->is_new);
    struct tw_scan got;
    assert_int_equal(tw_store_scan_get(f->store, f->scan.id, &got, &f->err), 0);
    char reference[TW_REFERENCE_TEXT_MAX + 1];
    snprintf(reference, sizeof reference, "registry.example/team/app:1.4@%s", digest_of(1).text);
    assert_string_equal(got.reference, reference);
    assert_string_equal(got.digest.text, digest_of(1).text);
    assert_string_equal(got.requested_by, "webhook:distribution");
    assert_int_equal(got.state, TW_SCAN_QUEUED);
    assert_int_equal(got.attempts, 0);
    assert_int_equal(got.created_ms, T0);
    assert_int_equal(got.started_ms, 0);
    assert_int_equal(strlen(got.id), 32);
}

static void push__redelivered__joins_the_queued_scan(void **state)
{
    struct fixture *f = *state;
    char id[33];
    push_app(f, "1.4", 1, T0);
    memcpy(id, f->scan.id, sizeof id);
    assert_int_equal(push_app(f, "1.4", 1, T0 + 10), 0);
    assert_false(f->is_new);
    assert_string_equal(f->scan.id, id);
    assert_int_equal(push_app(f, "latest", 1, T0 + 20), 0); // another tag, the same image
    assert_false(f->is_new);
    assert_string_equal(f->scan.id, id);
}

static void push__while_running__joins_it_even_for_a_rescan(void **state)
{
    struct fixture *f = *state;
    push_app(f, "1.4", 0, T0);
    assert_int_equal(lease_at(f, T0), 0);
    char id[33];
    memcpy(id, f->scan.id, sizeof id);
    assert_int_equal(push_to(f, "registry.example/team/app:1.4", true, T0), 0);
    assert_false(f->is_new);
    assert_string_equal(f->scan.id, id);
    assert_int_equal(f->scan.state, TW_SCAN_RUNNING);
}

static void push__same_digest_elsewhere__is_a_scan_of_its_own(void **state)
{
    struct fixture *f = *state;
    char text[512];
    push_app(f, "1.4", 1, T0);
    snprintf(text, sizeof text, "registry.example/other@%s", digest_of(1).text);
    assert_int_equal(push_to(f, text, false, T0), 0);
    assert_true(f->is_new);
}

static void push__of_a_stored_digest__is_done_already_unless_rescan(void **state)
{
    struct fixture *f = *state;
    char id[33], text[512];
    store_image(f, "1.4", 1, T0);
    memcpy(id, f->scan.id, sizeof id);
    assert_int_equal(push_app(f, "1.5", 1, T0 + 100), 0);
    assert_false(f->is_new);
    assert_string_equal(f->scan.id, id);
    assert_int_equal(f->scan.state, TW_SCAN_DONE);
    snprintf(text, sizeof text, "registry.example/team/app@%s", digest_of(1).text);
    assert_int_equal(push_to(f, text, true, T0 + 200), 0);
    assert_true(f->is_new);
    assert_string_not_equal(f->scan.id, id);
}

static void push__of_a_stored_tag_without_digest__is_scanned_again(void **state)
{
    struct fixture *f = *state;
    store_image(f, "1.4", 1, T0);
    assert_int_equal(push_app(f, "1.4", 0, T0 + 100), 0);
    assert_true(f->is_new);
}

static void push__of_an_image_that_could_not_be_read__is_scanned_again(void **state)
{
    struct fixture *f = *state;
    struct tw_stored_image image = image_of(1, "{}");
    strcpy(image.summary.completeness, "failed");
    push_app(f, "1.4", 1, T0);
    lease_at(f, T0);
    assert_int_equal(
        tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1, T0, &f->err),
        0);
    assert_int_equal(push_app(f, "1.4", 1, T0), 0);
    assert_true(f->is_new);
}

static void push__queue_full__is_refused_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    f->limits.max_queued = 1;
    assert_int_equal(push_app(f, "1", 1, T0), 0);
    assert_int_equal(push_app(f, "2", 2, T0), TW_E_BUSY);
    assert_true(f->err.retry_after_s > 0);
    assert_non_null(strstr(f->err.msg, "queue is full"));
    assert_int_equal(push_app(f, "1", 1, T0), 0); // joining needs no room
    assert_int_equal(lease_at(f, T0), 0);
    assert_int_equal(push_app(f, "2", 2, T0), 0);
    assert_true(f->is_new);
}

// ---- leases ----

static void lease__several_due__oldest_first_then_nothing(void **state)
{
    struct fixture *f = *state;
    char first[33], second[33];
    push_app(f, "1", 1, T0);
    memcpy(first, f->scan.id, sizeof first);
    push_app(f, "2", 2, T0);
    memcpy(second, f->scan.id, sizeof second);
    assert_true(strcmp(first, second) < 0);
    assert_int_equal(lease_at(f, T0 + 5), 0);
    assert_string_equal(f->scan.id, first);
    assert_int_equal(f->scan.state, TW_SCAN_RUNNING);
    assert_int_equal(f->scan.attempts, 1);
    assert_int_equal(f->scan.started_ms, T0 + 5);
    assert_int_equal(lease_at(f, T0 + 5), 0);
    assert_string_equal(f->scan.id, second);
    f->next_ms = -1;
    assert_int_equal(lease_at(f, T0 + 5), TW_E_NOT_FOUND);
    assert_int_equal(f->next_ms, 0);
}

static void fail__with_a_time__comes_back_then_with_its_reason(void **state)
{
    struct fixture *f = *state;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(fail_at(f, TW_E_UNAVAILABLE, T0 + 2000, T0 + 1), 0);
    assert_int_equal(tw_store_scan_get(f->store, f->scan.id, &f->scan, &f->err), 0);
    assert_int_equal(f->scan.state, TW_SCAN_QUEUED);
    assert_int_equal(f->scan.retry_at_ms, T0 + 2000);
    assert_string_equal(f->scan.error_code, "unavailable");
    assert_string_equal(f->scan.error_message, "it did not work");
    assert_int_equal(lease_at(f, T0 + 1999), TW_E_NOT_FOUND);
    assert_int_equal(f->next_ms, T0 + 2000);
    assert_int_equal(lease_at(f, T0 + 2000), 0);
    assert_int_equal(f->scan.attempts, 2);
    assert_int_equal(f->scan.retry_at_ms, 0);
}

static void fail__interrupted__does_not_count(void **state)
{
    struct fixture *f = *state;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(fail_at(f, TW_E_INTERRUPTED, T0 + 1, T0 + 1), 0);
    assert_int_equal(lease_at(f, T0 + 1), 0);
    assert_int_equal(f->scan.attempts, 1);
}

static void fail__for_good__is_a_dead_letter_that_can_be_retried(void **state)
{
    struct fixture *f = *state;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(fail_at(f, TW_E_DENIED, 0, T0 + 9), 0);
    struct tw_scan got;
    assert_int_equal(tw_store_scan_get(f->store, f->scan.id, &got, &f->err), 0);
    assert_int_equal(got.state, TW_SCAN_FAILED);
    assert_int_equal(got.finished_ms, T0 + 9);
    assert_string_equal(got.error_code, "denied");
    assert_int_equal(lease_at(f, T0 + 1000000), TW_E_NOT_FOUND);

    assert_int_equal(tw_store_scan_retry(f->store, got.id, T0 + 20, &got, &f->err), 0);
    assert_int_equal(got.state, TW_SCAN_QUEUED);
    assert_int_equal(got.attempts, 0);
    assert_string_equal(got.error_code, "");
    assert_int_equal(tw_store_scan_retry(f->store, got.id, T0 + 21, &got, &f->err), TW_E_USAGE);
    assert_int_equal(lease_at(f, T0 + 20), 0);
    assert_string_equal(f->scan.id, got.id);
}

static void retry__while_a_newer_scan_waits__is_refused(void **state)
{
    struct fixture *f = *state;
    char dead[33];
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    memcpy(dead, f->scan.id, sizeof dead);
    fail_at(f, TW_E_DENIED, 0, T0);
    assert_int_equal(push_app(f, "1", 1, T0 + 5), 0);
    assert_true(f->is_new);
    struct tw_scan got;
    assert_int_equal(tw_store_scan_retry(f->store, dead, T0 + 6, &got, &f->err), TW_E_USAGE);
    assert_non_null(strstr(f->err.msg, f->scan.id));
    assert_int_equal(tw_store_scan_retry(f->store, "nope", T0, &got, &f->err), TW_E_NOT_FOUND);
}

static void lease__expired__is_recovered_once_and_the_old_worker_has_lost_it(void **state)
{
    struct fixture *f = *state;
    unsigned count = 9;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    char id[33];
    memcpy(id, f->scan.id, sizeof id);
    assert_int_equal(tw_store_renew(f->store, id, "w1", T0 + 20000, 60000, &f->err), 0);
    assert_int_equal(tw_store_recover(f->store, false, T0 + 79999, &f->limits, &count, &f->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(tw_store_recover(f->store, false, T0 + 80000, &f->limits, &count, &f->err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(
        tw_store_renew(f->store, id, "w1", T0 + 80001, 60000, &f->err), TW_E_NOT_FOUND);
    assert_int_equal(fail_at(f, TW_E_IO, 0, T0), TW_E_NOT_FOUND);
    assert_int_equal(lease_at(f, T0 + 80002), 0);
    assert_int_equal(f->scan.attempts, 2);
    assert_int_equal(tw_store_renew(f->store, id, "w2", T0, 60000, &f->err), TW_E_NOT_FOUND);
}

static void wait__clock_went_back__due_at_once(void **state)
{
    struct fixture *f = *state;
    unsigned count;
    push_app(f, "1", 1, T0 + 1000000);
    assert_int_equal(lease_at(f, T0), TW_E_NOT_FOUND);
    assert_int_equal(tw_store_wait_no_longer(f->store, T0, &f->err), 0);
    assert_int_equal(lease_at(f, T0), 0);
    assert_int_equal(fail_at(f, TW_E_UNAVAILABLE, T0 + 500000, T0 + 1), 0);
    assert_int_equal(lease_at(f, T0 + 2), TW_E_NOT_FOUND);
    // At start-up too.
    assert_int_equal(tw_store_recover(f->store, true, T0 + 2, &f->limits, &count, &f->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(lease_at(f, T0 + 2), 0);
    assert_int_equal(f->scan.attempts, 2);
}

static void recover__no_attempts_left__fails(void **state)
{
    struct fixture *f = *state;
    unsigned count = 0;
    push_app(f, "1", 1, T0);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(lease_at(f, T0), 0);
        assert_int_equal(f->scan.attempts, i);
        assert_int_equal(tw_store_recover(f->store, true, T0, &f->limits, &count, &f->err), 0);
        assert_int_equal(count, 1);
    }
    assert_int_equal(tw_store_scan_get(f->store, f->scan.id, &f->scan, &f->err), 0);
    assert_int_equal(f->scan.state, TW_SCAN_FAILED);
    assert_string_equal(f->scan.error_code, "interrupted");
}

// ---- lists ----

static void scan_list__pages__are_newest_first_and_stable_under_inserts(void **state)
{
    struct fixture *f = *state;
    char ids[5][33];
    for (unsigned i = 0; i < 5; i++) {
        push_app(f, NULL, i + 1, T0 + i / 2);
        memcpy(ids[i], f->scan.id, 33);
    }
    struct tw_scan_query query = {.limit = 2};
    struct tw_scan_list list;
    char cursor[128] = "";
    int seen = 4;
    for (int page = 0; page < 3; page++) {
        query.cursor = cursor;
        assert_int_equal(tw_store_scan_list(f->store, &query, &list, &f->err), 0);
        assert_int_equal(list.count, page < 2 ? 2 : 1);
        for (size_t i = 0; i < list.count; i++)
            assert_string_equal(list.items[i].id, ids[seen--]);
        assert_int_equal(list.next[0] != '\0', page < 2);
        memcpy(cursor, list.next, sizeof cursor);
        free(list.items);
        push_app(f, NULL, 100 + (unsigned)page, T0 + 10); // newer than every page
    }
    assert_int_equal(seen, -1);
}

static void scan_list__by_state__and_bad_words(void **state)
{
    struct fixture *f = *state;
    struct tw_scan_list list;
    push_app(f, NULL, 1, T0);
    push_app(f, NULL, 2, T0);
    lease_at(f, T0);
    struct tw_scan_query query = {.state = "running", .limit = 500};
    assert_int_equal(tw_store_scan_list(f->store, &query, &list, &f->err), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].id, f->scan.id);
    free(list.items);
    query.state = "dead";
    assert_int_equal(tw_store_scan_list(f->store, &query, &list, &f->err), TW_E_USAGE);
    query = (struct tw_scan_query){.limit = 501};
    assert_int_equal(tw_store_scan_list(f->store, &query, &list, &f->err), TW_E_USAGE);
    query = (struct tw_scan_query){.limit = 1, .cursor = "x'; DROP"};
    assert_int_equal(tw_store_scan_list(f->store, &query, &list, &f->err), TW_E_USAGE);
}

static void queue_stats__follow_every_move(void **state)
{
    struct fixture *f = *state;
    uint64_t counts[4];
    int64_t oldest = -1;
    assert_int_equal(tw_store_queue_stats(f->store, counts, &oldest, &f->err), 0);
    assert_int_equal(counts[TW_SCAN_QUEUED] + counts[TW_SCAN_DONE], 0);
    assert_int_equal(oldest, 0);
    store_image(f, "1", 1, T0);
    push_app(f, NULL, 2, T0 + 1);
    push_app(f, NULL, 3, T0 + 2);
    push_app(f, NULL, 4, T0 + 3);
    push_app(f, NULL, 5, T0 + 4);
    lease_at(f, T0 + 5);
    fail_at(f, TW_E_DENIED, 0, T0 + 5);
    lease_at(f, T0 + 5);
    assert_int_equal(tw_store_queue_stats(f->store, counts, &oldest, &f->err), 0);
    assert_int_equal(counts[TW_SCAN_QUEUED], 2);
    assert_int_equal(counts[TW_SCAN_RUNNING], 1);
    assert_int_equal(counts[TW_SCAN_DONE], 1);
    assert_int_equal(counts[TW_SCAN_FAILED], 1);
    assert_int_equal(oldest, T0 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(push__first__is_queued_with_all_that_is_known),
        TEST(push__redelivered__joins_the_queued_scan),
        TEST(push__while_running__joins_it_even_for_a_rescan),
        TEST(push__same_digest_elsewhere__is_a_scan_of_its_own),
        TEST(push__of_a_stored_digest__is_done_already_unless_rescan),
        TEST(push__of_a_stored_tag_without_digest__is_scanned_again),
        TEST(push__of_an_image_that_could_not_be_read__is_scanned_again),
        TEST(push__queue_full__is_refused_and_leaves_nothing),
        TEST(lease__several_due__oldest_first_then_nothing),
        TEST(fail__with_a_time__comes_back_then_with_its_reason),
        TEST(fail__interrupted__does_not_count),
        TEST(fail__for_good__is_a_dead_letter_that_can_be_retried),
        TEST(retry__while_a_newer_scan_waits__is_refused),
        TEST(lease__expired__is_recovered_once_and_the_old_worker_has_lost_it),
        TEST(wait__clock_went_back__due_at_once),
        TEST(recover__no_attempts_left__fails),
        TEST(scan_list__pages__are_newest_first_and_stable_under_inserts),
        TEST(scan_list__by_state__and_bad_words),
        TEST(queue_stats__follow_every_move),
        cmocka_unit_test(plans__of_all_statements_that_ran__search_by_index),
    };
    return cmocka_run_group_tests_name("queue", tests, plans_watch, NULL);
}
