#!/bin/sh
# Brings what a verb needs onto this machine: setup.sh demo|dist|test. Debian packages are installed when this is root on a
# system with apt, else named in one line. Status 1: the verb cannot run. The npm packages are the Makefile's business.
set -u
here=$(dirname "$0")
verb=${1:-}
log=build/setup.log

case $verb in
  demo) verbs="demo" ;;
  dist) verbs="dist" ;;
  test) verbs="demo dist test" ;;
  *)
    echo "Say what to set up for: setup.sh demo, dist or test." >&2
    exit 2
    ;;
esac

# Is a command, or a file of one of these patterns, there?
is_there() {
  for pattern in $1; do
    case $pattern in
      /*) [ -e "$pattern" ] && return 0 ;;
      *) command -v "$pattern" >/dev/null && return 0 ;;
    esac
  done
  return 1
}

# The packages of $verbs with need $1 (or any) that are not there, each with a space behind it.
missing() {
  while read -r of need package shown_by; do
    case " $verbs " in *" $of "*) ;; *) continue ;; esac
    [ "${1:-$need}" = "$need" ] || continue
    is_there "$shown_by" || printf '%s ' "$package"
  done <"$here/packages"
}

# A package may bring a service (lldpd), which nobody has asked for: invoke-rc.d(8) asks this script whether to start it.
start_no_services() {
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] && return
  trap 'rm -f $policy' EXIT
  trap 'exit 1' INT TERM
  printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy
}

install() {
  mkdir -p build
  echo "set-up: installing Debian packages: $*"
  export DEBIAN_FRONTEND=noninteractive
  # One source of many may be out of reach; whether the packages are to be had shows when installing.
  apt-get -qq -o DPkg::Lock::Timeout=300 update >"$log" 2>&1
  start_no_services
  apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" >>"$log" 2>&1 && return
  echo "set-up: apt-get failed, see $log. It ends with: $(tail -n 1 "$log")"
}

if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null; then
  echo "set-up: Node.js 20 or newer is needed (found: $(node --version 2>/dev/null || echo none)); see https://nodejs.org" >&2
  exit 1
fi

PATH=$PATH:/usr/sbin:/sbin
wanted=$(missing)
if [ -n "$wanted" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086 # a list of words
  install $wanted
  wanted=$(missing)
fi
[ -z "$wanted" ] && exit 0
echo "set-up: Debian packages are missing; as root: apt-get install --no-install-recommends ${wanted% }"
[ -z "$(missing must)" ]
