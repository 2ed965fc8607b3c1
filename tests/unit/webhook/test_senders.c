// Every sender, by its samples: what each says, exactly.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "sample.h"

// "REFERENCE (ACTOR)" of each push, then what was ignored and malformed, and the first reason.
static void tell(const struct tw_notice *notice, char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < notice->push_count; i++) {
        char reference[TW_REFERENCE_TEXT_MAX + 1];
        tw_reference_format(&notice->pushes[i].reference, reference);
        const char *actor = notice->pushes[i].actor;
        n += (size_t)snprintf(text + n, size - n, "%s (%s)\n", reference, actor ? actor : "");
    }
    if (notice->ignored > 0)
        n += (size_t)snprintf(text + n, size - n, "ignored %zu\n", notice->ignored);
    if (notice->malformed > 0)
        snprintf(
            text + n, size - n, "malformed %zu: %s\n", notice->malformed, notice->first_wrong.msg);
}

// The same, or "CODE: MESSAGE" of a body that is refused as a whole.
static const struct tw_webhook_sender *told(
    const struct tw_webhook_sender *sender, const struct sample *sample, char *text, size_t size)
{
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    int r = tw_webhook_parse(sender, &sample->delivery, &tw_limits_default, &notice, &err);
    if (r < 0) {
        assert_null(notice);
        snprintf(text, size, "%s: %s\n", tw_err_name(r), err.msg);
        return NULL;
    }
    const struct tw_webhook_sender *found = notice->sender;
    tell(notice, text, size);
    for (size_t i = 0; i < notice->push_count; i++)
        assert_string_equal(notice->pushes[i].requested_by, found->requested_by);
    tw_notice_free(notice);
    return found;
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define AT "@sha256:" HEX

static const struct {
    const char *name;   // of the sample
    const char *sender; // that "auto" finds; NULL: none
    const char *told;   // by the sender whose webhook it came to
} rows[] = {
    {"distribution", "distribution", "reg.example:5000/team/app:1.0" AT " (alice)\n"},
    {"distribution_v3", "distribution", "reg.example:5000/team/app" AT " (alice)\n"},
    {"distribution_blob_pull_delete", "distribution", "ignored 3\n"},
    {"distribution_internal_host", "distribution", "registry.example/team/app:1.0" AT " (alice)\n"},
    {"gitlab", "distribution", "registry.gitlab.example/team/app:1.0" AT " (bob)\n"},
    {"gitlab_project", NULL,
        "malformed: the body must be what GitLab's registry sends: an object with an array "
        "\"events\"; the webhooks of projects tell of git, not of images\n"},
    {"azure", "azure", "reg.azurecr.io/team/app:1.0" AT " ()\n"},
    {"azure_ping", "azure", "ignored 1\n"},
    {"azure_delete", "azure", "ignored 1\n"},
    {"azure_chart", "azure", "ignored 1\n"},
    {"azure_event_grid", "azure",
        "reg.azurecr.io/team/app:1.0" AT " ()\n"
        "ignored 1\n"},
    {"azure_event_grid_handshake", "azure", "ignored 1\n"},
    {"azure_event_grid_cloudevent", "azure", "reg.azurecr.io/team/app:1.0" AT " ()\n"},
    {"docker_hub", "docker-hub", "docker.io/team/app:1.0 (alice)\n"},
    {"docker_hub_old", "docker-hub", "mirror.example/hub/team/app:1.0 (alice)\n"},
    {"docker_hub_no_tag", "docker-hub",
        "malformed 1: push_data.tag is missing, and there is no digest\n"},
    {"harbor", "harbor", "harbor.example/team/app:1.0" AT " (admin)\n"},
    {"harbor_untagged", "harbor", "harbor.example/team/app" AT " (admin)\n"},
    {"harbor_pull", "harbor", "ignored 1\n"},
    {"harbor_before_2", "harbor", "harbor.example/team/app:1.0" AT " (admin)\n"},
    {"harbor_one_bad", "harbor",
        "harbor.example/team/app:2.0" AT " (admin)\n"
        "malformed 1: resources[0]: tag: tag \"a b\" may only have letters, digits and . _ - (not "
        "first), at most 128 of them\n"},
    {"harbor_cloudevents", "harbor", "harbor.example/team/app:1.0" AT " (robot$ci)\n"},
    {"harbor_cloudevents_pull", "harbor", "ignored 1\n"},
    {"harbor_cloudevents_binary", "harbor", "harbor.example/team/app:1.0" AT " (jörg)\n"},
    {"harbor_cloudevents_base64", "harbor", "harbor.example/team/app:1.0" AT " ()\n"},
    {"harbor_cloudevents_batch", "harbor",
        "harbor.example/team/app:1.0" AT " (robot$ci)\n"
        "ignored 1\n"
        "malformed 1: [2]: is no event of this sender\n"},
    {"quay", "quay",
        "quay.example/team/app:1.0 ()\n"
        "quay.example/team/app:latest ()\n"},
    {"quay_old", "quay",
        "quay.example/team/app:1.0 ()\n"
        "quay.example/team/app:latest ()\n"},
    {"quay_vulnerability", "quay", "ignored 1\n"},
    {"quay_one_bad", "quay",
        "quay.example/team/app:1.0 ()\n"
        "malformed 2: updated_tags[1]: must be a string\n"},
    {"quay_template", NULL,
        "malformed: the body must be what Quay sends: \"docker_url\" and \"updated_tags\"\n"},
    {"github", "github", "ghcr.io/team/app:1.0" AT " (octocat)\n"},
    {"github_registry_package", "github", "ghcr.io/team/app:1.0" AT " (octocat)\n"},
    {"github_ping", "github", "ignored 1\n"},
    {"github_npm", "github", "ignored 1\n"},
    {"github_untagged", "github", "ghcr.io/team/app" AT " (octocat)\n"},
    {"github_no_metadata", "github", "ghcr.io/team/app" AT " (octocat)\n"},
    {"github_no_digest", "github", "ghcr.io/team/app:1.0 (octocat)\n"},
    {"github_nothing", "github",
        "malformed 1: package_version.container_metadata.tag.name is missing, and there is no "
        "digest\n"},
    {"github_form", "github", "ghcr.io/team/app:1.0" AT " (octocat)\n"},
    {"github_form_without_payload", NULL, "malformed: the form has no field \"payload\"\n"},
    {"gitea", "gitea", "git.example/team/app:1.0 (alice)\n"},
    {"gitea_digest", "gitea", "git.example/team/app" AT " (alice)\n"},
    {"gitea_deleted", "gitea", "ignored 1\n"},
    {"gitea_npm", "gitea", "ignored 1\n"},
    {"gitea_push_of_git", "gitea", "ignored 1\n"},
    {"gitea_form", "gitea", "git.example/team/app:1.0 (alice)\n"},
    {"forgejo", "gitea", "forge.example:3000/team/app:1.0 (alice)\n"},
    {"aws", "aws", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1.0" AT " ()\n"},
    {"aws_untagged", "aws", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app" AT " ()\n"},
    {"aws_china", "aws",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app:1.0" AT " ()\n"},
    {"aws_failure", "aws", "ignored 1\n"},
    {"aws_scan", "aws", "ignored 1\n"},
    {"aws_bad_digest", "aws",
        "malformed 1: detail.image-digest: digest \"sha256:00\": must have 64 lower-case hex "
        "digits\n"},
    {"google", "google", "eu-docker.pkg.dev/p/repo/app:1.0" AT " ()\n"},
    {"google_unwrapped", "google", "eu-docker.pkg.dev/p/repo/app:1.0" AT " ()\n"},
    {"google_untagged", "google", "eu-docker.pkg.dev/p/repo/app" AT " ()\n"},
    {"google_tag_only", "google", "eu-docker.pkg.dev/p/repo/app:1.0 ()\n"},
    {"google_delete", "google", "ignored 1\n"},
    {"google_two_images", "google", "malformed 1: tag and digest are of different images\n"},
    {"google_not_base64", "google", "malformed 1: message.data: it is not base64\n"},
    {"google_not_json", "google",
        "malformed 1: message.data: not JSON: line 1, column 5: invalid token near 'hello'\n"},
    {"zot", "zot", "zot.example:5000/team/app:1.0" AT " (alice)\n"},
    {"zot_digest", "zot", "zot.example:5000/team/app" AT " ()\n"},
    {"zot_deleted", "zot", "ignored 1\n"},
    {"zot_own", "zot", "ignored 1\n"},
    {"zot_artifact", "zot", "ignored 1\n"},
    {"zot_no_registry", "zot",
        "malformed 1: the sender names no registry: give this webhook a \"registry\" "
        "(docs/webhooks.md; {host} is not said)\n"},
    {"zot_structured", "zot", "zot.example:5000/team/app:1.0" AT " (alice)\n"},
    {"artifactory", "artifactory",
        "x.jfrog.io/docker-local/team/app:1.0" AT " (jfrog/alice@example.com)\n"},
    {"artifactory_index", "artifactory",
        "x.jfrog.io/docker-local/team/app:1.0" AT " (jfrog/alice@example.com)\n"},
    {"artifactory_subdomain", "artifactory",
        "docker-local.x.jfrog.io/team/app:1.0" AT " (jfrog/alice@example.com)\n"},
    {"artifactory_port", "artifactory",
        "x.jfrog.io:5001/team/app:1.0" AT " (jfrog/alice@example.com)\n"},
    {"artifactory_promoted", "artifactory", "ignored 1\n"},
    {"artifactory_other_domain", "artifactory", "ignored 1\n"},
    {"artifactory_layer", "artifactory", "ignored 1\n"},
    {"artifactory_old", "artifactory", "x.jfrog.io/docker-local/team/app:1.0" AT " ()\n"},
    {"artifactory_old_no_registry", "artifactory",
        "malformed 1: the sender names no registry: give this webhook a \"registry\" "
        "(docs/webhooks.md; {host} is not said)\n"},
    {"nexus", "nexus", "nexus.example:8082/team/app:1.0 (alice/10.1.2.3)\n"},
    {"nexus_path", "nexus", "nexus.example/docker-hosted/team/app:1.0 (alice/10.1.2.3)\n"},
    {"nexus_no_registry", "nexus",
        "malformed 1: the sender names no registry: give this webhook a \"registry\" "
        "(docs/webhooks.md; {host} is not said)\n"},
    {"nexus_asset", "nexus", "ignored 1\n"},
    {"nexus_deleted", "nexus", "ignored 1\n"},
    {"nexus_maven", "nexus", "ignored 1\n"},
    {"auto_unknown", NULL,
        "malformed: the body must be what one of the senders in docs/webhooks.md sends; this one "
        "is not known\n"},
    {"auto_not_json", NULL, "malformed: not JSON: line 1, column 1: invalid token near '<'\n"},
};

enum { TOLD_MAX = 4096 };

static void senders__samples__say_exactly_this(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct sample sample;
        char text[TOLD_MAX];
        sample_open(TEST_DATA, rows[i].name, &sample);
        told(tw_webhook_find(sample.sender), &sample, text, sizeof text);
        if (strcmp(text, rows[i].told) != 0)
            fail_msg("%s: said\n%swanted\n%s", rows[i].name, text, rows[i].told);
        sample_done(&sample);
    }
}

static void senders__auto__finds_each_and_says_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct sample sample;
        char text[TOLD_MAX];
        sample_open(TEST_DATA, rows[i].name, &sample);
        const struct tw_webhook_sender *found = told(NULL, &sample, text, sizeof text);
        if (!rows[i].sender)
            assert_null(found);
        else if (!found || strcmp(found->name, rows[i].sender) != 0)
            fail_msg("%s is of %s", rows[i].name, found ? found->name : "nobody");
        else
            assert_string_equal(text, rows[i].told);
        sample_done(&sample);
    }
}

static void senders__table__each_has_a_sample_and_each_sample_a_row(void **state)
{
    (void)state;
    size_t files = 0;
    DIR *folder = opendir(TEST_DATA);
    for (struct dirent *entry; (entry = readdir(folder));)
        files += entry->d_name[0] != '.';
    closedir(folder);
    assert_int_equal(files, TW_COUNT(rows));
    for (size_t i = 0; tw_webhook_at(i); i++) {
        const struct tw_webhook_sender *sender = tw_webhook_at(i);
        bool has_sample = strcmp(sender->name, "gitlab") == 0; // by its own row of the table above
        for (size_t row = 0; row < TW_COUNT(rows); row++)
            has_sample |= rows[row].sender && strcmp(rows[row].sender, sender->name) == 0;
        assert_true(has_sample);
        assert_ptr_equal(tw_webhook_find(sender->name), sender);
        assert_int_equal(tw_webhook_index(sender), i);
        assert_string_equal(sender->requested_by + strlen("webhook:"), sender->name);
    }
    assert_null(tw_webhook_find("Quay"));
    assert_null(tw_webhook_find(""));
    assert_null(tw_webhook_find("auto"));
}

// The outcome of a body that was changed: anything but a crash, and always a reason.
static void assert_harmless(const struct sample *sample)
{
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    int r = tw_webhook_parse(
        tw_webhook_find(sample->sender), &sample->delivery, &tw_limits_default, &notice, &err);
    if (r < 0) {
        assert_true(r == TW_E_FORMAT || r == TW_E_LIMIT);
        assert_true(!notice && err.msg[0]);
        return;
    }
    assert_int_equal(notice->malformed > 0, notice->first_wrong.code == TW_E_FORMAT);
    assert_true(
        notice->push_count + notice->ignored + notice->malformed > 0 || notice->sender->list);
    tw_notice_free(notice);
}

static void senders__every_truncation__is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct sample sample;
        sample_open(TEST_DATA, rows[i].name, &sample);
        struct tw_span whole = sample.delivery.body;
        for (size_t size = 0; size + 1 < whole.n; size++) {
            char *exact = malloc(size + 1); // so that a byte too many is seen
            memcpy(exact, whole.p, size);
            sample.delivery.body = tw_span_of(exact, size);
            struct tw_notice *notice = NULL;
            struct tw_err err = {0};
            // A form is cut at its "&"; what is behind it does not matter.
            if (sample.delivery.is_form)
                assert_harmless(&sample);
            else
                assert_int_equal(
                    tw_webhook_parse(NULL, &sample.delivery, &tw_limits_default, &notice, &err),
                    TW_E_FORMAT);
            free(exact);
        }
        sample_done(&sample);
    }
}

