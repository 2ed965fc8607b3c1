#!/usr/bin/env bash
# The generated tables are what the data files give.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r scanner/facts "$copy/facts"
(cd "$copy/facts" && /usr/bin/python3 generate.py)
if ! diff -r -x __pycache__ scanner/facts "$copy/facts"; then
    echo "run scanner/facts/generate.py and commit what it writes"
    exit 1
fi
