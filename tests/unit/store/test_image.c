#include "tests/unit/store/fixture.h"
#include "tests/unit/store/plans.h"

static void finish__an_index__stores_all_and_ends_the_scan(void **state)
{
    struct fixture *f = *state;
    struct tw_digest children[] = {digest_of(11), digest_of(12), digest_of(11)};
    struct tw_stored_image images[3] = {{.media_type = "application/vnd.oci.image.index.v1+json",
                                            .children = children,
                                            .child_count = 3},
        image_of(11, "{\"a\":1}"), image_of(12, "{\"b\":22}")};
    images[0].summary = (struct tw_image_summary){
        .digest = digest_of(10), .kind = "index", .completeness = "complete", .decision = "deny"};
    push_app(f, "1.4", 0, T0);
    lease_at(f, T0 + 1);
    struct tw_digest top = digest_of(10);
    assert_int_equal(
        tw_store_finish(f->store, f->scan.id, "w1", &top, images, 3, T0 + 2, &f->err), 0);

    struct tw_scan scan;
    assert_int_equal(tw_store_scan_get(f->store, f->scan.id, &scan, &f->err), 0);
    assert_int_equal(scan.state, TW_SCAN_DONE);
    assert_int_equal(scan.finished_ms, T0 + 2);
    assert_string_equal(scan.digest.text, top.text);
    assert_string_equal(scan.reference, "registry.example/team/app:1.4");

    struct tw_stored_inventory inventory;
    assert_int_equal(tw_store_inventory_get(f->store, &top, &inventory, &f->err), 0);
    assert_null(inventory.inventory_json);
    assert_string_equal(inventory.media_type, "application/vnd.oci.image.index.v1+json");
    assert_int_equal(inventory.child_count, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(inventory.children[i].text, children[i].text);
    assert_string_equal(inventory.summary.tag, "1.4");
    tw_stored_inventory_done(&inventory);

    assert_int_equal(tw_store_inventory_get(f->store, &children[1], &inventory, &f->err), 0);
    assert_string_equal(inventory.inventory_json, "{\"b\":22}");
    assert_int_equal(inventory.inventory_size, 8);
    assert_int_equal(inventory.child_count, 0);
    const struct tw_image_summary *s = &inventory.summary;
    assert_string_equal(s->kind, "image");
    assert_string_equal(s->registry, "registry.example"); // by way of its index
    assert_string_equal(s->repository, "team/app");
    assert_string_equal(s->platform, "linux/amd64");
    assert_string_equal(s->completeness, "complete");
    assert_string_equal(s->decision, "warn");
    assert_int_equal(s->counts[TW_INFO], 5);
    assert_int_equal(s->counts[TW_CRITICAL], 1);
    assert_int_equal(s->go_binaries, 7);
    assert_int_equal(s->pushed_ms, T0);
    assert_int_equal(s->scanned_ms, T0 + 2);
    tw_stored_inventory_done(&inventory);
}

static void finish__with_a_lost_lease__stores_nothing(void **state)
{
    struct fixture *f = *state;
    struct tw_stored_image image = image_of(1, "{}");
    struct tw_image_summary got;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(
        tw_store_finish(f->store, f->scan.id, "w2", &image.summary.digest, &image, 1, T0, &f->err),
        TW_E_NOT_FOUND);
    assert_int_equal(
        tw_store_image_get(f->store, &image.summary.digest, &got, &f->err), TW_E_NOT_FOUND);
    assert_int_equal(tw_store_scan_get(f->store, f->scan.id, &f->scan, &f->err), 0);
    assert_int_equal(f->scan.state, TW_SCAN_RUNNING);
}

static void finish__index_without_its_image__changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct tw_digest child = digest_of(2);
    struct tw_stored_image images[] = {image_of(1, "{}")};
    struct tw_image_summary got;
    images[0].children = &child;
    images[0].child_count = 1;
    push_app(f, "1", 1, T0);
    lease_at(f, T0);
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &images[0].summary.digest, images,
                         1, T0, &f->err),
        TW_E_INTERNAL);
    assert_int_equal(
        tw_store_image_get(f->store, &images[0].summary.digest, &got, &f->err), TW_E_NOT_FOUND);
    assert_int_equal(tw_store_renew(f->store, f->scan.id, "w1", T0, 60000, &f->err), 0);
}

