// What api/service.h asks for, done with the store and the workers.
#pragma once

#include "api/service.h"
#include "daemon/admit/decide.h"
#include "daemon/cage/count.h"
#include "daemon/config/current.h"
#include "daemon/notify/notify.h"
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
    struct tw_notify *notify;
    struct tw_current *current; // settings, asked anew for each request
    const struct tw_limits *limits;
    struct tw_room room;
    struct tw_cage_counters cages;
    atomic_ullong admissions[3];  // by decision: allow, warn, deny
    atomic_ullong admitted[3][3]; // containers by state and decision
};

struct tw_service tw_daemon_service(struct tw_daemon *daemon);
