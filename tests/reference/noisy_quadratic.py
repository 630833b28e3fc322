#!/usr/bin/python3
"""Steps of SGD on the noisy quadratic model, from its closed form: an answer for tests/test_noisy_quadratic.c and noisy-quadratic.yaml.

    python3 tests/reference/noisy_quadratic.py

Curvatures h_i = 1 / i, i = 1 .. 10 000, gradient noise of variance h_i / batch, start N(0, 1). For each batch the fewest steps to an
expected loss of 0.01 over 60 learning rates, even in their logarithm, from 1e-4 to 1.95. Made with NumPy 1.24.
"""
import numpy as np

h = 1 / np.arange(1, 10001)


def loss(batch, lr, t):
    r = (1 - lr * h) ** 2
    left = r ** t
    return 0.5 * np.sum(h * (left + (1 - left) * lr / (batch * (2 - lr * h))))


def steps(batch, lr, target=0.01):
    if loss(batch, lr, np.inf) >= target:
        return np.inf
    high = 1
    while loss(batch, lr, high) > target:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if loss(batch, lr, middle) > target else (low, middle)
    return high


print('start', loss(1, 1, 0))
for batch in (1, 64, 256, 1024, 1048576):
    found = [(steps(batch, lr), lr) for lr in np.geomspace(1e-4, 1.95, 60)]
    print('batch %d: %d steps with lr %.5g' % ((batch,) + min(found)))
