#!/usr/bin/env bash
# Makes the secrets of compose.yaml, once: a token with which the registry tells of pushes, one with which
# Prometheus reads, and Grafana's first password. Files that are there stay as they are.
# usage: deploy/compose/secrets.sh [DIRECTORY]
set -euo pipefail
umask 027
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
into=${1:-$here/secrets}
mkdir -p "$into"

random() { head -c 32 /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_'; }
digest() { printf %s "$1" | sha256sum | cut -c1-64; }

if [ ! -e "$into/access.yaml" ]; then
    registry=tw_$(random)
    prometheus=tw_$(random)
    printf %s "$prometheus" >"$into/prometheus-token"
    sed "s|TOKEN-OF-THE-REGISTRY|$registry|" "$here/registry.yml" >"$into/registry.yml"
    cat >"$into/access.yaml" <<EOF
tokens:
  - {name: registry, roles: [webhook], sha256: $(digest "$registry")}
  - {name: prometheus, roles: [read], sha256: $(digest "$prometheus")}
EOF
fi
[ -e "$into/grafana-password" ] || random >"$into/grafana-password"
# The containers' group: who may read these files.
printf 'COMPOSE_PROJECT_NAME=tidewaiter\nTIDEWAITER_GID=%s\n' "$(id -g)" >"$into/../.env"
