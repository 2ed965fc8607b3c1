#!/usr/bin/env bash
# Installs the Debian packages of the named groups (deploy/packages) that are missing.
# usage: deploy/install.sh GROUP...
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

missing=()
for group in "$@"; do
    while read -r package command; do
        [ -z "$command" ] || ! command -v "$command" >/dev/null || continue # from elsewhere
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing+=("$package")
    done < <(awk -v group="$group" '$1 == group { print $2, $3 }' "$here/packages")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "these packages are missing, and only root can install them: ${missing[*]}" >&2
        exit 2
    fi
    sudo=(sudo)
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
if ! { "${sudo[@]}" apt-get update && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get failed; the whole log is in $log" >&2
    exit 2
fi
rm -f "$log"
