// What lists of all images are answered from: rows, currency, counts, and the plans of the
// questions.
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/plans.h"

static struct tw_listed_module modules[] = {
    {"example.org/net", "v0.1.0"}, {"example.org/net", "v0.2.0"}, {"example.org/sys", ""}};
static struct tw_listed_setting settings[] = {{"tls10server", "1", true}, {"gctrace", "1", false}};

// An image with one program of each kind that is asked for.
struct shown {
    struct tw_listed_program programs[2];
    struct tw_listed_finding findings[2];
    struct tw_listing listing;
};

static void make_shown(struct shown *s, int64_t mark)
{
    *s = (struct shown){0};
    for (int i = 0; i < 2; i++) {
        s->programs[i] = (struct tw_listed_program){.path = i ? "bin/b" : "bin/a",
            .os = "linux",
            .arch = "amd64",
            .version = i ? "go1.26.1" : "go1.25.4 X:fieldtrack",
            .release = i ? "1.26.1" : "1.25.4",
            .experiments = i ? "" : "fieldtrack nodwarf5",
            .go_number = i ? 126 : 125,
            .main_path = i ? "example.org/b" : "example.org/a",
            .main_version = "",
            .key = {(uint8_t)(i + 1)}};
        s->findings[i] = (struct tw_listed_finding){.rule = i ? "TW401" : "TW201",
            .severity = i ? TW_MEDIUM : TW_CRITICAL,
            .title = "t",
            .message = "m",
            .binary = i ? NULL : "bin/a",
            .fingerprint = i ? "f1" : "f0",
            .waived = false};
    }
    s->programs[0].modules = modules;
    s->programs[0].module_count = TW_COUNT(modules);
    s->programs[0].settings = settings;
    s->programs[0].setting_count = TW_COUNT(settings);
    s->listing = (struct tw_listing){.programs = s->programs,
        .program_count = 2,
        .findings = s->findings,
        .finding_count = 2,
        .programs_mark = mark,
        .findings_mark = mark};
}

static void store_shown(struct fixture *f, const char *tag, unsigned n, int64_t now_ms)
{
    struct shown shown;
    make_shown(&shown, 1);
    struct tw_stored_image image = image_of(n, "{}");
    image.listing = &shown.listing;
    assert_int_equal(push_app(f, tag, n, now_ms), 0);
    assert_int_equal(lease_at(f, now_ms), 0);
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1,
                         now_ms + 5, &f->err),
        0);
}

// "1a 1b": image and program of each row, all pages of one item.
static void expect(struct fixture *f, struct tw_binary_query query, const char *rows)
{
    char seen[256] = "", cursor[512] = "";
    query.limit = 1;
    do {
        struct tw_binary_list list;
        query.cursor = cursor;
        if (tw_store_binary_list(f->store, &query, &list, &f->err) < 0)
            fail_msg("%s", f->err.msg);
        for (size_t i = 0; i < list.count; i++) {
            size_t n = strlen(seen);
            snprintf(seen + n, sizeof seen - n, "%s%lu%c", n ? " " : "",
                strtoul(list.items[i].image + 7 + 32, NULL, 16), list.items[i].path[4]);
        }
        snprintf(cursor, sizeof cursor, "%s", list.next);
        tw_binary_list_done(&list);
    } while (cursor[0]);
    assert_string_equal(seen, rows);
}

#define NOW .place.current = true

