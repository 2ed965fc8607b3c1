// Layers applied as a runtime would apply them: OCI image spec, layer.md; facts, section 1.
#include "layers.h"

#include "scanner/inventory/tree.h"

typedef const struct entry stack[][ENTRIES_MAX];
#define EXPECT(layers, text) expect_merged(layers, sizeof(layers) / sizeof(layers)[0], text)

static void merge__no_layer__nothing(void **state)
{
    (void)state;
    expect_merged(NULL, 0, "");
}

static void merge__whiteout__hides_the_lower_file_only(void **state)
{
    (void)state;
    stack file = {{{GO, "app"}, {GO, "b"}}, {{TEXT, ".wh.app"}}};
    EXPECT(file, "b@0");
    stack directory = {{{GO, "opt/x/app"}, {GO, "opt/y/app"}}, {{TEXT, "opt/.wh.x"}}};
    EXPECT(directory, "opt/y/app@0");
    // "files of the same layer are never hidden", whatever comes first.
    stack before = {{{GO, "app"}}, {{TEXT, ".wh.app"}, {GO, "app"}}};
    EXPECT(before, "app@1");
    stack after = {{{GO, "app"}}, {{GO, "app"}, {TEXT, ".wh.app"}}};
    EXPECT(after, "app@1");
    stack other = {{{GO, "app"}, {GO, "app2"}}, {{TEXT, ".wh.ap"}}};
    EXPECT(other, "app@0 app2@0");
}

static void merge__opaque__hides_all_below_from_lower_layers(void **state)
{
    (void)state;
    stack layers = {{{GO, "opt/app"}, {GO, "opt/deep/er/app"}, {GO, "app"}},
        {{GO, "opt/new"}, {TEXT, "opt/.wh..wh..opq"}, {GO, "opt/deep/new"}}};
    EXPECT(layers, "app@0 opt/deep/new@1 opt/new@1");
    stack root = {{{GO, "opt/app"}, {GO, "app"}}, {{TEXT, ".wh..wh..opq"}, {GO, "b"}}};
    EXPECT(root, "b@1");
    // One below another, and twice the same: done once, for all.
    stack nested = {{{GO, "a/b/c/app"}, {GO, "a/app"}},
        {{TEXT, "a/b/.wh..wh..opq"}, {TEXT, "a/.wh..wh..opq"}, {TEXT, "a/b/.wh..wh..opq"}}};
    EXPECT(nested, "");
}

static void merge__deleted_and_added_again__the_new_one(void **state)
{
    (void)state;
    stack layers = {{{GO, "app"}}, {{TEXT, ".wh.app"}}, {{GO, "app"}}};
    EXPECT(layers, "app@2");
    stack parents = {{{GO, "opt/app"}}, {{TEXT, ".wh.opt"}}, {{GO, "opt/b"}}};
    EXPECT(parents, "opt/b@2");
}

static void merge__another_kind_in_its_place__hides_what_was_below(void **state)
{
    (void)state;
    stack script = {{{GO, "app"}}, {{TEXT, "app", "#!/bin/sh\n"}}};
    EXPECT(script, "");
    stack file_over_directory = {{{GO, "opt/app"}}, {{TEXT, "opt", "no directory any more"}}};
    EXPECT(file_over_directory, "");
    stack link_over_directory = {{{GO, "opt/app"}, {GO, "srv/app"}}, {{SYMLINK, "opt", "srv"}}};
    EXPECT(link_over_directory, "srv/app@0");
    stack directory_over_file = {{{GO, "app"}}, {{DIRECTORY, "app"}, {GO, "app/main"}}};
    EXPECT(directory_over_file, "app/main@1");
    stack directory_over_directory = {{{GO, "opt/app"}}, {{DIRECTORY, "opt"}, {GO, "opt/b"}}};
    EXPECT(directory_over_directory, "opt/app@0 opt/b@1");
}

static void merge__parents_are_links__one_file_at_its_real_place(void **state)
{
    (void)state;
    // usrmerge
    stack put = {{{DIRECTORY, "usr/bin"}, {SYMLINK, "bin", "usr/bin"}}, {{GO, "bin/app"}}};
    EXPECT(put, "usr/bin/app@1");
    stack same_layer = {{{SYMLINK, "bin", "usr/bin"}, {GO, "bin/app"}}};
    EXPECT(same_layer, "usr/bin/app@0");
    stack replace = {{{GO, "usr/bin/app"}, {SYMLINK, "bin", "usr/bin"}}, {{GO, "bin/app"}}};
    EXPECT(replace, "usr/bin/app@1");
    stack script = {{{GO, "usr/bin/app"}, {SYMLINK, "bin", "usr/bin"}}, {{TEXT, "bin/app", "#!"}}};
    EXPECT(script, "");
    stack whiteout = {{{GO, "usr/bin/app"}, {SYMLINK, "bin", "/usr/bin"}}, {{TEXT, "bin/.wh.app"}}};
    EXPECT(whiteout, "");
    stack opaque = {
        {{GO, "usr/bin/app"}, {SYMLINK, "bin", "usr/bin"}}, {{TEXT, "bin/.wh..wh..opq"}}};
    EXPECT(opaque, "");
    stack chain = {{{GO, "srv/v1/app"}, {SYMLINK, "srv/current", "v1"}, {SYMLINK, "app", "../srv"}},
        {{TEXT, "app/current/.wh.app"}, {GO, "app/current/b"}}};
    EXPECT(chain, "srv/v1/b@1");
    stack link_itself = {{{GO, "usr/bin/app"}, {SYMLINK, "bin", "usr/bin"}}, {{TEXT, ".wh.bin"}}};
    EXPECT(link_itself, "usr/bin/app@0");
}

