#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "daemon/http/proxy.h"
#include "daemon/registry/realm.h"
#include "daemon/registry/redirect.h"

static struct tw_url url(const char *text)
{
    struct tw_url parsed = {0};
    assert_int_equal(tw_url_parse(text, &parsed, NULL), 0);
    return parsed;
}

// ---- URLs ----

static void url__forms__parts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *origin;
        unsigned port;
        bool https;
    } rows[] = {
        {"https://Reg.Example/v2/", "reg.example", "reg.example", 443, true},
        {"https://reg.example.:8443/", "reg.example", "reg.example:8443", 8443, true},
        {"http://127.1/x", "127.0.0.1", "127.0.0.1", 80, false},
        {"http://2130706433/x", "127.0.0.1", "127.0.0.1", 80, false},
        {"http://0x7f.0.0.1:80/x", "127.0.0.1", "127.0.0.1", 80, false},
        {"https://[::1]:5000/", "::1", "[::1]:5000", 5000, true},
        {"https://user:secret@reg.example/#f", "reg.example", "reg.example", 443, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_url u = url(rows[i].text);
        assert_string_equal(u.host, rows[i].host);
        assert_string_equal(u.origin, rows[i].origin);
        assert_int_equal(u.port, rows[i].port);
        assert_int_equal(u.https, rows[i].https);
        assert_null(strstr(u.text, "secret"));
        tw_url_done(&u);
    }
}

static void url__not_http__malformed_without_its_text(void **state)
{
    (void)state;
    const char *const rows[] = {"", "secret", "/secret", "//secret/", "ftp://secret/",
        "file:///secret", "gopher://secret:70/", "http://", "https://secret\r\nX: y/",
        "https://sec ret/", "https://secret:99999/"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_url u = {0};
        struct tw_err err = {0};
        assert_int_equal(tw_url_parse(rows[i], &u, &err), TW_E_FORMAT);
        assert_null(u.text);
        assert_null(strstr(err.msg, "secret"));
    }
}

static void url__a_signed_query__not_a_byte_different(void **state)
{
    (void)state;
    const char *text = "https://s3.example/b/a%2fB?X-Sig=a%2Bb%3d&e=%7E~!$'()*;:@/?,[]";
    struct tw_url u = url(text);
    assert_string_equal(u.text, text);
    tw_url_done(&u);
}

static void url__query__appended_and_encoded(void **state)
{
    (void)state;
    struct tw_url u = url("https://t.example/token?a=1");
    assert_int_equal(tw_url_add_query(&u, "scope", "repository:a/b:pull&x=y #", NULL), 0);
    assert_string_equal(
        u.text, "https://t.example/token?a=1&scope=repository%3Aa%2Fb%3Apull%26x%3Dy%20%23");
    tw_url_done(&u);
}

// ---- redirects ----

static void redirect__relative_and_absolute__resolved(void **state)
{
    (void)state;
    static const struct {
        const char *location, *text;
        bool same_origin;
    } rows[] = {
        {"/blob?x=1", "https://reg.example/blob?x=1", true},
        {"next", "https://reg.example/v2/a/blobs/next", true},
        {"https://reg.example:443/x", "https://reg.example:443/x", true},
        {"https://REG.example/x", "https://REG.example/x", true},
        {"https://reg.example:444/x", "https://reg.example:444/x", false},
        {"//cdn.example/x", "https://cdn.example/x", false},
        {"https://reg.example.evil/x", "https://reg.example.evil/x", false},
    };
    struct tw_url from = url("https://reg.example/v2/a/blobs/b");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_url to = {0};
        assert_int_equal(tw_redirect_resolve(&from, rows[i].location, &to, NULL), 0);
        assert_string_equal(to.text, rows[i].text);
        assert_int_equal(tw_url_same_origin(&from, &to), rows[i].same_origin);
        tw_url_done(&to);
    }
    tw_url_done(&from);
}

static void redirect__from_https_to_http__not_allowed(void **state)
{
    (void)state;
    struct tw_url from = url("https://reg.example/v2/"), to = {0};
    struct tw_err err = {0};
    assert_int_equal(
        tw_redirect_resolve(&from, "http://reg.example/x", &to, &err), TW_E_NOT_ALLOWED);
    assert_null(to.text);
    assert_int_equal(tw_redirect_resolve(&from, "file:///etc/passwd", &to, &err), TW_E_FORMAT);
    tw_url_done(&from);
}

