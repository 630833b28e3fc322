#!/bin/sh
# A copy of the adaptive optimizers with one constant of Adam wrong, for a program that must be found out by its results:
# a gradient enters the mean with a weight of 1.1 (1 - beta1).
#
#     tests/break.sh lib/optim/adaptive.c broken.c
sed 's/\.add1 = (bsn_real)(1 - c->beta1)/.add1 = (bsn_real)(1.1 - 1.1 * c->beta1)/' "$1" > "$2" || exit 1
! cmp -s "$1" "$2" || { echo "$1: the constant to break is not there any more"; exit 1; }
