#!/usr/bin/env bash
# Nothing half done and no name of this machine in the tree; no file over 200 kB.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
bad=0
# tests/system/schema/ holds what others published: their words stay as they are
if git grep -nIE '\b(TODO|FIXME|XXX)\b' -- ':!tests/style/check_words.sh' ':!tests/system/schema/*.json'; then
    echo "finish it, or leave it out"
    bad=1
fi
# shellcheck disable=SC2016 # $(SITE) is a word of apt-get, not of the shell
site=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | sed -nE 's#^[a-z+]+://([^/]+).*#\1#p' | sort -u)
for host in $site; do
    if git grep -nIF "$host" -- .; then
        echo "a package mirror's host name does not belong in a file"
        bad=1
    fi
done
while read -r file; do
    [ ! -f "$file" ] || [ "$(stat -c %s "$file")" -le 204800 ] || { echo "$file is over 200 kB"; bad=1; }
done < <(git ls-files)
exit $bad
