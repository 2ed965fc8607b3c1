#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/accept.h"

static void accept__ranges_and_weights__quality(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *type;
        unsigned quality;
    } rows[] = {
        {NULL, "text/plain", 1000},
        {"", "text/plain", 1000},
        {"  ", "text/plain", 1000},
        {"*/*", "text/plain", 1000},
        {"TEXT/Plain", "text/plain; charset=utf-8", 1000},
        {"text/*;q=0.3, text/plain;q=0.7, */*;q=0.5", "text/plain", 700},
        {"text/*;q=0.3, text/plain;q=0.7, */*;q=0.5", "text/html", 300},
        {"text/*;q=0.3, text/plain;q=0.7, */*;q=0.5", "image/png", 500},
        {"text/plain ; version=1 ; Q=0.25 ,", "text/plain", 250},
        {"text/plain;q=1.000", "text/plain", 1000},
        {"text/plain;q=0", "text/plain", 0},
        {"text/plain;q=5", "text/plain", 1000},
        {"text/plain;q=0.1234", "text/plain", 0},
        {"text/plain;q=x", "text/plain", 0},
        {"text/plain;q=", "text/plain", 1000},
        {"text/plain;", "text/plain", 1000},
        {"text", "text/plain", 0},
        {"text/", "text/plain", 0},
        {"/*", "text/plain", 0},
        {"tex*/*", "text/plain", 0},
        {",,,;;;,q=1", "text/plain", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned quality = tw_accept_quality(rows[i].accept, rows[i].type);
        if (quality != rows[i].quality)
            fail_msg("\"%s\" wants %s by %u, not %u", rows[i].accept, rows[i].type, quality,
                rows[i].quality);
    }
}

static void accept__content_types__compared_without_case_and_parameters(void **state)
{
    (void)state;
    assert_true(tw_media_type_equals("application/json", "application/json"));
    assert_true(tw_media_type_equals(" Application/JSON ; charset=utf-8", "application/json"));
    assert_false(tw_media_type_equals("application/json2", "application/json"));
    assert_false(tw_media_type_equals("application/jso", "application/json"));
    assert_false(tw_media_type_equals("", "application/json"));
    assert_false(tw_media_type_equals(NULL, "application/json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept__ranges_and_weights__quality),
        cmocka_unit_test(accept__content_types__compared_without_case_and_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
