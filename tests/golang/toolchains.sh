#!/usr/bin/env bash
# Unpacks Debian's Go toolchains side by side: DIR/1.15 ... DIR/1.27, each a GOROOT; "upx" brings
# that program as DIR/upx.
# What is there already is kept. usage: tests/golang/toolchains.sh DIR [VERSION...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC1091 # it is checked by itself
. "$here/apt.sh"

dir=$(mkdir -p "$1" && cd "$1" && pwd)
shift
versions=("$@")
[ "${#versions[@]}" -gt 0 ] || versions=(1.15 1.19 1.21 1.22 1.23 1.24 1.25 1.26 1.27)

missing=()
for version in "${versions[@]}"; do
    [ -x "$dir/$version/bin/go" ] || [ -f "$dir/$version" ] || missing+=("$version")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

private_apt "$dir/.apt"

# unpack WORK PACKAGE...: into WORK/root
unpack() {
    local work=$1 package
    shift
    rm -rf "$work" && mkdir -p "$work/root"
    (cd "$work" && APT_CONFIG=$dir/.apt/apt.conf apt-get download -q "$@" >download.log 2>&1) || {
        tail -n 5 "$work/download.log" >&2
        exit 2
    }
    for package in "$work"/*.deb; do
        dpkg -x "$package" "$work/root"
    done
}

for version in "${missing[@]}"; do
    work=$dir/.work-$version
    if [ "$version" = upx ]; then
        unpack "$work" upx-ucl/bookworm-backports
        mv "$work/root/usr/bin/upx-ucl" "$dir/upx"
        rm -rf "$work"
        continue
    fi
    echo "unpacking Go $version"
    unpack "$work" "golang-$version-go" "golang-$version-src"
    # Debian parts a toolchain into lib and share, joined by links with absolute targets.
    root=$work/root/usr/lib/go-$version share=$work/root/usr/share/go-$version
    find "$root" -maxdepth 3 -type l -lname '*share/go-*' | while read -r link; do
        target=$share/${link#"$root"/}
        rm "$link" && mv "$target" "$link"
    done
    mv "$root" "$dir/$version"
    rm -rf "$work"
done
