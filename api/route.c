#include "api/route.h"

#include <stdio.h>
#include <string.h>

static uint64_t webhook_bytes(const struct tw_limits *limits)
{
    return limits->webhook_bytes;
}

static uint64_t request_bytes(const struct tw_limits *limits)
{
    return limits->request_bytes;
}

static uint64_t admission_bytes(const struct tw_limits *limits)
{
    return limits->admission_bytes;
}

static const char *const json_types[] = {"application/json", NULL};

#define KNOWS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING KNOWS(NULL)
#define ANYBODY 0 // probes, and what is the same for everybody

static const struct tw_route routes[] = {
    {TW_POST, "/v1/webhooks/{sender}", tw_handle_webhook, TW_ROLE_WEBHOOK,
        KNOWS("token", "registry"), NULL, webhook_bytes},
    {TW_POST, "/v1/scans", tw_handle_scan_post, TW_ROLE_WEBHOOK, NOTHING, json_types,
        request_bytes},
    {TW_GET, "/v1/scans", tw_handle_scan_list, TW_ROLE_READ,
        KNOWS("state", "registry", "repository", "since", "until", "sort", "limit", "cursor"), NULL,
        NULL},
    {TW_GET, "/v1/scans/{id}", tw_handle_scan_get, TW_ROLE_READ, NOTHING, NULL, NULL},
    {TW_POST, "/v1/scans/{id}/retry", tw_handle_scan_retry, TW_ROLE_ADMIN, NOTHING, NULL, NULL},
    {TW_GET, "/v1/images", tw_handle_image_list, TW_ROLE_READ,
        KNOWS("registry", "repository", "tag", "decision", "kind", "min_severity", "go", "q",
            "completeness", "current", "since", "until", "sort", "limit", "cursor"),
        NULL, NULL},
    {TW_GET, "/v1/images/{digest}", tw_handle_image_get, TW_ROLE_READ, NOTHING, NULL, NULL},
    {TW_GET, "/v1/images/{digest}/report", tw_handle_report, TW_ROLE_READ, KNOWS("format", "lang"),
        NULL, NULL},
    {TW_GET, "/v1/images/{digest}/drift", tw_handle_drift, TW_ROLE_READ, KNOWS("format", "lang"),
        NULL, NULL},
    {TW_GET, "/v1/binaries", tw_handle_binary_list, TW_ROLE_READ,
        KNOWS("go", "go_below", "module", "experiment", "godebug", "main", "image", "registry",
            "repository", "tag", "current", "sort", "limit", "cursor"),
        NULL, NULL},
    {TW_GET, "/v1/findings", tw_handle_finding_list, TW_ROLE_READ,
        KNOWS("rule", "severity", "min_severity", "registry", "repository", "tag", "since", "until",
            "waived", "current", "sort", "limit", "cursor"),
        NULL, NULL},
    {TW_GET, "/v1/stats", tw_handle_stats, TW_ROLE_READ, KNOWS("from", "to", "step"), NULL, NULL},
    {TW_GET, "/v1/events", tw_handle_events, TW_ROLE_READ, KNOWS("after"), NULL, NULL},
    {TW_GET, "/v1/compare", tw_handle_compare, TW_ROLE_READ, KNOWS("from", "to", "format", "lang"),
        NULL, NULL},
    {TW_POST, "/v1/admission", tw_handle_admission, TW_ROLE_ADMISSION, KNOWS("timeout"), json_types,
        admission_bytes},
    {TW_GET, "/v1/verdict", tw_handle_verdict, TW_ROLE_ADMISSION,
        KNOWS("image", "namespace", "platform", "timeout"), NULL, NULL},
    {TW_POST, "/v1/gatekeeper", tw_handle_gatekeeper, TW_ROLE_ADMISSION, KNOWS("timeout"),
        json_types, request_bytes},
    {TW_GET, "/v1/notifications", tw_handle_notification_list, TW_ROLE_READ,
        KNOWS("sink", "state", "limit", "cursor"), NULL, NULL},
    {TW_POST, "/v1/notifications/{id}/retry", tw_handle_notification_retry, TW_ROLE_ADMIN, NOTHING,
        NULL, NULL},
    {TW_GET, "/v1/rules", tw_handle_rule_list, ANYBODY, KNOWS("lang", "limit", "cursor"), NULL,
        NULL},
    {TW_GET, "/v1/rules/{id}", tw_handle_rule_get, ANYBODY, KNOWS("lang"), NULL, NULL},
    {TW_GET, "/healthz", tw_handle_health, ANYBODY, NOTHING, NULL, NULL},
    {TW_GET, "/readyz", tw_handle_ready, ANYBODY, NOTHING, NULL, NULL},
    {TW_GET, "/metrics", tw_handle_metrics, TW_ROLE_READ, NOTHING, NULL, NULL},
    {TW_GET, "/openapi.yaml", tw_handle_document, ANYBODY, NOTHING, NULL, NULL},
    {TW_GET, "/schema/{name}", tw_handle_schema, ANYBODY, NOTHING, NULL, NULL},
    {TW_GET, "/", tw_handle_page, ANYBODY, NOTHING, NULL, NULL},
    {TW_GET, "/page/{hash}/{name}", tw_handle_page_file, ANYBODY, NOTHING, NULL, NULL},
};

