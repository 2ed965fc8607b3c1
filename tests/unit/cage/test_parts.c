// A cage that asks for parts of a layer: what the parent takes for a question.
#include "tests/unit/cage/liar.h"

#include <stdlib.h>

static struct tw_cage *start(const char *script)
{
    static struct tw_limits limits;
    struct tw_cage *cage = NULL;
    struct tw_err err = {0};
    limits = tw_limits_default;
    limits.cage_idle_seconds = 2;
    const struct tw_cage_options options = {.program = liar_program(script)};
    assert_int_equal(tw_cage_start(&options, TW_CAGE_PARTS, &limits, &cage, &err), 0);
    return cage;
}

static void asked__line_by_line__each_with_its_answer(void **state)
{
    (void)state;
    struct tw_err err = {0};
    struct tw_range range = {0};
    TW_AUTO(tw_cage_freep)
    struct tw_cage *cage = start("read -r line; echo \"range 1 2\"; head -c 2 >/dev/null;"
                                 "printf 'range 30 '; sleep 0.1; echo 400; echo $line >&2; exit 1");
    assert_int_equal(tw_cage_tell(cage, "hello\n", &err), 0);
    assert_int_equal(tw_cage_asked(cage, &range), 1);
    assert_int_equal(range.offset, 1);
    assert_int_equal(range.size_bytes, 2);
    assert_int_equal(tw_cage_write(cage, "xy", 2, &err), 0);
    assert_int_equal(tw_cage_asked(cage, &range), 1);
    assert_int_equal(range.offset, 30);
    assert_int_equal(range.size_bytes, 400);
    assert_int_equal(tw_cage_asked(cage, &range), 0);
    struct tw_layer_inventory *inventory = NULL;
    assert_int_equal(tw_cage_finish(cage, &inventory, &err), TW_E_CAGE);
    assert_non_null(strstr(err.msg, "hello"));
}

static void asked__anything_else__is_no_question(void **state)
{
    (void)state;
    static const char *const scripts[] = {"exit 0", "echo", "echo range", "echo '{}'",
        "echo range 1 2 3", "echo 'range 1'", "echo ' range 1 2'", "printf 'range 1 2'",
        "printf 'range %0100d 2\\n' 1", "exec sleep 100", "kill -SEGV $$"};
    for (size_t i = 0; i < TW_COUNT(scripts); i++) {
        TW_AUTO(tw_cage_freep) struct tw_cage *cage = start(scripts[i]);
        struct tw_range range;
        struct tw_err err = {0};
        struct tw_layer_inventory *inventory = NULL;
        if (tw_cage_asked(cage, &range) != 0)
            fail_msg("taken: %s", scripts[i]);
        assert_int_equal(tw_cage_finish(cage, &inventory, &err), TW_E_CAGE);
        assert_null(inventory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked__line_by_line__each_with_its_answer),
        cmocka_unit_test(asked__anything_else__is_no_question),
    };
    return cmocka_run_group_tests_name("parts", tests, liar_set_up, liar_tear_down);
}
