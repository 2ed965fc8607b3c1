#include "daemon/tidewaiterd/alive.h"

// No request of our own: who fills all connections must not have us restarted on top of it.
int tw_alive_check(void *ctx, struct tw_err *err)
{
    const struct tw_alive *alive = ctx;
    (void)tw_store_check(alive->daemon->store, NULL); // a commit: an error is an answer too
    int r = tw_workers_check(alive->daemon->workers, err);
    return r < 0 ? r : tw_server_check(alive->server, err);
}
