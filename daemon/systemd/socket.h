// The listening socket that whoever started us has opened: sd_listen_fds(3).
#pragma once

#include "scanner/base/err.h"

// Takes LISTEN_FDS and its kin out of the environment. *ret_fd: a listening stream socket of TCP,
// close-on-exec; -1: none was handed over, or it was for another process. TW_E_USAGE: more than
// one, or something else than that. Before any thread.
int tw_socket_take(int *ret_fd, struct tw_err *err);

// Where it listens, as the setting `listen` has it: "127.0.0.1:8055", "[::]:8055".
enum { TW_SOCKET_TEXT_BYTES = 64 };
int tw_socket_address(int fd, char ret_text[TW_SOCKET_TEXT_BYTES], struct tw_err *err);
