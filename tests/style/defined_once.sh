#!/usr/bin/env bash
# Every function of the libraries in a build folder is defined once: of two with one name the linker takes
# either, and says nothing.
# usage: tests/style/defined_once.sh BUILD
set -euo pipefail
mapfile -t libraries < <(find "$1/scanner" "$1/api" "$1/daemon" -name 'libtw_*.a')
if [ "${#libraries[@]}" -eq 0 ]; then
    echo "$1 has no library"
    exit 1
fi
twice=$(nm --defined-only --extern-only "${libraries[@]}" 2>/dev/null | awk '$2 == "T" { print $3 }' | sort | uniq -d)
[ -z "$twice" ] && exit 0
for name in $twice; do
    echo "$name is defined in more than one place:"
    nm -A --defined-only "${libraries[@]}" 2>/dev/null | grep " T $name\$"
done
exit 1
