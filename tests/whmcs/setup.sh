#!/usr/bin/env bash
# From a bare Debian 12 machine to a working harness:  sudo ./setup.sh
# Installs Debian packages only, makes a private MariaDB instance and a local
# certificate authority under var/, and loads the schema. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")"
. ./env.sh

PACKAGES=(php8.2-cli php8.2-mysql php8.2-curl php8.2-mbstring php8.2-xml php8.2-intl
          php-illuminate-database php-illuminate-events php-illuminate-pagination php-nesbot-carbon
          smarty3 smarty4 mariadb-server pdns-server pdns-backend-sqlite3 pdns-recursor phpunit libjs-bootstrap4 libjs-jquery
          ca-certificates openssl curl python3)
[ "$HARNESS_REDIS" = 1 ] && PACKAGES+=(php-redis redis-server)

missing=()
for p in "${PACKAGES[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || { echo "setup.sh: needs root to install: ${missing[*]}" >&2; exit 1; }
  # the distribution's own services are not used and must not start
  mkdir -p "$HARNESS_VAR"
  printf '#!/bin/sh\nexit 101\n' > "$HARNESS_VAR/policy"; chmod +x "$HARNESS_VAR/policy"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    cp "$HARNESS_VAR/policy" /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get install -y --no-install-recommends "${missing[@]}"
fi

[ "${1:-}" = --packages ] && exit 0

bin/harness init
bin/harness up
bin/harness reset-db
echo "ready: $HARNESS_SYSTEM_URL (database 127.0.0.1:$HARNESS_DB_PORT). Next: README.md, 'Commands'."
