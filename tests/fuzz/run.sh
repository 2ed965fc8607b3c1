#!/usr/bin/env bash
# Builds the fuzzers with clang and runs them, two at a time, from their seeds and what earlier runs
# found (FOUND/NAME). CPU seconds are added up in FOUND/NAME.seconds; those of machines before this one
# stand in tests/fuzz/spent.tsv.
#
#   tests/fuzz/run.sh SECONDS [NAME...]     each so long (wall time); NAME as gobin_fuzz_elf
#   tests/fuzz/run.sh --rounds SLICE GOAL [NAME...]
#                                           slices of that many seconds, the least fuzzed first,
#                                           until each has GOAL CPU seconds; may be ended and
#                                           started again at any time
#   tests/fuzz/run.sh --spent               what each has had
#   tests/fuzz/run.sh --keep                moves this machine's seconds to spent.tsv
#
# FOUND is $TW_FUZZ_BUILD/found (build-fuzz/found). A crash is FOUND/NAME-crash-*, and its target is
# left out of the rounds until that file is moved away: to tests/fuzz/FOLDER/crashes/NOUN/, once
# it is mended.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${TW_FUZZ_BUILD:-$PWD/build-fuzz}
found=$build/found
mkdir -p "$found"

# Parsers whose hour the project asks for come before the others.
first=(inventory_fuzz_tar layer_fuzz_gzip layer_fuzz_zstd gobin_fuzz_elf gobin_fuzz_pe
    gobin_fuzz_macho gobin_fuzz_wasm gobin_fuzz_modinfo gobin_fuzz_pclntab image_fuzz_manifest
    image_fuzz_config image_fuzz_dockerfile rules_fuzz_policy webhook_fuzz_distribution
    webhook_fuzz_senders image_fuzz_reference admission_fuzz_review access_fuzz_jwt)

all_names() {
    find tests/fuzz -name 'fuzz_*.c' | sed 's,^tests/fuzz/,,; s,/,_,; s,[.]c$,,' | sort
}

here() { # NAME
    cat "$found/$1.seconds" 2>/dev/null || echo 0
}

spent() { # NAME
    local before
    before=$(awk -F'\t' -v name="$1" '$1 == name { print $2 }' tests/fuzz/spent.tsv)
    echo $((${before:-0} + $(here "$1")))
}

has_failed() { # NAME
    compgen -G "$found/$1-crash-*" >/dev/null || compgen -G "$found/$1-timeout-*" >/dev/null ||
        compgen -G "$found/$1-oom-*" >/dev/null || compgen -G "$found/$1-leak-*" >/dev/null
}

list() {
    local name
    for name in $(all_names); do
        printf '%6d %s%s\n' "$(spent "$name")" "$name" "$(has_failed "$name" && echo ' FAILED')"
    done | sort -n
}

compile() { # NAME...
    # The build folder, with what was found, may have served another clone.
    if [ -f "$build/CMakeCache.txt" ] &&
        ! grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$build/CMakeCache.txt"; then
        rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
    fi
    CC=clang cmake -S . -B "$build" -G Ninja -DTW_FUZZ=ON -DTW_SANITIZE=ON >/dev/null
    ninja -C "$build" "$@" >/dev/null
}

add_seconds() { # NAME SECONDS
    echo "$(($(here "$1") + $2))" >"$found/$1.seconds.new"
    mv "$found/$1.seconds.new" "$found/$1.seconds"
}

one() { # NAME SECONDS
    local folder=${1%%_fuzz_*} noun=${1#*_fuzz_} corpora=("$found/$1") options=() code=0 cpu
    mkdir -p "$found/$1"
    if [ -d "tests/fuzz/$folder/corpus/$noun" ]; then
        corpora+=("tests/fuzz/$folder/corpus/$noun")
    else
        corpora+=("tests/unit/$folder/data")
    fi
    [ ! -d "tests/fuzz/$folder/crashes/$noun" ] || corpora+=("tests/fuzz/$folder/crashes/$noun")
    [ ! -f "tests/fuzz/$folder/$noun.dict" ] || options+=("-dict=tests/fuzz/$folder/$noun.dict")
    local TIMEFORMAT='%U %S'
    { time "$build/bin/$1" "${corpora[@]}" -max_total_time="$2" -timeout=100 -rss_limit_mb=2048 \
        -max_len=65536 -artifact_prefix="$found/$1-" "${options[@]}" \
        >"$found/$1.log" 2>&1; } 2>"$found/$1.time" || code=$?
    cpu=$(tail -1 "$found/$1.time" | awk '{printf "%d", $1 + $2}')
    add_seconds "$1" "$cpu"
    if [ "$code" -eq 0 ]; then
        echo "ok      $1: $(grep -oE '^Done [0-9]+ runs' "$found/$1.log"), $cpu CPU seconds," \
            "$(spent "$1") in all"
    else
        echo "FAILED  $1: $found/$1.log"
        return 1
    fi
}

# The least fuzzed one that nobody runs: of those named, or else of the list first, then the rest.
next_name() { # GOAL [NAME...]
    local name group groups=("${first[*]}" "$(all_names | tr '\n' ' ')")
    [ $# -eq 1 ] || groups=("${*:2}")
    for group in "${groups[@]}"; do
        for name in $group; do
            if [ -x "$build/bin/$name" ] && [ ! -e "$found/$name.running" ] &&
                ! has_failed "$name" && [ "$(spent "$name")" -lt "$1" ]; then
                echo "$(spent "$name") $name"
            fi
        done | sort -n | head -1 | cut -d' ' -f2 | grep . && return 0
    done
    return 1
}

worker() { # SLICE GOAL [NAME...]
    local name missing
    while
        exec 9>"$found/lock"
        flock 9
        name=$(next_name "${@:2}")
    do
        echo "$BASHPID" >"$found/$name.running"
        exec 9>&-
        missing=$(($2 - $(spent "$name") + 2))
        echo "$(date -u +%H:%M:%S) $(one "$name" $((missing < $1 ? missing : $1)) || true)"
        rm -f "$found/$name.running"
    done
}

keep() {
    local name
    for name in $(all_names); do
        [ "$(spent "$name")" -eq 0 ] || printf '%s\t%d\n' "$name" "$(spent "$name")"
    done >"$found/spent.new"
    rm -f "$found"/*.seconds
    mv "$found/spent.new" tests/fuzz/spent.tsv
}

case ${1:-} in
--spent)
    list
    ;;
--keep)
    keep
    ;;
--rounds)
    mapfile -t names < <(all_names)
    compile "${names[@]}"
    rm -f "$found"/*.running
    worker "${@:2}" &
    worker "${@:2}" &
    wait
    list
    ;;
*)
    seconds=$1
    shift
    names=("$@")
    [ "${#names[@]}" -gt 0 ] || mapfile -t names < <(all_names)
    compile "${names[@]}"
    export -f one here spent add_seconds
    export build found seconds
    # shellcheck disable=SC2016 # $1 is of the inner shell
    printf '%s\n' "${names[@]}" | xargs -P 2 -I{} bash -c 'one "$1" "$seconds"' - {}
    ;;
esac