_Static_assert(TW_COUNT(routes) <= TW_ROUTES_MAX, "raise TW_ROUTES_MAX");

const struct tw_route *tw_route_at(size_t index)
{
    return index < TW_COUNT(routes) ? &routes[index] : NULL;
}

size_t tw_route_index(const struct tw_route *route)
{
    return (size_t)(route - routes);
}

static const struct {
    const char *name;
    const char *allow; // what an Allow header says for it
} methods[TW_METHOD_COUNT] = {
    [TW_GET] = {"GET", "GET, HEAD"},
    [TW_POST] = {"POST", "POST"},
};

const char *tw_method_name(enum tw_method method)
{
    return methods[method].name;
}

static bool method_equals(enum tw_method method, const char *name)
{
    return strcmp(methods[method].name, name) == 0 ||
           (method == TW_GET && strcmp(name, "HEAD") == 0);
}

enum { SEGMENTS_MAX = 8 };

// Cuts at "/" before decoding, so that an encoded slash stays inside its segment. Returns the
// number of segments, or one more than SEGMENTS_MAX for a path that no route can have.
static size_t cut(char *path, char *segments[SEGMENTS_MAX])
{
    size_t count = 0;
    for (char *next = path; next;) {
        if (count == SEGMENTS_MAX)
            return SEGMENTS_MAX + 1;
        segments[count++] = next;
        if ((next = strchr(next, '/')))
            *next++ = '\0';
    }
    return count;
}

static bool pattern_fits(
    const char *pattern, char *const *segments, size_t count, struct tw_match *match)
{
    size_t parameters = 0;
    for (size_t i = 0; i < count; i++) {
        if (*pattern++ != '/')
            return false;
        size_t n = strcspn(pattern, "/");
        if (pattern[0] == '{' && segments[i][0] != '\0')
            match->parameters[parameters++] = segments[i];
        else if (strlen(segments[i]) != n || strncmp(segments[i], pattern, n) != 0)
            return false;
        pattern += n;
    }
    return *pattern == '\0';
}

static void allow(struct tw_match *match, const char *names)
{
    size_t size = strlen(match->allow);
    snprintf(match->allow + size, sizeof match->allow - size, "%s%s", size > 0 ? ", " : "", names);
}

int tw_route_match(const char *method, char *path, struct tw_match *ret_match, struct tw_err *err)
{
    struct tw_match match = {0};
    char *segments[SEGMENTS_MAX];
    size_t count = path[0] == '/' ? cut(path + 1, segments) : SEGMENTS_MAX + 1;
    for (size_t i = 0; i < count && count <= SEGMENTS_MAX; i++) {
        int r = tw_percent_decode(segments[i], false, "the path", err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < TW_COUNT(routes) && count <= SEGMENTS_MAX; i++) {
        struct tw_match candidate = {0};
        if (!pattern_fits(routes[i].pattern, segments, count, &candidate))
            continue;
        if (method_equals(routes[i].method, method)) {
            candidate.route = &routes[i];
            *ret_match = candidate;
            return 0;
        }
        allow(&match, methods[routes[i].method].allow);
    }
    *ret_match = match;
    return 0;
}
