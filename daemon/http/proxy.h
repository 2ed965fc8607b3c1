// The HTTP proxy of the environment, which libcurl uses by itself (http_proxy, https_proxy,
// all_proxy, no_proxy).
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "daemon/http/url.h"

// Whether a connection to `address`, made for a request of `url`, is one to the proxy: then the
// guard of addresses has nothing to judge, as the proxy resolves the name and decides. A proxy on
// this machine is usual (cntlm, a mesh's sidecar); it is told by its port.
bool tw_proxy_is_meant(const struct tw_url *url, const struct sockaddr *address);
