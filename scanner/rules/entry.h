// The program that a container of this image starts. For this folder only.
#pragma once

#include "scanner/rules/judging.h"

// The Go program that the entrypoint names: by its path, or by PATH of the image's environment.
// NULL: there is none, it is no Go program, or it cannot be told (a relative path).
const struct tw_judged_binary *tw_entry_of(const struct tw_judging *judging);
