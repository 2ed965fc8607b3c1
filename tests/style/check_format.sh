#!/usr/bin/env bash
# Every C file is as clang-format (.clang-format) writes it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
git ls-files -- '*.c' '*.h' ':!*.gen.c' ':!*.gen.h' | xargs -r clang-format --dry-run --Werror
