#!/usr/bin/env python3
"""Golden values for tests/test_stats.c, from SciPy (and NumPy's quantiles): prints tests/stats_golden.h."""
import itertools
import numpy as np
from scipy import optimize, special, stats

A = [0.31, 0.30, 0.33, 0.32, 0.31]
B = [0.35, 0.29, 0.36, 0.33, 0.34]
C = [1e9 + x for x in (4, 7, 13, 16)]
D = [2.5, 1.0, 2.5, 3.5, 0.5, 2.5, 4.0, 1.5]
E = [2.0, 1.5, 1.5, 3.5, 2.5, 0.5, 1.0, 0.5]
F = [(7 * i) % 61 + 0.25 * (i % 3) for i in range(60)]
G = [(11 * i) % 53 + 0.25 * (i % 4) for i in range(60)]


def t_quantile(df):
    """stats.t.ppf of SciPy 1.10 is good to ten digits only: solve for the root of the distribution function."""
    tail = lambda t: 0.5 * special.betainc(df / 2, 0.5, df / (df + t * t)) - 0.025
    return optimize.brentq(tail, 0, 100, xtol=1e-15, rtol=1e-15)


def interval(x):
    half = t_quantile(len(x) - 1) * stats.sem(x)
    return np.mean(x) - half, np.mean(x) + half


def signed_rank(a, b):
    """Every sign pattern; beyond 20 differences the normal approximation with tie correction, by hand."""
    d = np.array([x - y for x, y in zip(a, b) if x != y])
    rank = stats.rankdata(abs(d))
    total = rank.sum()
    w = min(rank[d > 0].sum(), rank[d < 0].sum())
    if len(d) <= 20:
        sums = [np.dot(rank, signs) for signs in itertools.product((0, 1), repeat=len(d))]
        return w, min(1.0, 2 * np.mean([s <= w for s in sums]))
    _, ties = np.unique(abs(d), return_counts=True)
    n = len(d)
    variance = n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48
    return w, min(1.0, 2 * stats.norm.cdf((w - total / 2) / np.sqrt(variance)))


def spearman(x, y):
    r, p = stats.spearmanr(x, y)
    z, half = np.arctanh(r), stats.norm.ppf(0.975) * np.sqrt((1 + r * r / 2) / (len(x) - 3))
    return r, np.tanh(z - half), np.tanh(z + half), p


def holm(p):
    order, out, best = np.argsort(p), [0.0] * len(p), 0.0
    for i, j in enumerate(order):
        best = max(best, min(1.0, (len(p) - i) * p[j]))
        out[j] = best
    return out


def emit(name, values):
    print("static const double %s[] = {%s};" % (name, ", ".join(repr(float(v)) for v in np.ravel(values))))


print("/* Written by tests/reference/stats.py. */")
print("// clang-format off")
for name, data in zip("ABCDEFG", (A, B, C, D, E, F, G)):
    emit("data_" + name, data)
for name, x in (("A", A), ("C", C), ("D", D)):
    emit("interval_" + name, (np.mean(x), np.std(x, ddof=1), *interval(x)))
emit("quantile_D", [np.quantile(D, p) for p in (0, 0.1, 0.25, 0.5, 0.9, 1)])
t, p = stats.ttest_rel(A, B)
d = np.array(A) - np.array(B)
emit("paired_AB", (d.mean(), *interval(d), t, 4, p))
t, p = stats.ttest_ind(A, D, equal_var=False)
va, vd = np.var(A, ddof=1) / 5, np.var(D, ddof=1) / 8
df = (va + vd) ** 2 / (va**2 / 4 + vd**2 / 7)
m, half = np.mean(A) - np.mean(D), t_quantile(df) * np.sqrt(va + vd)
emit("welch_AD", (m, m - half, m + half, t, df, p))
for name, x, y in (("DE", D, E), ("AB", A, B), ("FG", F, G)):
    emit("signed_" + name, signed_rank(x, y))
for name, x, y in (("DE", D, E), ("FG", F, G)):
    emit("spearman_" + name, spearman(x, y))
emit("holm_p", (0.01, 0.04, 0.03, 0.005, 0.5, 0.03))
emit("holm_adjusted", holm((0.01, 0.04, 0.03, 0.005, 0.5, 0.03)))
