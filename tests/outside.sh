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

# Wait until the run with this process number has a worker, or is over
at_work() {
  while [ -d "/proc/$1" ] && [ -z "$(cat "/proc/$1/task/$1/children" 2> /dev/null)" ]; do sleep 0.01; done
}

# The arguments are those of runs that go on with each other's work: each is killed at some moment, all of it at once or the runner alone
kill_runs() {
  local i pid
  for i in 1 2 3 4 5 6; do
    setsid "$basin" "$@" &
    pid=$!
    at_work $pid
    sleep 0.$((RANDOM % 3))$((RANDOM % 10))
    if [ $((i % 2)) = 0 ]; then kill -9 -$pid; else kill -9 $pid; fi
    wait $pid
  done 2> /dev/null
}
