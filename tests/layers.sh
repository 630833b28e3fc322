#!/bin/sh
# Checks which layer of lib/ includes which, and which outside libraries: the table of README, "Architecture".
#
#     tests/layers.sh [FOLDER]       the folder that holds lib/; default: beside this script
cd "${1:-$(dirname "$0")/..}" || exit 1

# layer: layers that it may include besides itself | outside libraries
table='
base   |                                                 | libfyaml xxhash
num    | base                                            | gsl random123 lbfgsb
stats  | base num                                        | gsl
graph  | base num                                        |
data   | base num                                        | zlib
optim  | base num                                        |
model  | base num graph                                  |
probe  | base num stats optim                            |
learn  | base num stats graph data optim model probe     |
store  | base                                            | sqlite
study  | base num stats data optim model probe learn     |
report | base stats store                                |
'

# Headers of outside libraries; every other <..> is the C library, POSIX or the compiler.
find lib -name '*.[ch]' | sort | while read -r file; do
  printf '%s ' "$file"
  awk '/^ *# *include/ { sub(/^ *# *include */, ""); sub(/[">][^">]*$/, ""); printf "%s ", $0 }' "$file"
  echo
done | awk -v table="$table" '
  function outside(header) {
    if (header ~ /libfyaml/) return "libfyaml"
    if (header ~ /^xxh/) return "xxhash"
    if (header ~ /^gsl\//) return "gsl"
    if (header ~ /^sqlite3/) return "sqlite"
    if (header ~ /^(zlib|zconf)\.h/) return "zlib"
    if (header ~ /^Random123\//) return "random123"
    if (header ~ /lbfgsb/) return "lbfgsb"
    return ""
  }
  function fault(what) { print file ": " what; bad = 1 }
  BEGIN {
    rows = split(table, row, "\n")
    for (i = 1; i <= rows; i++) {
      split(row[i], part, "|")
      gsub(/ /, "", part[1])
      if (part[1] == "") continue
      known[part[1]] = 1
      may[part[1], part[1]] = 1
      n = split(part[2], word, " "); for (j = 1; j <= n; j++) may[part[1], word[j]] = 1
      n = split(part[3], word, " "); for (j = 1; j <= n; j++) library[part[1], word[j]] = 1
    }
  }
  {
    file = $1
    split(file, path, "/")
    layer = path[2]
    files++
    if (!(layer in known)) { fault("no layer of this name"); next }
    for (i = 2; i <= NF; i++) {
      header = substr($i, 2)
      if ($i ~ /^"/) {
        folder = header
        if (!sub(/\/.*/, "", folder)) fault("\"" header "\" does not name its folder")
        else if (folder == "..") fault("\"" header "\" climbs")
        else if (folder in known && !((layer, folder) in may)) fault(layer " may not include " header)
        else if (!(folder in known) && outside(header) == "") fault("\"" header "\" is in no layer")
      }
      lib = outside(header)
      if (lib != "" && !((layer, lib) in library)) fault(layer " may not use " lib)
    }
  }
  END { print files " files"; exit bad || !files }'
