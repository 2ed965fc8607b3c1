// The checks behind the rules, one a row of the catalogue. Each looks at the whole image.
#pragma once

#include "scanner/rules/judging.h"

typedef void tw_check(struct tw_judging *judging, const struct tw_rule *rule);

// goroot.c: in the environment and in build flags
tw_check tw_check_goroot_final_dead, tw_check_ldflags_goroot_final, tw_check_goroot_env,
    tw_check_toolchain_in_image;
// goroot_program.c: as programs have it inside
tw_check tw_check_goroot_empty, tw_check_goroot_differs, tw_check_build_path_leak;
// recipe.c: steps of a build
tw_check tw_check_goroot_final_env_w, tw_check_goroot_final_gate,
    tw_check_goexperiment_breaks_build, tw_check_unsafe_fetch;
// godebug.c: settings that do harm
tw_check tw_check_godebug_fatal, tw_check_godebug_trace, tw_check_godebug_runtime,
    tw_check_godebug_weakens, tw_check_godebug_http2_off;
// godebug_unread.c: settings that do nothing
tw_check tw_check_godebug_unknown, tw_check_godebug_no_effect;
// godebug_next.c: settings that a rebuild changes
tw_check tw_check_godebug_next_go, tw_check_godebug_old_defaults;
// script.c
tw_check tw_check_godebug_from_script;
// goexperiment.c
tw_check tw_check_goexperiment_dead, tw_check_goexperiment_empty, tw_check_experiment_in_binary;
// experiment_mix.c
tw_check tw_check_baseline_off, tw_check_experiments_differ, tw_check_loopvar;
// release.c
tw_check tw_check_go_unsupported, tw_check_go_prerelease, tw_check_debug_build,
    tw_check_wrong_platform;
// build.c, secret.c
tw_check tw_check_secrets_in_ldflags, tw_check_dirty_build, tw_check_cpu_level,
    tw_check_go_versions_differ;
// process.c
tw_check tw_check_gomemlimit_malformed, tw_check_runtime_env_ignored, tw_check_build_env_dead;
// needs.c
tw_check tw_check_no_time_zones, tw_check_no_ca_bundle;
// pod.c
tw_check tw_check_cpu_limit_unseen, tw_check_memory_limit;
// house.c
tw_check tw_check_must_declare;
// completeness.c
tw_check tw_check_layer_unreadable, tw_check_file_skipped, tw_check_buildinfo_removed,
    tw_check_packed;
