#include "pods.h"

#include "scanner/pod/view.h"

static struct tw_env_var image_env[] = {
    {.name = "PATH", .value = "/bin", .instruction = "ENV PATH=/bin", .history_index = 0},
    {.name = "GODEBUG", .value = "gctrace=1", .instruction = "ENV GODEBUG=gctrace=1"},
    {.name = "HOME", .value = "/root", .history_index = -1},
};
static const char *image_words[] = {"/bin/till", "serve"};
static struct tw_text_file image_texts[] = {{.kind = TW_TEXT_HISTORY}, {.kind = TW_TEXT_COMMAND}};

// What the container sees: "NAME=VALUE@WHERE ... | word word | ?NAME(source) ?*(source)"
static void assert_view(const char *fields, const char *expected)
{
    char object[2048];
    struct tw_view view;
    struct tw_reference reference;
    struct tw_image_inventory image = {.env = image_env,
        .env_count = TW_COUNT(image_env),
        .entrypoint = image_words,
        .entrypoint_count = 2,
        .cmd_at = 1,
        .texts = image_texts,
        .text_count = 2,
        .registry = "old",
        .repository = "old",
        .tag = "old"};
    snprintf(object, sizeof object,
        "{'spec': {'containers': [{'name': 'c', 'image': 'reg.example/till:1'%s}]}}", fields);
    struct tw_pod *pod = pod_of(object);
    struct tw_arena *arena = tw_arena_new(1 << 20);
    assert_int_equal(tw_reference_parse(pod->containers[0].image, &reference, NULL), 0);
    assert_int_equal(tw_view_make(&image, &pod->containers[0], &reference, arena, &view, NULL), 0);
    struct tw_buf text = TW_BUF(1 << 16);
    for (size_t i = 0; i < view.image.env_count; i++)
        tw_buf_printf(&text, "%s=%s@%s ", view.image.env[i].name, view.image.env[i].value,
            view.image.env[i].instruction ? view.image.env[i].instruction : "-");
    tw_buf_puts(&text, "|");
    for (size_t i = 0; i < view.image.entrypoint_count; i++)
        tw_buf_printf(
            &text, "%s%s", i == view.image.cmd_at ? " + " : " ", view.image.entrypoint[i]);
    for (size_t i = 0; i < view.unknown_count; i++)
        tw_buf_printf(&text, " ?%s(%s)", view.unknown[i].name ? view.unknown[i].name : "*",
            view.unknown[i].source);
    assert_string_equal(text.data, expected);
    assert_string_equal(view.image.registry, "reg.example");
    assert_string_equal(view.image.repository, "till");
    assert_string_equal(view.image.tag, "1");
    assert_int_equal(view.image.text_count, 1);
    bool any = strstr(expected, "?*") != NULL;
    assert_int_equal(view.may_set_any, any);
    tw_buf_done(&text);
    tw_arena_free(arena);
    tw_pod_free(pod);
}

#define PATH_OF_IMAGE "PATH=/bin@ENV PATH=/bin "
#define GODEBUG_OF_IMAGE "GODEBUG=gctrace=1@ENV GODEBUG=gctrace=1 "
#define HOME_OF_IMAGE "HOME=/root@- "
#define IMAGE PATH_OF_IMAGE GODEBUG_OF_IMAGE HOME_OF_IMAGE
#define WORDS "| /bin/till + serve"

static void view__variables__the_pod_has_the_last_word(void **state)
{
    (void)state;
    assert_view("", IMAGE WORDS);
    assert_view(", 'env': [{'name': 'GODEBUG', 'value': ''}]",
        PATH_OF_IMAGE HOME_OF_IMAGE "GODEBUG=@spec.containers[0].env[0] " WORDS);
    assert_view(", 'env': [{'name': 'GOGC', 'value': '50'}, {'name': 'GOGC', 'value': '60'}]",
        IMAGE "GOGC=60@spec.containers[0].env[1] " WORDS);
    // Those that are none of Go's business are not kept: they may be secrets.
    assert_view(", 'env': [{'name': 'DB_PASSWORD', 'value': 'hunter2'}]", IMAGE WORDS);
    assert_view(
        ", 'env': [{'name': 'M', 'value': '1'}, {'name': 'GODEBUG', 'value': 'gctrace=$(M)'}]",
        PATH_OF_IMAGE HOME_OF_IMAGE "GODEBUG=gctrace=1@spec.containers[0].env[1] " WORDS);
    assert_view(", 'env': [{'name': 'GOPROXY', 'value': 'https://me:hunter2@proxy.example'}]",
        IMAGE "GOPROXY=https://me:***@proxy.example@spec.containers[0].env[0] " WORDS);
}

