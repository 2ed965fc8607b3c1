#!/usr/bin/env bash
# usage: tools.sh DIR: DIR/kubectl, of Debian (bookworm's knows no components), and DIR/node_modules with
# Kubernetes' types, of npm. What is there already is kept.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
mkdir -p "$dir"
if [ ! -x "$dir/kubectl" ]; then
    # shellcheck disable=SC1091 # it is checked by itself
    . "$here/../../golang/apt.sh"
    private_apt "$dir/apt"
    (cd "$dir/apt" && APT_CONFIG=$dir/apt/apt.conf apt-get download -q kubectl/trixie >download.log 2>&1)
    dpkg -x "$dir"/apt/kubectl_*.deb "$dir/apt/root"
    mv "$dir/apt/root/usr/bin/kubectl" "$dir/kubectl"
fi
if ! cmp -s "$here/package.json" "$dir/package.json"; then
    cp "$here/package.json" "$dir/package.json.new"
    rm -rf "$dir/node_modules"
    mv "$dir/package.json.new" "$dir/package.json"
    (cd "$dir" && npm install --no-package-lock --no-audit --no-fund >npm.log 2>&1) || {
        rm "$dir/package.json"
        tail -n 5 "$dir/npm.log" >&2
        exit 2
    }
fi
