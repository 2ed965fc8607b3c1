// The outbox: written in the commit of what it tells of, sorted, taken, ended.
#include "daemon/store/notice.h"
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/plans.h"

enum { LEASE_MS = 1000 };

static struct tw_reference reference_of(const char *tag, unsigned n)
{
    struct tw_reference reference;
    struct tw_digest digest = digest_of(n);
    assert_int_equal(
        tw_reference_make("registry.example", "team/app", tag, digest.text, &reference, NULL), 0);
    return reference;
}

// `count` notices with JSON that has `text` in it.
static struct tw_telling telling_of(unsigned n, int64_t generation, size_t count, const char *text)
{
    struct tw_telling telling = {.reference = reference_of("1", n),
        .generation = generation,
        .findings = TW_BUF(1000),
        .count = count,
        .now_ms = T0 + 7,
        .is_set = true};
    tw_buf_puts(&telling.findings, text);
    for (size_t i = 0; i < count; i++) {
        telling.notices[i] =
            (struct tw_notice_text){.kind = i ? "drift" : "findings", .json = TW_BUF(1000)};
        tw_buf_printf(
            &telling.notices[i].json, "{\"repository\":\"team/app\",\"tag\":\"%s\"}", text);
    }
    return telling;
}

// Pushes, leases and finishes image n with what it tells.
static int finish_telling(
    struct fixture *f, const char *tag, unsigned n, const struct tw_telling *telling)
{
    struct tw_stored_image image = image_of(n, "{}");
    image.telling = telling;
    assert_int_equal(push_app(f, tag, n, T0), 0);
    assert_int_equal(lease_at(f, T0), 0);
    return tw_store_finish(
        f->store, f->scan.id, "w1", &image.summary.digest, &image, 1, T0 + 5, &f->err);
}

// "findings a, drift a": all that is not sorted, sorted for nobody.
static void expect_notices(struct fixture *f, const char *expected)
{
    char seen[512] = "";
    struct tw_news notice;
    while (tw_store_notice_next(f->store, &notice, &f->err) == 0) {
        size_t n = strlen(seen);
        snprintf(seen + n, sizeof seen - n, "%s%s %s", n ? ", " : "", notice.kind, notice.json);
        assert_int_equal(
            tw_store_notice_sort(f->store, notice.id, NULL, 0, 9, T0, NULL, &f->err), 0);
        tw_news_done(&notice);
    }
    assert_string_equal(seen, expected);
}

static void expect_told(
    struct fixture *f, unsigned n, int state, int64_t generation, const char *text)
{
    struct tw_told told;
    struct tw_reference reference = reference_of("1", n);
    assert_int_equal(tw_store_told_get(f->store, &reference, &told, &f->err), 0);
    assert_int_equal(told.state, state);
    assert_int_equal(told.generation, generation);
    assert_string_equal(told.findings.data ? told.findings.data : "", text);
    tw_told_done(&told);
}

#define JSON(text) "{\"repository\":\"team/app\",\"tag\":\"" text "\"}"

static void finish__telling__is_written_with_the_results(void **state)
{
    struct fixture *f = *state;
    struct tw_telling telling = telling_of(1, 0, 2, "a");
    expect_told(f, 1, TW_TOLD_NEVER, 0, "");
    assert_int_equal(finish_telling(f, "1", 1, &telling), 0);
    reopen(f); // as after kill -9: what was committed is there
    expect_told(f, 1, TW_TOLD, 1, "a");
    expect_notices(f, "findings " JSON("a") ", drift " JSON("a"));
    tw_telling_done(&telling);
}

static void finish__with_a_lost_lease__tells_nothing(void **state)
{
    struct fixture *f = *state;
    struct tw_telling telling = telling_of(1, 0, 2, "a");
    struct tw_stored_image image = image_of(1, "{}");
    image.telling = &telling;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(
        tw_store_finish(f->store, f->scan.id, "w2", &image.summary.digest, &image, 1, T0, &f->err),
        TW_E_NOT_FOUND);
    expect_told(f, 1, TW_TOLD_NEVER, 0, "");
    expect_notices(f, "");
    tw_telling_done(&telling);
}