static void view__unknown_variables__are_named_and_not_taken_for_the_images(void **state)
{
    (void)state;
#define SECRET "'valueFrom': {'secretKeyRef': {'name': 'db', 'key': 'k'}}"
    assert_view(", 'env': [{'name': 'GODEBUG', " SECRET "}]",
        PATH_OF_IMAGE HOME_OF_IMAGE WORDS " ?GODEBUG(Secret db)");
    assert_view(", 'env': [{'name': 'TOKEN', " SECRET "}]", IMAGE WORDS);
    assert_view(", 'env': [{'name': 'GODEBUG', " SECRET "}, {'name': 'GODEBUG', 'value': 'x=1'}]",
        PATH_OF_IMAGE HOME_OF_IMAGE "GODEBUG=x=1@spec.containers[0].env[1] " WORDS);
    assert_view(", 'env': [{'name': 'T', " SECRET "}, {'name': 'GOGC', 'value': '$(T)'}]",
        IMAGE WORDS " ?GOGC($(T))");
    assert_view(
        ", 'envFrom': [{'configMapRef': {'name': 'app'}}]", IMAGE WORDS " ?*(ConfigMap app)");
    assert_view(", 'envFrom': [{'prefix': 'APP_', 'configMapRef': {'name': 'app'}}]", IMAGE WORDS);
    assert_view(", 'envFrom': [{'prefix': 'GOD', 'configMapRef': {'name': 'app'}}]",
        IMAGE WORDS " ?*(ConfigMap app)");
}

static void view__command__what_it_sets_counts(void **state)
{
    (void)state;
#define SET(value) PATH_OF_IMAGE HOME_OF_IMAGE "GODEBUG=" value "@spec.containers[0].command "
    assert_view(", 'command': ['env', 'GODEBUG=x=1', 'till']", SET("x=1") "| env GODEBUG=x=1 till");
    assert_view(", 'command': ['/bin/sh', '-c', 'export GODEBUG=x=1; exec till']",
        SET("x=1") "| /bin/sh -c export GODEBUG=x=1; exec till");
    assert_view(", 'command': ['sh', '-c', 'GODEBUG=$MODE exec till'], 'env': [{'name': 'MODE',"
                " 'value': 'x=1'}]",
        SET("x=1") "| sh -c GODEBUG=$MODE exec till");
    assert_view(", 'command': ['env', 'GODEBUG=$(MODE)', 'till'], 'env': [{'name': 'MODE',"
                " 'value': 'x=1'}]",
        SET("x=1") "| env GODEBUG=x=1 till");
    assert_view(", 'command': ['env', 'GODEBUG=$(MODE)', 'till'], 'env': [{'name': 'MODE', " SECRET
                "}]",
        PATH_OF_IMAGE HOME_OF_IMAGE
        "| env GODEBUG=$(MODE) till ?GODEBUG(spec.containers[0].command)");
    assert_view(", 'command': ['sh', '-c', 'export GODEBUG=$(cat /etc/mode); till']",
        PATH_OF_IMAGE HOME_OF_IMAGE "| sh -c export GODEBUG=$(cat /etc/mode); till "
                                    "?GODEBUG(spec.containers[0].command)");
    // What is taken away is gone.
    assert_view(", 'command': ['env', '-i', 'till']", "| env -i till");
    assert_view(", 'command': ['env', '-', 'GOGC=5', 'till'], 'envFrom': [{'secretRef': {'name':"
                " 'db'}}]",
        "GOGC=5@spec.containers[0].command | env - GOGC=5 till");
    assert_view(", 'command': ['env', '-u', 'GODEBUG', 'till']",
        PATH_OF_IMAGE HOME_OF_IMAGE "| env -u GODEBUG till");
    assert_view(", 'command': ['env', '--unset=GODEBUG', '-uHOME', 'till']",
        PATH_OF_IMAGE HOME_OF_IMAGE "| env --unset=GODEBUG -uHOME till");
    assert_view(", 'command': ['sh', '-c', 'unset GODEBUG; exec till']",
        PATH_OF_IMAGE HOME_OF_IMAGE "| sh -c unset GODEBUG; exec till");
    // The shell's own variables are nobody else's, unless they came from outside or are exported.
    assert_view(
        ", 'command': ['sh', '-c', 'GOGC=5; exec till']", IMAGE "| sh -c GOGC=5; exec till");
    assert_view(", 'command': ['sh', '-c', 'GODEBUG=x=1; exec till']",
        SET("x=1") "| sh -c GODEBUG=x=1; exec till");
    assert_view(", 'command': ['sh', '-c', 'GOGC=5; export GOGC; exec till']",
        IMAGE "GOGC=5@spec.containers[0].command | sh -c GOGC=5; export GOGC; exec till");
    assert_view(", 'command': ['sh', '-c', '(export GOGC=5); exec till']",
        IMAGE "| sh -c (export GOGC=5); exec till ?GOGC(spec.containers[0].command)");
    // Behind what env says.
    assert_view(", 'command': ['env', 'GODEBUG=x=1', 'till'], 'env': [{'name': 'GODEBUG', 'value':"
                " 'y=1'}]",
        SET("x=1") "| env GODEBUG=x=1 till");
}

