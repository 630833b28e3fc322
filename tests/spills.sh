#!/usr/bin/env bash
# The sums of a tile of products stay in registers: where a function stores as many vectors to the stack as it has sums, they lie in
# memory. Compilers that unroll too late do that, and it costs from a tenth of the speed to two thirds.
#
#     tests/spills.sh BASIN..
set -euo pipefail

# Every function for a tile of two vectors or more (large products are made of these) that a program has, once for each path with fused
# operations: its name, how many sums it has, and how many stores of vectors to the stack.
tiles() {
  objdump -d --no-show-raw-insn "$1" | awk '
    function tell() { if (fused && sums >= 4) print name, sums, stores }
    /^[0-9a-f]+ <.*>:$/ {
      tell()
      name = $2; sums = fused = stores = 0
      if (split(name, part, /[_>]/) >= 3 && part[1] == "<tile" && part[3] >= 2) sums = part[2] * part[3]
    }
    /\tvfn?madd[0-9]+p[sd] / { fused = 1 }
    /\tvmov[a-z0-9]+ +%[xyz]mm[0-9]+,[-0-9a-fx]*\(%r[sb]p/ { stores++ }
    END { tell() }'
}

bad=0
for program in "$@"; do
  found=$(tiles "$program")
  [ "$(wc -l <<< "$found")" -ge 20 ] || { echo "$program: where are the tiles?"; bad=1; }
  spilled=$(awk '$3 >= $2 {print "  " $1 " " $2 " sums, " $3 " stores"}' <<< "$found")
  [ -z "$spilled" ] || { printf '%s: sums are kept in memory:\n%s\n' "$program" "$spilled"; bad=1; }
done
exit $bad
