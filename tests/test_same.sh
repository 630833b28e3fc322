#!/usr/bin/env bash
# The same export, byte for byte, from every kernel path, size of tile, stack and number of workers.
#
#     tests/test_same.sh BASIN
# shellcheck source=tests/outside.sh
source "$(dirname "$0")/outside.sh"

iris="data: iris
loss: cross-entropy"
declare -A study want
study[narrow]="$iris
model: logistic
train: {batch: 16, epochs: 3}
seed: {order: 0}
seeds: 3
vary: {optimizer: [momentum, adam], optimizer.lr: [0.001, 0.1, 1e30]}"
study[folds]="$iris
protocol: {name: k-fold, k: 3}
model: {name: mlp, hidden: [9, 5], activation: gelu}
train: {batch: 13, epochs: 3}
optimizer: {name: nadam, lr: 0.01}
seeds: 2"
study[probed]="$iris
model: {name: mlp, hidden: [7], activation: relu}
train: {batch: 13, epochs: 3, schedule: cosine}
optimizer: {name: sgd, lr: 0.05}
probes: [gradient-norm, {name: hessian-top, k: 2}]
seeds: 2"
study[curve]="data: {name: lecture-regression, rows: 200}
loss: mse
model: {name: mlp, hidden: [16, 16], activation: tanh}
train: {batch: 32, epochs: 4}
vary: {optimizer: [rmsprop, radam, adadelta, lion]}"
study[bags]="data: {name: moons, rows: 120}
loss: cross-entropy
model: {name: mlp, hidden: [6], activation: silu}
ensemble: {name: bagging, members: 3}
train: {batch: 16, epochs: 2}
optimizer: {name: adam, lr: 0.01}"
study[warm]="$iris
model: {name: mlp, hidden: [7]}
train: {batch: 13, epochs: 3}
optimizer: {name: momentum, lr: 0.05}
save: end
vary: {model.weights: [{of: {train.batch: 60}}, none], train.batch: [13, 60], optimizer.lr: [0.05, 0.01]}"
study[surface]="objective: {name: two-wells}
optimizer: {name: momentum, lr: 0.02}
train: {steps: 40}
eval: {when: every 1 steps}"

# All that was recorded but what depends on the clock and the machine.
everything() {
  "$basin" export "$1" --json --curves --out "$2" | sed -E 's/"(seconds|started|ended)": [^,}]*//g; s/"host": "[^"]*"//g'
}

# $1: where to, the rest: arguments; all studies, with the environment as it is
run() {
  local out=$1 name
  shift
  for name in "${!study[@]}"; do
    printf 'study: %s\n%s\n' "$name" "${study[$name]}" | "$basin" run - --quiet --no-charts --out "$out" "$@" || fault "$out: $name"
  done
}

# $1: where to, the rest: arguments; and what it must be
same() {
  local name
  run "$@"
  for name in "${!study[@]}"; do [ "$(everything "$name" "$1")" = "${want[$name]}" ] || fault "$1: $name differs"; done
}

run first --jobs 1 --stack 1
for name in "${!study[@]}"; do
  want[$name]=$(everything "$name" first)
  [ ${#want[$name]} -gt 2000 ] || fault "$name: next to nothing was recorded"
done
paths="v3 v4"
[[ $basin == *double ]] || paths="baseline $paths" # whose sums in double are not promised
for path in $paths; do
  if BASIN_KERNELS=$path "$basin" list probe > /dev/null 2>&1; then
    BASIN_KERNELS=$path same "$path" --jobs 2
  else
    echo "SKIPPED: this processor has no $path"
  fi
done
for rows in 1 7 1000; do BASIN_TILE=$rows same "tiles-of-$rows" --jobs 2; done
same stacked --jobs 1 --stack 16
same workers --jobs 4
exit $bad
