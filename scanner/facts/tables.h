// The generated tables (generate.py), for the lookups of this folder only.
#pragma once

#include <stddef.h>

#include "scanner/facts/godebug.h"
#include "scanner/facts/goexperiment.h"
#include "scanner/facts/release.h"

extern const struct tw_goversion tw_godebug_known_points[];
extern const size_t tw_godebug_known_points_count;
extern const struct tw_godebug_default tw_godebug_defaults[];
extern const size_t tw_godebug_defaults_count;
extern const struct tw_godebug_harm tw_godebug_harms[];
extern const size_t tw_godebug_harms_count;
extern const struct tw_godebug tw_godebug_keys[]; // by name, then package
extern const size_t tw_godebug_keys_count;

extern const struct tw_goexperiment_baseline tw_goexperiment_baselines[];
extern const size_t tw_goexperiment_baselines_count;
extern const struct tw_goexperiment tw_goexperiments[]; // by name
extern const size_t tw_goexperiments_count;

extern const struct tw_release tw_releases[]; // oldest first
extern const size_t tw_releases_count;
extern const char tw_releases_newest[]; // "go1.27.4"
