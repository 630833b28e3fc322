#!/usr/bin/env bash
# The program from outside: exit codes, the first lines that it prints, and results that survive whatever is done to it.
#
#     tests/test_program.sh BASIN       the program; basin-double stands beside it
# shellcheck source=tests/outside.sh
source "$(dirname "$0")/outside.sh"

# $1: file, $2: name of the study, $3: epochs; 2 cells of 3 replicates, the second one diverges in the end
study() {
  cat > "$1" <<END
study: $2
about: a question
data: {name: digits, test: 300}
model: {name: mlp, hidden: [32]}
loss: cross-entropy
optimizer: {name: momentum, lr: 0.01}
train: {batch: 16, epochs: $3}
seeds: 3
vary: {optimizer.lr: [0.01, 1e30]}
END
}

# Everything that was recorded but what depends on clock and machine.
everything() {
  "$basin" export "$1" --json --curves ${2:+--out "$2"} |
    sed -E 's/"(seconds|started|ended)": [^,}]*//g; s/"host": "[^"]*"//g'
}

# ---- the command line ----
expect 64 "Usage: basin*"
expect 64 "basin: no command 'rnu': did you mean 'run'?" rnu
expect 64 "basin*: unrecognized option '--frob'" --frob
BASIN_KERNELS=v5 expect 64 "basin: BASIN_KERNELS: this machine has no 'v5': *" list
BASIN_TILE=-1 expect 64 "basin: BASIN_TILE: '-1' is not a number of rows" list
BASIN_TILE=0 expect 64 "basin: BASIN_TILE: '0' is not a number of rows" list
expect 64 "basin run: unrecognized option '--frob'" run --frob
expect 64 "basin run: --jobs: 'x' is not a whole number from 1 to 4096" run a.yaml --jobs x
expect 64 "basin run: --stack: '17' is not a whole number from 1 to 16" run a.yaml --stack 17
expect 64 "basin run: --time: '5 parsecs' is no time: 90s, 10m, 1h30m" run a.yaml --time "5 parsecs"
expect 64 "basin run: which file?" run
expect 0 "basin 0.1.0 (*)" --version
expect 0 "Usage: basin*" --help
expect 0 "Usage: basin run*" run -h
expect 64 "basin: nothing is named 'adan': did you mean 'adam'?" explain adan
expect 0 "adam (optimizer)" explain adam
expect 0 "data" list
expect 0 "  score *How good trial t is*" list phrase
expect 0 "  label *[[]PATH[]]: Turns cells*" list derive
expect 64 "basin: no kind 'optimizers': did you mean 'optimizer'?" list optimizers

# ---- files ----
expect 65 "nowhere.yaml: No such file or directory" run nowhere.yaml
printf 'study: a\ndata: iris\nmodel: {name: mlp, hidden: [4]}\nloss: cross-entropy\noptimizer: sgd\ntrain: {bach: 8, epochs: 1}\n' > key.yaml
expect 65 "key.yaml:6:9: error: *'bach'*did you mean 'batch'?" run key.yaml
printf 'study: a\ndata: iris\nmodel: {name: mlp, hidden: [4]}\nloss: cross-entropy\noptimizer: sgd\ntrain: {batch: 8, epochs: five}\n' > type.yaml
expect 65 "type.yaml:6:27: error: train.epochs must be *" run type.yaml
printf 'study: a\ndata: iris\nmodel: {name: mlp, hidden: [4]}\nloss: cross-entropy\noptimizer: {name: sgd, lr: -1}\ntrain: {epochs: 1}\n' > value.yaml
expect 65 "value.yaml:5:28: error: optimizer.lr must be *" run value.yaml
printf 'study: [a\n' > syntax.yaml
expect 65 "syntax.yaml:*: error: *" run syntax.yaml
mkdir empty
expect 65 "empty: there is no study (*.yaml) in this folder" run empty
expect 65 "no results of a study 'nothing' in results" show nothing

# ---- what nobody should write: one message, before anything runs ----
study bad.yaml bad 2
echo "not weights" > text
while IFS='@' read -r set line; do
  expect 65 "$line" run bad.yaml --quiet --out untouched --set "$set"
  said=$("$basin" run bad.yaml --quiet --out untouched --set "$set" 2>&1 < /dev/null)
  [ "$(grep -c 'error: ' <<< "$said")" -le 1 ] || fault "--set $set: more than one message: $said"
