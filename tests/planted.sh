#!/bin/sh
# Plants one fault after the other in a small tree, and sees that rules.sh and layers.sh find each of them and nothing else.
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/lib/graph"
file=$tree/lib/graph/a.c
bad=0

# $1: script, $2: what its output must contain ("": nothing is wrong), $3: the source
plant() {
  printf '%b' "$3" > "$file"
  if said=$("$here/$1" "$tree"); then verdict=clean; else verdict=faulty; fi
  case "$verdict $said" in
    faulty*"$2"*) [ -n "$2" ] || { echo "$1 is not content with: $3"; echo "$said"; bad=1; } ;;
    *) [ -z "$2" ] || { echo "$1 overlooks: $3"; bad=1; } ;;
  esac
}

plant rules.sh "" 'static const int n = 1;\nint f(int x) { return x; }\n'
plant rules.sh "" '/* exit(1); goto x */\nconst char *f(void) { return "printf(x) stdout goto y"; } // abort()\n'
plant rules.sh "" 'static const char *const names[] = {"a"};\nenum { N = 3 };\nvoid f(void) { _exit(1); }\n'
plant rules.sh "" 'static verb *const verbs[2] = {f, g};\nvoid f(void) {}\n'
plant rules.sh "prints, exits" 'void f(void) { printf("x"); }\n'
plant rules.sh "prints, exits" 'void f(void) {\n  if (1) exit (1);\n}\n'
plant rules.sh "prints, exits" 'void f(int x) { assert(x); }\n'
plant rules.sh "terminal" 'void f(void) { fprintf(stderr, "x"); }\n'
plant rules.sh "goto" 'void f(void) {\n  goto end;\nend:\n  return;\n}\n'
plant rules.sh "can change" 'static int n;\nvoid f(void) { n++; }\n'
plant rules.sh "can change" 'static const char *name = "x";\nvoid f(void) { name = 0; }\n'
plant rules.sh "can change" 'void f(void) {\n  static bool done = 0;\n  done = 1;\n}\n'
plant rules.sh "can change" 'int shared = 1;\nvoid f(void) {}\n'
plant rules.sh "condition" '#ifdef __AVX2__\n#endif\nvoid f(void) {}\n'
plant rules.sh "61 lines" "void f(void) {\n$(yes '  g();\n' | head -59 | tr -d '\n')}\nvoid a(void) {}\nvoid b(void) {}\n"
plant rules.sh "" "void f(void) {\n$(yes '  g();\n' | head -58 | tr -d '\n')}\nvoid a(void) {}\nvoid b(void) {}\n"
mkdir "$tree/tests"
echo "  'a'," > "$tree/tests/meson.build"
touch "$tree/tests/test_a.c"
plant rules.sh "" 'void f(void) {}\n'
touch "$tree/tests/test_b.c"
plant rules.sh "test_b.c:1: its name" 'void f(void) {}\n'
rm -r "$tree/tests"
plant layers.sh "" '#include "graph/a.h"\n#include "num/b.h"\n#include <stdio.h>\n'
plant layers.sh "may not include data/" '#include "data/a.h"\n'
plant layers.sh "name its folder" '#include "a.h"\n'
plant layers.sh "in no layer" '#include "other/a.h"\n'
plant layers.sh "may not use gsl" '#include <gsl/gsl_math.h>\n'
plant layers.sh "may not use sqlite" '#include <sqlite3.h>\n'
exit $bad
