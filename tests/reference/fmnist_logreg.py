#!/usr/bin/python3
"""The optimum of logistic regression on Fashion-MNIST, an independent answer for experiments/papers/fmnist-logreg.yaml.

    python3 tests/reference/fmnist_logreg.py

The rows are those that basin draws: the first 2000 of a permutation of the training set by stream (seed.data 0, "split", "train"), each
pixel standardised over them. Minimises mean cross-entropy + 0.01 / 2 |W|^2, biases free, to a gradient near 1e-9; then says where 200 steps
of gradient descent end, whose rate falls from 0.1 along half a cosine.
Made with NumPy 1.24, SciPy 1.10; XXH3 from libxxhash.
"""
import ctypes
import gzip

import numpy as np
from scipy.optimize import minimize

ROWS, L2, FOLDER = 2000, 1e-2, '/usr/share/datasets/fashion-mnist/'
xxh = ctypes.CDLL('libxxhash.so.0').XXH3_64bits_withSeed
xxh.restype, xxh.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def key_of(seed, purpose, name):
    return xxh(name, len(name) + 1, xxh(purpose, len(purpose) + 1, seed))


def philox_bits(key, index, n):
    """Entries 0 .. n-1, 64 bits each, of a stream: two of every block of Philox4x32-10."""
    block = np.arange((n + 1) // 2, dtype=np.uint64)
    low = np.uint64(0xffffffff)
    a, b = block & low, block >> np.uint64(32)
    c, d = np.full_like(block, index & 0xffffffff), np.full_like(block, index >> 32)
    k0, k1 = key & 0xffffffff, key >> 32
    for _ in range(10):
        p, q = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        a, b, c, d = (q >> np.uint64(32)) ^ b ^ np.uint64(k0), q & low, (p >> np.uint64(32)) ^ d ^ np.uint64(k1), p & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xffffffff, (k1 + 0xBB67AE85) & 0xffffffff
    return np.stack((b << np.uint64(32) | a, d << np.uint64(32) | c), 1).ravel()[:n]


def permutation(n):
    bits, out = philox_bits(key_of(0, b'split', b'train'), 0, n), list(range(n))
    for i in range(n - 1):
        j = i + (int(bits[i]) * (n - i) >> 64)
        out[i], out[j] = out[j], out[i]
    return out


def load(name, header):
    return np.frombuffer(gzip.open(FOLDER + name).read(), np.uint8, offset=header)


rows = sorted(permutation(60000)[:ROWS])
x = load('train-images-idx3-ubyte.gz', 16).reshape(-1, 784)[rows] / 255.
y = load('train-labels-idx1-ubyte.gz', 8)[rows]
sd = x.std(0)
x = (x - x.mean(0)) / np.where(sd > 0, sd, 1)
hot = np.eye(10)[y]


def objective(w):
    a, b = w[:7840].reshape(784, 10), w[7840:]
    z = x @ a + b
    z -= z.max(1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    d = (np.exp(log_p) - hot) / ROWS
    f = -np.mean((hot * log_p).sum(1)) + L2 / 2 * np.sum(a * a)
    return f, np.concatenate(((x.T @ d + L2 * a).ravel(), d.sum(0)))


w = np.zeros(7850)
for _ in range(3):
    r = minimize(objective, w, jac=True, method='L-BFGS-B', options={'maxiter': 20000, 'maxfun': 40000, 'ftol': 0, 'gtol': 1e-11, 'maxcor': 50})
    w = r.x
f, g = objective(w)
a = w[:7840]
print('start', objective(np.zeros(7850))[0], 'optimum', repr(f), 'train loss there', repr(f - L2 / 2 * np.sum(a * a)), 'gradient', np.linalg.norm(g))
w = np.zeros(7850)
for t in range(200):
    w -= .1 * (1 + np.cos(np.pi * t / 200)) / 2 * objective(w)[1]
print('gradient descent', repr(objective(w)[0]))