done <<'END'
=3@--set =3: error: path=value is wanted
optimizer..lr=1@--set optimizer..lr=1: error: a path has an empty part
optimzer.lr=1@--set optimzer.lr=1: error: unknown key 'optimzer': did you mean 'optimizer'?
optimizer.name=adm@--set optimizer.name=adm: error: unknown optimizer 'adm': did you mean 'adam'?
train.epochs=nan@--set train.epochs=nan: error: train.epochs must be a number, not 'nan'
train.epochs=1e300@--set train.epochs=1e300: error: train.epochs must be at most 1000000000, not 1e300
study=../x@--set study=../x: error: a study's name has letters, digits, '-', '_' and '.' only
seeds=0@--set seeds=0: error: seeds must be how many (1 to 1000000), or a list of whole numbers
vary=none@--set vary=none: error: vary must map paths to lists of values*
vary={optimizer.lr: {log: [1e-4, 1], points: 1e9}}@*: error: a whole number from 1 to 1000000 is wanted here
vary={optimizer.lr: {range: [0, 1e300]}}@*: error: range: * has at most 1000000 values: give points
vary={train.batch: {range: [1, 2000]}, optimizer.lr: {random: 1000, log: [1, 2]}}@*: error: more than 1000000 cells
data=/etc/passwd@--set data=/etc/passwd: error: unknown data '/etc/passwd': *
data={name: csv, file: /dev/zero}@*: error: data.file: /dev/zero: not a file
data.validation=all@data.validation takes all * training rows
data.train=1e6@data.train: 1000000 rows are asked for, there are 1497
protocol={name: k-fold, k: 5000}@k-fold: 5000 folds of 1497 training rows
model.weights=text@./text: no safetensors file*
charts=[convergance]@*: error: no chart is named 'convergance': did you mean 'convergence'?
charts=[{convergence: {metrik: x}}]@*: error: chart convergence has no parameter metrik
END
[ -e untouched ] && fault "something was stored of what nobody should write"
sed 's/^optimizer/optimiser/' bad.yaml > misspelt.yaml
expect 65 "misspelt.yaml:6:1: error: unknown key 'optimiser': did you mean 'optimizer'?" run misspelt.yaml
expect 65 "/dev/null:1:1: error: there is nothing in it" run /dev/null
expect 65 "/dev/zero: longer than 256 MiB" run /dev/zero
mkdir -p spoilt/bad && echo "no database" > spoilt/bad/study.db
expect 65 "spoilt/bad/study.db: this is not a results database" run bad.yaml --out spoilt
expect 65 "spoilt/bad/study.db: this is not a results database" show bad --out spoilt
touch plain
expect 74 "basin: plain: Not a directory" run bad.yaml --out plain
for words in "list" "show a" "run a.yaml --dry-run" "export a --json"; do
  [ "$words" = list ] || [ -e results/a ] || { study a.yaml a 2 && "$basin" run a.yaml --quiet; }
  # shellcheck disable=SC2086
  said=$("$basin" $words 2>&1 > /dev/full)
  code=$?
  [ $code = 74 ] && [[ $said == "basin: cannot write"* ]] || fault "$words > /dev/full: exit $code: $said"
done
rm -rf results