// What was made from an older state of things is not told; the image is judged again.
static void finish__told_by_others_meanwhile__is_judged_again(void **state)
{
    struct fixture *f = *state;
    struct tw_telling first = telling_of(1, 0, 1, "a"), late = telling_of(1, 0, 1, "b");
    struct tw_digest stale[2];
    size_t count = 9;
    int64_t after = 0;
    assert_int_equal(finish_telling(f, "1", 1, &first), 0);
    char text[512];
    snprintf(text, sizeof text, "registry.example/team/app:1@%s", digest_of(1).text);
    assert_int_equal(push_to(f, text, true, T0 + 10), 0);
    assert_int_equal(lease_at(f, T0 + 10), 0);
    struct tw_stored_image image = image_of(1, "{}");
    image.telling = &late;
    image.judged_by = "mark";
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1,
                         T0 + 20, &f->err),
        0);
    expect_told(f, 1, TW_TOLD, 1, "a");
    expect_notices(f, "findings " JSON("a"));
    assert_int_equal(
        tw_store_stale(f->store, "image", "mark", &after, stale, 2, &count, &f->err), 0);
    assert_int_equal(count, 1);
    tw_telling_done(&first);
    tw_telling_done(&late);
}

static void judged__telling__only_when_it_is_taken_over(void **state)
{
    struct fixture *f = *state;
    struct tw_telling first = telling_of(1, 0, 1, "a"), second = telling_of(1, 1, 1, "ab");
    struct tw_image_summary summary;
    struct tw_digest digest = digest_of(1);
    assert_int_equal(finish_telling(f, "1", 1, &first), 0);
    assert_int_equal(tw_store_image_get(f->store, &digest, &summary, &f->err), 0);
    summary.scanned_ms++; // judged before it was scanned again
    assert_int_equal(tw_store_judged(f->store, &summary, NULL, &second, 1, "mark", T0, &f->err), 0);
    expect_told(f, 1, TW_TOLD, 1, "a");
    summary.scanned_ms--;
    assert_int_equal(tw_store_judged(f->store, &summary, NULL, &second, 1, "mark", T0, &f->err), 0);
    expect_told(f, 1, TW_TOLD, 2, "ab");
    expect_notices(f, "findings " JSON("a") ", findings " JSON("ab"));
    tw_telling_done(&first);
    tw_telling_done(&second);
}

static void fail__for_good__tells_itself_and_so_does_recovery(void **state)
{
    struct fixture *f = *state;
    char expected[512];
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(fail_at(f, TW_E_UNAVAILABLE, T0 + 5, T0 + 1), 0); // will be tried again
    expect_notices(f, "");
    lease_at(f, T0 + 5);
    assert_int_equal(fail_at(f, TW_E_DENIED, 0, T0 + 6), 0);
    snprintf(expected, sizeof expected,
        "dead-letter {\"registry\":\"registry.example\",\"repository\":\"team/app\",\"tag\":\"1\","
        "\"digest\":\"%s\",\"scan\":\"%s\",\"attempts\":2,\"error\":\"denied\","
        "\"message\":\"it did not work\"}",
        digest_of(1).text, f->scan.id);
    expect_notices(f, expected);
    // A process that dies with the last attempt: the next one fails the scan, and tells it.
    unsigned count = 0;
    push_app(f, "2", 2, T0);
    f->limits.max_attempts = 1;
    lease_at(f, T0 + 7);
    assert_int_equal(tw_store_recover(f->store, true, T0 + 8, &f->limits, &count, &f->err), 0);
    assert_int_equal(count, 1);
    struct tw_news notice;
    assert_int_equal(tw_store_notice_next(f->store, &notice, &f->err), 0);
    assert_int_equal(notice.created_ms, T0 + 8);
    assert_non_null(strstr(notice.json, "\"error\":\"interrupted\""));
    tw_news_done(&notice);
}

// ---- tags ----

static void tag_before__the_scanned_image_that_the_tag_had(void **state)
{
    struct fixture *f = *state;
    struct tw_digest digest;
    char tag[TW_TAG_MAX + 1];
    store_image(f, "1", 1, T0);
    struct tw_reference first = reference_of("1", 1), second = reference_of("1", 2);
    assert_int_equal(tw_store_tag_before(f->store, &first, &digest, &f->err), TW_E_NOT_FOUND);
    assert_int_equal(tw_store_tag_before(f->store, &second, &digest, &f->err), 0); // not on record
    assert_string_equal(digest.text, digest_of(1).text);
    store_image(f, "1", 2, T0 + 10);
    push_app(f, "1", 3, T0 + 20); // not scanned
    assert_int_equal(tw_store_tag_before(f->store, &second, &digest, &f->err), 0);
    assert_string_equal(digest.text, digest_of(1).text);
    struct tw_reference third = reference_of("1", 3);
    assert_int_equal(tw_store_tag_before(f->store, &third, &digest, &f->err), 0);
    assert_string_equal(digest.text, digest_of(2).text);
    assert_int_equal(tw_store_current_tag(f->store, &third, tag, &f->err), 0);
    assert_string_equal(tag, "1");
    assert_int_equal(tw_store_current_tag(f->store, &second, tag, &f->err), TW_E_NOT_FOUND);
    push_app(f, "2", 2, T0 + 30);
    assert_int_equal(tw_store_current_tag(f->store, &second, tag, &f->err), 0);
    assert_string_equal(tag, "2");
}

