// Go's version strings in all their forms. facts/binary-format.md section 1.3.
#pragma once

#include "scanner/gobin/gobin.h"

// Takes the string apart into bin->go.version, release, experiments, vendor and devel:
//   go1.27.4   go1.27rc1   go1.25.12 X:fieldtrack   go1.27.4-X:fieldtrack,noswissmap
//   go1.26.5 (Red Hat 1.26.5-1.el10_2)   go1.22.5-1   devel go1.28-abcdef Mon Jan 1 ...
//   go1.23-20240626-RC01 cl/646990413 +5a18e79687 X:fieldtrack,boringcrypto   go1.28-devel_abc
// False when it does not start like a Go version; nothing is set then. When memory runs out,
// fields stay NULL.
bool tw_goversion_string(struct tw_span text, struct tw_arena *arena, struct tw_gobin *bin);
