#!/bin/sh
# Unpacks apcupsd from its Debian package into a folder (default: .lab/apcupsd beside the tests).
# It cannot be installed: the package refuses to live beside nut-client, which the tests need too.
set -eu
folder=${1:-$(dirname "$0")/../../.lab/apcupsd}
[ -x "$folder/sbin/apcupsd" ] && exit 0
mkdir -p "$folder"
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
chmod 755 "$fetched"
(cd "$fetched" && apt-get download apcupsd)
dpkg-deb -x "$fetched"/apcupsd_*.deb "$folder"
