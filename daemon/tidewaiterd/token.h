// A new token for a client.
#pragma once

#include <stdio.h>

#include "scanner/base/err.h"

// Prints a random token of 256 bits, and the line of the access file that knows it by its SHA-256.
// It is kept nowhere.
int tw_token_print(FILE *out, struct tw_err *err);
