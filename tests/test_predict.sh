#!/usr/bin/env bash
# basin predict from outside: what it prints, its exit codes, and that a stored model says of the test rows what gave the
# recorded test metrics.
#
#     tests/test_predict.sh BASIN
# shellcheck source=tests/outside.sh
source "$(dirname "$0")/outside.sh"
data=$source/experiments/data

# $1: study, $2: metric, $3: words of its cell; what replicate 0 ended with
recorded() {
  "$basin" sql "$1" "select value from final where name = '$2' and replicate = 0 and cell like '%$3%'" | tail -1
}

# $1: what, $2 and $3: numbers that must agree to 1e-6, absolutely or relatively
close() {
  awk -v a="$2" -v b="$3" 'BEGIN { if (a == "" || b == "") exit 1; d = a - b; if (d < 0) d = -d; m = b < 0 ? -b : b; exit !(d <= 1e-6 * (m > 1 ? m : 1)) }' ||
    fault "$1: $2, recorded is $3"
}

# ---- classes: the test file has its columns the other way round and one more ----
sed -n '1p; 2~3p' "$data/iris.csv" > train.csv
sed -n '1p; 3~3p' "$data/iris.csv" |
  awk -F, -v OFS=, '{ print (NR == 1 ? "note" : "x"), $5, $4, $3, $2, $1 }' > test.csv
cat > classes.yaml <<END
study: classes
data: {name: csv, file: train.csv, test_file: test.csv, scale: standard}
model: {name: mlp, hidden: [8]}
loss: cross-entropy
optimizer: {name: momentum, lr: 0.01}
train: {batch: 16, epochs: 20}
seeds: 2
save: end
vary: {optimizer.lr: [0.01, 0.05, 1e30]}
END
"$basin" run classes.yaml --quiet || fault "the run of classes"
expect 0 "row,prediction,p_0,p_1,p_2" predict classes.yaml test.csv --cell optimizer.lr=0.05
"$basin" predict classes test.csv --cell optimizer.lr=0.05 > said.csv || fault "predict classes"
tail -n +2 test.csv | cut -d, -f2 | paste -d, - <(tail -n +2 said.csv) > both.csv
[ "$(wc -l < both.csv)" = 50 ] || fault "not 50 predictions"
loss=$(awk -F, '{ j = $1 == "setosa" ? 4 : $1 == "versicolor" ? 5 : 6; sum -= log($j) } END { printf "%.17g", sum / NR }' both.csv)
right=$(awk -F, '{ sum += $1 == $3 } END { printf "%.17g", sum / NR }' both.csv)
close "loss of the predictions" "$loss" "$(recorded classes test_loss 0.05)"
close "accuracy of the predictions" "$right" "$(recorded classes test_accuracy 0.05)"
awk -F, 'NR > 1 { s = $3 + $4 + $5; if (s < 1 - 1e-9 || s > 1 + 1e-9) exit 1 }' said.csv || fault "probabilities do not add up to 1"
"$basin" predict classes test.csv --cell optimizer.lr=0.05 --replicate 0 | cmp -s - said.csv || fault "replicate 0 is not the first"
"$basin" predict classes test.csv --cell optimizer.lr=0.05,replicate=1 | cmp -s - said.csv && fault "replicate 1 says the same"

# ---- numbers ----
for precision in float double; do
  cat > numbers-$precision.yaml <<END
study: numbers-$precision
precision: $precision
data: {name: csv, file: $data/diabetes.csv, test: 100, scale: unit}
model: {name: mlp, hidden: [4]}
loss: mse
optimizer: {name: adam, lr: 0.01}
train: {batch: 32, epochs: 3}
save: end
END
  "$basin" run numbers-$precision.yaml --quiet || fault "the run of numbers-$precision"
  expect 0 "row,prediction" predict numbers-$precision "$data/diabetes.csv"
done
[ "$("$basin" predict numbers-float "$data/diabetes.csv" | wc -l)" = 443 ] || fault "not a line for each row"
awk -v seed=1 'BEGIN { srand(seed); print "x,y"; for (i = 0; i < 60; i++) { x = rand() * 4 - 2; printf "%.6f,%.6f\n", x, x * x } }' > square.csv
sed -n '1p; 2,41p' square.csv > square-train.csv
sed -n '1p; 42,$p' square.csv > square-test.csv
cat > square.yaml <<END
study: square
data: {name: csv, file: square-train.csv, test_file: square-test.csv, scale: standard}
model: {name: mlp, hidden: [8]}
loss: mse
optimizer: {name: adam, lr: 0.05}
regularise: [{name: early-stopping, metric: validation_loss, patience: 3}]
train: {batch: 8, epochs: 40}
save: epoch
END
sed -i 's/scale: standard/validation: 10, scale: standard/' square.yaml # what standard means depends on the split
for when in epoch end; do # the first leaves the best weights at their step, the second at the last one
  sed "s/^save:.*/save: $when/; s/^study:.*/study: square-$when/" square.yaml > s.yaml
  "$basin" run s.yaml --quiet || fault "the run of square, save: $when"
  "$basin" predict "square-$when" square-test.csv > said.csv || fault "predict square, save: $when"
  loss=$(paste -d, square-test.csv said.csv | awk -F, 'NR > 1 { sum += ($2 - $4) ^ 2 } END { printf "%.17g", sum / (NR - 1) }')
  close "loss of square, save: $when" "$loss" "$(recorded "square-$when" test_loss '')"
  [ -n "$(recorded "square-$when" best_step '')" ] || fault "square-$when did not go back to its best weights"
done

