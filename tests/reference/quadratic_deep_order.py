#!/usr/bin/python3
"""DeepOBS' quadratic_deep with its rows shuffled once, or anew for every epoch: an independent answer for
experiments/papers/deepobs-quadratic-deep-order.yaml.

    python3 tests/reference/quadratic_deep_order.py

Test loss after 100 epochs of 7 batches of 128 (104 rows are left out), mean and standard deviation of ten seeds. Made with NumPy 1.24.
"""
import numpy as np

from quadratic_deep import BATCH, D, RUNS, STEPS, TEST, loss, matrices, points

q, train, test = next(matrices(1)), points(42), points(43)


def run(rule, lr, seed, anew):
    rng, theta, state = np.random.default_rng(seed), np.ones(D), {}
    order = rng.permutation(len(train))
    for epoch in range(100):
        if anew and epoch:
            order = rng.permutation(len(train))
        for b in range(STEPS):
            rows = train[order[b * BATCH:(b + 1) * BATCH]]
            theta = rule(theta, q @ (theta - rows.mean(0)), state, lr)
    return loss(q, theta, test[:TEST])


for anew in (False, True):
    for name, rule, lr, _ in RUNS[:3]:
        x = [run(rule, lr, seed, anew) for seed in range(10)]
        print('epoch' if anew else 'once', name, '%.4f +- %.4f' % (np.mean(x), np.std(x, ddof=1)))
