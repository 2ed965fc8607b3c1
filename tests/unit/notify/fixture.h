// Events as they come out of the outbox, sinks, and files with what is expected of them.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/notify/message.h"
#include "scanner/base/json.h"
#include "scanner/base/text.h"

#define AT 1767323045678LL // 2026-01-02T03:04:05.678Z
#define DIGEST "sha256:" H32 H32
#define H32 "0123456789abcdef0123456789abcdef"
#define PREVIOUS "sha256:ffffffffffffffffffffffffffffffff" H32

// What an image may say to get a link, a mention or markup into a message.
#define HOSTILE "a<b>&c [x](http://evil) *b* `c` <@all>\nd"

struct events {
    struct tw_event_finding findings[TW_EVENT_FINDINGS_MAX];
    struct tw_event items[300];
};

static inline struct tw_event_finding finding_of(
    const char *rule, enum tw_severity severity, const char *binary)
{
    return (struct tw_event_finding){.rule = rule,
        .severity = severity,
        .platform = "linux/amd64",
        .binary = binary,
        .fingerprint = H32,
        .message = {"GODEBUG=gctrace=1: " HOSTILE, "GODEBUG=gctrace=1 会输出跟踪：" HOSTILE}};
}

static inline struct tw_event event_of(enum tw_event_kind kind, struct tw_event_finding *findings)
{
    struct tw_event event = {.kind = kind,
        .at_ms = AT,
        .registry = "registry.example",
        .repository = "team/app",
        .tag = "1.4",
        .digest = DIGEST};
    if (kind == TW_EVENT_DEAD_LETTER) {
        event.digest = "";
        event.scan = H32;
        event.attempts = 8;
        event.error = "unavailable";
        event.message = "registry registry.example: no connection";
    } else if (kind != TW_EVENT_TEST) {
        findings[0] = finding_of("TW201", TW_CRITICAL, "usr/local/bin/app");
        findings[1] = finding_of("TW204", TW_MEDIUM, NULL);
        event.findings = findings;
        event.count = 2;
        event.more[TW_LOW] = 3;
        event.decision = "deny";
        event.previous = kind == TW_EVENT_DRIFT ? PREVIOUS : NULL;
    }
    return event;
}

// `count` findings with messages of `bytes` Chinese bytes.
static inline struct tw_event large_event(struct events *events, size_t count, size_t bytes)
{
    static char text[TW_EVENT_MESSAGE_BYTES_MAX + 1];
    size_t n = 0;
    for (; n + 3 <= bytes; n += 3)
        memcpy(text + n, "镜", 3);
    text[n] = '\0';
    struct tw_event event = event_of(TW_EVENT_FINDINGS, events->findings);
    memset(event.more, 0, sizeof event.more);
    for (size_t i = 0; i < count; i++) {
        events->findings[i] = finding_of("TW204", TW_MEDIUM, "usr/bin/app");
        events->findings[i].message[TW_EN] = events->findings[i].message[TW_ZH] = text;
    }
    event.count = count;
    return event;
}

static inline char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 200000);
    if (file) {
        size_t n = fread(text, 1, 199999, file);
        text[n] = '\0';
        fclose(file);
    }
    return text;
}

// Compares with tests/unit/notify/data/NAME; with TW_WRITE_EXPECTED in the environment it is
// written instead, to be looked at.
static inline void expect_file(const char *name, const struct tw_buf *got)
{
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/%s", name);
    if (getenv("TW_WRITE_EXPECTED")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(got->data, 1, got->size, file), got->size);
        fputc('\n', file);
        fclose(file);
    }
    TW_AUTO(tw_freep) char *expected = read_file(path);
    size_t n = strlen(expected);
    if (n > 0 && expected[n - 1] == '\n')
        expected[n - 1] = '\0';
    assert_string_equal(got->data, expected);
}

static inline void render(const struct tw_sink *sink, struct tw_event *events, size_t count,
    const char *link, struct tw_buf *out)
{
    struct tw_err err = {0};
    const struct tw_dispatch dispatch = {
        .id = H32, .events = events, .count = count, .now_ms = AT, .link = link};
    if (sink->kind->render(sink, &dispatch, out, &err) < 0)
        fail_msg("%s", err.msg);
    assert_true(tw_text_is_utf8(tw_buf_span(out)));
}

// The text at a path of keys and indexes ("markdown.content") in JSON; freed by the caller.
static inline char *text_at(const struct tw_buf *json, const char *first, const char *second)
{
    TW_AUTO(tw_json_decrefp) json_t *root = NULL;
    assert_int_equal(
        tw_json_parse(tw_buf_span(json), (struct tw_json_caps){json->size, 16, 10000}, &root, NULL),
        0);
    const char *text = tw_json_string(json_object_get(root, first), second);
    assert_non_null(text);
    return strdup(text);
}