# ---- bytes ----
if /usr/bin/python3 -c 'import numpy' 2> /dev/null; then
  /usr/bin/python3 - <<END
import numpy as np
rng = np.random.default_rng(0)
y = rng.integers(0, 2, 80)
x = (rng.integers(0, 128, (80, 4, 4)) + 100 * y[:, None, None]).astype(np.uint8)
np.save("x.npy", x[:60]), np.save("y.npy", y[:60].astype(np.int64))
np.save("tx.npy", x[60:]), np.save("ty.npy", y[60:].astype(np.int64))
np.savetxt("tx.csv", x[60:].reshape(20, -1), "%d", ",", header=",".join(f"p{i}" for i in range(16)), comments="")
np.save("f.npy", x[60:].astype(np.float32)), np.save("w.npy", x[60:, :3])
END
  cat > bytes.yaml <<END
study: bytes
data: {name: npy, inputs: x.npy, targets: y.npy, test_inputs: tx.npy, test_targets: ty.npy}
model: {name: mlp, hidden: [4]}
loss: binary-cross-entropy
optimizer: {name: adam, lr: 0.05}
train: {batch: 16, epochs: 5}
save: end
END
  "$basin" run bytes.yaml --quiet || fault "the run of bytes"
  expect 0 "row,prediction,p_0,p_1" predict bytes tx.npy
  [ "$("$basin" predict bytes tx.npy)" = "$("$basin" predict bytes tx.csv)" ] || fault "npy and csv differ"
  right=$(/usr/bin/python3 -c 'import numpy; print("label", *numpy.load("ty.npy"), sep="\n")' | paste -d, - <("$basin" predict bytes tx.npy) |
    awk -F, 'NR > 1 { sum += $1 == $3 } END { printf "%.17g", sum / (NR - 1) }')
  close "accuracy of bytes" "$right" "$(recorded bytes test_accuracy '')"
  expect 65 "f.npy:*: numbers, but the model was trained on bytes" predict bytes f.npy
  expect 65 "w.npy:*: 12 values a row, but the model has 16 inputs" predict bytes w.npy
  sed 's/^[0-9]*,/0.5,/' tx.csv > half.csv
  expect 65 "half.csv:2:1: error: a pixel is a whole number from 0 to 255, not '0.5'" predict bytes half.csv
  cut -d, -f1-3 tx.csv > few.csv
  expect 65 "few.csv: 3 columns, but the model has 16 inputs" predict bytes few.csv
else
  echo "SKIPPED: there is no NumPy: npy files are not tested"
fi

# ---- what cannot be ----
expect 64 "basin predict: which study?" predict
expect 64 "basin predict: which file of inputs?" predict classes
expect 64 "basin predict: --cell: 'lr' is not path=value" predict classes test.csv --cell lr
expect 64 "basin predict: --replicate: 'x' is not a whole number from 0 on" predict classes test.csv --replicate x
expect 64 "basin: which cell? --cell with one of" predict classes test.csv
expect 64 "basin: no trial has optimizer.lr=7; the cells are" predict classes test.csv --cell optimizer.lr=7
expect 64 "basin: no trial has optimizer.lr=0.05,replicate=9; the cells are" predict classes test.csv --cell optimizer.lr=0.05 --replicate 9
expect 65 "trial * diverged at step *: it has no model" predict classes test.csv --cell optimizer.lr=1e30
expect 65 "no results of a study 'clases' in results: did you mean 'classes'?" predict clases test.csv
expect 65 "nowhere.csv: No such file or directory" predict classes nowhere.csv --cell optimizer.lr=0.05
cut -d, -f1-4 test.csv > short.csv
expect 65 "short.csv:1:1: error: there is no column 'sepal_length'*" predict classes short.csv --cell optimizer.lr=0.05
sed '2s/x,[a-z]*,[0-9.]*/x,setosa,much/' test.csv > text.csv
expect 65 "text.csv:2:*: error: column 'petal_width' needs a number, got 'much'" predict classes text.csv --cell optimizer.lr=0.05
sed '/^save/d; s/^study:.*/study: unsaved/' classes.yaml > unsaved.yaml
"$basin" run unsaved.yaml --quiet --only optimizer.lr=0.01 || fault "the run of unsaved"
expect 65 "trial * has no weights of its end: \`save: end' must stand in*" predict unsaved test.csv --cell optimizer.lr=0.01
expect 65 "trial * is not done yet: run it first" predict unsaved test.csv --cell optimizer.lr=0.05
sed 's/^study:.*/study: folds\nprotocol: {name: k-fold, k: 3}/' classes.yaml > folds.yaml
"$basin" run folds.yaml --quiet --only optimizer.lr=0.01 || fault "the run of folds"
expect 65 "predict takes trials of one fit: k-fold makes many" predict folds test.csv --cell optimizer.lr=0.01
sed 's/^study:.*/study: bag\nensemble: {name: bagging, members: 2}/' classes.yaml > bag.yaml
"$basin" run bag.yaml --quiet --only optimizer.lr=0.01 || fault "the run of bag"
expect 65 "predict takes trials of one fit: holdout with bagging makes many" predict bag test.csv --cell optimizer.lr=0.01
"$basin" run classes.yaml --quiet --out set --set train.epochs=2 --set optimizer.lr=0.01 --set seeds=1 || fault "the run with --set"
expect 0 "row,prediction,p_0,p_1,p_2" predict classes test.csv --out set --set train.epochs=2 --set optimizer.lr=0.01
[ -w /dev/full ] && { "$basin" predict classes test.csv --cell optimizer.lr=0.05 > /dev/full 2> /dev/null; [ $? = 74 ] || fault "a full disk is not seen"; }
exit $bad
