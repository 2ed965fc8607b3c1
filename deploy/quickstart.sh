#!/usr/bin/env bash
# The main job on your own machine, with nothing to configure: installs what is missing, builds,
# starts a real docker-registry and tidewaiterd, pushes a real image, prints what was found, and
# leaves both running until Ctrl-C. Run again, it starts in seconds.
#
# Settings (environment): TW_QUICKSTART_DIR, where everything is kept (default: build-quickstart
# in this checkout; delete it to start afresh); TW_QUICKSTART_ONCE=1, stop after the first result.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
dir=${TW_QUICKSTART_DIR:-$top/build-quickstart}
registry_port=5055 daemon_port=8055
registry=localhost:$registry_port
daemon=http://127.0.0.1:$daemon_port
pids=()

say() { printf '\033[1m==\033[0m %s\n' "$*"; }
fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

stop() {
    trap - EXIT INT TERM
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do # the daemon first, then the registry
        kill -TERM "${pids[i]}" 2>/dev/null || continue
        wait "${pids[i]}" 2>/dev/null || true
    done
    [ "${#pids[@]}" -eq 0 ] || say "stopped; the data stays in $dir"
}
trap stop EXIT
trap 'stop; exit 0' INT TERM

# start NAME URL PROGRAM...: in the background, until URL answers
start() {
    local name=$1 url=$2
    shift 2
    "$@" >"$dir/$name.log" 2>&1 &
    local pid=$!
    pids+=("$pid")
    for _ in $(seq 200); do
        curl -fs -o /dev/null "$url" && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    tail -n 5 "$dir/$name.log" >&2
    fail "$name did not start; its log is $dir/$name.log (is its port taken by something else?)"
}

build() {
    if ! { cmake -S "$top" -B "$dir/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTW_TESTS=OFF &&
        cmake --build "$dir/build"; } >"$dir/build.log" 2>&1; then
        tail -n 20 "$dir/build.log" >&2
        fail "the build failed; the log is $dir/build.log"
    fi
}

# A real image, by buildah from a real Dockerfile; kept as an OCI layout for the next time.
make_image() {
    [ ! -f "$dir/image/index.json" ] || return 0
    local context=$dir/context
    local storage=(--storage-driver vfs --root "$dir/storage" --runroot "$dir/run")
    mkdir -p "$context"
    cp deploy/quickstart/Dockerfile "$context/"
    cp /usr/bin/docker-registry /usr/bin/skopeo "$context/"
    echo "Welcome aboard." >"$context/motd"
    if ! { buildah "${storage[@]}" bud --isolation chroot --layers -t quickstart "$context" &&
        buildah "${storage[@]}" push quickstart "oci:$dir/image.new:1"; } >"$dir/image.log" 2>&1; then
        tail -n 10 "$dir/image.log" >&2
        fail "the image could not be made; the log is $dir/image.log"
    fi
    mv "$dir/image.new" "$dir/image"
    rm -rf "$context" "$dir/storage" "$dir/run"
}

push_image() {
    if ! skopeo --insecure-policy copy -q --dest-tls-verify=false --digestfile "$dir/digest" \
        "oci:$dir/image:1" "docker://$registry/team/app:1.4" >"$dir/push.log" 2>&1; then
        cat "$dir/push.log" >&2
        fail "the push failed"
    fi
}

mkdir -p "$dir"
say "packages"
deploy/install.sh build quickstart
say "build (log: $dir/build.log)"
build
say "image: two Go programs, and ENV as people write it (deploy/quickstart/Dockerfile)"
make_image

cat >"$dir/registry.yml" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $dir/registry}}
http: {addr: "127.0.0.1:$registry_port"}
notifications:
  endpoints:
    - name: tidewaiter
      url: $daemon/v1/webhooks/distribution
      timeout: 1s
      threshold: 3
      backoff: 2s
      ignoredmediatypes: [application/octet-stream]
YAML
say "docker-registry on $registry, tidewaiterd on $daemon"
start registry "http://$registry/v2/" docker-registry serve "$dir/registry.yml"
start tidewaiterd "$daemon/readyz" "$dir/build/bin/tidewaiterd" --data-dir="$dir/data"

say "push of $registry/team/app:1.4"
pushed=$(date +%s%N)
push_image
digest=$(cat "$dir/digest")
for _ in $(seq 1200); do
    curl -fs -o "$dir/report.txt" "$daemon/v1/images/$digest/report?format=text" && break
    sleep 0.05
done
[ -s "$dir/report.txt" ] || fail "no report after a minute; see $dir/tidewaiterd.log"
waited=$((($(date +%s%N) - pushed) / 1000000))

printf '\n'
cat "$dir/report.txt"
printf '\n'
say "push to report: $waited ms. The same and more, by REST:"
cat <<TEXT
   curl $daemon/v1/images
   curl $daemon/v1/images/$digest/report
   curl $daemon/v1/scans
   curl $daemon/v1/rules/TW501
   for people: $daemon/
   push more:  skopeo copy --dest-tls-verify=false SOURCE docker://$registry/NAME:TAG
   scan by hand:  $dir/build/bin/tidewaiter scan $registry/team/app:1.4
TEXT
[ -z "${TW_QUICKSTART_ONCE:-}" ] || exit 0
say "both are running; Ctrl-C stops them"
# Not `wait`: a signal that comes just before it would be told only when a child ends.
while kill -0 "${pids[-1]}" 2>/dev/null; do
    sleep 0.2
done