static void binaries__by_every_filter__of_current_images_or_of_all(void **state)
{
    struct fixture *f = *state;
    store_shown(f, "1", 1, T0);
    store_shown(f, "1", 2, T0 + 10); // the tag moves on
    store_shown(f, "2", 3, T0 + 20);
    expect(f, (struct tw_binary_query){NOW, .order = TW_ORDER_GO}, "2a 3a 2b 3b");
    expect(f, (struct tw_binary_query){.order = TW_ORDER_GO}, "1a 2a 3a 1b 2b 3b");
    expect(
        f, (struct tw_binary_query){.order = TW_ORDER_GO, .descending = true}, "3b 2b 1b 3a 2a 1a");
    expect(f, (struct tw_binary_query){NOW, .order = TW_ORDER_PATH}, "2a 3a 2b 3b");
    expect(f, (struct tw_binary_query){NOW, .order = TW_ORDER_PUSHED, .descending = true},
        "3b 3a 2b 2a");
    expect(f, (struct tw_binary_query){.order = TW_ORDER_PUSHED}, "1a 1b 2a 2b 3a 3b");
    const struct tw_binary_query filters[] = {{.go_from = 125, .go_until = 126},
        {.module = "example.org/net"}, {.module = "example.org/net", .module_version = "v0.2.0"},
        {.experiment = "fieldtrack"}, {.godebug = "tls10server"},
        {.godebug = "gctrace", .godebug_value = "1"}, {.main_path = "example.org/a"}};
    for (size_t i = 0; i < TW_COUNT(filters); i++) {
        for (enum tw_order order = TW_ORDER_GO; order <= TW_ORDER_PUSHED; order++) {
            struct tw_binary_query query = filters[i];
            query.order = order;
            expect(f, query, "1a 2a 3a");
            query.place.current = true;
            expect(f, query, "2a 3a");
            query.place.tag = "2";
            expect(f, query, "3a");
            query.place.repository = "team/app";
            query.place.registry = "registry.example";
            expect(f, query, "3a");
            query.place.repository = "team/other";
            expect(f, query, "");
        }
    }
    expect(
        f, (struct tw_binary_query){.module = "example.org/net", .module_version = "v0.3.0"}, "");
    expect(f, (struct tw_binary_query){.go_until = 126, .order = TW_ORDER_GO}, "1a 2a 3a");
    expect(f, (struct tw_binary_query){.go_from = 126, .descending = true, .order = TW_ORDER_GO},
        "3b 2b 1b");
    expect(f, (struct tw_binary_query){.place.tag = "1", .order = TW_ORDER_GO}, "1a 2a 1b 2b");
}

static void binaries__of_an_image__or_of_all_that_an_index_has(void **state)
{
    struct fixture *f = *state;
    struct shown shown[2];
    struct tw_digest top = digest_of(10), children[] = {digest_of(11), digest_of(12)};
    struct tw_stored_image images[3] = {
        {.children = children, .child_count = 2}, image_of(11, "{}"), image_of(12, "{}")};
    images[0].summary = (struct tw_image_summary){
        .digest = top, .kind = "index", .completeness = "complete", .decision = "warn"};
    for (int i = 0; i < 2; i++) {
        make_shown(&shown[i], 1);
        images[i + 1].listing = &shown[i].listing;
    }
    store_shown(f, "1", 1, T0);
    push_app(f, "2", 10, T0 + 10);
    lease_at(f, T0 + 10);
    assert_int_equal(
        tw_store_finish(f->store, f->scan.id, "w1", &top, images, 3, T0 + 11, &f->err), 0);
    store_shown(f, "2", 3, T0 + 20); // the tag moves on from the index
    const struct {
        unsigned n;
        const char *all, *current;
    } rows[] = {{1, "1a 1b", "1a 1b"}, {10, "11a 11b 12a 12b", ""}, {12, "12a 12b", ""},
        {3, "3a 3b", "3a 3b"}, {99, "", ""}};
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_digest digest = digest_of(rows[i].n);
        struct tw_binary_query query = {.image = digest.text, .order = TW_ORDER_PUSHED};
        expect(f, query, rows[i].all);
        query.place.current = true;
        expect(f, query, rows[i].current);
        query.order = TW_ORDER_PATH;
        query.module = "example.org/none"; // all filters together
        expect(f, query, "");
    }
    struct tw_digest digest = digest_of(12);
    expect(f,
        (struct tw_binary_query){
            .image = digest.text, .experiment = "fieldtrack", .order = TW_ORDER_GO},
        "12a");
}