static void merge__directory_in_place_of_a_link__behind_it_all_stays(void **state)
{
    (void)state;
    stack opaque = {{{GO, "usr/lib/app"}, {SYMLINK, "lib", "usr/lib"}},
        {{DIRECTORY, "lib"}, {TEXT, "lib/.wh..wh..opq"}, {GO, "lib/b"}}};
    EXPECT(opaque, "lib/b@1 usr/lib/app@0");
    stack file = {{{GO, "usr/lib/app"}, {SYMLINK, "lib", "usr/lib"}},
        {{DIRECTORY, "lib"}, {TEXT, "lib/app", "#!"}}};
    EXPECT(file, "usr/lib/app@0");
}

static void merge__links_that_lie__stay_inside_and_end(void **state)
{
    (void)state;
    stack out = {{{SYMLINK, "up", "../../../.."}, {GO, "up/app"}}};
    EXPECT(out, "app@0");
    stack circle = {{{SYMLINK, "a", "b"}, {SYMLINK, "b", "a"}, {GO, "c"}}, {{GO, "a/x"}}};
    EXPECT(circle, "a/x@1 c@0");
    stack itself = {{{SYMLINK, "a", "."}, {GO, "app"}}, {{TEXT, "a/a/a/a/.wh.app"}}};
    EXPECT(itself, "");
    stack nowhere = {{{SYMLINK, "a", "/none/such"}, {GO, "a/app"}}};
    EXPECT(nowhere, "none/such/app@0");
}

static void merge__hard_links__one_program_with_other_names(void **state)
{
    (void)state;
    stack layers = {{{GO, "bin/app"}, {HARDLINK, "bin/x", "bin/app"}, {HARDLINK, "a", "bin/x"}}};
    EXPECT(layers, "bin/app=a=bin/x@0");
    stack lower = {{{GO, "app"}}, {{HARDLINK, "b", "app"}}};
    EXPECT(lower, "app=b@0");
    stack first_name_gone = {{{GO, "app"}, {HARDLINK, "b", "app"}}, {{TEXT, ".wh.app"}}};
    EXPECT(first_name_gone, "b@0");
    stack gone_in_the_same_layer = {{{GO, "app"}}, {{HARDLINK, "b", "app"}, {TEXT, ".wh.app"}}};
    EXPECT(gone_in_the_same_layer, "b@0");
    stack to_a_script = {{{GO, "app"}}, {{TEXT, "app", "#!"}, {HARDLINK, "b", "app"}}};
    EXPECT(to_a_script, "");
    stack itself = {{{GO, "app"}, {HARDLINK, "app", "app"}}};
    struct tw_image_inventory *image = image_of(itself, 1);
    assert_int_equal(image->status, TW_COMPLETE);
    tw_image_inventory_free(image);
}

// ---- what could not be looked at ----

static void expect_skipped(stack layers, size_t count, const char *expected)
{
    struct tw_limits limits = tw_limits_default;
    limits.binary_bytes = 100; // the program has more
    struct tw_image_inventory *image = image_of_limits(layers, count, &limits);
    assert_int_equal(image->status, *expected ? TW_PARTIAL : TW_COMPLETE);
    expect_image(image, expected);
}

