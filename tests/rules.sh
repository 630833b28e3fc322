#!/bin/sh
# The house rules that a program can check, for everything in lib/: no printing, no exit, no mutable statics, no goto, no
# preprocessor conditions outside num/, short functions, short files; and in tests/, no test that nobody runs. One line for each
# fault, as FILE:LINE: what.
#
#     tests/rules.sh [FOLDER]        the folder that holds lib/; default: beside this script
cd "${1:-$(dirname "$0")/..}" || exit 1
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

# $1: a source. Prints it with comments and the insides of strings blanked, line for line.
bare() {
  awk '
    { line = ""
      for (i = 1; i <= length($0); i++) {
        two = substr($0, i, 2); one = substr($0, i, 1)
        if (comment) { if (two == "*/") { comment = 0; i++ } continue }
        if (quote != "") { if (one == "\\") i++; else if (one == quote) { line = line one; quote = "" } continue }
        if (two == "/*") { comment = 1; i++; continue }
        if (two == "//") break
        if (one == "\"" || one == "\047") quote = one
        line = line one
      }
      quote = ""
      print line }' "$1"
}

# Calls and words that lib/ does without. A forked child may _exit; writing to a file of one's own is no printing.
words() {
  awk -v file="$1" '
    function fault(what) { print file ":" FNR ": " what }
    { text = " " $0 " " }
    text ~ /[^a-zA-Z0-9_](printf|vprintf|puts|putchar|perror|exit|abort|assert) *\(/ && text !~ /format\(printf/ { fault("prints, exits or aborts: " $0) }
    text ~ /[^a-zA-Z0-9_](stdout|stderr)[^a-zA-Z0-9_]/ { fault("writes to the terminal: " $0) }
    text ~ /[^a-zA-Z0-9_]goto / { fault("goto") }
    file !~ /^lib\/num\// && /^ *# *(if|ifdef|ifndef)/ && !/# *ifndef BSN_[A-Z0-9_]*_H$/ &&
      !(file == "lib/base/real.h" && /# *ifdef BSN_DOUBLE$/) { fault("a preprocessor condition outside num/") }'
}

# Variables that outlive a call: at file scope, or static inside a function. A star needs a const of its own behind it.
statics() {
  awk -v file="$1" '
    /^ *(typedef|extern|return|enum|#)/ { next }
    /^ *static / || (/^[a-z]/ && /=/) {
      name = $0
      sub(/[=;\[{].*/, "", name)
      if (name ~ /\(/) next
      last = name
      sub(/.*\*/, "*", last)
      if (name ~ /\*/ ? last !~ /^\* *const / : name !~ /(^| )const /) print file ":" FNR ": a static that can change: " $0
    }'
}

# Length of each function, as formatted by clang-format: from its first line at column 0 to its closing brace there.
lengths() {
  awk -v file="$1" '
    /^[A-Za-z]/ && /\(/ && !/;$/ && !/^(typedef|struct|enum|union|extern)/ && !/=[^(]*\{/ { if (!start) { start = FNR; name = $0 } }
    start && /;$/ && /^[^ ]/ { start = 0 }
    start && /^[A-Za-z].*\}$/ { print 1, file ":" FNR, name; start = 0 }
    start && /^\}/ { if ($0 == "}") print FNR - start + 1, file ":" start, name; start = 0 }'
}

for file in $(find lib -name '*.[ch]' | sort); do
  bare "$file" > "$out.bare"
  words "$file" < "$out.bare" >> "$out"
  case $file in *.c) statics "$file" < "$out.bare" >> "$out" ;; esac
  lengths "$file" < "$out.bare" >> "$out.lengths"
  lines=$(wc -l < "$file")
  [ "$lines" -le 600 ] || echo "note: $file has $lines lines"
done
for file in tests/test_*.c; do
  name=${file#tests/test_}
  [ ! -e "$file" ] || grep -q "'${name%.c}'" tests/meson.build || echo "$file:1: its name is not in tests/meson.build" >> "$out"
done
awk '$1 > 60 { print $2 ": a function of " $1 " lines" }' "$out.lengths" >> "$out"
sort -n "$out.lengths" | awk '
  { n[NR] = $1; more += $1 > 1 }
  END { print "functions: " NR ", median " n[int((NR + 1) / 2)] " lines, longest " n[NR]; exit n[int((NR + 1) / 2)] > 12 }' ||
  echo "lib: the median function is longer than 12 lines" >> "$out"
rm -f "$out.bare" "$out.lengths"
cat "$out"
[ ! -s "$out" ]
