#!/usr/bin/env bash
# The web page that the daemon serves (api/page/dist) is what its source and its npm packages give, its
# source is as prettier writes it, and its parts that need no browser do what they promise (tests/unit/page).
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
if grep -n '"resolved"' api/page/package-lock.json; then
    echo "download addresses do not belong in the lock: npm install --omit-lockfile-registry-resolved"
    exit 1
fi
cp -r api/page/source api/page/package.json api/page/package-lock.json api/page/build.mjs "$copy"
(cd "$copy" && npm ci --silent --ignore-scripts --no-audit --no-fund && node build.mjs)
if ! diff -rq "$copy/dist" api/page/dist; then
    echo "run npm ci --ignore-scripts && node build.mjs in api/page, and commit what it writes"
    exit 1
fi
prettier=$copy/node_modules/.bin/prettier
"$prettier" --check --log-level warn --config api/page/package.json api/page/build.mjs api/page/source tests/unit/page
node --test tests/unit/page/test_*.mjs >"$copy/tests.log" || {
    cat "$copy/tests.log"
    exit 1
}
