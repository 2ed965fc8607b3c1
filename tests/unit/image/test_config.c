#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/base/buf.h"
#include "scanner/image/config.h"

static struct tw_config *parsed(const char *json)
{
    struct tw_config *config = NULL;
    struct tw_err err = {0};
    if (tw_config_parse(tw_span_str(json), &tw_limits_default, &config, &err) < 0)
        fail_msg("%s", err.msg);
    return config;
}

static struct tw_config *parsed_file(const char *name)
{
    char path[512];
    static char text[20000];
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return parsed(text);
}

static const struct tw_config_env *env(const struct tw_config *config, const char *name)
{
    for (size_t i = config->env_count; i > 0; i--) {
        if (strcmp(config->env[i - 1].name, name) == 0)
            return &config->env[i - 1];
    }
    fail_msg("%s is not set", name);
    return NULL;
}

static void check(const struct tw_config *config, const char *name, const char *value,
    int64_t index, const char *instruction)
{
    const struct tw_config_env *e = env(config, name);
    assert_string_equal(e->value, value);
    if (e->history_index != index)
        fail_msg("%s: history[%lld], wanted [%lld]", name, (long long)e->history_index,
            (long long)index);
    if (instruction)
        assert_string_equal(e->instruction ? e->instruction : "(none)", instruction);
    else
        assert_null(e->instruction);
}

// What `buildah bud --isolation chroot --layers` wrote.
static void config__of_buildah__every_variable_has_its_instruction(void **state)
{
    (void)state;
    TW_AUTO(tw_config_freep) struct tw_config *c = parsed_file("buildah-env-config.json");
    assert_string_equal(c->os, "linux");
    assert_string_equal(c->architecture, "amd64");
    assert_null(c->variant);
    assert_string_equal(c->created, "2026-11-23T10:58:43.9790072Z");
    assert_string_equal(c->working_dir, "/srv");
    assert_int_equal(c->entrypoint_count, 1);
    assert_string_equal(c->entrypoint[0], "/f");
    assert_int_equal(c->cmd_count, 2);
    assert_string_equal(c->cmd[1], "b");
    assert_int_equal(c->history_count, 14);
    assert_false(c->history[8].empty_layer);
    assert_true(c->history[9].empty_layer);
    assert_int_equal(c->diff_id_count, 1);
    check(c, "GODEBUG", "gctrace=0", 4, "ENV GODEBUG=gctrace=0");
    const char *first = "ENV GODEBUG=gctrace=1 OTHER=\"d e\" THIRD='x y'";
    check(c, "OTHER", "d e", 1, first);
    check(c, "THIRD", "x y", 1, first);
    check(c, "OLD", "b c d", 2, "ENV OLD b c d");
    check(c, "REF", "d e/q", 3, "ENV REF=$OTHER/q PATH=/usr/bin:/bin");
    check(c, "PATH", "/usr/bin:/bin", 3, "ENV REF=$OTHER/q PATH=/usr/bin:/bin");
    check(c, "ESC", "a b", 5, "ENV ESC=a\\ b QUOTE=\"say \\\"hi\\\"\" BACK='C:\\\\x'");
    check(c, "QUOTE", "say \"hi\"", 5, c->history[5].instruction);
    check(c, "BACK", "C:\\\\x", 5, c->history[5].instruction);
    check(c, "V3", "second", 6, "ENV V2=${V}x     V3=second");
    // buildah keeps no value of ARG V in history: what ${V} was cannot be checked.
    check(c, "V2", "1.2x", -1, NULL);
}

