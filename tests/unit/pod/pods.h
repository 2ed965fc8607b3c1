// Pods out of JSON, written with single quotes, and as one line of text to compare.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/pod/workload.h"

static inline json_t *json_of(const char *text)
{
    if (!text)
        return NULL;
    char *copy = strdup(text);
    json_error_t error;
    for (char *p = copy; (p = strchr(p, '\'')); p++)
        *p = '"';
    json_t *json = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!json)
        fail_msg("%s: %s", text, error.text);
    free(copy);
    return json;
}

struct asked {
    const char *group, *kind, *object, *old;
};

// The Pod, or its error; the JSON is gone afterwards.
static inline int read_pod(const struct asked *asked, struct tw_pod **ret_pod, struct tw_err *err)
{
    json_t *object = json_of(asked->object), *old = json_of(asked->old);
    struct tw_workload workload = {.group = asked->group ? asked->group : "",
        .kind = asked->kind ? asked->kind : "Pod",
        .object = object,
        .old = old,
        .kube_namespace = "shop"};
    int r = tw_workload_read(&workload, ret_pod, err);
    json_decref(object);
    json_decref(old);
    return r;
}

static inline struct tw_pod *pod_of(const char *object)
{
    struct tw_pod *pod = NULL;
    struct tw_err err = {0};
    if (read_pod(&(struct asked){.object = object}, &pod, &err) < 0)
        fail_msg("%s: %s", object, err.msg);
    return pod;
}

static inline void put_words(
    struct tw_buf *out, const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tw_buf_printf(out, "%s%s", i ? "|" : name, words[i]);
}

// "KIND NAME=IMAGE cpu=500 mem=1 A=1@WHERE B?(Secret db) from=ConfigMap app:PREFIX command=a|b ..."
static inline void put_container(struct tw_buf *out, const struct tw_pod_container *c)
{
    static const char *const kinds[] = {"container", "init", "ephemeral", "volume"};
    tw_buf_printf(out, "%s%s %s=%s", out->size ? "; " : "", kinds[c->kind], c->name, c->image);
    if (c->cpu_limit_millis)
        tw_buf_printf(out, " cpu=%" PRIu64, c->cpu_limit_millis);
    if (c->memory_limit_bytes)
        tw_buf_printf(out, " mem=%" PRIu64, c->memory_limit_bytes);
    for (size_t i = 0; i < c->source_count; i++)
        tw_buf_printf(out, " from=%s:%s", c->sources[i].name, c->sources[i].prefix);
    for (size_t i = 0; i < c->variable_count; i++) {
        const struct tw_pod_variable *v = &c->variables[i];
        if (v->value)
            tw_buf_printf(out, " %s=%s", v->name, v->value);
        else
            tw_buf_printf(out, " %s?(%s)", v->name, v->source);
    }
    put_words(out, " command=", c->command, c->command_count);
    put_words(out, " args=", c->args, c->args_count);
}

static inline void assert_containers(const struct tw_pod *pod, const char *expected)
{
    struct tw_buf text = TW_BUF(1 << 16);
    for (size_t i = 0; i < pod->container_count; i++)
        put_container(&text, &pod->containers[i]);
    assert_string_equal(text.data ? text.data : "", expected);
    tw_buf_done(&text);
}
