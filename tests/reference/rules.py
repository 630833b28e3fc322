#!/usr/bin/env python3
"""Golden values for tests/test_rule.c, from SciPy: prints tests/rule_golden.h."""
import numpy as np
from scipy import optimize, special, stats

OURS = [87.31, 87.12, 87.44, 87.25, 87.06]
SMALL = [0.0021, 0.0034, 0.0017, 0.0026]
LEVELS = [[1.0, 1.2, 0.9], [1.4, 1.6, 1.5], [2.1, 1.9, 2.0], [2.6, 2.2, 2.9]]


def t_quantile(p, df):
    """stats.t.ppf of SciPy 1.10 is good to ten digits only: solve for the root of the distribution function."""
    tail = lambda t: 0.5 * special.betainc(df / 2, 0.5, df / (df + t * t)) - (1 - p)
    return optimize.brentq(tail, 0, 1000, xtol=1e-15, rtol=1e-15)


def band(sd, runs, ours, k):
    return t_quantile(1 - 0.005 / k, runs - 1) * sd * np.sqrt(1 / runs + 1 / ours)


def single(x, k):
    return t_quantile(1 - 0.005 / k, len(x) - 1) * np.std(x, ddof=1) * np.sqrt(1 + 1 / len(x))


def emit(name, values):
    print("static const double %s[] = {%s};" % (name, ", ".join(repr(float(v)) for v in np.ravel(values))))


print("/* Written by tests/reference/rules.py. */")
print("// clang-format off")
emit("ours", OURS)
emit("small", SMALL)
emit("levels", LEVELS)
# half width of the band for published 87.2 +- 0.169 of 10 runs: alone, and one of 9
emit("band_half", (band(0.169, 10, 5, 1), band(0.169, 10, 5, 9)))
# a single published run
emit("single_half", (single(OURS, 1), single(OURS, 9)))
# the same on logarithms, as factors of the published value, and our geometric mean
logs = np.log(SMALL)
emit("log_factor", (np.exp(single(logs, 3)), np.exp(band(0.4, 5, 4, 3)), np.exp(logs.mean())))
# an expectation
emit("mean_half", (t_quantile(0.995, 4) * stats.sem(OURS), t_quantile(1 - 0.005 / 9, 4) * stats.sem(OURS)))
half = t_quantile(0.975, 4) * stats.sem(OURS)
emit("interval", (np.mean(OURS), np.mean(OURS) - half, np.mean(OURS) + half))
# Spearman of the levels' numbers with the values
place = np.repeat(range(4), 3)
r = stats.spearmanr(place, np.ravel(LEVELS))[0]
z = stats.norm.ppf(0.975) * np.sqrt((1 + r * r / 2) / 9)
emit("trend", (r, np.tanh(np.arctanh(r) - z), np.tanh(np.arctanh(r) + z)))
