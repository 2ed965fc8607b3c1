#include "pods.h"

// One container, with these other fields.
#define ONE(fields)                                                                                \
    "{'metadata': {'name': 'till-1', 'labels': {'tier': 'canary'}, 'annotations': {'a/b': 'c'}},"  \
    " 'spec': {'serviceAccountName': 'robot',"                                                     \
    " 'containers': [{'name': 'till', 'image': 'r/till:1'" fields "}]}}"

static void container__every_field__is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *object, *expected;
    } rows[] = {
        {ONE(""), ""},
        {ONE(", 'env': null, 'envFrom': null, 'command': null, 'resources': null"), ""},
        {ONE(", 'command': ['a', 'b'], 'args': ['c']"), " command=a|b args=c"},
        {ONE(", 'resources': {'limits': {'cpu': '500m', 'memory': '1Mi'}}"),
            " cpu=500 mem=1048576"},
        {ONE(", 'resources': {'limits': {'cpu': 2, 'memory': 4096}}"), " cpu=2000 mem=4096"},
        {ONE(", 'resources': {'limits': {'cpu': 'many'}}"), ""},
        {ONE(", 'env': [{'name': 'A', 'value': '1'}, {'name': 'B'}]"), " A=1 B="},
        {ONE(", 'envFrom': [{'configMapRef': {'name': 'app'}},"
             " {'prefix': 'DB_', 'secretRef': {'name': 'db', 'optional': true}}, {}]"),
            " from=ConfigMap app: from=Secret db:DB_ from=envFrom:"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "container till=r/till:1%s", rows[i].expected);
        struct tw_pod *pod = pod_of(rows[i].object);
        assert_containers(pod, expected);
        tw_pod_free(pod);
    }
}

// k8s.io/kubernetes/third_party/forked/golang/expansion/expand_test.go has these cases.
static void expand__references__as_the_kubelet_does(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"$(A)", "=1"},
        {"$(A)$(B)", "=12"},
        {"x-$(A)-y", "=x-1-y"},
        {"$$(A)", "=$(A)"},
        {"$$$(A)", "=$1"},
        {"$$$$(A)", "=$$(A)"},
        {"$$", "=$"},
        {"$A", "=$A"},
        {"$(A", "=$(A"},
        {"$", "=$"},
        {"cost: 5$", "=cost: 5$"},
        {"$(NOBODY)", "=$(NOBODY)"},
        {"$(EMPTY)", "="},
        {"$(HIDDEN)", "?($(HIDDEN))"},
        {"$(A) $(HIDDEN)", "?(1 $(HIDDEN))"},
        {"$(TILL_SERVICE_HOST)", "?($(TILL_SERVICE_HOST))"},
        {"$(LATER)", "=$(LATER)"},
        {"$()", "=$()"},
        {"$((A))", "=$((A))"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char object[1024], expected[256];
        snprintf(object, sizeof object,
            ONE(", 'env': [{'name': 'A', 'value': '1'}, {'name': 'B', 'value': '2'}, {'name':"
                " 'EMPTY', 'value': ''}, {'name': 'HIDDEN', 'valueFrom': {'secretKeyRef': {'name':"
                " 'db', 'key': 'k'}}}, {'name': 'X', 'value': '%s'}, {'name': 'LATER', 'value':"
                " '3'}]"),
            rows[i].text);
        snprintf(expected, sizeof expected,
            "container till=r/till:1 A=1 B=2 EMPTY= HIDDEN?(Secret db) X%s LATER=3",
            rows[i].expected);
        struct tw_pod *pod = pod_of(object);
        assert_containers(pod, expected);
        tw_pod_free(pod);
    }
}

static void expand__command__sees_all_variables_and_those_of_env_from_are_not_known(void **state)
{
    (void)state;
    struct tw_pod *pod = pod_of(ONE(", 'args': ['--a=$(A)', '$(B)'], 'env': [{'name': 'A', 'value':"
                                    " '$(B)'}, {'name': 'B', 'value': '2'}]"));
    assert_containers(pod, "container till=r/till:1 A=$(B) B=2 args=--a=$(B)|2");
    tw_pod_free(pod);
    pod = pod_of(ONE(", 'envFrom': [{'prefix': 'DB_', 'secretRef': {'name': 'db'}}], 'env':"
                     " [{'name': 'A', 'value': '$(DB_X)'}, {'name': 'C', 'value': '$(X)'}]"));
    assert_containers(pod, "container till=r/till:1 from=Secret db:DB_ A?($(DB_X)) C=$(X)");
    tw_pod_free(pod);
}