static void finish__again__replaces_what_was_stored(void **state)
{
    struct fixture *f = *state;
    struct tw_stored_image image = image_of(1, "{\"second\":true}");
    struct tw_stored_inventory inventory;
    char text[512];
    store_image(f, "1", 1, T0);
    snprintf(text, sizeof text, "registry.example/team/app@%s", digest_of(1).text);
    assert_int_equal(push_to(f, text, true, T0 + 10), 0);
    lease_at(f, T0 + 10);
    image.summary.go_binaries = 1;
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1,
                         T0 + 20, &f->err),
        0);
    assert_int_equal(
        tw_store_inventory_get(f->store, &image.summary.digest, &inventory, &f->err), 0);
    assert_string_equal(inventory.inventory_json, "{\"second\":true}");
    assert_int_equal(inventory.summary.go_binaries, 1);
    assert_int_equal(inventory.summary.scanned_ms, T0 + 20);
    tw_stored_inventory_done(&inventory);
}

static void image_get__the_latest_push__names_it(void **state)
{
    struct fixture *f = *state;
    struct tw_digest digest = digest_of(1);
    struct tw_image_summary got;
    store_image(f, "1.4", 1, T0);
    push_app(f, "latest", 1, T0 + 50);
    assert_int_equal(tw_store_image_get(f->store, &digest, &got, &f->err), 0);
    assert_string_equal(got.tag, "latest");
    assert_int_equal(got.pushed_ms, T0 + 50);
    push_app(f, "1.4", 1, T0 + 60); // redelivered
    assert_int_equal(tw_store_image_get(f->store, &digest, &got, &f->err), 0);
    assert_string_equal(got.tag, "1.4");
}

// ---- lists ----

static void expect(struct fixture *f, const struct tw_image_query *query, const char *digests)
{
    struct tw_image_list list;
    char seen[256] = "";
    if (tw_store_image_list(f->store, query, &list, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    for (size_t i = 0; i < list.count; i++) {
        size_t n = strlen(seen);
        unsigned long number = strtoul(list.items[i].digest.text + 7 + 32, NULL, 16);
        snprintf(seen + n, sizeof seen - n, "%s%lu", i ? " " : "", number);
    }
    free(list.items);
    assert_string_equal(seen, digests);
}

static void store_index(struct fixture *f, const char *reference, unsigned n, int64_t now_ms)
{
    struct tw_digest child = digest_of(n + 1);
    struct tw_stored_image images[2] = {
        {.media_type = "x", .children = &child, .child_count = 1}, image_of(n + 1, "{}")};
    images[0].summary = (struct tw_image_summary){
        .digest = digest_of(n), .kind = "index", .completeness = "complete", .decision = "deny"};
    assert_int_equal(push_to(f, reference, false, now_ms), 0);
    assert_int_equal(lease_at(f, now_ms), 0);
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &images[0].summary.digest, images,
                         2, now_ms, &f->err),
        0);
}