# The studies that come along are right as they stand; only the images may not be installed
for file in "$source"/experiments/*/*.yaml; do
  said=$("$basin" run "$file" --dry-run --out lecture 2>&1 </dev/null)
  got=$?
  [ $got = 0 ] || { [ $got = 69 ] && [[ $said == *fashion-mnist* ]]; } || fault "$file: exit $got: ${said%%$'\n'*}"
done

# ---- a run, and what reads it ----
study a.yaml a 2
expect 65 "--set train.epocs=3: error: *'epocs'*" run a.yaml --set train.epocs=3
expect 64 "basin: no trial has optimizer.lr=7" run a.yaml --only optimizer.lr=7
expect 0 "a: 2 cells x 3 replicates = 6 trials" run a.yaml --dry-run
[ -e results/a/charts ] && fault "a dry run left charts"
expect 0 "" run a.yaml --quiet
expect 0 "a: 0 trials done; 6 were there already" run a.yaml
# What a kill left behind the record of its trial is swept away by the next run; what is still of use is not
stored=$("$basin" sql a "select key from trial limit 1" | tail -1)
mkdir -p results/a/checkpoints
touch results/a/checkpoints/"$stored" results/a/checkpoints/0123456789abcdef0123456789abcdef
"$basin" run a.yaml --quiet || fault "sweeping"
[ -e results/a/checkpoints/"$stored" ] && fault "a checkpoint of a stored trial is left"
[ -e results/a/checkpoints/0123456789abcdef0123456789abcdef ] || fault "a checkpoint was lost"

# Probes of finished trials: at the end from saved weights, at each epoch by training again; weights of what has diverged, after 2
# steps of 16 of 1497 rows, are never trusted
study kept.yaml kept 2
"$basin" run kept.yaml --quiet --set save=end || fault "saving weights"
plan() { "$basin" run kept.yaml --dry-run --set "probes=[{name: gradient-norm, when: $1}]"; }
said=$(plan end; plan epoch; "$basin" run kept.yaml --dry-run)
for line in "6 of 6 trials to do" \
  "probes of finished trials: 3 from saved weights, 3 by training again" \
  "cost: 0.0641283 gradient evaluations of the training set, and what probes take by themselves" \
  "probes of finished trials: 0 from saved weights, 6 by training again" \
  "cost: 6.06413 gradient evaluations of the training set, and what probes take by themselves" \
  "cost: 0 gradient evaluations of the training set"; do
  grep -qxF "$line" <<< "$said" || fault "a dry run with probes does not say '$line': $said"
done
mv results/kept/weights aside
plan end | grep -qx "probes of finished trials: 0 from saved weights, 6 by training again" || fault "weights that are gone"
mv aside results/kept/weights
"$basin" run kept.yaml --quiet --set 'probes=[gradient-norm]' || fault "probes of finished trials"
plan end | grep -q "^probes\|^cost: .* probes" && fault "probes that are there are still planned"
expect 0 "a: 6 trials*" show a
expect 0 "*" show a.yaml
expect 0 "*" show results/a
expect 65 "no results of a study 'b' in results*" show b
expect 0 "n" sql a "select count(*) as n from trial where outcome = 'diverged'"
[ "$("$basin" sql a "select count(*) from trial where outcome = 'diverged'" | tail -1)" = 3 ] || fault "not 3 diverged trials"
[ "$("$basin" sql a "select value from study where name = 'about'" | tail -1)" = "a question" ] || fault "about is not kept"
expect 64 "basin: SQL: *" sql a "selec 1"
expect 64 "basin export: which form? --csv or --json" export a
expect 64 "basin plot: --watch: '0' is no number of seconds from 0.1 to 86400" plot a --watch=0
expect 64 "basin: no chart has a parameter 'foo'*" plot a --foo 1
if command -v gnuplot > /dev/null; then
  expect 0 "results/a/charts/convergence-test_loss.png" plot a convergence --metric test_loss
  [ -s results/a/charts/convergence-test_loss.png ] || fault "no picture"
  printf 'epoch,test_loss\n0,2\n1,1\n' > over.csv
  expect 0 "results/a/charts/convergence-test_loss-overlay.png" plot a convergence --metric test_loss --overlay over.csv
  expect 0 "results/a/charts/convergence-with-a.png" plot a results/a convergence
  printf 'epoch,test_loss\n0,2\n1\n' > over.csv
  expect 65 "over.csv:3: 1 field, but the first line names 2 columns" plot a convergence --metric test_loss --overlay over.csv
  expect 64 "basin: chart final-values takes no overlay" plot a final-values --overlay over.csv
  expect 0 "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] 6 of 6 trials: 1 picture in results/a/charts" plot a convergence --watch
  expect 65 "*final_foo*" plot a convergence --metric final_foo --watch
  expect 0 "results/a/charts/convergence-test_loss-0.01.png" plot a convergence --metric test_loss --less 0.01
  expect 0 "" run "$source/experiments/lecture/saddles.yaml" --quiet
  for picture in trajectories-objective convergence-excess-step-linear-linear; do
    [ -s results/saddles/charts/$picture.png ] || fault "no picture of paths: $picture"
  done
  expect 0 "results/saddles/charts/trajectories.png" plot saddles trajectories
else
  echo "SKIPPED: there is no gnuplot: charts are not drawn"
fi
PATH=/nowhere expect 69 "basin: *gnuplot*apt*" plot a convergence

# ---- the same results in any way ----
"$basin" run a.yaml --jobs 2 --out closed <&- >&- 2>&- || fault "without standard files"
"$basin" run a.yaml --quiet --jobs 1 --out one || fault "jobs 1"
"$basin" run a.yaml --quiet --jobs 4 --out four || fault "jobs 4"
for cell in optimizer.lr=1e30 optimizer.lr=0.01; do
  for r in 2 0 1; do "$basin" run - --quiet --only $cell --only replicate=$r --out parts < a.yaml || fault "only $cell $r"; done
done
want=$(everything a)
for out in one four parts closed; do [ "$(everything a $out)" = "$want" ] || fault "$out differs"; done
sed 's/^model:.*/model: logistic/; s/^seeds:.*/seed: {order: 0}\nseeds: 3/; s/^vary:.*/vary: {optimizer: [momentum, adam], optimizer.lr: [0.001, 0.01, 1e30]}/' a.yaml > narrow.yaml
"$basin" run narrow.yaml --quiet --stack 1 --out singly || fault "stack 1"
"$basin" run narrow.yaml --quiet --stack 16 --jobs 1 --out stacked || fault "stack 16"
"$basin" run narrow.yaml --quiet --jobs 2 --out shared || fault "stacks for two workers"
want=$(everything a singly)
for out in stacked shared; do [ "$(everything a $out)" = "$want" ] || fault "$out differs"; done
want=$(everything a)
sed 's/^study:.*/study: both\nprecision: double/' a.yaml > double.yaml
"$basin" run - --quiet < double.yaml || fault "double from standard input"
mkdir folder && cp a.yaml folder/1.yaml && cp double.yaml folder/2.yaml
"$basin" run folder --quiet --out folder-results || fault "a folder of studies"
[ "$(everything a folder-results)" = "$want" ] || fault "a folder of studies differs"
[ "$(everything both folder-results)" = "$(everything both)" ] || fault "double in a folder differs"
"$basin" sql both "select distinct value from setting where path = 'precision'" | grep -q double || fault "not in double"