static bool has_moved(struct fixture *f, const char *tag, unsigned n)
{
    struct tw_told told;
    struct tw_reference reference = reference_of(tag, n);
    assert_int_equal(tw_store_told_get(f->store, &reference, &told, &f->err), 0);
    tw_told_done(&told);
    return told.has_moved;
}

static void told__tag_comes_to_point_to_it__has_moved_until_told(void **state)
{
    struct fixture *f = *state;
    struct tw_telling first = telling_of(1, 0, 0, "a"), again = telling_of(1, 1, 0, "a");
    struct tw_image_summary summary;
    struct tw_digest digest = digest_of(1), stale[2];
    size_t count = 9;
    int64_t after = 0;
    assert_int_equal(finish_telling(f, "1", 1, &first), 0);
    assert_false(has_moved(f, "1", 1));
    push_app(f, "1", 1, T0 + 10); // redelivered
    assert_false(has_moved(f, "1", 1));
    push_app(f, "1", 2, T0 + 20);
    assert_int_equal(tw_store_image_get(f->store, &digest, &summary, &f->err), 0);
    assert_int_equal(tw_store_judged(f->store, &summary, NULL, NULL, 1, "mark", T0, &f->err), 0);
    push_app(f, "1", 1, T0 + 30); // back to it: judged once more, and told
    assert_true(has_moved(f, "1", 1));
    assert_int_equal(
        tw_store_stale(f->store, "image", "mark", &after, stale, 2, &count, &f->err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(tw_store_image_get(f->store, &digest, &summary, &f->err), 0);
    assert_int_equal(tw_store_judged(f->store, &summary, NULL, &again, 1, "mark", T0, &f->err), 0);
    assert_false(has_moved(f, "1", 1));
    tw_telling_done(&first);
    tw_telling_done(&again);
}

// ---- deliveries ----

static int64_t add_notice(struct fixture *f, unsigned n)
{
    struct tw_telling telling = telling_of(n, 0, 1, "x");
    struct tw_news notice;
    char tag[16];
    snprintf(tag, sizeof tag, "%u", n);
    assert_int_equal(finish_telling(f, tag, n, &telling), 0);
    tw_telling_done(&telling);
    assert_int_equal(tw_store_notice_next(f->store, &notice, &f->err), 0);
    int64_t id = notice.id;
    tw_news_done(&notice);
    return id;
}

static void sort_for(struct fixture *f, int64_t notice, const char *const *sinks, size_t count)
{
    bool dropped[4];
    assert_int_equal(
        tw_store_notice_sort(f->store, notice, sinks, count, 2, T0, dropped, &f->err), 0);
    for (size_t i = 0; i < count; i++)
        assert_false(dropped[i]);
}

static size_t take(
    struct fixture *f, const char *sink, struct tw_delivery *room, size_t max, int64_t now_ms)
{
    size_t count = 99;
    assert_int_equal(tw_store_delivery_take(
                         f->store, sink, max, now_ms, LEASE_MS, room, &count, &f->next_ms, &f->err),
        0);
    for (size_t i = 0; i < count; i++)
        tw_news_done(&room[i].notice);
    return count;
}

static void expect_counts(struct fixture *f, const char *expected)
{
    TW_AUTO(tw_freep) struct tw_delivery_count *counts = NULL;
    size_t count = 0;
    char seen[256] = "";
    assert_int_equal(tw_store_delivery_counts(f->store, &counts, &count, &f->err), 0);
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(seen);
        snprintf(seen + n, sizeof seen - n, "%s%s %u+%u", n ? ", " : "", counts[i].sink,
            (unsigned)counts[i].waiting, (unsigned)counts[i].failed);
    }
    assert_string_equal(seen, expected);
}

static void take__leases__and_the_end_of_a_lease_gives_it_again(void **state)
{
    struct fixture *f = *state;
    static const char *const sinks[] = {"a", "b"};
    struct tw_delivery room[4], other[4];
    sort_for(f, add_notice(f, 1), sinks, 2);
    sort_for(f, add_notice(f, 2), sinks, 1);
    expect_counts(f, "a 2+0, b 1+0");
    assert_int_equal(take(f, "a", room, 1, T0), 1);
    assert_int_equal(f->next_ms, T0); // the other is due as well
    assert_int_equal(room[0].attempts, 1);
    assert_int_equal(room[0].created_ms, T0);
    assert_int_equal(take(f, "a", room + 1, 4, T0), 1);
    assert_int_equal(f->next_ms, T0 + LEASE_MS);
    assert_string_not_equal(room[0].id, room[1].id);
    assert_int_equal(take(f, "a", other, 4, T0 + LEASE_MS - 1), 0);
    assert_int_equal(take(f, "b", other, 4, T0), 1);
    assert_int_equal(take(f, "c", other, 4, T0), 0);
    assert_int_equal(f->next_ms, 0);
    reopen(f); // the process died: same ids, next attempt
    assert_int_equal(tw_store_delivery_recover(f->store, T0 + 5, &f->err), 0);
    assert_int_equal(take(f, "a", other, 4, T0 + 5), 2);
    assert_string_equal(other[0].id, room[0].id);
    assert_int_equal(other[0].attempts, 2);
    expect_counts(f, "a 2+0, b 1+0");
}

static void end__done_again_back_failed(void **state)
{
    struct fixture *f = *state;
    static const char *const sinks[] = {"a", "b"};
    struct tw_delivery room[4];
    int64_t notice = add_notice(f, 1);
    sort_for(f, notice, sinks, 2);
    assert_int_equal(take(f, "a", room, 4, T0), 1);
    assert_int_equal(
        tw_store_delivery_end(f->store, room, 1, TW_DELIVERY_AGAIN, "HTTP 500", T0 + 50, &f->err),
        0);
    assert_int_equal(take(f, "a", room, 4, T0 + 49), 0);
    assert_int_equal(f->next_ms, T0 + 50);
    assert_int_equal(take(f, "a", room, 4, T0 + 50), 1);
    assert_int_equal(room[0].attempts, 2);
    assert_int_equal(
        tw_store_delivery_end(f->store, room, 1, TW_DELIVERY_BACK, "", T0 + 50, &f->err), 0);
    assert_int_equal(take(f, "a", room, 4, T0 + 50), 1);
    assert_int_equal(room[0].attempts, 2);
    assert_int_equal(
        tw_store_delivery_end(f->store, room, 1, TW_DELIVERY_FAILED, "HTTP 404", 0, &f->err), 0);
    assert_int_equal(take(f, "a", room, 4, T0 + 100), 0);
    expect_counts(f, "a 0+1, b 1+0");
    assert_int_equal(take(f, "b", room, 4, T0), 1);
    assert_int_equal(tw_store_delivery_end(f->store, room, 1, TW_DELIVERY_DONE, "", 0, &f->err), 0);
    expect_counts(f, "a 0+1");
}

static void list__newest_first_filtered_paged_and_retry(void **state)
{
    struct fixture *f = *state;
    static const char *const sinks[] = {"a", "b"};
    struct tw_notification_list list;
    struct tw_notification again;
    struct tw_delivery room[4];
    sort_for(f, add_notice(f, 1), sinks, 2);
    sort_for(f, add_notice(f, 2), sinks, 2);
    assert_int_equal(take(f, "a", room, 1, T0), 1);
    assert_int_equal(
        tw_store_delivery_end(f->store, room, 1, TW_DELIVERY_FAILED, "HTTP 404", 0, &f->err), 0);
    struct tw_notification_query query = {.limit = 3};
    assert_int_equal(tw_store_delivery_list(f->store, &query, &list, &f->err), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0].sink, "b");
    assert_string_equal(list.items[0].reference, "/team/app:x");
    char cursor[128];
    memcpy(cursor, list.next, sizeof cursor);
    free(list.items);
    query.cursor = cursor;
    assert_int_equal(tw_store_delivery_list(f->store, &query, &list, &f->err), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.next, "");
    assert_string_equal(list.items[0].id, room[0].id);
    assert_string_equal(list.items[0].error, "HTTP 404");
    assert_string_equal(list.items[0].state, "failed");
    assert_int_equal(list.items[0].due_ms, 0);
    free(list.items);
    query = (struct tw_notification_query){.limit = 9, .state = "failed", .sink = "b"};
    assert_int_equal(tw_store_delivery_list(f->store, &query, &list, &f->err), 0);
    assert_int_equal(list.count, 0);
    free(list.items);
    const char *const wrong[] = {"i9", "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0", "0123456789abcdef0123456789abcdef~"};
    for (size_t i = 0; i < TW_COUNT(wrong); i++) {
        query = (struct tw_notification_query){.limit = 9, .cursor = wrong[i]};
        assert_int_equal(tw_store_delivery_list(f->store, &query, &list, &f->err), TW_E_USAGE);
    }
    query = (struct tw_notification_query){.limit = 9, .cursor = ""}; // the first page
    assert_int_equal(tw_store_delivery_list(f->store, &query, &list, &f->err), 0);
    assert_int_equal(list.count, 4);
    free(list.items);

    assert_int_equal(tw_store_delivery_retry(f->store, room[0].id, T0 + 9, &again, &f->err), 0);
    assert_string_equal(again.state, "waiting");
    assert_int_equal(again.attempts, 0);
    assert_int_equal(
        tw_store_delivery_retry(f->store, room[0].id, T0 + 9, &again, &f->err), TW_E_USAGE);
    assert_int_equal(
        tw_store_delivery_retry(f->store, "none", T0 + 9, &again, &f->err), TW_E_NOT_FOUND);
    assert_int_equal(take(f, "a", room, 4, T0 + 9), 2);
}

