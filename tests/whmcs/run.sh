#!/usr/bin/env bash
# Runs the WHMCS side's tests in the stand-in and writes junit-*.xml beside this file.
#
#   run.sh                 the bridge suite against a fake engine: whole on each WHMCS version with its Smarty, what is
#                          rendered also the other way round
#   run.sh engine [args]   the engine suite, against the real engine and simulator (HOSTLER_BIN), on the older WHMCS
#   run.sh engine-again    what of it depends on the WHMCS version, on the newer one
#   run.sh all             these three side by side: a test beside an engine mostly waits
#   run.sh quick [args]    the bridge suite once; further arguments go to phpunit
#   run.sh times           how long a browser waits for a service's page (HOSTLER_BIN, a release build): no test
#
# Starts a database and a web server of its own on free ports and ends exactly those, and whatever its tests started, also
# when it is interrupted. Where HOSTLER_TEST_OUTPUT names a folder, what was logged and shown is kept there: `cargo xtask
# test` searches it for secrets.
set -euo pipefail
cd "$(dirname "$0")"
here="$PWD"
what="${1:-bridge}"
[ $# -gt 0 ] && shift

# A signal ends what is waited for at once; the trap on EXIT ends the rest.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

free_ports() { # how many: all held at the same time, so that no two are the same
  python3 -c 'import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(one.getsockname()[1] for one in held))' "$1"
}

if [ "$what" = all ]; then
  ./setup.sh --packages
  var="${HARNESS_VAR:-$here/var}" failed=0
  mkdir -p "$var"
  declare -A lanes=()
  end_lanes() { [ ${#lanes[@]} -eq 0 ] || { kill "${lanes[@]}" 2>/dev/null || true; wait; }; }
  trap end_lanes EXIT
  # Ports of the environment are for one lane; three of them would take each other's.
  read -ra ports <<<"$(free_ports 6)"
  for lane in bridge engine engine-again; do
    HARNESS_VAR="$var/$lane" HARNESS_WEB_PORT="${ports[0]}" HARNESS_DB_PORT="${ports[1]}" ./run.sh "$lane" >"$var/$lane.log" 2>&1 &
    lanes[$lane]=$!
    ports=("${ports[@]:2}")
  done
  for lane in "${!lanes[@]}"; do
    wait "${lanes[$lane]}" || failed=1
    unset "lanes[$lane]"
    cat "$var/$lane.log"
  done
  exit "$failed"
fi

export HARNESS_VAR="${HARNESS_VAR:-$here/var}"
read -ra ports <<<"$(free_ports 2)"
export HARNESS_WEB_PORT="${HARNESS_WEB_PORT:-${ports[0]}}" HARNESS_DB_PORT="${HARNESS_DB_PORT:-${ports[1]}}"
export HARNESS_SYSTEM_CA=0 HARNESS_HOOK_ERRORS=throw
export HOSTLER_WHMCS_SOURCE="$(cd "$here/../../whmcs" && pwd)" HOSTLER_VECTORS="$(cd "$here/../vectors" && pwd)"

HARNESS_WHMCS_VERSION=9.0.3-release.1 ./setup.sh --packages
# The modules are copied into a WHMCS of this run's own, so that runs with different HARNESS_VAR keep apart.
export HARNESS_WHMCS="$HARNESS_VAR/whmcs"
. ./env.sh
mkdir -p "$HARNESS_VAR"
. ./group.sh
# One run at a time: two would end each other's servers. The servers must not keep the lock.
exec 9>"$HARNESS_VAR/lock"
trap end_long EXIT
long flock -w 1800 9
stop() { end_long; bin/harness down || true; }
trap stop EXIT
bin/harness down >/dev/null 2>&1 || true
rm -rf "$HARNESS_WHMCS" "$HARNESS_VAR"/engine-[0-9]* "$HARNESS_VAR"/log/{php,web}.log
cp -r whmcs "$HARNESS_WHMCS"
bin/harness up 9>&-
for module in VirtFusionDirect katapult; do bin/harness install-module servers "$HOSTLER_WHMCS_SOURCE/modules/servers/$module"; done
for module in hostler VirtFusionDns; do bin/harness install-module addons "$HOSTLER_WHMCS_SOURCE/modules/addons/$module"; done

failed=0
suite() { # suite name, WHMCS version, Smarty, further phpunit arguments
  local name="$1" version="$2" smarty="$3"; shift 3
  export HARNESS_WHMCS_VERSION="$version-release.1" HARNESS_SMARTY="$smarty"
  bin/harness restart-web 9>&-
  bin/harness reset-db >/dev/null 9>&-
  echo "== $name: WHMCS $version, Smarty $smarty"
  long timeout 1500 bin/harness php /usr/bin/phpunit -c phpunit.xml --testsuite "$name" --log-junit "junit-$name-$version-smarty$smarty.xml" "$@" || failed=1
  keep "$name-$version-smarty$smarty"
}
keep() { # suite: what was logged so far, and what the shop has noted in its tables
  [ -n "${HOSTLER_TEST_OUTPUT:-}" ] || return 0
  local to="$HOSTLER_TEST_OUTPUT/$1" log table
  mkdir -p "$to"
  cp "$HARNESS_VAR"/log/{php,web}.log "$to" 2>/dev/null || true
  for log in "$HARNESS_VAR"/engine-[0-9]*/{engine.log,module-*.out}; do
    [ ! -e "$log" ] || cp "$log" "$to/$(basename "$log").$(basename "$(dirname "$log")")"
  done
  for table in tblactivitylog tblmodulelog tblmodulequeue tbltodolist tbltickets mod_hostler_effects mod_hostler_events mod_hostler_links; do
    bin/harness sql "SELECT * FROM $table" >"$to/$table.txt" 2>/dev/null 9>&- || true
  done
}
matrix() { # suite name
  suite "$1" 8.13.1 3
  suite "$1" 9.0.3 4
  # The other pairs, with what is rendered.
  suite "$1" 8.13.1 4 --filter '/(Entry|Module|Pages|ProductTab|Hooks)Test/'
  suite "$1" 9.0.3 3 --filter '/(Entry|Module|Pages|ProductTab|Hooks)Test/'
}

needs_engine() {
  [ -x "${HOSTLER_BIN:-}" ] || { echo "run.sh: set HOSTLER_BIN to a hostler built with: cargo build --package hostler --features test-clock" >&2; exit 2; }
  # The engine's clock is moved by the tests, so the modules' clock has to follow it.
  cp e2e/Clock.php "$HARNESS_WHMCS/modules/addons/hostler/lib/Clock.php"
}
engine() { # WHMCS version, Smarty, further phpunit arguments
  needs_engine
  suite engine "$@"
}
page_times() { # no report: what is measured is no test
  needs_engine
  export HARNESS_WHMCS_VERSION=9.0.3-release.1 HARNESS_SMARTY=4
  bin/harness restart-web 9>&-
  bin/harness reset-db >/dev/null 9>&-
  long timeout 900 bin/harness php /usr/bin/phpunit -c phpunit.xml --testsuite times
}

case "$what" in
  bridge) matrix bridge ;;
  engine) engine 8.13.1 3 "$@" ;;
  # What does not depend on the WHMCS version is not said twice.
  engine-again) engine 9.0.3 4 --filter '/(Life|Admin|Adoption|Connection|Separation|Silence)Test|reset after|second attempt|vf_09|vf_100/' ;;
  quick)  suite bridge 9.0.3 4 "$@" ;;
  times)  page_times || failed=1 ;;
  *) echo "run.sh: unknown suite $what" >&2; exit 2 ;;
esac
exit "$failed"
