// Inside api/: a response that does not end, of what happens. Each holds its connection, and so a
// thread: there are few.
#pragma once

#include "api/request.h"

// Room for one more stream. False: there are options.max_streams already. What was taken is given
// back by the end of the response, or by tw_stream_response when that fails.
bool tw_stream_take(struct tw_server *server);

// NULL: out of memory.
struct MHD_Response *tw_stream_response(
    struct tw_request *request, struct MHD_Connection *connection);