static void sort__too_many_waiting__drops_that_one_and_says_so(void **state)
{
    struct fixture *f = *state;
    static const char *const sinks[] = {"a", "b"};
    bool dropped[2];
    sort_for(f, add_notice(f, 1), sinks, 1);
    sort_for(f, add_notice(f, 2), sinks, 1);
    assert_int_equal(
        tw_store_notice_sort(f->store, add_notice(f, 3), sinks, 2, 2, T0, dropped, &f->err), 0);
    assert_true(dropped[0]);
    assert_false(dropped[1]);
    expect_counts(f, "a 2+0, b 1+0");
}

static void drop_and_purge__take_what_is_strange_old_or_too_much(void **state)
{
    struct fixture *f = *state;
    static const char *const sinks[] = {"a", "b"};
    struct tw_delivery room[4];
    uint64_t count = 0;
    for (unsigned n = 1; n <= 2; n++)
        sort_for(f, add_notice(f, n), sinks, 2);
    assert_int_equal(take(f, "a", room, 4, T0), 2);
    assert_int_equal(
        tw_store_delivery_end(f->store, room, 2, TW_DELIVERY_FAILED, "x", 0, &f->err), 0);
    assert_int_equal(tw_store_delivery_purge(f->store, T0, 2, &count, &f->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(tw_store_delivery_purge(f->store, T0, 1, &count, &f->err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(tw_store_delivery_purge(f->store, T0 + 1, 1, &count, &f->err), 0);
    assert_int_equal(count, 1);
    expect_counts(f, "b 2+0");
    assert_int_equal(tw_store_delivery_drop(f->store, "b", &count, &f->err), 0);
    assert_int_equal(count, 2);
    expect_counts(f, "");
}

// ---- who listens ----

static void ring(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void listen__each_commit_that_may_tell__calls(void **state)
{
    struct fixture *f = *state;
    unsigned rings = 0;
    assert_false(tw_store_is_telling(f->store));
    tw_store_set_telling(f->store, true);
    assert_true(tw_store_is_telling(f->store));
    tw_store_listen(f->store, ring, &rings);
    struct tw_telling telling = telling_of(1, 0, 1, "a");
    assert_int_equal(finish_telling(f, "1", 1, &telling), 0);
    assert_int_equal(rings, 1);
    tw_telling_done(&telling);
    push_app(f, "2", 2, T0);
    lease_at(f, T0);
    fail_at(f, TW_E_UNAVAILABLE, T0 + 5, T0 + 1);
    assert_int_equal(rings, 1);
    lease_at(f, T0 + 5);
    fail_at(f, TW_E_DENIED, 0, T0 + 6);
    assert_int_equal(rings, 2);
    tw_store_listen(f->store, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finish__telling__is_written_with_the_results),
        TEST(finish__with_a_lost_lease__tells_nothing),
        TEST(finish__told_by_others_meanwhile__is_judged_again),
        TEST(judged__telling__only_when_it_is_taken_over),
        TEST(fail__for_good__tells_itself_and_so_does_recovery),
        TEST(tag_before__the_scanned_image_that_the_tag_had),
        TEST(told__tag_comes_to_point_to_it__has_moved_until_told),
        TEST(take__leases__and_the_end_of_a_lease_gives_it_again),
        TEST(end__done_again_back_failed),
        TEST(list__newest_first_filtered_paged_and_retry),
        TEST(sort__too_many_waiting__drops_that_one_and_says_so),
        TEST(drop_and_purge__take_what_is_strange_old_or_too_much),
        TEST(listen__each_commit_that_may_tell__calls),
        cmocka_unit_test(plans__of_all_statements_that_ran__search_by_index),
    };
    return cmocka_run_group_tests_name("notice", tests, plans_watch, NULL);
}