// facts/admission.md section 6
static void view__words__command_drops_cmd_and_args_replace_it(void **state)
{
    (void)state;
    assert_view(", 'command': ['x']", IMAGE "| x");
    assert_view(", 'args': ['y', 'z']", IMAGE "| /bin/till + y z");
    assert_view(", 'command': ['x'], 'args': ['y']", IMAGE "| x + y");
    assert_view(", 'command': [], 'args': []", IMAGE WORDS);
}

static void view__command_of_the_image__what_it_sets_counts_too(void **state)
{
    (void)state;
    const char *before = image_words[0], *after = image_words[1];
    image_words[0] = "env";
    image_words[1] = "GODEBUG=x=1";
    assert_view("", PATH_OF_IMAGE HOME_OF_IMAGE "GODEBUG=x=1@env GODEBUG=x=1 | env + GODEBUG=x=1");
    image_words[0] = before;
    image_words[1] = after;
}

static void view__place__limits_and_the_pods_labels(void **state)
{
    (void)state;
    struct tw_pod *pod =
        pod_of("{'metadata': {'labels': {'tier': 'canary'}}, 'spec': {'containers': [{'name': 'c',"
               " 'image': 'a:1', 'resources': {'limits': {'cpu': '1', 'memory': '1Gi'}}}]}}");
    struct tw_judge_options options = {.lang = TW_ZH};
    const char *names[] = {"GOGC"};
    const struct tw_view view = {
        .unknown_names = names, .unknown_name_count = 1, .may_set_any = true};
    tw_view_place(&view, pod, &pod->containers[0], &options);
    assert_string_equal(options.kube_namespace, "shop");
    assert_string_equal(options.labels[0].value, "canary");
    assert_int_equal(options.cpu_limit_millis, 1000);
    assert_int_equal(options.memory_limit_bytes, 1 << 30);
    assert_string_equal(options.unknown[0], "GOGC");
    assert_true(options.may_set_any);
    assert_int_equal(options.lang, TW_ZH);
    tw_pod_free(pod);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view__variables__the_pod_has_the_last_word),
        cmocka_unit_test(view__unknown_variables__are_named_and_not_taken_for_the_images),
        cmocka_unit_test(view__command__what_it_sets_counts),
        cmocka_unit_test(view__words__command_drops_cmd_and_args_replace_it),
        cmocka_unit_test(view__command_of_the_image__what_it_sets_counts_too),
        cmocka_unit_test(view__place__limits_and_the_pods_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
