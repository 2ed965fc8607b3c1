// Texts of strangers between tags and in attributes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scanner/report/xml.h"

static void xml__texts__escaped_dropped_or_kept(void **state)
{
    (void)state;
    static const struct {
        const char *text, *xml;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"plain é 中 \xf0\x9f\x98\x80", "plain é 中 \xf0\x9f\x98\x80"},
        {"<a b=\"c\">&amp;'", "&#60;a b=&#34;c&#34;&#62;&#38;amp;&#39;"},
        {"]]>", "]]&#62;"},
        {"a\tb\nc\rd", "a&#9;b&#10;c&#13;d"},
        {"\001a\033[31mb\037", "a[31mb"},
        {"a\x7f"
         "b\xc2\x85"
         "c\xc2\x9f\xc2\xa0",
            "a&#127;b&#133;c&#159;\xc2\xa0"},
        {"a\xef\xbf\xbe"
         "b\xef\xbf\xbf"
         "c\xef\xbf\xbd",
            "abc\xef\xbf\xbd"},
        {"a\xff"
         "b\xc3",
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // a surrogate
        {"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},                 // "<", overlong
        {"é\x80", "é\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 10);
        assert_int_equal(tw_xml_text(&out, rows[i].text), 0);
        assert_string_equal(out.data ? out.data : "", rows[i].xml);
    }
}

static void xml__no_room__limit(void **state)
{
    (void)state;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(4);
    assert_int_equal(tw_xml_text(&out, "a&b"), TW_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xml__texts__escaped_dropped_or_kept),
        cmocka_unit_test(xml__no_room__limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