static void senders__a_bit_of_every_byte__refused_ignored_or_a_push(void **state)
{
    (void)state;
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct sample sample;
        sample_open(TEST_DATA, rows[i].name, &sample);
        uint8_t *body = (uint8_t *)(uintptr_t)sample.delivery.body.p;
        for (size_t at = 0; at < sample.delivery.body.n; at++) {
            body[at] ^= (uint8_t)(1 << at % 8);
            assert_harmless(&sample);
            body[at] ^= (uint8_t)(1 << at % 8);
        }
        sample_done(&sample);
    }
}

static void senders__limits__of_events_and_of_pushes(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    limits.webhook_events = 1;
    static const char *const names[] = {
        "quay", "quay_old", "distribution_blob_pull_delete", "azure_event_grid"};
    for (size_t i = 0; i < TW_COUNT(names); i++) {
        struct sample sample;
        struct tw_notice *notice = NULL;
        struct tw_err err = {0};
        sample_open(TEST_DATA, names[i], &sample);
        assert_int_equal(tw_webhook_parse(tw_webhook_find(sample.sender), &sample.delivery, &limits,
                             &notice, &err),
            TW_E_LIMIT);
        assert_non_null(strstr(err.msg, "limit webhook_events"));
        assert_null(notice);
        sample_done(&sample);
    }
}

