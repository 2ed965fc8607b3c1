#!/usr/bin/env bash
# Installs what the tests need, builds with sanitizers, and runs every test: unit and fuzz seeds
# (ctest), style and layering, system (real registry, skopeo, umoci, buildah), and golang (real Go
# toolchains and programs).
# usage: tests/run.sh [--full] [pytest arguments]
# --full: all toolchains, all builds, and every Go program that Debian and npm bring (half an hour on
# two cores the first time, six minutes after that).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
top=$PWD
build=${TW_BUILD:-$top/build-test}
release=${TW_RELEASE:-$top/build-release}
full=
if [ "${1-}" = --full ]; then
    full=1
    shift
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

passed=0 failed=0 skipped=0

# count PASSED FAILED SKIPPED
count() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# one NAME COMMAND...: a check that passes or fails as a whole
one() {
    local name=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok      $name"
        count 1 0 0
    else
        printf 'FAILED  %s\n%s\n' "$name" "$output"
        count 0 1 0
    fi
}

step() { printf '\n== %s\n' "$*"; }

configure() { # DIR OPTION...
    local dir=$1
    shift
    cmake -S "$top" -B "$dir" -G Ninja "$@" >"$dir.log" 2>&1 && cmake --build "$dir" >>"$dir.log" 2>&1
}

step "packages"
deploy/install.sh build test || exit 2

step "build with sanitizers, and a release build"
mkdir -p "$build" "$release"
for kind in "$build -DTW_SANITIZE=ON -DTW_WERROR=ON" "$release -DTW_WERROR=ON -DTW_TESTS=OFF"; do
    # shellcheck disable=SC2086 # words are wanted
    if ! configure $kind; then
        set -- ${kind%% *}
        grep -E 'error|FAILED|warning' -A 8 "$1.log" | head -n 80
        echo "the build failed; the whole log is in $1.log"
        exit 1
    fi
done

step "unit tests and fuzz seeds"
ctest --test-dir "$build" --output-on-failure -j2 >"$build/ctest.log" 2>&1
sed -n '/tests passed/,$p' "$build/ctest.log"
total=$(sed -nE 's/.*tests failed out of ([0-9]+).*/\1/p' "$build/ctest.log")
bad=$(sed -nE 's/.*% tests passed, ([0-9]+) tests failed.*/\1/p' "$build/ctest.log")
if [ -z "$total" ] || [ "$total" -eq 0 ]; then
    cat "$build/ctest.log"
    echo "no unit test ran"
    exit 1
fi
[ "$bad" -eq 0 ] || grep -E 'ERROR|FAILED|runtime error|Sanitizer|Failed' -B 2 -A 20 "$build/ctest.log" | head -n 200
count $((total - bad)) "$bad" 0

if [ -n "$full" ]; then
    step "every allocation fails in turn, those of libraries too"
    torture() { # DIR
        mkdir -p "$1"
        cmake -S "$top" -B "$1" -G Ninja && ninja -C "$1" torture && "$1/bin/torture" --all
    }
    one "torture" torture "$top/build-plain"
fi

step "style, layering, generated files"
for check in tests/style/check_*; do
    one "$(basename "$check")" "$check"
done
one "defined_once.sh" tests/style/defined_once.sh "$build"

step "system tests, and Go's toolchains and programs"
results=$build/system.xml
rm -f "$results"
TW_BIN=$build/bin TW_RELEASE_BIN=$release/bin TW_FULL=$full TW_GOLANG=$build/golang \
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q -rs \
    --junit-xml="$results" tests/system tests/golang "$@"
status=$?
if [ ! -s "$results" ]; then
    echo "the system tests did not run (pytest exit $status)"
    count 0 1 0
else
    read -r p f s < <(/usr/bin/python3 - "$results" <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
total, bad, skipped = (int(suite.get(k)) for k in ("tests", "failures", "skipped"))
bad += int(suite.get("errors"))
print(total - bad - skipped, bad, skipped)
PY
    )
    count "$p" "$f" "$s"
fi

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
