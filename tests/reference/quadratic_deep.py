#!/usr/bin/python3
"""Runs on DeepOBS' quadratic_deep, the answers for tests/test_published.c.

    python3 tests/reference/quadratic_deep.py > tests/golden/quadratic_deep.csv

A line is RUN;EPOCH;LOSS: the mean loss of the first 896 test points after so many epochs of 7 batches of 128, the training points
taken as they lie (so that no shuffle of anyone matters). Rules are TensorFlow 1's: Adagrad's accumulator begins at 0.1,
RMSProp's at 1 with epsilon inside the root, Adam's epsilon outside. RUN ends with the number of the matrix drawn. After
the lines, as comments: what the matrix is like. Made with NumPy 1.24.
"""
import numpy as np

D, BATCH, STEPS, TEST = 100, 128, 7, 896


def rotation(rng):
    t = 2 * np.pi * rng.uniform()
    r = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    for d in range(2, D):
        v = rng.normal(size=(d + 1, 1))
        v /= np.sqrt(v.T @ v)
        e = np.concatenate(([[1.0]], np.zeros((d, 1))))
        x = (e - v) / np.sqrt((e - v).T @ (e - v))
        wide = np.eye(d + 1)
        wide[1:, 1:] = r
        r = (np.eye(d + 1) - 2 * x @ x.T) @ wide
    return -r


def matrices(n):
    rng = np.random.RandomState(42)
    for _ in range(n):
        e = np.concatenate((rng.uniform(0., 1., 90), rng.uniform(30., 60., 10)))
        r = rotation(rng)
        yield r.T @ np.diag(e) @ r


def points(seed):
    return np.random.RandomState(seed).normal(0., .6, (1000, D)).astype(np.float32).astype(np.float64)


def loss(q, theta, x):
    return 0.5 * np.mean(np.einsum('ij,jk,ik->i', theta - x, q, theta - x))


def sgd(w, g, s, lr):
    return w - lr * g


def momentum(w, g, s, lr, m=.99):
    s['v'] = m * s.get('v', 0) + g
    return w - lr * s['v']


def nag(w, g, s, lr, m=.99):
    s['v'] = m * s.get('v', 0) + g
    return w - lr * (g + m * s['v'])


def adam(w, g, s, lr):
    s['t'] = s.get('t', 0) + 1
    s['m'] = .9 * s.get('m', 0) + .1 * g
    s['v'] = .999 * s.get('v', 0) + .001 * g * g
    m, v = s['m'] / (1 - .9 ** s['t']), s['v'] / (1 - .999 ** s['t'])
    return w - lr * m / (np.sqrt(v) + 1e-8)


def adagrad(w, g, s, lr):
    s['a'] = s.get('a', .1) + g * g
    return w - lr * g / np.sqrt(s['a'])


def rmsprop(w, g, s, lr):
    s['v'] = .9 * s.get('v', 1) + .1 * g * g
    return w - lr * g / np.sqrt(s['v'] + 1e-10)


RUNS = [('sgd', sgd, 0.0158489319246111, 0), ('momentum', momentum, 0.00251188643150958, 0),
        ('adam', adam, 0.0398107170553497, 0), ('adagrad', adagrad, .01, 0), ('rmsprop', rmsprop, 1e-3, 0),
        ('nag', nag, .01, 1)]


def main():
    q = list(matrices(7))
    train, test = points(42), points(43)
    for name, rule, lr, draw in RUNS:
        theta, state = np.ones(D), {}
        for epoch in range(21):
            if epoch in (0, 1, 2, 5, 10, 20):
                print(f"{name}-{draw};{epoch};{loss(q[draw], theta, test[:TEST])!r}")
            for b in range(STEPS):
                rows = train[b * BATCH:(b + 1) * BATCH]
                theta = rule(theta, q[draw] @ (theta - rows.mean(0)), state, lr)
    e = np.linalg.eigvalsh(q[0])
    print("# eigenvalues", repr(e[-1]), "..", repr(e[0]), "trace", repr(np.trace(q[0])), "2/largest", repr(2 / e[-1]))
    print("# starts of draws", *(f"{loss(m, np.ones(D), test[:TEST]):.7f}" for m in q))
    print("# train optimum", repr(loss(q[0], train.mean(0), train)), "test there", repr(loss(q[0], train.mean(0), test[:TEST])))


if __name__ == '__main__':
    main()
