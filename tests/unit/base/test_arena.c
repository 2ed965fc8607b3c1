#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/arena.h"

static void arena__over_its_ceiling__gives_nothing(void **state)
{
    (void)state;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(1000);
    assert_non_null(tw_arena_alloc(arena, 600));
    assert_false(tw_arena_is_full(arena));
    assert_null(tw_arena_alloc(arena, 600));
    assert_true(tw_arena_is_full(arena));
    assert_null(tw_arena_alloc(arena, SIZE_MAX));
    assert_null(tw_arena_strndup(arena, "x", SIZE_MAX));
    assert_non_null(tw_arena_alloc(arena, 100));
    assert_true(tw_arena_used(arena) <= 1000);
}

static void arena__memory__is_zeroed_and_aligned(void **state)
{
    (void)state;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(1 << 20);
    for (int i = 0; i < 1000; i++) {
        unsigned char *p = tw_arena_alloc(arena, 17);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (int j = 0; j < 17; j++)
            assert_int_equal(p[j], 0);
        memset(p, 0xA5, 17);
    }
}

static void arena__pushed_items__keep_their_values(void **state)
{
    (void)state;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(1 << 20);
    int *items = NULL;
    size_t count = 0;
    for (int i = 0; i < 1000; i++) {
        int *item = tw_arena_push(arena, &items, &count);
        assert_int_equal(*item, 0);
        *item = i;
    }
    assert_int_equal(count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
}

static void arena__texts__are_copies(void **state)
{
    (void)state;
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(1 << 16);
    char text[] = "abc";
    const char *copy = tw_arena_strdup(arena, text);
    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(tw_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(tw_arena_printf(arena, "%s-%d", "n", 7), "n-7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena__over_its_ceiling__gives_nothing),
        cmocka_unit_test(arena__memory__is_zeroed_and_aligned),
        cmocka_unit_test(arena__pushed_items__keep_their_values),
        cmocka_unit_test(arena__texts__are_copies),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
