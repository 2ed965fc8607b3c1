// CA, certificate and caBundle brought into order, so that whoever trusts the caBundle never meets
// a certificate that it does not vouch for, wherever the program is interrupted:
//
//   1. a CA, if the Secret has no good one;
//   2. the caBundle gets it, besides those that are there: a server may still show what they
//   signed;
//   3. after a pause, for every API server to have seen that, the certificate, if it is due;
//   4. an earlier CA leaves the caBundle at a run an hour later or more: kubelets take a minute or
//      two to bring a Secret into Pods.
#pragma once

#include <stdio.h>

#include "daemon/certificate/cluster.h"

struct tw_rotation {
    struct tw_cluster *cluster;
    const char *service, *secret, *ca_secret, *webhook; // names of objects
    uint64_t days;                                      // a certificate's life
    uint64_t pause_s;
    bool only_print; // nothing is changed
    int64_t (*now_s)(void);
    void (*sleep_s)(uint64_t seconds);
    FILE *out; // one line for each object
};

// Stops at the first failure; to run it again is safe at any time. TW_E_UNAVAILABLE: worth another
// try at once.
int tw_rotation_run(const struct tw_rotation *rotation, struct tw_err *err);
