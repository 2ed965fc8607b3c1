#include "fake.h"

#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void assert_page_headers(const struct reply *reply, const char *type, const char *cache)
{
    assert_int_equal(reply->status, 200);
    assert_header(reply, "Content-Type", type);
    assert_header(reply, "Cache-Control", cache);
    assert_header(reply, "Content-Security-Policy", POLICY);
    assert_header(reply, "Referrer-Policy", "no-referrer");
    assert_header(reply, "X-Content-Type-Options", "nosniff");
}

// The address of a file, as the page has it.
static void address_of(const struct bench *bench, const char *name, char *ret_path, size_t size)
{
    struct reply *page = get(bench, "/");
    char *end = strstr(page->body, name), *start = end;
    assert_non_null(end);
    while (*start != '"')
        start--;
    snprintf(ret_path, size, "%.*s%s", (int)(end - start) - 1, start + 1, name);
    free(page);
}

static void page__root__html_that_nothing_may_be_put_into(void **state)
{
    struct reply *reply = get(*state, "/");
    assert_page_headers(reply, "text/html; charset=utf-8", "no-cache");
    assert_int_equal(strncmp(reply->body, "<!doctype html>", 15), 0);
    assert_null(strstr(reply->body, "style=\""));
    assert_null(strstr(reply->body, "<style"));
    assert_null(strstr(reply->body, "<script>"));
    assert_null(strstr(reply->body, "http:"));
    assert_null(strstr(reply->body, "https:"));
    free(reply);
}

static void page__files__by_their_hash_for_good(void **state)
{
    static const struct {
        const char *name, *type;
    } rows[] = {
        {"app.js", "text/javascript; charset=utf-8"},
        {"app.css", "text/css; charset=utf-8"},
        {"icon.svg", "image/svg+xml"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[128];
        address_of(*state, rows[i].name, path, sizeof path);
        struct reply *reply = get(*state, path);
        assert_page_headers(reply, rows[i].type, "public, max-age=31536000, immutable");
        free(reply);
    }
}

static void page__known_already__304(void **state)
{
    char request[512];
    struct reply *reply = get(*state, "/");
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: t\r\nIf-None-Match: %.100s\r\n\r\n",
        header_of(reply, "ETag"));
    free(reply);
    reply = ask(*state, request);
    assert_int_equal(reply->status, 304);
    assert_int_equal(reply->size, 0);
    free(reply);
}

static void page__other_hash_or_name__404_says_load_again(void **state)
{
    char path[128];
    address_of(*state, "app.js", path, sizeof path);
    path[strlen("/page/")] ^= 1; // "0" and "1", "a" and "`": never the same
    assert_problem(get(*state, path), 404, "load / again");
    assert_problem(get(*state, "/page/0123456789abcdef/none.js"), 404, "load / again");
    assert_problem(get(*state, "/page//app.js"), 404, "lists all paths");
    assert_problem(
        get(*state, "/page/0123456789abcdef/..%2f..%2fopenapi.yaml"), 404, "load / again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(page__root__html_that_nothing_may_be_put_into),
        SERVED(page__files__by_their_hash_for_good),
        SERVED(page__known_already__304),
        SERVED(page__other_hash_or_name__404_says_load_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
