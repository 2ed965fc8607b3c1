#!/usr/bin/env bash
# Makes the webhook policy of one Harbor project. Harbor asks for a project admin; the password comes from ~/.netrc.
# usage: TOKEN=tw_... deploy/registries/harbor.sh https://harbor.example PROJECT [https://tidewaiter.example:8055]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ $# -lt 2 ] || [ -z "${TOKEN-}" ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
harbor=${1%/} project=$2 daemon=${3:-https://tidewaiter.example:8055}
# The policy has the token in it: by standard input, so that no list of processes shows it.
sed -e "s|Bearer TOKEN|Bearer $TOKEN|" -e "s|https://tidewaiter.example:8055|${daemon%/}|" "$here/harbor-policy.json" |
    curl --fail-with-body --silent --show-error --netrc -X POST -H 'Content-Type: application/json' \
        --data-binary @- "$harbor/api/v2.0/projects/$project/webhook/policies"
