// What api/service.h asks for, done with the store and the workers.
#pragma once

#include "api/service.h"
#include "daemon/admit/decide.h"
#include "daemon/registry/registry.h"
#include "daemon/service/room.h"
#include "daemon/store/store.h"
#include "daemon/worker/worker.h"

struct tw_daemon { // all of it must outlive the service
    struct tw_store *store;
    struct tw_workers *workers;
    struct tw_jury *jury;
    struct tw_rejudge *rejudge;
    struct tw_events *events;
    struct tw_lookup *lookup;
    const struct tw_registries *registries;
    const struct tw_limits *limits;
    struct tw_queue_limits queue;
    struct tw_room room;
    atomic_ullong admissions[3]; // by decision: allow, warn, deny
};

struct tw_service tw_daemon_service(struct tw_daemon *daemon);
