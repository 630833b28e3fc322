#!/usr/bin/env bash
# Trials that start from what other trials saved, from outside: what is asked for, what is said, and the same results in any way.
#
#     tests/test_starting.sh BASIN
# shellcheck source=tests/outside.sh
source "$(dirname "$0")/outside.sh"

# Those that start stand before those that they start from.
cat > warm.yaml <<'END'
study: warm
data: {name: digits, test: 300}
model: {name: mlp, hidden: [24]}
loss: cross-entropy
optimizer: {name: momentum, lr: 0.01}
train: {batch: 16, epochs: 12}
save: end
seeds: 2
vary:
  model.weights: [{of: {train.batch: 64, model.weights: {of: {train.batch: 256}}}}, {of: {train.batch: 256}}, none]
  train.batch: [16, 64, 256]
END
from='model.weights=from train.batch 256'

# Everything that was recorded but what depends on clock and machine.
everything() {
  "$basin" export warm --json --curves --out "$1" | sed -E 's/"(seconds|started|ended)": [^,}]*//g; s/"host": "[^"]*"//g'
}

trials() { "$basin" sql warm "select count(*) from trial where outcome = 'budget' $2" --out "$1" | tail -1; }

# $1: where to, the rest: arguments
same() {
  "$basin" run warm.yaml --quiet --out "$@" || fault "$*"
  [ "$(everything "$1")" = "$want" ] || fault "$* differs"
}

# ---- any way ----
"$basin" run warm.yaml --quiet --jobs 1 --stack 1 --out one || fault "one worker"
want=$(everything one)
[ "$(trials one "")" = 18 ] || fault "not 18 trials"
same four --jobs 4
same stacked --jobs 1 --stack 16
expect 0 "warm: 0 trials done; 18 were there already" run warm.yaml --out one

# ---- a part: whoever is started from is done, too, and nobody else ----
said=$("$basin" run warm.yaml --dry-run --out part --only "$from" --only train.batch=16 --only replicate=1)
[[ $said == *"=none train.batch=256: 1 to do"*"2 of 2 trials to do"*"1 of them was not asked for, but others start from their weights"* ]] ||
  fault "a dry run of a part: $said"
[ -e part ] && fault "a dry run left something"
expect 0 "*" run warm.yaml --quiet --out part --only "$from" --only train.batch=16 --only replicate=1
[ "$(trials part "and replicate = 1")" = 2 ] || fault "a part is not two trials"
said=$("$basin" run warm.yaml --dry-run --out part --only "$from" --only train.batch=16 --only replicate=1)
[[ $said == *"0 of 1 trials to do"* ]] || fault "a dry run of what is done: $said"
deepest='model.weights=from train.batch 64; model.weights (from train.batch 256)'
said=$("$basin" run warm.yaml --dry-run --out part --only "$deepest" --only train.batch=64)
[[ $said == *"5 of 5 trials to do"*"3 of them were not asked for"* ]] || fault "a dry run of the deepest: $said"
rm -r part/warm/weights # who is done needs none; who is not gets them once more
same part

# ---- killed ----
kill_runs run warm.yaml --quiet --out killed
same killed

# ---- nothing to start from ----
sed 's/^vary:.*/vary: [{model.weights: [{of: {optimizer.lr: 1e30}}]}, {optimizer.lr: [1e30]}]/; /^  /d; s/: warm/: lost/' warm.yaml > lost.yaml
for _ in 1 2; do
  expect 1 "failed: *: the trial that it starts from diverged at step [1-9]*" run lost.yaml --quiet
  "$basin" sql lost "select message from trial where outcome = 'failed'" | grep -q "the trial that it starts from diverged at step [1-9]" ||
    fault "who starts from what diverged does not say so"
done
expect 65 "warm.yaml:10:62: error: the trial to start from does not save its weights at its end: give save: end" run warm.yaml --set save=none
expect 65 "model.weights from model.hidden \[5\]: the weights do not fit the model:" run warm.yaml --out untouched \
  --set 'vary=[{model.hidden: [[5]]}, {model.weights: [{of: {model.hidden: [5]}}]}]'
expect 65 "--set model.weights={of: {seed.init: 4}}:*error: there is no trial to start from: the study has none that is *" run warm.yaml \
  --out untouched --set vary=\{\} --set 'model.weights={of: {seed.init: 4}}'
[ -e untouched ] && fault "something was stored of what cannot be"
exit $bad