static void config__of_buildah_with_quotes_and_defaults__same_values_as_the_builder(void **state)
{
    (void)state;
    TW_AUTO(tw_config_freep) struct tw_config *c = parsed_file("buildah-quotes-config.json");
    static const struct {
        const char *name, *value;
        int64_t index;
    } rows[] = {{"OLD", "a b  c d", 0}, {"E1", "again", 4}, {"E2", "$X", 1}, {"E3", "$X", 1},
        {"E4", "a\"b", 1}, {"E5", "xy zw", 1}, {"E6", "a\\nb", 2}, {"E7", "d f", 2}, {"E8", "", 2},
        {"E9", "yes", 2}, {"E10", "$X/xy zw", 2}, {"E11", "a", 3}, {"E12", "", 3}, {"E13", "", 3},
        {"lower", "case", 5}};
    for (size_t i = 0; i < TW_COUNT(rows); i++)
        check(c, rows[i].name, rows[i].value, rows[i].index, c->history[rows[i].index].instruction);
    check(c, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", -1, NULL);
}

static void config__of_umoci_in_the_form_of_buildkit__blanks_belong_to_values(void **state)
{
    (void)state;
    TW_AUTO(tw_config_freep) struct tw_config *c = parsed_file("umoci-config.json");
    check(c, "GODEBUG", "gctrace=1", 0, "ENV GODEBUG=gctrace=1 OTHER=d e");
    check(c, "OTHER", "d e", 0, "ENV GODEBUG=gctrace=1 OTHER=d e");
    check(c, "A", "1 B=2", 1, "ENV A=1 B=2");
}

// The shape of BuildKit's history: `env` is config.Env, `history` created_by lines.
static struct tw_config *of_buildkit(const char *env_json, const char *const *history)
{
    struct tw_buf json = TW_BUF(100000);
    tw_buf_printf(&json, "{\"config\":{\"Env\":[%s]},\"history\":[", env_json);
    for (size_t i = 0; history[i]; i++)
        tw_buf_printf(&json, "%s{\"created_by\":\"%s\",\"comment\":\"buildkit.dockerfile.v0\"}",
            i ? "," : "", history[i]);
    tw_buf_puts(&json, "]}");
    struct tw_config *config = parsed(json.data);
    tw_buf_done(&json);
    return config;
}

static void buildkit__several_variables_with_blanks__split_by_the_truth(void **state)
{
    (void)state;
    const char *history[] = {"ENV A=b C=d e F=", "ENV G=x  y H=z ", NULL};
    TW_AUTO(tw_config_freep)
    struct tw_config *c = of_buildkit("\"A=b\",\"C=d e\",\"F=\",\"G=x  y\",\"H=z \"", history);
    check(c, "A", "b", 0, "ENV A=b C=d e F=");
    check(c, "C", "d e", 0, "ENV A=b C=d e F=");
    check(c, "F", "", 0, "ENV A=b C=d e F=");
    check(c, "G", "x  y", 1, c->history[1].instruction);
    check(c, "H", "z ", 1, c->history[1].instruction);
}

static void buildkit__value_that_reads_like_another_variable__not_mixed_up(void **state)
{
    (void)state;
    const char *history[] = {"ENV CGO_ENABLED=1", "ENV GOFLAGS=-x CGO_ENABLED=0", NULL};
    TW_AUTO(tw_config_freep)
    struct tw_config *c = of_buildkit("\"CGO_ENABLED=1\",\"GOFLAGS=-x CGO_ENABLED=0\"", history);
    check(c, "CGO_ENABLED", "1", 0, "ENV CGO_ENABLED=1");
    check(c, "GOFLAGS", "-x CGO_ENABLED=0", 1, "ENV GOFLAGS=-x CGO_ENABLED=0");
}

static void buildkit__value_overridden_later__the_later_instruction(void **state)
{
    (void)state;
    const char *history[] = {"ENV B=1", "ENV A=x B=2 C=q r", "ENV A=y", "ENV B=3", NULL};
    TW_AUTO(tw_config_freep)
    struct tw_config *c = of_buildkit("\"B=3\",\"A=y\",\"C=q r\"", history);
    check(c, "A", "y", 2, "ENV A=y");
    check(c, "B", "3", 3, "ENV B=3");
    check(c, "C", "q r", 1, "ENV A=x B=2 C=q r");
}

static void buildkit__overridden_value_holds_a_known_name__does_not_hide_who_set_that(void **state)
{
    (void)state;
    const char *history[] = {"ENV B=1", "ENV A=x B=2", "ENV A=y", NULL};
    TW_AUTO(tw_config_freep) struct tw_config *c = of_buildkit("\"B=1\",\"A=y\"", history);
    check(c, "B", "1", 0, "ENV B=1");
    check(c, "A", "y", 2, "ENV A=y");
}

static void buildkit__quotes_and_backslashes_in_values__are_part_of_them(void **state)
{
    (void)state;
    const char *history[] = {"ENV Q=say \\\"hi\\\" P=C:\\\\x", "ENV D=$HOME", NULL};
    TW_AUTO(tw_config_freep)
    struct tw_config *c = of_buildkit("\"Q=say \\\"hi\\\"\",\"P=C:\\\\x\",\"D=$HOME\"", history);
    check(c, "Q", "say \"hi\"", 0, c->history[0].instruction);
    check(c, "P", "C:\\x", 0, c->history[0].instruction);
    check(c, "D", "$HOME", 1, "ENV D=$HOME");
}

static void history__changed_behind_it__no_instruction_rather_than_a_wrong_one(void **state)
{
    (void)state;
    TW_AUTO(tw_config_freep)
    struct tw_config *c = parsed("{\"config\":{\"Env\":[\"A=1\",\"B=x\",\"C=9\"]},\"history\":["
                                 "{\"created_by\":\"ENV A=1\"},{\"created_by\":\"ENV A=2\"},"
                                 "{\"created_by\":\"/bin/sh -c #(nop) ENV B=$UNKNOWN C=8\"}]}");
    check(c, "A", "1", -1, NULL);
    check(c, "B", "x", -1, NULL);
    check(c, "C", "9", -1, NULL);
}

static void history__arg_with_a_default__is_expanded(void **state)
{
    (void)state;
    TW_AUTO(tw_config_freep)
    struct tw_config *c =
        parsed("{\"config\":{\"Env\":[\"A=1.2-x\"]},\"history\":["
               "{\"created_by\":\"ARG V=1.2\"},{\"created_by\":\"ENV A=${V}-x\"}]}");
    check(c, "A", "1.2-x", 1, "ENV A=${V}-x");
}

static void env__repeated_name_and_no_equals__kept_in_order(void **state)
{
    (void)state;
    TW_AUTO(tw_config_freep)
    struct tw_config *c = parsed("{\"config\":{\"Env\":[\"A=1\",\"BARE\",\"A=2\",\"=x\"]},"
                                 "\"history\":[{\"created_by\":\"ENV A=2\"}]}");
    assert_int_equal(c->env_count, 4);
    assert_string_equal(c->env[0].value, "1");
    assert_null(c->env[0].instruction);
    assert_int_equal(c->env[0].history_index, -1);
    assert_string_equal(c->env[1].name, "BARE");
    assert_string_equal(c->env[1].value, "");
    check(c, "A", "2", 0, "ENV A=2");
    assert_string_equal(c->env[3].name, "");
}

static void config__all_optional_fields_null_or_absent__empty(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}",
        "{\"config\":null,\"rootfs\":null,\"history\":null,"
        "\"os\":null,\"created\":\"\"}",
        "{\"config\":{\"Env\":null,\"Entrypoint\":null,\"Cmd\":null,\"WorkingDir\":null}}"};
    for (size_t i = 0; i < TW_COUNT(texts); i++) {
        TW_AUTO(tw_config_freep) struct tw_config *c = parsed(texts[i]);
        assert_int_equal(c->env_count + c->entrypoint_count + c->cmd_count + c->history_count, 0);
        assert_null(c->os);
        assert_null(c->created);
        assert_null(c->working_dir);
    }
}

