// What is remembered of the findings that were told.
#include "daemon/judge/telling.h"
#include "tests/unit/store/fixture.h"

enum { KEPT = TW_TOLD_BYTES_MAX / TW_TOLD_FINDING_BYTES };

static struct tw_verdict verdict_of(size_t count)
{
    struct tw_verdict verdict = {.finding_count = count};
    verdict.findings = calloc(count, sizeof *verdict.findings);
    assert_non_null(verdict.findings);
    for (size_t i = 0; i < count; i++)
        snprintf(verdict.findings[i].fingerprint, sizeof verdict.findings[i].fingerprint, "%032zx",
            count - i);
    return verdict;
}

static struct tw_reference app(void)
{
    struct tw_reference reference;
    struct tw_digest digest = digest_of(1);
    assert_int_equal(
        tw_reference_make("registry.example", "team/app", "1", digest.text, &reference, NULL), 0);
    return reference;
}

// Judges an image with `count` findings, and says what is to be remembered of them.
static struct tw_telling judge(struct fixture *f, size_t count)
{
    struct tw_reference reference = app();
    struct tw_verdict verdict = verdict_of(count), *verdicts[] = {&verdict};
    struct tw_telling_court court = {.store = f->store};
    struct tw_telling_subject subject = {
        .reference = &reference, .verdicts = verdicts, .count = 1, .decision = "warn"};
    struct tw_telling telling;
    int r = tw_telling_make(&court, &subject, T0, &telling, &f->err);
    free(verdict.findings);
    if (r < 0)
        fail_msg("%s", f->err.msg);
    return telling;
}

static void finish(struct fixture *f, struct tw_telling telling)
{
    struct tw_stored_image image = image_of(1, "{}");
    image.telling = &telling;
    assert_int_equal(push_app(f, "1", 1, T0), 0);
    assert_int_equal(lease_at(f, T0), 0);
    assert_int_equal(tw_store_finish(f->store, f->scan.id, "w1", &image.summary.digest, &image, 1,
                         T0 + 5, &f->err),
        0);
    tw_telling_done(&telling);
}

static void telling__as_many_findings_as_are_kept__all_are_kept(void **state)
{
    struct tw_telling telling = judge(*state, KEPT);
    assert_true(telling.is_set);
    assert_int_equal(telling.findings.size, TW_TOLD_BYTES_MAX);
    tw_telling_done(&telling);
}

static void telling__one_finding_more_than_is_kept__the_others_are_kept(void **state)
{
    struct tw_telling telling = judge(*state, KEPT + 1);
    assert_true(telling.is_set);
    assert_int_equal(telling.findings.size, TW_TOLD_BYTES_MAX);
    tw_telling_done(&telling);
}

static void telling__the_same_findings_again__nothing_is_written(void **state)
{
    struct fixture *f = *state;
    finish(f, judge(f, KEPT));
    struct tw_telling telling = judge(f, KEPT);
    assert_false(telling.is_set);
}

static void telling__fewer_findings_later__the_others_stay_known(void **state)
{
    struct fixture *f = *state;
    finish(f, judge(f, 3));
    struct tw_telling telling = judge(f, 2);
    assert_false(telling.is_set);
    telling = judge(f, 4);
    assert_true(telling.is_set);
    assert_int_equal(telling.findings.size, 4 * TW_TOLD_FINDING_BYTES);
    tw_telling_done(&telling);
}

// Paths may be long, and are longer as JSON: a hundred of them must fit, or be cut.
static void telling__a_hundred_long_paths__are_told(void **state)
{
    enum { FINDINGS = 101, PATH_BYTES = 16384 };
    static const struct tw_rule rule = {.id = "TW407"};
    struct fixture *f = *state;
    struct tw_settings settings;
    struct tw_telling_court court = {.store = f->store};
    assert_int_equal(tw_settings_init(&settings, &f->err), 0);
    assert_int_equal(tw_jury_new(&settings, &court.jury, &f->err), 0);
    char *path = malloc(PATH_BYTES + 1);
    memset(path, '\\', PATH_BYTES);
    path[PATH_BYTES] = '\0';
    struct tw_verdict verdict = verdict_of(FINDINGS), *verdicts[] = {&verdict};
    for (size_t i = 0; i < FINDINGS; i++) {
        verdict.findings[i].rule = &rule;
        verdict.findings[i].binary = verdict.findings[i].message = path;
    }
    struct tw_image_inventory image = {.digest = digest_of(1)}, *images[] = {&image};
    struct tw_reference reference = app();
    struct tw_telling_subject subject = {.reference = &reference,
        .images = images,
        .verdicts = verdicts,
        .count = 1,
        .decision = "warn"};
    struct tw_telling telling;
    tw_store_set_telling(f->store, true);
    if (tw_telling_make(&court, &subject, T0, &telling, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(telling.count, 1);
    assert_string_equal(telling.notices[0].kind, "findings");
    assert_int_equal(telling.findings.size, FINDINGS * TW_TOLD_FINDING_BYTES);
    tw_telling_done(&telling);
    tw_jury_free(court.jury);
    tw_settings_done(&settings);
    free(verdict.findings);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(telling__as_many_findings_as_are_kept__all_are_kept),
        TEST(telling__one_finding_more_than_is_kept__the_others_are_kept),
        TEST(telling__the_same_findings_again__nothing_is_written),
        TEST(telling__fewer_findings_later__the_others_stay_known),
        TEST(telling__a_hundred_long_paths__are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
