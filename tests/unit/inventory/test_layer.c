// What a layer's inventory says of how it was read.
#include "layers.h"

static void layer__what_was_looked_into__is_counted(void **state)
{
    (void)state;
    TW_AUTO(tw_layer_inventory_freep)
    struct tw_layer_inventory *layer =
        layer_of((struct entry[]){{GO, "bin/app"}, {TEXT, "bin/run", "#!/bin/sh\nexec app\n"},
                     {TEXT, "srv/data", "no program"}, {END}},
            &tw_limits_default);
    assert_int_equal(layer->executables, 1);
    assert_int_equal(layer->texts_read, 1); // it says nothing of Go, and is not kept
    assert_int_equal(layer->text_count, 0);
}

static void layer__reader__is_the_last_that_changed_what_it_has(void **state)
{
    (void)state;
    static const unsigned changed_in[TW_CONTENTS_COUNT] = {
        [TW_CONTENTS_NAMES] = 2, [TW_CONTENTS_EXECUTABLES] = 7, [TW_CONTENTS_TEXTS] = 5};
    const struct {
        uint64_t executables, texts_read;
        unsigned reader;
    } rows[] = {{0, 0, 2}, {0, 3, 5}, {1, 0, 7}, {1, 1, 7}};
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        const struct tw_layer_inventory layer = {
            .executables = rows[i].executables, .texts_read = rows[i].texts_read};
        assert_int_equal(tw_layer_inventory_reader(&layer, changed_in), rows[i].reader);
    }
}

static void layer__reader_of_today__is_the_newest_of_the_table(void **state)
{
    (void)state;
    const struct tw_layer_inventory all = {.executables = 1, .texts_read = 1};
    assert_int_equal(
        tw_layer_inventory_reader(&all, tw_reader_changed_in), TW_INVENTORY_READER_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer__what_was_looked_into__is_counted),
        cmocka_unit_test(layer__reader__is_the_last_that_changed_what_it_has),
        cmocka_unit_test(layer__reader_of_today__is_the_newest_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
