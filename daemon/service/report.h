// The report of a stored image: its inventory, judged when it is asked for.
#pragma once

#include "daemon/service/service.h"

// api/service.h, `report`.
int tw_daemon_report(struct tw_daemon *daemon, const struct tw_report_request *request,
    struct tw_buf *out, struct tw_err *err);

// As tw_service.compare.
int tw_daemon_compare(struct tw_daemon *daemon, const struct tw_compare_request *request,
    struct tw_buf *out, struct tw_err *err);
