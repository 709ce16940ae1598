# SPDX-License-Identifier: Apache-2.0

# Shared by the scripts of this folder; sourced, not run.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Shows a command, so that a reader learns it, then runs it.
run() {
    say "\$ $*"
    "$@"
}

# Runs a named step and says how long it took.
timed() {
    local name=$1 start=$SECONDS
    shift
    say "==> $name"
    "$@"
    say "==> $name: $((SECONDS - start)) s"
}

# The moment that everything made here bears: that of the commit, unless the environment says another one, so that two builds
# of one commit are equal (reproducible-builds.org).
source_date() { printf '%s\n' "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"; }

# The newest dated section of the changelog for a version, without its title.
changelog_section() { awk -v head="## $1 - " 'index($0, head) == 1 { on = 1; next } /^## / { on = 0 } on' CHANGELOG.md; }

# A tar file with nothing in it that depends on the day, the user or the order on a disk.
archive() { tar --sort=name --format=gnu --mtime="@$(source_date)" --numeric-owner "$@"; }

# One fact of what `PROGRAM version` prints: transship (the version), commit, swift or zlib.
fact_of() { "$1" version | sed -n "s/^$2 //p"; }

registries=()

# Starts a registry of PROGRAM in memory; its address is then in $address. FILE.url and FILE.log get what it prints. Scripts
# that call it end with stop_registries.
start_registry() {
    local program=$1 file=$2
    "$program" registry serve --address 127.0.0.1:0 >"$file.url" 2>"$file.log" &
    registries+=("$!")
    for _ in $(seq 100); do
        address=$(sed -n '1s|^http://||p' "$file.url")
        if [ -n "$address" ]; then return; fi
        kill -0 "${registries[-1]}" 2>/dev/null || break
        sleep 0.1
    done
    cat "$file.log" >&2
    die "the registry did not start"
}

stop_registries() {
    local pid
    for pid in "${registries[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${registries[@]}"; do wait "$pid" 2>/dev/null || true; done
    registries=()
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root is needed to run: $*"
    fi
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Whether a package is there, or the command it is wanted for: PACKAGE or PACKAGE=COMMAND.
is_present() {
    is_installed "${1%%=*}" || { [[ $1 = *=* ]] && PATH=$PATH:/usr/sbin command -v "${1#*=}" >/dev/null; }
}

# Installs those of the given Debian or Ubuntu packages that are missing. A registry or web server among them is installed
# only: nothing is started by it.
need_packages() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "not Debian or Ubuntu: make sure that what these packages contain is installed: ${*%%=*}"
        return
    fi
    for package in "$@"; do
        is_present "$package" || missing+=("${package%%=*}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    install_without_starting "${missing[@]}"
}

install_without_starting() {
    local policy=/usr/sbin/policy-rc.d ours=no
    if [ ! -e "$policy" ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    local result=0
    { as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } \
        >&2 </dev/null || result=$?
    if [ $ours = yes ]; then as_root rm -f "$policy"; fi
    [ $result = 0 ] || die "apt-get could not install $*"
}

# Libraries that the programs of Swift's compiler are linked against and that this system does not have.
missing_swift_libraries() {
    local folder
    folder=$(dirname "$(realpath "$(command -v swift)")")
    find "$folder" -maxdepth 1 \( -name 'swift-frontend' -o -name 'swift-build' -o -name 'swift-package' -o -name 'clang-[0-9]*' \
        -o -name 'lld' \) -type f -exec ldd {} + 2>/dev/null |
        sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u
}

# Debian's and Ubuntu's package of a library that Swift's compiler uses.
package_of_swift_library() {
    case $1 in
    libcurl.so.4) echo libcurl4 ;;
    libedit.so.2) echo libedit2 ;;
    libncurses*.so.6) echo libncurses6 ;;
    libtinfo.so.6) echo libtinfo6 ;;
    libpython3.*) echo "lib$(printf '%s' "${1#lib}" | sed 's/\.so.*//')" ;;
    libsqlite3.so.0) echo libsqlite3-0 ;;
    libstdc++.so.6) echo libstdc++6 ;;
    libuuid.so.1) echo libuuid1 ;;
    libxml2.so.2) echo libxml2 ;;
    libz.so.1) echo zlib1g ;;
    *) echo "$1" ;;
    esac
}

# Says why an installed swift cannot start, and what to install.
explain_swift() {
    local library packages=()
    say "error: $(command -v swift) does not start: $1"
    while read -r library; do
        if [ -n "$library" ]; then packages+=("$(package_of_swift_library "$library")"); fi
    done <<<"$(missing_swift_libraries)"
    if [ ${#packages[@]} -gt 0 ]; then
        say "hint: libraries are missing; this installs them: apt-get install --no-install-recommends ${packages[*]}"
    fi
    exit 1
}

# Ends with the command that installs Swift where it is missing or too old, and with the reason where it does not start.
need_swift() {
    local answer found=
    if command -v swift >/dev/null; then
        answer=$(swift --version 2>&1) || explain_swift "$(head -1 <<<"$answer")"
        found=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$answer" | head -1)
        case $found in
        [0-5].* | 6.[01] | '') ;;
        *) return 0 ;;
        esac
    fi
    say "error: Swift 6.2 or later is needed${found:+, this is $found}; this command installs it (swift.org's installer):"
    say
    # Shown, not expanded.
    # shellcheck disable=SC2016
    say '  curl -fsSL "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz" | tar -xz swiftly && ./swiftly init --assume-yes && . ~/.local/share/swiftly/env.sh'
    say
    exit 1
}

# What compiling and linking needs besides Swift.
need_build_tools() {
    need_packages ca-certificates git binutils g++ zlib1g-dev libzstd-dev
    need_swift
}
