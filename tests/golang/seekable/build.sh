#!/usr/bin/env bash
# Builds DIR/seekable with Debian's Go 1.19 and the sources of Debian's packages, unpacked beside the
# system: installing them would bring some 300 packages. usage: tests/golang/seekable/build.sh DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages=(
    golang-github-cespare-xxhash-dev golang-github-containerd-stargz-snapshotter-dev
    golang-github-containers-storage-dev golang-github-json-iterator-go-dev
    golang-github-klauspost-compress-dev golang-github-modern-go-concurrent-dev
    golang-github-modern-go-reflect2-dev golang-github-opencontainers-go-digest-dev
    golang-github-vbatts-tar-split-dev golang-golang-x-net-dev golang-golang-x-sync-dev
    golang-golang-x-sys-dev
)

dir=$(mkdir -p "$1" && cd "$1" && pwd)
[ ! "$dir/seekable" -nt "$here/main.go" ] || exit 0
work=$dir/.work-seekable
rm -rf "$work" && mkdir -p "$work/root"
(cd "$work" && apt-get download -q "${packages[@]}" >download.log 2>&1) || {
    tail -n 5 "$work/download.log" >&2
    exit 2
}
for package in "$work"/*.deb; do
    dpkg -x "$package" "$work/root"
done
source=$work/root/usr/share/gocode/src/seekable
mkdir -p "$source" && cp "$here/main.go" "$source"
env -i PATH="$PATH" HOME="$work" GO111MODULE=off GOPATH="$work/root/usr/share/gocode" CGO_ENABLED=0 \
    GOCACHE="$work/cache" /usr/lib/go-1.19/bin/go build -o "$dir/seekable" "$source"
rm -rf "$work"
