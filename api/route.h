// Inside api/: the table of routes, and which row a request goes to.
#pragma once

#include "api/access/access.h"
#include "api/call.h"

enum tw_method { TW_GET, TW_POST, TW_METHOD_COUNT }; // HEAD goes where GET goes

enum { TW_ROUTES_MAX = 63 }; // the metrics have a row for each, and one for no route

struct tw_route {
    enum tw_method method;
    const char *pattern; // "/v1/scans/{id}/retry"
    // Fills the answer, or returns negative with a reason, which becomes a problem.
    int (*handle)(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err);
    unsigned roles; // enum tw_role: any of them will do, and an admin always; 0: everybody may
    const char *const *query;         // names of the parameters it knows, NULL-terminated
    const char *const *content_types; // of the body; NULL: the handler looks
    uint64_t (*body_max_bytes)(const struct tw_limits *limits); // NULL: it takes no body
};

const struct tw_route *tw_route_at(size_t index); // NULL past the end
size_t tw_route_index(const struct tw_route *route);

const char *tw_method_name(enum tw_method method); // "GET"

// A path's segments, decoded, and the row they lead to.
struct tw_match {
    const struct tw_route *route;             // NULL: no such path, or not with this method
    char *parameters[TW_PATH_PARAMETERS_MAX]; // point into the path that was given
    char allow[32];                           // methods of that path, when only the method is wrong
};

// `path` is the raw path of the request (no query); it is cut and decoded in place. TW_E_USAGE:
// a bad percent-encoding. No such path is no error: then ret_match->route is NULL.
int tw_route_match(const char *method, char *path, struct tw_match *ret_match, struct tw_err *err);

// The handlers.
int tw_handle_webhook(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_scan_post(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_scan_list(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_scan_get(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_scan_retry(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_image_list(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_image_get(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_report(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_binary_list(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_finding_list(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_events(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_stats(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_compare(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_drift(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_rule_list(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_rule_get(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_admission(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_verdict(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_gatekeeper(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_health(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_ready(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_metrics(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_document(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_schema(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_page(const struct tw_call *, struct tw_answer *, struct tw_err *);
int tw_handle_page_file(const struct tw_call *, struct tw_answer *, struct tw_err *);
