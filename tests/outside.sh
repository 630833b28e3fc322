#!/usr/bin/env bash
# shellcheck disable=SC2034 # whoever sources this uses these
# For tests of the program from outside, which source this: $basin, an empty folder to be in, and what to complain with.
#
#     source "$(dirname "$0")/outside.sh"
#     expect 65 "*.yaml: *" run a.yaml
#     exit $bad
set -u
basin=$(realpath "$1")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
tmp=/tmp
[ -w /dev/shm ] && tmp=/dev/shm
work=$(mktemp -d "$tmp/basin-outside-XXXXXX") || exit 1
trap 'umount "$work/full" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0

fault() { echo "FAULT: $*"; bad=1; }

# $1: exit code, $2: what the first line must be (a pattern), the rest: arguments of the program
expect() {
  local code=$1 line=$2 said first
  shift 2
  said=$("$basin" "$@" 2>&1 </dev/null)
  local got=$?
  first=${said%%$'\n'*}
  [ $got = "$code" ] || fault "basin $*: exit $got, not $code: $first"
  # shellcheck disable=SC2053
  [[ $first == $line ]] || fault "basin $*: says '$first', not '$line'"
}
