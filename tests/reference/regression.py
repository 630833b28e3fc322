#!/usr/bin/python3
"""The lecture's regression in NumPy: what three optimizers reach, an independent answer for experiments/lecture/regression.yaml.

    python3 tests/reference/regression.py            # about two minutes

10 000 points x = -3 + 6 U(0, 1), y = exp(-x^2) cos(10 x) + 0.03 N(0, 1); 1-64-64-1 with tanh; weights N(0, 2 / fan_in), biases
0; mean squared error; batches of 64 without replacement, each drawn by itself; the same for all three. For each of ten seeds the loss on
all points; then mean and standard deviation of its natural logarithm. Made with NumPy 1.24.
"""
import numpy as np

N, BATCH, STEPS, SEEDS, AT = 10000, 64, 10000, 10, (500, 1000, 2500, 5000, 10000)
SHAPE = ((1, 64), (64, 64), (64, 1))


def forward(w, x):
    a = [x]
    for k in range(3):
        z = a[-1] @ w[2 * k] + w[2 * k + 1]
        a.append(np.tanh(z) if k < 2 else z)
    return a


def gradient(w, x, y):
    a = forward(w, x)
    g, d = [None] * 6, 2 * (a[3] - y) / len(x)
    for k in (2, 1, 0):
        g[2 * k], g[2 * k + 1] = a[k].T @ d, d.sum(0)
        if k:
            d = (d @ w[2 * k].T) * (1 - a[k] ** 2)
    return g


def sgd(w, g, s):
    for p, q in zip(w, g):
        p -= .01 * q


def momentum(w, g, s):
    for i, (p, q) in enumerate(zip(w, g)):
        s[i] = .9 * s.get(i, 0) + q
        p -= .01 * s[i]


def adam(w, g, s):
    s['t'] = s.get('t', 0) + 1
    for i, (p, q) in enumerate(zip(w, g)):
        m, v = s.get(i, (0, 0))
        s[i] = m, v = .9 * m + .1 * q, .999 * v + .001 * q * q
        p -= .01 * (m / (1 - .9 ** s['t'])) / (np.sqrt(v / (1 - .999 ** s['t'])) + 1e-8)


rules = {'sgd': sgd, 'momentum': momentum, 'adam': adam}
found = {name: [] for name in rules}
for seed in range(SEEDS):
    rng = np.random.default_rng(seed)
    x = -3 + 6 * rng.random((N, 1))
    y = np.exp(-x * x) * np.cos(10 * x) + .03 * rng.standard_normal((N, 1))
    first = []
    for fan_in, out in SHAPE:
        first += [rng.standard_normal((fan_in, out)) * np.sqrt(2 / fan_in), np.zeros(out)]
    w, state = {n: [p.copy() for p in first] for n in rules}, {n: {} for n in rules}
    loss = {n: [] for n in rules}
    for step in range(1, STEPS + 1):
        rows = rng.choice(N, BATCH, replace=False, shuffle=False)
        for n, rule in rules.items():
            rule(w[n], gradient(w[n], x[rows], y[rows]), state[n])
            if step in AT:
                loss[n].append(float(np.mean((forward(w[n], x)[3] - y) ** 2)))
    for n in rules:
        found[n].append(loss[n])
        print(seed, n, *(f"{v:.6g}" for v in loss[n]), flush=True)
for n in rules:
    l = np.log(np.array(found[n]))
    print(n, "steps", AT, "exp(mean of log)", *(f"{v:.5g}" for v in np.exp(l.mean(0))), "sd of log", *(f"{v:.3g}" for v in l.std(0, ddof=1)))