static void merge__skipped_file__counts_while_a_name_leads_to_it(void **state)
{
    (void)state;
    stack there = {{{GO, "app"}}};
    expect_skipped(there, 1, "!app:over-limit");
    stack gone = {{{GO, "app"}}, {{TEXT, ".wh.app"}}};
    expect_skipped(gone, 2, "");
    stack replaced = {{{GO, "app"}}, {{TEXT, "app", "#!"}}};
    expect_skipped(replaced, 2, "");
    stack by_directory = {{{GO, "app"}}, {{DIRECTORY, "app"}}};
    expect_skipped(by_directory, 2, "");
    stack linked = {{{GO, "app"}, {HARDLINK, "b", "app"}}, {{TEXT, ".wh.app"}}};
    expect_skipped(linked, 2, "!app:over-limit");
    stack both = {{{GO, "app"}, {HARDLINK, "b", "app"}}, {{TEXT, ".wh.app"}, {TEXT, ".wh.b"}}};
    expect_skipped(both, 2, "");
    stack linked_later = {{{GO, "app"}}, {{HARDLINK, "b", "app"}, {TEXT, ".wh.app"}}};
    expect_skipped(linked_later, 2, "!app:over-limit");
    // The name in the note goes through a link that is no more.
    stack through_a_link = {{{SYMLINK, "bin", "usr/bin"}, {GO, "bin/app"}}, {{TEXT, ".wh.bin"}}};
    expect_skipped(through_a_link, 2, "!bin/app:over-limit");
}

static void merge__more_links_than_allowed__partial_whatever_hides_the_first(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    limits.layer_symlinks = 1;
    stack layers = {{{GO, "app"}, {SYMLINK, "a", "x"}, {SYMLINK, "b", "x"}, {HARDLINK, "c", "app"}},
        {{TEXT, ".wh.b"}, {TEXT, ".wh.app"}}};
    struct tw_image_inventory *image = image_of_limits(layers, 2, &limits);
    assert_int_equal(image->status, TW_PARTIAL);
    expect_image(image, "!:over-limit");
}

static void merge__layer_unreadable__partial_with_the_reason(void **state)
{
    (void)state;
    static const struct entry base[] = {{GO, "app"}, {END}};
    struct tw_layer_inventory *layers[3] = {layer_of(base, &tw_limits_default), NULL, NULL};
    struct tw_err errors[3] = {0};
    tw_err_set(&errors[1], TW_E_DIGEST, "the blob has another digest");
    struct tw_image_inventory *image = merge_layers(layers, errors, 3, NULL);
    tw_layer_inventory_free(layers[0]);
    assert_int_equal(image->status, TW_PARTIAL);
    assert_int_equal(image->note_count, 2);
    assert_int_equal(number_of_layer(image->notes[0].layer), 1);
    assert_null(image->notes[0].path);
    assert_string_equal(image->notes[0].code, "digest-mismatch");
    assert_string_equal(image->notes[0].message, "the blob has another digest");
    assert_true(image->notes[0].incomplete);
    assert_int_equal(number_of_layer(image->notes[1].layer), 2); // nobody said why: told as well
    expect_image(image, "app@0 !:digest-mismatch !:internal");
}

// ---- toolchains ----

static void merge__version_file__a_toolchain_when_go_is_beside_it(void **state)
{
    (void)state;
    static const char version[] = "go1.22.1\ntime 2024-03-01T00:00:00Z\n";
    stack layers = {{{TEXT, "usr/local/go/VERSION", version}, {GO, "usr/local/go/bin/go"},
                        {TEXT, "opt/go/VERSION", version}},
        {{TEXT, "srv/VERSION", version}}};
    struct tw_image_inventory *image = image_of(layers, 2);
    assert_int_equal(image->toolchain_count, 1);
    assert_string_equal(image->toolchains[0].root, "usr/local/go");
    assert_string_equal(image->toolchains[0].version, "go1.22.1");
    assert_int_equal(number_of_layer(image->toolchains[0].layer), 0);
    tw_image_inventory_free(image);

    stack gone = {{{TEXT, "go/VERSION", version}, {GO, "go/bin/go"}}, {{TEXT, ".wh.go"}}};
    image = image_of(gone, 2);
    assert_int_equal(image->toolchain_count, 0);
    tw_image_inventory_free(image);

    // Alpine: the go command is a link out of the root.
    stack alpine = {{{TEXT, "usr/lib/go/VERSION", version}, {GO, "usr/libexec/go"},
        {SYMLINK, "usr/lib/go/bin/go", "/usr/libexec/go"}}};
    image = image_of(alpine, 1);
    assert_int_equal(image->toolchain_count, 1);
    assert_string_equal(image->toolchains[0].root, "usr/lib/go");
    tw_image_inventory_free(image);
}

// ---- layers that ask for endless work: without bounds these tests do not end ----

enum { MANY = 200000, LONG_BYTES = 3000 };

// A layer as a cage that was taken over might hand it out.
static struct tw_layer_inventory *empty_layer(void)
{
    static const struct entry none[] = {{END}};
    return layer_of(none, &tw_limits_default);
}

