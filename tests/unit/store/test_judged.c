// What stored images were judged by, and under which name.
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/plans.h"

// How many images are stale: not judged by the mark; NULL: judged under another name.
static size_t stale(struct fixture *f, const char *mark)
{
    struct tw_digest digests[8];
    int64_t after = 0;
    size_t count = 0;
    assert_int_equal(
        tw_store_stale(f->store, "image", mark, &after, digests, 8, &count, &f->err), 0);
    return count;
}

// The scan that push_app queued ends with one image that "policy 1" judged.
static void finish(struct fixture *f, unsigned n, int64_t now_ms)
{
    struct tw_stored_image image = image_of(n, "{}");
    image.judged_by = "policy 1";
    assert_int_equal(lease_at(f, now_ms), 0);
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1,
                         now_ms, &f->err),
        0);
}

static struct tw_image_summary summary(struct fixture *f, unsigned n)
{
    struct tw_image_summary got;
    struct tw_digest digest = digest_of(n);
    assert_int_equal(tw_store_image_get(f->store, &digest, &got, &f->err), 0);
    return got;
}

// Writes the verdict "deny" of the image as it was when `seen` was read.
static void deny(struct fixture *f, const struct tw_image_summary *seen)
{
    struct tw_image_summary judged = *seen;
    strcpy(judged.decision, "deny");
    judged.counts[TW_CRITICAL] = 9;
    assert_int_equal(tw_store_judged(f->store, &judged, NULL, NULL, 1, "policy 2", T0, &f->err), 0);
}

static void stale__by_another_mark__is_told_in_pages(void **state)
{
    struct fixture *f = *state;
    struct tw_digest digests[2];
    int64_t after = 0;
    size_t count = 0;
    for (unsigned n = 1; n <= 3; n++) {
        push_app(f, "1", n, T0 + n);
        finish(f, n, T0 + n);
    }
    assert_int_equal(stale(f, "policy 1"), 0);
    assert_int_equal(stale(f, "policy 2"), 3);
    assert_int_equal(stale(f, NULL), 0);
    static const size_t pages[] = {2, 1, 0};
    for (size_t i = 0; i < TW_COUNT(pages); i++) {
        assert_int_equal(
            tw_store_stale(f->store, "image", "policy 2", &after, digests, 2, &count, &f->err), 0);
        assert_int_equal(count, pages[i]);
    }
    deny(f, &(struct tw_image_summary){0}); // gone: no error
    struct tw_image_summary seen = summary(f, 2);
    deny(f, &seen);
    assert_int_equal(stale(f, "policy 2"), 2);
    struct tw_image_summary got = summary(f, 2);
    assert_string_equal(got.decision, "deny");
    assert_int_equal(got.counts[TW_CRITICAL], 9);
}

static void push__under_another_name__is_to_be_judged_again(void **state)
{
    static const struct {
        const char *reference;
        size_t stale;
    } rows[] = {
        {"registry.example/team/app:1", 0}, // a redelivery
        {"registry.example/team/app:2", 1},
        {"registry.example/team/app:2", 0},
        {"registry.example/team/app:1", 1}, // and back
        {"registry.example/team/other:1", 1},
        {"other.example/team/other:1", 1},
    };
    struct fixture *f = *state;
    char text[512];
    push_app(f, "1", 1, T0);
    finish(f, 1, T0 + 1);
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        snprintf(text, sizeof text, "%s@%s", rows[i].reference, digest_of(1).text);
        assert_int_equal(push_to(f, text, false, T0 + 10 + (int64_t)i), 0);
        if (strstr(text, "team/app"))
            assert_false(f->is_new);
        assert_int_equal(stale(f, NULL), rows[i].stale);
        assert_int_equal(stale(f, "policy 1"), rows[i].stale);
        struct tw_image_summary seen = summary(f, 1);
        tw_store_judged(f->store, &seen, NULL, NULL, 1, "policy 1", T0, &f->err);
        assert_int_equal(stale(f, NULL), 0);
    }
}

static void push__while_it_is_scanned__is_to_be_judged_again(void **state)
{
    struct fixture *f = *state;
    push_app(f, "1-beta", 1, T0);
    push_app(f, "1", 1, T0 + 1); // joins the scan
    assert_false(f->is_new);
    finish(f, 1, T0 + 2);
    assert_int_equal(stale(f, NULL), 1);
    push_app(f, "2-beta", 2, T0 + 3);
    push_app(f, "2", 2, T0 + 4);
    push_app(f, "2-beta", 2, T0 + 5); // the latest is the one that the scan was asked by
    finish(f, 2, T0 + 6);
    assert_int_equal(stale(f, NULL), 1);
}

static void judged__renamed_or_scanned_meanwhile__is_left_alone(void **state)
{
    struct fixture *f = *state;
    push_app(f, "1-beta", 1, T0);
    finish(f, 1, T0 + 1);
    struct tw_image_summary seen = summary(f, 1);
    push_app(f, "1", 1, T0 + 2);
    deny(f, &seen);
    assert_string_equal(summary(f, 1).decision, "warn");
    assert_int_equal(stale(f, NULL), 1);

    seen = summary(f, 1);
    char text[512];
    snprintf(text, sizeof text, "registry.example/team/app:1@%s", digest_of(1).text);
    assert_int_equal(push_to(f, text, true, T0 + 3), 0);
    finish(f, 1, T0 + 4);
    deny(f, &seen);
    assert_string_equal(summary(f, 1).decision, "warn");
    assert_int_equal(stale(f, "policy 1"), 0);

    seen = summary(f, 1);
    deny(f, &seen);
    assert_string_equal(summary(f, 1).decision, "deny");
}

static void push__of_an_index_under_another_name__its_images_too(void **state)
{
    struct fixture *f = *state;
    struct tw_digest children[] = {digest_of(11), digest_of(12)}, top = digest_of(10);
    struct tw_digest digests[4];
    struct tw_stored_image images[3] = {
        {.children = children, .child_count = 2}, image_of(11, "{}"), image_of(12, "{}")};
    images[0].summary = (struct tw_image_summary){
        .digest = top, .kind = "index", .completeness = "complete", .decision = "pass"};
    for (int i = 0; i < 3; i++)
        images[i].judged_by = "policy 1";
    push_app(f, "1-beta", 10, T0);
    lease_at(f, T0 + 1);
    assert_int_equal(
        tw_store_finish(f->store, f->scan.id, "w1", &top, images, 3, T0 + 2, &f->err), 0);
    assert_int_equal(stale(f, NULL), 0);
    push_app(f, "1", 10, T0 + 3);
    assert_int_equal(stale(f, NULL), 2);
    int64_t after = 0;
    size_t count = 0;
    assert_int_equal(
        tw_store_stale(f->store, "index", NULL, &after, digests, 4, &count, &f->err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(digests[0].text, top.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stale__by_another_mark__is_told_in_pages),
        TEST(push__under_another_name__is_to_be_judged_again),
        TEST(push__while_it_is_scanned__is_to_be_judged_again),
        TEST(judged__renamed_or_scanned_meanwhile__is_left_alone),
        TEST(push__of_an_index_under_another_name__its_images_too),
        cmocka_unit_test(plans__of_all_statements_that_ran__search_by_index),
    };
    return cmocka_run_group_tests_name("judged", tests, plans_watch, NULL);
}
