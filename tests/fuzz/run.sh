#!/usr/bin/env bash
# Builds the fuzzers with clang and runs them, two at a time, from their seeds and what earlier runs
# found (build-fuzz/found/NAME). usage: tests/fuzz/run.sh SECONDS [NAME...], NAME as gobin_fuzz_elf
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1
shift
build=${TW_FUZZ_BUILD:-$PWD/build-fuzz}
CC=clang cmake -S . -B "$build" -G Ninja -DTW_FUZZ=ON -DTW_SANITIZE=ON >/dev/null
names=("$@")
[ "${#names[@]}" -gt 0 ] || mapfile -t names < <(cd tests/fuzz && find . -name 'fuzz_*.c' | sed 's,^./,,; s,/,_,; s,[.]c$,,')
ninja -C "$build" "${names[@]}" >/dev/null

one() { # NAME
    local folder=${1%%_fuzz_*} noun=${1#*_fuzz_} seeds options=()
    seeds=tests/fuzz/$folder/corpus/$noun
    [ -d "$seeds" ] || seeds=tests/unit/$folder/data
    [ ! -f "tests/fuzz/$folder/$noun.dict" ] || options+=("-dict=tests/fuzz/$folder/$noun.dict")
    mkdir -p "$build/found/$1"
    if "$build/bin/$1" "$build/found/$1" "$seeds" -max_total_time="$seconds" -timeout=5 \
        -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="$build/found/$1-" "${options[@]}" \
        >"$build/found/$1.log" 2>&1; then
        echo "ok      $1: $(grep -oE '^Done [0-9]+ runs in [0-9]+' "$build/found/$1.log")"
    else
        echo "FAILED  $1: $build/found/$1.log"
        return 1
    fi
}
export -f one
export build seconds
# shellcheck disable=SC2016 # $1 is of the inner shell
printf '%s\n' "${names[@]}" | xargs -P 2 -I{} bash -c 'one "$1"' - {}