static void merge__a_million_whiteouts_of_one_tree__emptied_once(void **state)
{
    (void)state;
    struct tw_layer_inventory *layers[2] = {empty_layer(), empty_layer()};
    struct tw_arena *arena = layers[0]->arena;
    for (size_t i = 0; i < MANY; i++) {
        struct tw_link *link =
            tw_arena_push(arena, &layers[0]->symlinks, &layers[0]->symlink_count);
        assert_non_null(link);
        link->path = tw_arena_printf(arena, "d/x/%zu", i);
        link->target = "t";
    }
    const char *const same[] = {"d", "d/x", "d/x/17"};
    for (size_t i = 0; i < 5 * MANY; i++) {
        const char **whiteout =
            tw_arena_push(layers[1]->arena, &layers[1]->whiteouts, &layers[1]->whiteout_count);
        const char **opaque =
            tw_arena_push(layers[1]->arena, &layers[1]->opaques, &layers[1]->opaque_count);
        assert_true(whiteout && opaque);
        *whiteout = same[i % 3];
        *opaque = same[i % 2];
    }
    struct tw_image_inventory *image = merge_layers(layers, NULL, 2, NULL);
    assert_int_equal(image->status, TW_COMPLETE);
    expect_image(image, "");
    tw_layer_inventory_free(layers[0]);
    tw_layer_inventory_free(layers[1]);
}

static void merge__links_that_multiply_every_step__partial_over_limit(void **state)
{
    (void)state;
    struct tw_layer_inventory *layers[2] = {empty_layer(), empty_layer()};
    struct tw_arena *arena = layers[0]->arena;
    // l0 -> a/../a/../ ... and on to l1, forty times: each look-up walks 60 000 names.
    char *target = tw_arena_alloc(arena, LONG_BYTES + 16);
    for (size_t i = 0; i < 40; i++) {
        struct tw_link *link =
            tw_arena_push(arena, &layers[0]->symlinks, &layers[0]->symlink_count);
        assert_true(link && target);
        size_t n = 0;
        while (n < LONG_BYTES)
            n += (size_t)snprintf(target + n, 16, "a/../");
        snprintf(target + n, 16, i < 39 ? "l%zu" : "a", i + 1);
        link->path = tw_arena_printf(arena, "l%zu", i);
        link->target = tw_arena_strdup(arena, target);
    }
    struct tw_file *file = tw_arena_push(arena, &layers[0]->files, &layers[0]->file_count);
    static const struct entry program[] = {{GO, "a/app"}, {END}};
    struct tw_layer_inventory *real = layer_of(program, &tw_limits_default);
    *file = real->files[0];
    for (size_t i = 0; i < MANY; i++) {
        const char **whiteout =
            tw_arena_push(layers[1]->arena, &layers[1]->whiteouts, &layers[1]->whiteout_count);
        assert_non_null(whiteout);
        *whiteout = "l0/none";
    }
    struct tw_image_inventory *image = merge_layers(layers, NULL, 2, NULL);
    assert_int_equal(image->status, TW_PARTIAL);
    expect_image(image, "a/app@0 !:over-limit"); // and what was there stays
    tw_layer_inventory_free(real);
    tw_layer_inventory_free(layers[0]);
    tw_layer_inventory_free(layers[1]);
}

static void tree__paths_past_the_limit__not_made(void **state)
{
    (void)state;
    TW_AUTO(tw_tree_freep) struct tw_tree *tree = tw_tree_new(1 << 20, 16);
    assert_non_null(tree);
    char path[80];
    memset(path, 'x', sizeof path);
    path[63] = '\0'; // 4 * 16, with its separator
    assert_non_null(tw_tree_make(tree, path));
    path[63] = 'x';
    path[64] = '\0';
    assert_null(tw_tree_make(tree, path));
    assert_non_null(tw_tree_make(tree, "a/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge__no_layer__nothing),
        cmocka_unit_test(merge__whiteout__hides_the_lower_file_only),
        cmocka_unit_test(merge__opaque__hides_all_below_from_lower_layers),
        cmocka_unit_test(merge__deleted_and_added_again__the_new_one),
        cmocka_unit_test(merge__another_kind_in_its_place__hides_what_was_below),
        cmocka_unit_test(merge__parents_are_links__one_file_at_its_real_place),
        cmocka_unit_test(merge__directory_in_place_of_a_link__behind_it_all_stays),
        cmocka_unit_test(merge__links_that_lie__stay_inside_and_end),
        cmocka_unit_test(merge__hard_links__one_program_with_other_names),
        cmocka_unit_test(merge__skipped_file__counts_while_a_name_leads_to_it),
        cmocka_unit_test(merge__more_links_than_allowed__partial_whatever_hides_the_first),
        cmocka_unit_test(merge__layer_unreadable__partial_with_the_reason),
        cmocka_unit_test(merge__version_file__a_toolchain_when_go_is_beside_it),
        cmocka_unit_test(merge__a_million_whiteouts_of_one_tree__emptied_once),
        cmocka_unit_test(merge__links_that_multiply_every_step__partial_over_limit),
        cmocka_unit_test(tree__paths_past_the_limit__not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