static void redirect__from_http_to_https__allowed_but_another_origin(void **state)
{
    (void)state;
    struct tw_url from = url("http://reg.example/v2/"), to = {0};
    assert_int_equal(tw_redirect_resolve(&from, "https://reg.example/v2/", &to, NULL), 0);
    assert_false(tw_url_same_origin(&from, &to));
    tw_url_done(&from);
    tw_url_done(&to);
}

// ---- addresses ----

static void address__literal_hosts__their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum tw_address_kind kind;
    } rows[] = {
        {"reg.example", TW_ADDRESS_ORDINARY},
        {"8.8.8.8", TW_ADDRESS_ORDINARY},
        {"10.1.2.3", TW_ADDRESS_ORDINARY},
        {"192.168.0.1", TW_ADDRESS_ORDINARY},
        {"localhost", TW_ADDRESS_LOOPBACK},
        {"x.LOCALHOST", TW_ADDRESS_LOOPBACK},
        {"notlocalhost", TW_ADDRESS_ORDINARY},
        {"127.255.0.1", TW_ADDRESS_LOOPBACK},
        {"0.0.0.0", TW_ADDRESS_UNUSABLE},
        {"169.254.1.1", TW_ADDRESS_LINK_LOCAL},
        {"169.254.169.254", TW_ADDRESS_METADATA},
        {"169.254.170.2", TW_ADDRESS_METADATA},
        {"100.100.100.200", TW_ADDRESS_METADATA},
        {"100.100.100.201", TW_ADDRESS_ORDINARY},
        {"224.0.0.1", TW_ADDRESS_UNUSABLE},
        {"255.255.255.255", TW_ADDRESS_UNUSABLE},
        {"::1", TW_ADDRESS_LOOPBACK},
        {"::", TW_ADDRESS_UNUSABLE},
        {"::ffff:127.0.0.1", TW_ADDRESS_LOOPBACK},
        {"::ffff:169.254.169.254", TW_ADDRESS_METADATA},
        {"64:ff9b::a9fe:a9fe", TW_ADDRESS_METADATA},
        {"2002:7f00:1::", TW_ADDRESS_LOOPBACK},
        {"fe80::1", TW_ADDRESS_LINK_LOCAL},
        {"febf::1", TW_ADDRESS_LINK_LOCAL},
        {"fec0::1", TW_ADDRESS_ORDINARY},
        {"fd00:ec2::254", TW_ADDRESS_METADATA},
        {"fd00:ec2::23", TW_ADDRESS_METADATA},
        {"fd00:c1::a9fe:a9fe", TW_ADDRESS_METADATA},
        {"fd20:ce::254", TW_ADDRESS_METADATA},
        {"fd00::1", TW_ADDRESS_ORDINARY},
        {"ff02::1", TW_ADDRESS_UNUSABLE},
        {"2606:4700::1111", TW_ADDRESS_ORDINARY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (tw_address_kind_of_host(rows[i].host) != rows[i].kind)
            fail_msg("%s: %s", rows[i].host,
                tw_address_kind_name(tw_address_kind_of_host(rows[i].host)));
    }
}

static void address__sockets__the_same_kinds(void **state)
{
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    inet_pton(AF_INET, "169.254.169.254", &v4.sin_addr);
    assert_int_equal(tw_address_kind_of((struct sockaddr *)&v4), TW_ADDRESS_METADATA);
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr);
    assert_int_equal(tw_address_kind_of((struct sockaddr *)&v6), TW_ADDRESS_LOOPBACK);
    struct sockaddr other = {.sa_family = AF_UNIX};
    assert_int_equal(tw_address_kind_of(&other), TW_ADDRESS_UNUSABLE);
}

static void guard__what_it_allows(void **state)
{
    (void)state;
    const struct tw_address_guard strict = {.allowed = TW_ADDRESS_ORDINARY},
                                  local = {.allowed = TW_ADDRESS_LOOPBACK}, any = {.any = true};
    assert_true(tw_address_guard_allows(&strict, TW_ADDRESS_ORDINARY));
    assert_false(tw_address_guard_allows(&strict, TW_ADDRESS_LOOPBACK));
    assert_false(tw_address_guard_allows(&strict, TW_ADDRESS_METADATA));
    assert_true(tw_address_guard_allows(&local, TW_ADDRESS_LOOPBACK));
    assert_false(tw_address_guard_allows(&local, TW_ADDRESS_METADATA));
    assert_false(tw_address_guard_allows(&local, TW_ADDRESS_LINK_LOCAL));
    assert_true(tw_address_guard_allows(&any, TW_ADDRESS_LOOPBACK));
}

