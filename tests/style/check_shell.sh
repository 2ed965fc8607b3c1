#!/usr/bin/env bash
# Every shell script passes shellcheck.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
git ls-files | while read -r file; do
    if head -c 30 "$file" 2>/dev/null | head -n 1 | grep -aqE '^#!.*(bash|/sh)'; then
        echo "$file"
    fi
done | xargs -r shellcheck