static size_t findings(struct fixture *f, struct tw_finding_query query)
{
    struct tw_finding_list list;
    query.limit = 100;
    query.severity_to = query.severity_to ? query.severity_to : TW_CRITICAL;
    if (tw_store_finding_list(f->store, &query, &list, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    for (size_t i = 1; i < list.count && query.order == TW_ORDER_SEVERITY; i++)
        assert_true(list.items[i - 1].severity >= list.items[i].severity);
    size_t count = list.count;
    tw_finding_list_done(&list);
    return count;
}

static void findings__by_every_filter__in_every_order(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum tw_order order;
        bool descending;
    } orders[] = {
        {TW_ORDER_SEVERITY, true}, {TW_ORDER_FIRST_SEEN, true}, {TW_ORDER_FIRST_SEEN, false}};
    store_shown(f, "1", 1, T0);
    store_shown(f, "1", 2, T0 + 10);
    for (size_t i = 0; i < TW_COUNT(orders); i++) {
        struct tw_finding_query q = {
            .waived = -1, .order = orders[i].order, .descending = orders[i].descending};
        assert_int_equal(findings(f, q), 4);
        q.place.current = true;
        assert_int_equal(findings(f, q), 2);
        q.place.repository = "team/app";
        assert_int_equal(findings(f, q), 2);
        q.place = (struct tw_place){.tag = "1", .current = true};
        assert_int_equal(findings(f, q), 2);
        q.place = (struct tw_place){0};
        q.rule = "TW201";
        assert_int_equal(findings(f, q), 2);
        q.severity_to = TW_HIGH;
        assert_int_equal(findings(f, q), 0);
        q.rule = NULL;
        q.severity_from = TW_MEDIUM;
        assert_int_equal(findings(f, q), 2);
        q.since_ms = T0 + 15; // the second was stored then
        assert_int_equal(findings(f, q), 1);
        q.until_ms = T0 + 15;
        assert_int_equal(findings(f, q), 0);
        q.since_ms = q.until_ms = 0;
        q.waived = 1;
        assert_int_equal(findings(f, q), 0);
    }
}

static struct tw_stats stats_of(struct fixture *f)
{
    struct tw_stats stats;
    assert_int_equal(tw_store_stats(f->store, &(struct tw_stats_query){0}, &stats, &f->err), 0);
    return stats;
}

// One program of each image was built with two.
static void expect_experiments(const struct tw_stats *stats, uint64_t images)
{
    assert_int_equal(stats->experiments.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct tw_stat *stat = &stats->experiments.items[i];
        assert_true(strcmp(stat->name, "fieldtrack") == 0 || strcmp(stat->name, "nodwarf5") == 0);
        assert_string_equal(stat->value, "");
        assert_int_equal(stat->images, images);
        assert_int_equal(stat->things, images);
    }
    assert_string_not_equal(stats->experiments.items[0].name, stats->experiments.items[1].name);
}

static void stats__follow_tags_and_verdicts(void **state)
{
    struct fixture *f = *state;
    store_shown(f, "1", 1, T0);
    store_shown(f, "1", 2, T0 + 10);
    struct tw_stats s = stats_of(f);
    assert_int_equal(s.images, 1);
    assert_int_equal(s.decisions[TW_WARN], 1);
    assert_int_equal(s.findings[TW_CRITICAL], 1);
    assert_int_equal(s.rules.count, 2);
    assert_int_equal(s.releases.count, 2);
    assert_int_equal(s.settings.count, 2);
    expect_experiments(&s, 1);
    tw_stats_done(&s);
    push_app(f, "old", 1, T0 + 20); // and back among them
    s = stats_of(f);
    assert_int_equal(s.images, 2);
    expect_experiments(&s, 2);
    assert_int_equal(s.findings[TW_CRITICAL], 2);
    tw_stats_done(&s);

    // Judged again: one finding goes, and what stays keeps its time.
    struct shown shown;
    make_shown(&shown, 2);
    shown.listing.finding_count = 1;
    shown.listing.programs_mark = 1;
    shown.listing.arena = tw_arena_new(1024);
    struct tw_image_summary image;
    struct tw_digest digest = digest_of(2);
    assert_int_equal(tw_store_image_get(f->store, &digest, &image, &f->err), 0);
    strcpy(image.decision, "deny");
    assert_int_equal(
        tw_store_judged(f->store, &image, &shown.listing, NULL, 1, "p", T0 + 99, &f->err), 0);
    tw_arena_free(shown.listing.arena);
    s = stats_of(f);
    assert_int_equal(s.images, 2);
    assert_int_equal(s.decisions[TW_DENY], 1);
    assert_int_equal(s.decisions[TW_WARN], 1);
    assert_int_equal(s.findings[TW_MEDIUM], 1);
    assert_int_equal(s.findings[TW_CRITICAL], 2);
    tw_stats_done(&s);
    struct tw_finding_query late = {
        .waived = -1, .since_ms = T0 + 50, .order = TW_ORDER_FIRST_SEEN};
    assert_int_equal(findings(f, late), 0);
}

static void samples__by_hour_and_day__are_told_and_dropped(void **state)
{
    struct fixture *f = *state;
    enum { HOUR = 3600 * 1000 };
    const struct tw_sample_bounds bounds = {48LL * HOUR, 24LL * 30 * HOUR};
    int64_t day = T0 - T0 % (24LL * HOUR);
    store_shown(f, "1", 1, T0);
    for (int hour = 0; hour < 24 * 4; hour++) {
        if (hour == 90)
            store_shown(f, "2", 2, T0 + 1);
        assert_int_equal(
            tw_store_sample(f->store, day + (int64_t)hour * HOUR + 5, &bounds, &f->err), 0);
    }
    struct tw_stats stats;
    struct tw_stats_query query = {.from_ms = day, .to_ms = day + 96LL * HOUR};
    assert_int_equal(tw_store_stats(f->store, &query, &stats, &f->err), 0);
    assert_string_equal(stats.series[0].name, "images");
    // Of the first days the last hour is left; the day that is becoming old still has all.
    assert_in_range(stats.series[0].count, 48, 24 * 3 + 1);
    assert_int_equal(stats.series[0].points[stats.series[0].count - 1].value, 2);
    tw_stats_done(&stats);
    query.by_day = true;
    assert_int_equal(tw_store_stats(f->store, &query, &stats, &f->err), 0);
    assert_int_equal(stats.series[0].count, 4);
    assert_int_equal(stats.series[0].points[2].value, 1);
    assert_int_equal(stats.series[0].points[3].value, 2);
    for (size_t i = 0; i < stats.series_count; i++) {
        if (strcmp(stats.series[i].name, "pushes") == 0)
            assert_int_equal(stats.series[i].points[3].value, 1);
    }
    tw_stats_done(&stats);
}

static void images__in_every_order__pages_are_the_whole(void **state)
{
    struct fixture *f = *state;
    store_shown(f, "1", 1, T0);
    store_shown(f, "1", 2, T0 + 10);
    const struct tw_image_query queries[] = {{.order = TW_ORDER_PUSHED, .descending = true},
        {.order = TW_ORDER_PUSHED}, {.order = TW_ORDER_SEVERITY, .descending = true},
        {.order = TW_ORDER_REPOSITORY}, {.kind = "image"}, {.name_part = "team"},
        {.order = TW_ORDER_PUSHED, .repository = "team/app"},
        {.order = TW_ORDER_REPOSITORY, .repository = "team/app"},
        {.go_from = 125,
            .go_until = 126,
            .min_severity = TW_LOW + 1,
            .since_ms = 1,
            .until_ms = T0 + 1000,
            .completeness = "complete",
            .decision = "warn"}};
    for (size_t i = 0; i < TW_COUNT(queries); i++) {
        struct tw_image_query query = queries[i];
        char cursor[768] = "";
        size_t count = 0;
        query.limit = 1;
        do {
            struct tw_image_list list;
            query.cursor = cursor;
            if (tw_store_image_list(f->store, &query, &list, &f->err) < 0)
                fail_msg("%s", f->err.msg);
            count += list.count;
            snprintf(cursor, sizeof cursor, "%s", list.next);
            tw_image_list_done(&list);
        } while (cursor[0]);
        assert_int_equal(count, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(binaries__by_every_filter__of_current_images_or_of_all),
        TEST(binaries__of_an_image__or_of_all_that_an_index_has),
        TEST(findings__by_every_filter__in_every_order),
        TEST(stats__follow_tags_and_verdicts),
        TEST(samples__by_hour_and_day__are_told_and_dropped),
        TEST(images__in_every_order__pages_are_the_whole),
        cmocka_unit_test(plans__of_all_statements_that_ran__search_by_index),
    };
    return cmocka_run_group_tests_name("fleet", tests, plans_watch, NULL);
}
