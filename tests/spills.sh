#!/usr/bin/env bash
# The sums of a tile of products stay in registers: no loop of fused multiplications and additions may store a vector to the stack.
# A compiler that unrolls too late does so, and costs a tenth of the speed.
#
#     tests/spills.sh BASIN..
set -euo pipefail

# Every loop (a jump back inside a function) with four or more of them, and how many stores to the stack it has.
loops() {
  objdump -d --no-show-raw-insn "$1" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2; n = 0; split("", at); next }
    /^ +[0-9a-f]+:/ {
      address = $1; sub(":", "", address)
      at[address] = ++n
      line[n] = $0
      if ($2 !~ /^j/ || !($3 in at)) next
      products = stores = 0
      for (i = at[$3]; i <= n; i++) {
        products += line[i] ~ /vfn?madd[0-9]+p[sd] /
        stores += line[i] ~ /vmov[a-z0-9]+ +%[xyz]mm[0-9]+,[-0-9a-fx]*\(%r[sb]p/
      }
      if (products >= 4 && name ~ /tile_/) print name, products, stores
    }'
}

bad=0
for program in "$@"; do
  found=$(loops "$program")
  [ "$(wc -l <<< "$found")" -ge 20 ] || { echo "$program: where are the loops of the tiles?"; bad=1; }
  spilled=$(awk '$3 > 0 {print "  " $1 " " $2 " products, " $3 " stores"}' <<< "$found")
  [ -z "$spilled" ] || { printf '%s: sums are kept in memory:\n%s\n' "$program" "$spilled"; bad=1; }
done
exit $bad