static void azure__handshake__its_code_comes_back(void **state)
{
    (void)state;
    struct sample sample;
    struct tw_notice *notice = NULL;
    struct tw_err err = {0};
    sample_open(TEST_DATA, "azure_event_grid_handshake", &sample);
    assert_int_equal(
        tw_webhook_parse(NULL, &sample.delivery, &tw_limits_default, &notice, &err), 0);
    assert_string_equal(notice->handshake, "512d38b6-c7b8-40c8-89fe-f46f9e9622b6");
    tw_notice_free(notice);
    sample_done(&sample);
}

static void place__forms__filled_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *place, *host, *repo, *wanted_host, *wanted_prefix, *says;
    } cases[] = {
        {"{host}", "a.example:1", NULL, "a.example:1", "", NULL},
        {"b.example", "a.example", NULL, "b.example", "", NULL},
        {"{host}/{repo}", "a", "local", "a", "local/", NULL},
        {"{repo}.b.example", "a", "local", "local.b.example", "", NULL},
        {"b.example/x/{repo}", "", "local", "b.example", "x/local/", NULL},
        {"b.example/", "", "", "b.example", "", NULL},
        {"{host}", "", "x", NULL, NULL, "{host} is not said"},
        {"b/{repo}", "a", "", NULL, NULL, "{repo} is not said"},
        {"{name}", "a", "b", NULL, NULL, "only {host} and {repo}"},
        {"a}", "a", "b", NULL, NULL, "only {host} and {repo}"},
    };
    for (size_t i = 0; i < TW_COUNT(cases); i++) {
        struct tw_hook_place place = {.host = "untouched"};
        struct tw_err err = {0};
        int r = tw_hook_place_fill(cases[i].place, cases[i].host, cases[i].repo, &place, &err);
        if (cases[i].says) {
            assert_int_equal(r, TW_E_USAGE);
            assert_non_null(strstr(err.msg, cases[i].says));
            assert_string_equal(place.host, "untouched");
            continue;
        }
        assert_int_equal(r, 0);
        assert_string_equal(place.host, cases[i].wanted_host);
        assert_string_equal(place.prefix, cases[i].wanted_prefix);
    }
    char large[600];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    struct tw_hook_place place;
    assert_int_equal(tw_hook_place_fill(large, "", "", &place, NULL), TW_E_USAGE);
    assert_int_equal(tw_hook_place_fill("{host}", large, "", &place, NULL), TW_E_USAGE);
    static const char *const wrong[] = {"", "a b", "https://a", "a/UPPER", "a/{name}", "/x"};
    for (size_t i = 0; i < TW_COUNT(wrong); i++)
        assert_int_equal(tw_place_check(wrong[i], NULL), TW_E_USAGE);
    assert_int_equal(tw_place_check("{repo}.x.example:5000/m/{repo}", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(senders__samples__say_exactly_this),
        cmocka_unit_test(senders__auto__finds_each_and_says_the_same),
        cmocka_unit_test(senders__table__each_has_a_sample_and_each_sample_a_row),
        cmocka_unit_test(senders__every_truncation__is_refused),
        cmocka_unit_test(senders__a_bit_of_every_byte__refused_ignored_or_a_push),
        cmocka_unit_test(senders__limits__of_events_and_of_pushes),
        cmocka_unit_test(azure__handshake__its_code_comes_back),
        cmocka_unit_test(place__forms__filled_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