# ---- stopping and going on ----
study long.yaml long 2000
"$basin" run long.yaml --quiet --out calm || fault "the undisturbed run"
want=$(everything long calm)
for signal in INT TERM; do
  "$basin" run long.yaml --quiet 2> said &
  pid=$!
  at_work $pid
  sleep 0.05
  kill -$signal $pid
  wait $pid
  code=$?
  [ $code = 130 ] || fault "SIG$signal: exit $code"
  grep -q '^basin: long is paused (interrupted), . of 6 trials done; the same command goes on$' said ||
    fault "SIG$signal: $(head -1 said)"
done
"$basin" run long.yaml --quiet --time 0.05s 2> said
code=$?
[ $code = 130 ] || fault "--time: exit $code"
grep -q 'paused (the time given is over)' said || fault "--time: $(head -1 said)"
"$basin" run long.yaml --quiet || fault "going on"
[ "$(everything long)" = "$want" ] || fault "what was paused differs"

kill_runs run long.yaml --quiet --out killed
"$basin" run long.yaml --quiet --out killed || fault "going on after kill -9"
[ "$(everything long killed)" = "$want" ] || fault "what was killed differs"

# ---- two at once ----
study two.yaml two 1000000
"$basin" run two.yaml --quiet 2> /dev/null &
pid=$!
at_work $pid
expect 75 "basin: another run holds results/two (pid $pid)" run two.yaml
kill -TERM $pid
wait $pid 2> /dev/null

# ---- a full disk ----
mkdir full
if mount -t tmpfs -o size=400k none full 2> /dev/null; then
  study full.yaml full 60
  expect 74 "basin: *full*" run full.yaml --quiet --out full --set seeds=60 --set train.epochs=30 --set eval.when="every 10 steps"
  "$basin" sql full "pragma integrity_check" --out full 2>&1 | tail -1 | grep -q ok || fault "a full disk damaged the store"
  umount full
else
  echo "SKIPPED: no small file system can be mounted here: a full disk is not tested"
fi
exit $bad
