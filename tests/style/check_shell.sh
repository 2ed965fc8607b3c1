#!/usr/bin/env bash
# Every shell script passes shellcheck.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
git ls-files | while read -r file; do
    head -c 30 "$file" 2>/dev/null | head -n 1 | grep -aqE '^#!.*(bash|/sh)' && echo "$file"
done | xargs -r shellcheck