static void config__something_wrong__code_and_place(void **state)
{
    (void)state;
    struct tw_limits limits = tw_limits_default;
    limits.image_env = 2;
    limits.image_layers = 1;
    static const struct {
        const char *json;
        int code;
        const char *says;
    } rows[] = {
        {"", TW_E_FORMAT, "not JSON"},
        {"[]", TW_E_FORMAT, "not a JSON object"},
        {"{\"os\":1}", TW_E_FORMAT, "\"os\" must be a string"},
        {"{\"config\":[]}", TW_E_FORMAT, "\"config\" must be an object"},
        {"{\"config\":{\"Env\":\"A=b\"}}", TW_E_FORMAT, "\"Env\" must be an array"},
        {"{\"config\":{\"Env\":[1]}}", TW_E_FORMAT, "\"Env\" must be an array of strings"},
        {"{\"config\":{\"Env\":[\"A\",\"B\",\"C\"]}}", TW_E_LIMIT, "\"Env\" has 3 entries"},
        {"{\"rootfs\":{\"diff_ids\":[\"x\"]}}", TW_E_FORMAT, "diff_ids[0]"},
        {"{\"rootfs\":{\"diff_ids\":[1,2]}}", TW_E_LIMIT, "\"diff_ids\" has 2 entries"},
        {"{\"history\":[1]}", TW_E_FORMAT, "history[0]: must be an object"},
        {"{\"history\":[{\"empty_layer\":1}]}", TW_E_FORMAT, "\"empty_layer\""},
        {"{\"os\":\"a\",\"os\":\"b\"}", TW_E_FORMAT, "not JSON"},
        {"{\"os\":\"\\ud800\"}", TW_E_FORMAT, "not JSON"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_config *c = NULL;
        struct tw_err err = {0};
        assert_int_equal(
            tw_config_parse(tw_span_str(rows[i].json), &limits, &c, &err), rows[i].code);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("%s", err.msg);
        assert_null(c);
    }
}

static void env__values_that_double_each_time__no_memory_is_spent(void **state)
{
    (void)state;
    struct tw_buf json = TW_BUF(100000);
    tw_buf_puts(&json, "{\"config\":{\"Env\":[\"A=x\",\"Z=last\"]},\"history\":[");
    for (int i = 0; i < 64; i++)
        tw_buf_puts(&json, "{\"created_by\":\"ENV A=${A:-ab}$A$A$A\"},");
    tw_buf_puts(&json, "{\"created_by\":\"ENV Z=last\"}]}");
    TW_AUTO(tw_config_freep) struct tw_config *c = parsed(json.data);
    tw_buf_done(&json);
    check(c, "A", "x", -1, NULL);
    check(c, "Z", "last", 64, "ENV Z=last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config__of_buildah__every_variable_has_its_instruction),
        cmocka_unit_test(config__of_buildah_with_quotes_and_defaults__same_values_as_the_builder),
        cmocka_unit_test(config__of_umoci_in_the_form_of_buildkit__blanks_belong_to_values),
        cmocka_unit_test(buildkit__several_variables_with_blanks__split_by_the_truth),
        cmocka_unit_test(buildkit__value_that_reads_like_another_variable__not_mixed_up),
        cmocka_unit_test(buildkit__value_overridden_later__the_later_instruction),
        cmocka_unit_test(buildkit__overridden_value_holds_a_known_name__does_not_hide_who_set_that),
        cmocka_unit_test(buildkit__quotes_and_backslashes_in_values__are_part_of_them),
        cmocka_unit_test(history__changed_behind_it__no_instruction_rather_than_a_wrong_one),
        cmocka_unit_test(history__arg_with_a_default__is_expanded),
        cmocka_unit_test(env__repeated_name_and_no_equals__kept_in_order),
        cmocka_unit_test(config__all_optional_fields_null_or_absent__empty),
        cmocka_unit_test(config__something_wrong__code_and_place),
        cmocka_unit_test(env__values_that_double_each_time__no_memory_is_spent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