static void expand__doubling_without_end__not_known_and_the_pod_is_read(void **state)
{
    (void)state;
    struct tw_buf text = TW_BUF(1 << 16);
    tw_buf_puts(&text, "{'spec': {'containers': [{'name': 'c', 'image': 'c:1', 'env': "
                       "[{'name': 'V0', 'value': '0123456789'}");
    for (int i = 1; i < 200; i++)
        tw_buf_printf(&text, ",{'name': 'V%d', 'value': '$(V%d)$(V%d)'}", i, i - 1, i - 1);
    tw_buf_puts(&text, "]}]}}");
    struct tw_pod *pod = pod_of(text.data);
    const struct tw_pod_container *c = &pod->containers[0];
    assert_int_equal(strlen(c->variables[13].value), 10 << 13);
    assert_null(c->variables[14].value);
    assert_string_equal(c->variables[14].source, "a value that is too long");
    assert_string_equal(c->variables[15].source, "$(V14)$(V14)");
    tw_pod_free(pod);
    tw_buf_done(&text);
}

static void expand__as_long_as_linux_takes_and_one_more__known_and_not_known(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t length = 131072 + more;
        char *value = malloc(length + 1);
        assert_non_null(value);
        memset(value, 'x', length);
        value[length] = 0;
        struct tw_buf text = TW_BUF(1 << 20);
        tw_buf_printf(&text, ONE(", 'env': [{'name': 'A', 'value': '%s'}]"), value);
        struct tw_pod *pod = pod_of(text.data);
        const struct tw_pod_variable *a = &pod->containers[0].variables[0];
        if (more) {
            assert_null(a->value);
            assert_string_equal(a->source, "a value that is too long");
        } else {
            assert_string_equal(a->value, value);
        }
        tw_pod_free(pod);
        tw_buf_done(&text);
        free(value);
    }
}

