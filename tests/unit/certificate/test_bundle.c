#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/certificate/authority.h"
#include "daemon/certificate/bundle.h"
#include "daemon/certificate/webhook.h"

#define NOW 1795000000 // 2026-11-18
#define DAY 86400

static struct tw_pair authority_from(int64_t now_s)
{
    struct tw_pair ca = {0};
    assert_int_equal(tw_authority_make(now_s, &ca, NULL), 0);
    return ca;
}

static size_t earlier_in(const char *ca, const char *earlier, struct tw_buf *out)
{
    size_t count = 99;
    assert_int_equal(tw_bundle_make(ca, earlier, NOW, out, &count, NULL), 0);
    return count;
}

static void bundle__of_an_earlier_ca__both_once_the_new_one_first(void **state)
{
    (void)state;
    struct tw_pair old = authority_from(NOW - 3000 * DAY), new = authority_from(NOW);
    struct tw_buf out = TW_BUF(TW_BUNDLE_BYTES_MAX);
    char earlier[8192];
    snprintf(earlier, sizeof earlier, "%s# a note\n%s%s", new.certificate, old.certificate,
        old.certificate);
    assert_int_equal(earlier_in(new.certificate, earlier, &out), 1);
    assert_int_equal(out.size, strlen(new.certificate) + strlen(old.certificate));
    assert_memory_equal(out.data, new.certificate, strlen(new.certificate));
    tw_buf_done(&out);
    tw_pair_done(&old);
    tw_pair_done(&new);
}

static void bundle__expired_or_damaged__left_out(void **state)
{
    (void)state;
    struct tw_pair expired = authority_from(NOW - 3651 * DAY), new = authority_from(NOW);
    char *damaged = strdup(expired.certificate);
    damaged[100] = '!';
    const char *const earlier[] = {"", "no PEM", expired.certificate, damaged,
        "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < sizeof earlier / sizeof *earlier; i++) {
        struct tw_buf out = TW_BUF(TW_BUNDLE_BYTES_MAX);
        assert_int_equal(earlier_in(new.certificate, earlier[i], &out), 0);
        assert_string_equal(out.data, new.certificate);
        tw_buf_done(&out);
    }
    free(damaged);
    tw_pair_done(&expired);
    tw_pair_done(&new);
}

static void bundle__of_very_many__bounded(void **state)
{
    (void)state;
    enum { MANY = TW_BUNDLE_EARLIER_MAX + 4 };
    struct tw_pair new = authority_from(NOW);
    struct tw_buf earlier = TW_BUF(1 << 20), out = TW_BUF(TW_BUNDLE_BYTES_MAX);
    for (int i = 0; i < MANY; i++) {
        struct tw_pair one = authority_from(NOW - i);
        tw_buf_puts(&earlier, one.certificate);
        tw_pair_done(&one);
    }
    assert_int_equal(earlier_in(new.certificate, earlier.data, &out), TW_BUNDLE_EARLIER_MAX);
    tw_buf_done(&earlier);
    tw_buf_done(&out);
    tw_pair_done(&new);
}

// ---- the webhook configuration ----

static const struct tw_webhook_service ours = {"tidewaiter", "tidewaiter"};

static json_t *configuration_of(const char *webhooks)
{
    json_error_t error;
    json_t *configuration =
        json_pack("{so}", "webhooks", json_loads(webhooks, JSON_DECODE_ANY, &error));
    assert_non_null(configuration);
    return configuration;
}

static void webhook__bundles_of_all_kinds__read_what_is_text(void **state)
{
    (void)state;
    json_t *configuration = configuration_of(
        "[{\"clientConfig\": {\"caBundle\": \"QUJD\", \"service\":"
        "  {\"name\": \"tidewaiter\", \"namespace\": \"tidewaiter\"}}},"
        " {\"clientConfig\": {\"caBundle\": \"no base64\", \"service\":"
        "  {\"name\": \"tidewaiter\", \"namespace\": \"tidewaiter\"}}},"
        " {\"clientConfig\": {\"caBundle\": \"WFla\", \"service\":"
        "  {\"name\": \"tidewaiter\", \"namespace\": \"elsewhere\"}}},"
        " {\"clientConfig\": {\"caBundle\": 7, \"url\": \"https://elsewhere.example\"}},"
        " 3, {}, {\"clientConfig\": []}]");
    struct tw_buf out = TW_BUF(1024);
    assert_int_equal(tw_webhook_read(configuration, &ours, &out, NULL), 0);
    assert_string_equal(out.data, "ABC\n\n\n\n\n\n\n");
    tw_buf_done(&out);
    json_decref(configuration);
}

static void webhook__none_of_ours__error(void **state)
{
    (void)state;
    const char *const others[] = {"[]", "3", "{}", "[{\"clientConfig\": {\"service\": {}}}]"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        json_t *configuration = configuration_of(others[i]);
        struct tw_buf out = TW_BUF(1024);
        assert_int_equal(tw_webhook_read(configuration, &ours, &out, NULL), TW_E_NOT_FOUND);
        tw_buf_done(&out);
        json_decref(configuration);
    }
}

static void webhook__written_twice__changed_once(void **state)
{
    (void)state;
    json_t *configuration = configuration_of("[{\"clientConfig\": {\"service\": {\"name\": "
                                             "\"tidewaiter\", \"namespace\": \"tidewaiter\"}}},"
                                             " {\"clientConfig\": {\"service\": {\"name\": "
                                             "\"other\", \"namespace\": \"tidewaiter\"}}}]");
    struct tw_buf bundle = TW_BUF(16);
    tw_buf_puts(&bundle, "ABC");
    bool changed = false;
    assert_int_equal(tw_webhook_write(configuration, &ours, &bundle, &changed, NULL), 0);
    assert_true(changed);
    assert_int_equal(tw_webhook_write(configuration, &ours, &bundle, &changed, NULL), 0);
    assert_false(changed);
    const json_t *webhooks = json_object_get(configuration, "webhooks");
    const json_t *other = json_object_get(json_array_get(webhooks, 1), "clientConfig");
    assert_null(json_object_get(other, "caBundle"));
    tw_buf_done(&bundle);
    json_decref(configuration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle__of_an_earlier_ca__both_once_the_new_one_first),
        cmocka_unit_test(bundle__expired_or_damaged__left_out),
        cmocka_unit_test(bundle__of_very_many__bounded),
        cmocka_unit_test(webhook__bundles_of_all_kinds__read_what_is_text),
        cmocka_unit_test(webhook__none_of_ours__error),
        cmocka_unit_test(webhook__written_twice__changed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
