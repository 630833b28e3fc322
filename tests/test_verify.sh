#!/usr/bin/env bash
# basin verify from outside: exit codes, what it runs, what it prints; and that an optimizer with a wrong constant is found out.
#
#     tests/test_verify.sh BASIN BROKEN       BROKEN: basin-double with the constant of tests/break.sh
broken=$(realpath "$2")
# shellcheck source=tests/outside.sh
source "$(dirname "$0")/outside.sh"

# $1: exit code, $2: what one of the lines must be (a pattern), the rest: arguments of $basin
says() {
  local code=$1 line=$2 said got found=0
  shift 2
  said=$("$basin" "$@" 2>&1 </dev/null)
  got=$?
  [ $got = "$code" ] || fault "basin $*: exit $got, not $code: $said"
  # shellcheck disable=SC2053
  while IFS= read -r one; do [[ $one == $line ]] && found=1; done <<< "$said"
  [ $found = 1 ] || fault "basin $*: no line '$line' in: $said"
}

mkdir -p experiments/a
cat > experiments/a/slope.yaml <<'END'
study: slope
source: a page
objective: {name: quadratic, dimension: 2, condition: 1, start: [1, 1]}
optimizer: gd
train: {steps: 3}
vary: {optimizer.lr: [0.5, 3]}
targets:
  - {metric: objective, at: {step: 0}, value: 1, rule: {exact: 1e-6}}
  - {metric: objective, where: {optimizer.lr: 0.5}, value: 0.015625, rule: {exact: 1e-6}}
  - {metric: objective, by: optimizer.lr, value: 0.5, rule: lowest}
END
sed 's/study: slope/study: other/; /^targets/,$d' experiments/a/slope.yaml > experiments/a/other.yaml
sed 's/study: slope/study: wrong/; s/0.015625/0.015/' experiments/a/slope.yaml > wrong.yaml

# ---- what is compared ----
says 64 "basin verify: --jobs: 'x' is not a whole number from 1 to 4096" verify --jobs x
says 65 "no study 'slop' in experiments: did you mean 'slope'[?]" verify slop
says 65 "no.yaml: No such file or directory" verify no.yaml
says 0 "3 targets: 0 PASS, 0 FAIL, 3 UNDECIDED, 0 DIFFERS" verify slope --stored
[ ! -e results ] || fault "--stored made results"
says 0 "3 targets: 3 PASS, 0 FAIL, 0 UNDECIDED, 0 DIFFERS" verify
[ -s results/verify/charts/verify.png ] || fault "no picture of all"
[ -e results/other ] && fault "a study without targets was run"
says 0 "0 targets: 0 PASS, 0 FAIL, 0 UNDECIDED, 0 DIFFERS" verify other
says 0 "slope: a page" verify experiments/a/slope.yaml
says 0 "slope: a page" verify results/slope
says 0 "3 targets: 3 PASS, *" verify experiments
says 1 "  FAIL       objective  lr 0.5 * exact 1e-06" verify wrong.yaml
says 1 "6 targets: 5 PASS, 1 FAIL, 0 UNDECIDED, 0 DIFFERS" verify slope wrong.yaml
says 0 "results/slope/charts/verify.png" plot slope verify

# ---- for programs ----
"$basin" verify wrong.yaml --json 2>/dev/null | grep -c '^{"study": "wrong", "metric": "objective", .*"published": .*"ours": .*"lo": .*"hi": .*"rule": .*"verdict": .*"source": ' > count
[ "$(cat count)" = 3 ] || fault "--json has $(cat count) such objects, not 3"

# ---- a file that is no study does not keep the others from being compared ----
echo "targets: [" > experiments/broken.yaml
echo "study: x" >> experiments/broken.yaml
says 65 "experiments/broken.yaml:2:*error: *" verify experiments/broken.yaml slope
says 65 "3 targets: 3 PASS, *" verify experiments/broken.yaml slope
rm experiments/broken.yaml

# ---- no epoch is taken for another time where there are none ----
sed 's/at: {step: 0}/at: {epoch: 0}/; s/study: slope/study: epochs/' experiments/a/slope.yaml > epochs.yaml
says 65 "epochs.yaml:8:5: error: at: a study without data has no epochs, but {step: N}" verify epochs.yaml
sed '/^objective/,$d; s/study: slope/study: epochs/' experiments/a/slope.yaml > epochs.yaml
cat >> epochs.yaml <<'END'
protocol: {name: check, of: {name: surface, of: branin}}
targets:
  - {metric: start, at: {epoch: 1}, value: 95.844668, rule: exact}
END
says 1 "             1 of 1 trials did not record start at epoch 1 *" verify epochs.yaml

# ---- what is missing is run, and only that ----
"$basin" run wrong.yaml --out part --only optimizer.lr=0.5 --quiet || fault "a part of the study did not run"
says 0 "3 targets: 0 PASS, 0 FAIL, 3 UNDECIDED, *" verify slope --stored --out part
says 1 "             1 of 2 trials are missing" verify wrong.yaml --stored --out part
says 1 "3 targets: 2 PASS, 1 FAIL, 0 UNDECIDED, *" verify wrong.yaml --out part

# ---- the studies that come with the program: all are accepted, and values of the library come out ----
says 0 "* targets: 0 PASS, 0 FAIL, *" verify "$source/experiments" --stored --out none
n=$("$basin" verify "$source/experiments" --stored --out none --json | grep -c '^{"study"')
[ "$n" -ge 60 ] || fault "only $n targets in the studies that come with the program"
twice=$(grep -rh '^study:' "$source/experiments" | sort | uniq -d)
[ -z "$twice" ] || fault "two studies share their results: $twice"
for name in curvature surface-values test-statistics; do
  says 0 "* targets: * PASS, 0 FAIL, 0 UNDECIDED, 0 DIFFERS" verify "$source/experiments/papers/$name.yaml"
done

# ---- published numbers, and the optimizer that does not get them ----
cat > quadratic.yaml <<'END'
study: quadratic
source: baselines of DeepOBS 1.1, quadratic_deep, test loss of 10 seeds
precision: double
data: {name: quadratic-deep, test: 896}
model: {layers: [{point: 100}], init: {name: constant, value: 1}}
loss: quadratic-deep
optimizer: sgd
train: {batch: 128, epochs: 10, order: once, remainder: drop}
seeds: 10
vary: {optimizer: [{name: sgd, lr: 0.0158489319246111}, {name: adam, lr: 0.0398107170553497}]}
targets:
  - {metric: test_loss, at: {step: 0}, value: 353.4467654661, rule: {exact: 1e-11}}
  - {metric: test_loss, where: {optimizer: sgd}, at: {epoch: [1, 2, 5, 10]}, n: 10, rule: band,
     value: [105.330, 102.922, 97.695, 92.978], sd: [.166, .168, .168, .169]}
  - {metric: test_loss, where: {optimizer: adam}, at: {epoch: [1, 2, 5, 10]}, n: 10, rule: band,
     value: [141.825, 110.829, 101.354, 94.730], sd: [.236, .207, .087, .092]}
END
says 0 "9 targets: 9 PASS, 0 FAIL, 0 UNDECIDED, 0 DIFFERS" verify quadratic.yaml
basin=$broken
says 1 "  FAIL       test_loss  adam, epoch 1 *" verify quadratic.yaml --out broken
"$basin" verify quadratic.yaml --out broken | grep -c '^  PASS  .* sgd, epoch' > count
[ "$(cat count)" = 4 ] || fault "with adam broken, sgd passes $(cat count) times, not 4"

exit $bad