static void value_from__what_is_in_the_object__is_known(void **state)
{
    (void)state;
    static const struct {
        const char *from, *expected;
    } rows[] = {
        {"'fieldRef': {'fieldPath': 'metadata.name'}", "=till-1"},
        {"'fieldRef': {'fieldPath': 'metadata.namespace'}", "=shop"},
        {"'fieldRef': {'fieldPath': 'spec.serviceAccountName'}", "=robot"},
        {"'fieldRef': {'fieldPath': 'metadata.labels[`tier`]'}", "=canary"},
        {"'fieldRef': {'fieldPath': 'metadata.labels[`none`]'}", "="},
        {"'fieldRef': {'fieldPath': 'metadata.annotations[`a/b`]'}", "=c"},
        {"'fieldRef': {'fieldPath': 'status.podIP'}", "?(status.podIP)"},
        {"'fieldRef': {'fieldPath': 'metadata.labels['}", "?(metadata.labels[)"},
        {"'resourceFieldRef': {'resource': 'limits.memory'}", "=536870912"},
        {"'resourceFieldRef': {'resource': 'limits.memory', 'divisor': '1Mi'}", "=512"},
        {"'resourceFieldRef': {'resource': 'limits.memory', 'divisor': '0'}", "=536870912"},
        {"'resourceFieldRef': {'resource': 'limits.memory', 'divisor': '1Gi'}", "=1"},
        {"'resourceFieldRef': {'resource': 'limits.cpu'}", "=2"},
        {"'resourceFieldRef': {'resource': 'limits.cpu', 'divisor': '1m'}", "=1500"},
        {"'resourceFieldRef': {'resource': 'requests.cpu'}", "=1"},
        {"'resourceFieldRef': {'resource': 'requests.memory'}", "?(valueFrom)"},
        {"'resourceFieldRef': {'resource': 'limits.cpu', 'containerName': 'till'}", "=2"},
        {"'resourceFieldRef': {'resource': 'limits.cpu', 'containerName': 'other'}",
            "?(valueFrom)"},
        {"'configMapKeyRef': {'name': 'app', 'key': 'k'}", "?(ConfigMap app)"},
        {"'secretKeyRef': {'name': 'db', 'key': 'k'}", "?(Secret db)"},
        {"'fileKeyRef': {'path': 'x'}", "?(valueFrom)"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        char object[1024], expected[256];
        snprintf(object, sizeof object,
            ONE(", 'resources': {'limits': {'cpu': '1500m', 'memory': '512Mi'}, 'requests': {'cpu':"
                " '100m'}}, 'env': [{'name': 'X', 'valueFrom': {%s}}]"),
            rows[i].from);
        for (char *p = object; (p = strchr(p, '`')); p++) // an apostrophe, in JSON
            *p = '\x01';
        json_t *json = NULL;
        struct tw_buf text = TW_BUF(4096);
        for (const char *p = object; *p; p++) {
            if (*p == '\x01')
                tw_buf_puts(&text, "\\u0027");
            else
                tw_buf_append(&text, *p == '\'' ? "\"" : p, 1);
        }
        assert_non_null(json = json_loads(text.data, 0, NULL));
        struct tw_pod *pod = NULL;
        struct tw_workload workload = {
            .group = "", .kind = "Pod", .object = json, .kube_namespace = "shop"};
        assert_int_equal(tw_workload_read(&workload, &pod, NULL), 0);
        snprintf(expected, sizeof expected, "container till=r/till:1 cpu=1500 mem=536870912 X%s",
            rows[i].expected);
        assert_containers(pod, expected);
        tw_pod_free(pod);
        json_decref(json);
        tw_buf_done(&text);
    }
}

static void pod__all_places_of_images__in_the_order_that_they_start(void **state)
{
    (void)state;
    struct tw_pod *pod =
        pod_of("{'metadata': {'generateName': 'till-', 'namespace': 'other'}, 'spec': {"
               "'containers': [{'name': 'c', 'image': 'c:1'}, {'name': 'left-open'}],"
               "'initContainers': [{'name': 'i', 'image': 'i:1', 'restartPolicy': 'Always'}],"
               "'ephemeralContainers': [{'name': 'e', 'image': 'e:1', 'targetContainerName': 'c'}],"
               "'volumes': [{'name': 'tmp', 'emptyDir': {}}, {'name': 'v', 'image': {'reference': "
               "'v:1'}}],"
               "'resources': {'limits': {'cpu': '3'}},"
               "'nodeSelector': {'kubernetes.io/arch': 'arm64'}, 'os': {'name': 'linux'}}}");
    assert_containers(pod,
        "init i=i:1 cpu=3000; container c=c:1 cpu=3000; ephemeral e=e:1 cpu=3000; volume v=v:1");
    assert_string_equal(pod->name, "till-");
    assert_string_equal(pod->kube_namespace, "shop"); // of the request
    assert_string_equal(pod->arch, "arm64");
    assert_string_equal(pod->os, "linux");
    assert_string_equal(pod->containers[1].where, "spec.containers[0]");
    tw_pod_free(pod);
}

#define TEMPLATE                                                                                   \
    "{'metadata': {'labels': {'a': 'b'}}, 'spec': {'containers': [{'name': 'c', 'image': "         \
    "'c:1'}]}}"

static void workload__every_kind__its_template(void **state)
{
    (void)state;
    static const struct {
        struct asked asked;
        const char *expected, *where;
    } rows[] = {
        {{"apps", "Deployment", "{'spec': {'template': " TEMPLATE "}}", NULL}, "container c=c:1",
            "spec.template.spec.containers[0]"},
        {{"apps", "StatefulSet", "{'spec': {'template': " TEMPLATE "}}", NULL}, "container c=c:1",
            "spec.template.spec.containers[0]"},
        {{"apps", "DaemonSet", "{'spec': {'template': " TEMPLATE "}}", NULL}, "container c=c:1",
            "spec.template.spec.containers[0]"},
        {{"apps", "ReplicaSet", "{'spec': {'template': " TEMPLATE "}}", NULL}, "container c=c:1",
            "spec.template.spec.containers[0]"},
        {{"", "ReplicationController", "{'spec': {'template': " TEMPLATE "}}", NULL},
            "container c=c:1", "spec.template.spec.containers[0]"},
        {{"", "ReplicationController", "{'spec': {'template': null}}", NULL}, "", NULL},
        {{"", "PodTemplate", "{'template': " TEMPLATE "}", NULL}, "container c=c:1",
            "template.spec.containers[0]"},
        {{"batch", "Job", "{'spec': {'template': " TEMPLATE "}}", NULL}, "container c=c:1",
            "spec.template.spec.containers[0]"},
        {{"batch", "CronJob", "{'spec': {'jobTemplate': {'spec': {'template': " TEMPLATE "}}}}",
             NULL},
            "container c=c:1", "spec.jobTemplate.spec.template.spec.containers[0]"},
        {{"argoproj.io", "Rollout", "{'spec': {'template': " TEMPLATE "}}", NULL},
            "container c=c:1", "spec.template.spec.containers[0]"},
        {{"example.org", "Till", "{'spec': {'template': {'spec': {'size': 3}}}}", NULL}, "", NULL},
        {{"example.org", "Till", "{'spec': {'template': 7}}", NULL}, "", NULL},
        {{"apps", "Deployment", "{'spec': {'template': 7}}", NULL}, NULL, NULL},
        {{"", "ConfigMap", "{'data': {'a': 'b'}}", NULL}, "", NULL},
        // An update that leaves the template as it was, and one that does not.
        {{"apps", "Deployment", "{'spec': {'replicas': 3, 'template': " TEMPLATE "}}",
             "{'spec': {'replicas': 1, 'template': " TEMPLATE "}}"},
            "", NULL},
        {{"apps", "Deployment", "{'spec': {'template': " TEMPLATE "}}", "{'spec': {}}"},
            "container c=c:1", "spec.template.spec.containers[0]"},
        {{"apps", "Deployment",
             "{'metadata': {'deletionTimestamp': '2026-11-24T00:00:00Z'}, 'spec': "
             "{'template': " TEMPLATE "}}",
             NULL},
            "", NULL},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_pod *pod = NULL;
        struct tw_err err = {0};
        int r = read_pod(&rows[i].asked, &pod, &err);
        assert_int_equal(r, rows[i].expected ? 0 : TW_E_FORMAT);
        if (!rows[i].expected)
            continue;
        assert_containers(pod, rows[i].expected);
        if (rows[i].where) {
            assert_string_equal(pod->containers[0].where, rows[i].where);
            assert_string_equal(pod->labels[0].value, "b");
            assert_true(pod->is_template);
        }
        tw_pod_free(pod);
    }
}

static void update__of_a_pod__new_and_changed_containers_only(void **state)
{
    (void)state;
    static const char old[] = "{'spec': {'containers': [{'name': 'a', 'image': 'a:1'}, {'name': "
                              "'b', 'image': 'b:1'}]}}";
    static const struct {
        const char *object, *expected;
    } rows[] = {
        {old, ""},
        {"{'metadata': {'labels': {'x': 'y'}}, 'spec': {'containers': [{'name': 'a', 'image': "
         "'a:1'}, {'name': 'b', 'image': 'b:2'}]}}",
            "container b=b:2"},
        {"{'spec': {'containers': [{'name': 'a', 'image': 'a:1'}, {'name': 'b', 'image': 'b:1'}],"
         " 'ephemeralContainers': [{'name': 'debug', 'image': 'tools:1'}]}}",
            "ephemeral debug=tools:1"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_pod *pod = NULL;
        assert_int_equal(
            read_pod(&(struct asked){.object = rows[i].object, .old = old}, &pod, NULL), 0);
        assert_containers(pod, rows[i].expected);
        tw_pod_free(pod);
    }
}

static void pod__wrong_types__the_field_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *object, *message;
    } rows[] = {
        {"7", "there is no object"},
        {"{'metadata': 7, 'spec': {}}", "Pod.metadata must be an object"},
        {"{'metadata': {'name': {}}, 'spec': {}}", "metadata.name must be a string"},
        {"{'metadata': {'labels': {'a': 1}}, 'spec': {}}",
            "metadata.labels must be an object of strings"},
        {"{'spec': 7}", "spec must be an object"},
        {"{'spec': {'containers': {}}}", "spec.containers must be a list"},
        {"{'spec': {'containers': [7]}}", "spec.containers[0] must be an object"},
        {"{'spec': {'containers': [{'image': 7}]}}", "spec.containers[0].image must be a string"},
        {"{'spec': {'containers': [{'env': {}}]}}", "spec.containers[0].env must be a list"},
        {"{'spec': {'containers': [{'env': [7]}]}}", "spec.containers[0].env[0] must be an object"},
        {"{'spec': {'containers': [{'env': [{'value': 'x'}]}]}}",
            "spec.containers[0].env[0].name must be a string"},
        {"{'spec': {'containers': [{'env': [{'name': 'A', 'value': 7}]}]}}",
            "spec.containers[0].env[0].value must be a string"},
        {"{'spec': {'containers': [{'env': [{'name': 'A', 'valueFrom': 7}]}]}}",
            "spec.containers[0].env[0].valueFrom must be an object"},
        {"{'spec': {'containers': [{'command': 'a'}]}}",
            "spec.containers[0].command must be a list"},
        {"{'spec': {'containers': [{'command': [7]}]}}",
            "spec.containers[0].command must be a list of strings"},
        {"{'spec': {'containers': [{'resources': []}]}}",
            "spec.containers[0].resources must be an object"},
        {"{'spec': {'containers': [{'envFrom': [7]}]}}",
            "spec.containers[0].envFrom must be a list of objects"},
        {"{'spec': {'volumes': [{'image': 7}]}}", "spec.volumes[0].image must be an object"},
        {"{'spec': {'nodeSelector': 7}}", "spec.nodeSelector must be an object"},
        {"{'spec': {'os': 'linux'}}", "spec.os must be an object"},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        struct tw_pod *pod = NULL;
        struct tw_err err = {0};
        int r = read_pod(&(struct asked){.object = rows[i].object}, &pod, &err);
        assert_null(pod);
        if (r != TW_E_FORMAT || strcmp(err.msg, rows[i].message) != 0)
            fail_msg("%s: %d, %s", rows[i].object, r, err.msg);
    }
}