static void proxy__of_the_environment__told_by_its_port(void **state)
{
    (void)state;
    static const char *const variables[] = {
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    static const struct {
        const char *variable, *value, *url;
        unsigned port;
        bool is;
    } rows[] = {
        {"https_proxy", "http://127.0.0.1:3128", "https://cdn.example/x", 3128, true},
        {"https_proxy", "127.0.0.1:3128", "https://cdn.example/x", 3128, true},
        {"https_proxy", "127.0.0.1:3128", "https://cdn.example/x", 3129, false},
        {"https_proxy", "127.0.0.1:3128", "https://cdn.example:3128/x", 3128, false},
        {"https_proxy", "127.0.0.1:3128", "http://cdn.example/x", 3128, false},
        {"http_proxy", "127.0.0.1:3128", "http://cdn.example/x", 3128, true},
        {"ALL_PROXY", "socks5h://127.0.0.1", "http://cdn.example/x", 1080, true},
        {"HTTPS_PROXY", "", "https://cdn.example/x", 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t k = 0; k < sizeof variables / sizeof variables[0]; k++)
            unsetenv(variables[k]);
        setenv(rows[i].variable, rows[i].value, 1);
        struct tw_url u = url(rows[i].url);
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rows[i].port)};
        if (tw_proxy_is_meant(&u, (struct sockaddr *)&v4) != rows[i].is)
            fail_msg("row %zu", i);
        tw_url_done(&u);
        unsetenv(rows[i].variable);
    }
}

// ---- realms ----

static char plain[] = "plain.example:5000", auth[] = "auth.example",
            plain_auth[] = "plainauth.example:5001";
static struct tw_registry_rule rules[] = {{plain, true}, {auth, false}, {plain_auth, true}};
static const struct tw_registries registries = {.rules = rules, .rule_count = 3};

static void realm__each_rule__asked_or_not_and_with_credentials_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *registry, *realm;
        int code;
        bool credentials;
    } rows[] = {
        {"https://reg.example/", "https://reg.example/token", 0, true},
        {"https://reg.example/", "https://auth.other.example/token", 0, true},
        {"https://reg.example/", "http://reg.example/token", TW_E_NOT_ALLOWED, false},
        {"https://reg.example/", "http://plain.example:5000/token", TW_E_NOT_ALLOWED, false},
        {"http://plain.example:5000/", "http://plain.example:5000/token", 0, true},
        {"http://plain.example:5000/", "http://plain.example:5001/token", 0, true},
        {"http://plain.example:5000/", "http://plainauth.example:5001/token", 0, true},
        {"http://plain.example:5000/", "http://evil.example/token", TW_E_NOT_ALLOWED, false},
        {"http://plain.example:5000/", "http://auth.example/token", TW_E_NOT_ALLOWED, false},
        {"http://plain.example:5000/", "https://evil.example/token", 0, false},
        {"http://plain.example:5000/", "https://auth.example/token", 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tw_url registry = url(rows[i].registry), realm = url(rows[i].realm);
        bool credentials = false;
        struct tw_err err = {0};
        int r = tw_realm_check(&registry, &registries, &realm, &credentials, &err);
        if (r != rows[i].code || credentials != rows[i].credentials)
            fail_msg("%s, %s: %d %d %s", rows[i].registry, rows[i].realm, r, credentials, err.msg);
        tw_url_done(&registry);
        tw_url_done(&realm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url__forms__parts),
        cmocka_unit_test(url__not_http__malformed_without_its_text),
        cmocka_unit_test(url__a_signed_query__not_a_byte_different),
        cmocka_unit_test(url__query__appended_and_encoded),
        cmocka_unit_test(redirect__relative_and_absolute__resolved),
        cmocka_unit_test(redirect__from_https_to_http__not_allowed),
        cmocka_unit_test(redirect__from_http_to_https__allowed_but_another_origin),
        cmocka_unit_test(address__literal_hosts__their_kind),
        cmocka_unit_test(address__sockets__the_same_kinds),
        cmocka_unit_test(guard__what_it_allows),
        cmocka_unit_test(proxy__of_the_environment__told_by_its_port),
        cmocka_unit_test(realm__each_rule__asked_or_not_and_with_credentials_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
