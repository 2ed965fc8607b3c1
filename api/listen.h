// Inside api/: the listening socket.
#pragma once

#include <stdint.h>

#include "scanner/base/err.h"

// Binds "ADDRESS:PORT" ("127.0.0.1:8055", "[::1]:0", "localhost:80") and listens. Port 0 is any
// free one. TW_E_USAGE: no such form; TW_E_IO: names the address and what is wrong.
int tw_listen(const char *address, int *ret_fd, uint16_t *ret_port, struct tw_err *err);

// The port of a socket that is bound; 0 when it has none.
uint16_t tw_listen_port(int fd);