static void image_list__filters__by_place_and_decision(void **state)
{
    struct fixture *f = *state;
    store_image(f, "1.4", 1, T0);
    store_image(f, "1.5", 2, T0 + 1);
    push_app(f, "stable", 1, T0 + 2);
    store_index(f, "registry.example/base:edge", 20, T0 + 3);
    store_index(f, "other.example/team/app:1.4", 30, T0 + 4);
    expect(f, &(struct tw_image_query){.limit = 9}, "31 30 21 20 2 1");
    expect(f, &(struct tw_image_query){.limit = 9, .decision = "deny"}, "30 20");
    expect(f, &(struct tw_image_query){.limit = 9, .registry = "registry.example"}, "21 20 2 1");
    expect(f, &(struct tw_image_query){.limit = 9, .repository = "team/app"}, "31 30 2 1");
    expect(f,
        &(struct tw_image_query){
            .limit = 9, .registry = "registry.example", .repository = "team/app"},
        "2 1");
    expect(f, &(struct tw_image_query){.limit = 9, .tag = "1.4"}, "31 30 1");
    expect(f, &(struct tw_image_query){.limit = 9, .tag = "stable", .decision = "warn"}, "1");
    expect(f, &(struct tw_image_query){.limit = 9, .tag = "stable", .decision = "deny"}, "");
    expect(f, &(struct tw_image_query){.limit = 9, .tag = "edge", .registry = "other.example"}, "");
}

static void image_list__tag_asked_for__is_the_one_shown(void **state)
{
    struct fixture *f = *state;
    struct tw_image_list list;
    store_image(f, "1.4", 1, T0);
    push_app(f, "stable", 1, T0 + 2);
    struct tw_image_query query = {.limit = 1, .tag = "1.4"};
    assert_int_equal(tw_store_image_list(f->store, &query, &list, &f->err), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].tag, "1.4");
    assert_int_equal(list.items[0].pushed_ms, T0);
    free(list.items);
}

static void image_list__pages__are_stable_under_inserts(void **state)
{
    struct fixture *f = *state;
    struct tw_image_list list;
    char cursor[128] = "";
    unsigned seen = 5;
    for (unsigned i = 1; i <= 5; i++)
        store_image(f, "1", i, T0 + i);
    for (unsigned page = 0; page < 3; page++) {
        struct tw_image_query query = {
            .limit = 2, .cursor = cursor, .repository = page == 1 ? "team/app" : NULL};
        assert_int_equal(tw_store_image_list(f->store, &query, &list, &f->err), 0);
        for (size_t i = 0; i < list.count; i++)
            assert_string_equal(list.items[i].digest.text, digest_of(seen--).text);
        memcpy(cursor, list.next, sizeof cursor);
        free(list.items);
        store_image(f, "1", 50 + page, T0 + 100);
    }
    assert_int_equal(seen, 0);
    assert_string_equal(cursor, "");
    struct tw_image_query query = {.limit = 2, .cursor = "i-1"};
    assert_int_equal(tw_store_image_list(f->store, &query, &list, &f->err), TW_E_USAGE);
}

// ---- layers ----

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static const struct tw_layer_bounds bounds = {.max_bytes = 30, .max_age_ms = 10LL * DAY_MS};

static void put_layer(
    struct fixture *f, unsigned n, unsigned reader_version, const char *json, int64_t now_ms)
{
    struct tw_digest digest = digest_of(n);
    assert_int_equal(tw_store_layer_put(f->store, &digest, reader_version, tw_span_str(json),
                         now_ms, &bounds, &f->err),
        0);
}

// 0 or TW_E_NOT_FOUND.
static int get_layer(struct fixture *f, unsigned n, int64_t now_ms)
{
    struct tw_digest digest = digest_of(n);
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(100);
    return tw_store_layer_get(f->store, &digest, 1, now_ms, &json, &f->err);
}

static void layer__put__is_got_by_the_same_or_an_older_reader(void **state)
{
    struct fixture *f = *state;
    struct tw_digest digest = digest_of(1);
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(100);
    assert_int_equal(get_layer(f, 1, T0), TW_E_NOT_FOUND);
    put_layer(f, 1, 2, "{\"two\":2}", T0);
    put_layer(f, 1, 1, "{\"one\":1}", T0);
    assert_int_equal(tw_store_layer_get(f->store, &digest, 1, T0, &json, &f->err), 0);
    assert_string_equal(json.data, "{\"two\":2}");
    assert_int_equal(tw_store_layer_get(f->store, &digest, 3, T0, &json, &f->err), TW_E_NOT_FOUND);
    TW_AUTO(tw_buf_done) struct tw_buf small = TW_BUF(4);
    assert_int_equal(tw_store_layer_get(f->store, &digest, 1, T0, &small, &f->err), TW_E_LIMIT);
}

