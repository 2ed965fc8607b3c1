# shellcheck shell=bash
# Sourced by the scripts of this folder: an apt of its own, for Debian's other suites, beside the
# machine's. Where the mirror is comes from the machine's own configuration.

# mirror SUITE: the address from which this machine takes that suite
mirror() {
    # shellcheck disable=SC2016 # these are words of apt-get
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' | awk '$2 == "'"$1"'" { print $1; exit }'
}

# private_apt DIR [ARCHITECTURE...]: makes DIR/apt.conf and updates its lists
private_apt() {
    local dir=$1 address suite native arches keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    shift
    address=$(mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
    [ -n "$address" ] || { echo "no Debian archive in this machine's apt configuration" >&2; return 2; }
    mkdir -p "$dir"/{lists/partial,cache/archives/partial,preferences}
    native=$(dpkg --print-architecture)
    for suite in bullseye bookworm bookworm-backports trixie trixie-backports; do
        case $suite in
        trixie* | *-backports) arches=$native ;; # the mirror may not have all architectures of it
        *) arches=$(IFS=, && echo "${*:-$native}") ;;
        esac
        echo "deb [arch=$arches signed-by=$keyring] $address $suite main"
    done >"$dir/sources.list"
    cat >"$dir/apt.conf" <<CONF
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::PreferencesParts "$dir/preferences";
Dir::State::Lists "$dir/lists";
Dir::Cache "$dir/cache";
Acquire::Languages "none";
APT::Sandbox::User "root";
CONF
    APT_CONFIG=$dir/apt.conf apt-get update -q >"$dir/update.log" 2>&1 || {
        tail -n 5 "$dir/update.log" >&2
        return 2
    }
}
