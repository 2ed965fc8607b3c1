// Every system call by its number, from inside the cage.
#pragma once

#include "scanner/cage/sandbox.h"

// Tries each that the sandbox's list does not allow, those that this kernel does not know and
// those of other calling conventions included; prints one line, and one for each that was not
// refused as the list says. Returns the number of those.
unsigned tw_sweep(const struct tw_sandbox_options *options);