static void layer_put__past_the_size__drops_what_was_not_asked_for_the_longest(void **state)
{
    struct fixture *f = *state;
    put_layer(f, 1, 1, "[1,1,1,1,]", T0);
    put_layer(f, 2, 1, "[2,2,2,2,]", T0 + 1);
    put_layer(f, 3, 1, "[3,3,3,3,]", T0 + 2); // 30 bytes: the bound
    assert_int_equal(get_layer(f, 1, T0 + DAY_MS), 0);
    put_layer(f, 4, 1, "{}", T0 + DAY_MS + 1);
    assert_int_equal(get_layer(f, 2, T0 + DAY_MS), TW_E_NOT_FOUND);
    assert_int_equal(get_layer(f, 1, T0 + DAY_MS), 0);
    assert_int_equal(get_layer(f, 3, T0 + DAY_MS), 0);
    put_layer(f, 3, 1, "[3,3,3,3,3,3,3,3,]", T0 + DAY_MS + 2); // the same one, larger
    put_layer(f, 5, 1, "[5,5,5,5,]", T0 + DAY_MS + 3);         // 30 bytes again
    assert_int_equal(get_layer(f, 1, T0 + DAY_MS), TW_E_NOT_FOUND);
    assert_int_equal(get_layer(f, 4, T0 + DAY_MS), 0);
    assert_int_equal(get_layer(f, 3, T0 + DAY_MS), 0);
    assert_int_equal(get_layer(f, 5, T0 + DAY_MS), 0);
}

static void layer_put__larger_than_all_may_be__is_not_kept_and_drops_nothing(void **state)
{
    struct fixture *f = *state;
    put_layer(f, 1, 1, "[1,1,1,1,]", T0);
    put_layer(f, 2, 1, "[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,]", T0);
    assert_int_equal(get_layer(f, 2, T0), TW_E_NOT_FOUND);
    assert_int_equal(get_layer(f, 1, T0), 0);
}

static void layer_put__others_not_asked_for_so_long__drops_them(void **state)
{
    struct fixture *f = *state;
    put_layer(f, 1, 1, "[1]", T0);
    put_layer(f, 2, 1, "[2]", T0);
    assert_int_equal(get_layer(f, 2, T0 + 5LL * DAY_MS), 0);
    put_layer(f, 3, 1, "[3]", T0 + 10LL * DAY_MS);
    assert_int_equal(get_layer(f, 1, T0), 0); // on the day
    put_layer(f, 4, 1, "[4]", T0 + 10LL * DAY_MS + 1);
    assert_int_equal(get_layer(f, 1, T0), TW_E_NOT_FOUND);
    assert_int_equal(get_layer(f, 2, T0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finish__an_index__stores_all_and_ends_the_scan),
        TEST(finish__with_a_lost_lease__stores_nothing),
        TEST(finish__index_without_its_image__changes_nothing),
        TEST(finish__again__replaces_what_was_stored),
        TEST(image_get__the_latest_push__names_it),
        TEST(image_list__filters__by_place_and_decision),
        TEST(image_list__tag_asked_for__is_the_one_shown),
        TEST(image_list__pages__are_stable_under_inserts),
        TEST(layer__put__is_got_by_the_same_or_an_older_reader),
        TEST(layer_put__past_the_size__drops_what_was_not_asked_for_the_longest),
        TEST(layer_put__larger_than_all_may_be__is_not_kept_and_drops_nothing),
        TEST(layer_put__others_not_asked_for_so_long__drops_them),
        cmocka_unit_test(plans__of_all_statements_that_ran__search_by_index),
    };
    return cmocka_run_group_tests_name("image", tests, plans_watch, NULL);
}