static void pod__more_containers_than_are_looked_at__limit(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct tw_buf text = TW_BUF(1 << 20);
        struct tw_pod *pod = NULL;
        struct tw_err err = {0};
        tw_buf_puts(&text, "{'spec': {'containers': [{'image': 'a'}");
        for (int i = 1; i < TW_POD_CONTAINERS_MAX + extra; i++)
            tw_buf_puts(&text, ",{'image': 'a'}");
        tw_buf_puts(&text, "]}}");
        int r = read_pod(&(struct asked){.object = text.data}, &pod, &err);
        assert_int_equal(r, extra ? TW_E_LIMIT : 0);
        if (pod)
            assert_int_equal(pod->container_count, TW_POD_CONTAINERS_MAX);
        tw_pod_free(pod);
        tw_buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(container__every_field__is_taken),
        cmocka_unit_test(expand__references__as_the_kubelet_does),
        cmocka_unit_test(expand__command__sees_all_variables_and_those_of_env_from_are_not_known),
        cmocka_unit_test(expand__doubling_without_end__not_known_and_the_pod_is_read),
        cmocka_unit_test(expand__as_long_as_linux_takes_and_one_more__known_and_not_known),
        cmocka_unit_test(value_from__what_is_in_the_object__is_known),
        cmocka_unit_test(pod__all_places_of_images__in_the_order_that_they_start),
        cmocka_unit_test(workload__every_kind__its_template),
        cmocka_unit_test(update__of_a_pod__new_and_changed_containers_only),
        cmocka_unit_test(pod__wrong_types__the_field_is_named),
        cmocka_unit_test(pod__more_containers_than_are_looked_at__limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
