#!/usr/bin/env python3
"""The published values in curvature.yaml, surface-values.yaml and test-statistics.yaml (experiments/papers) that nobody prints with enough digits, from NumPy and SciPy.

quadratic_deep as its authors make it (deepobs, quadratic_deep and random_rotation): RandomState(42), 90 eigenvalues of U(0, 1) and 10
of U(30, 60), then a rotation that leaves the eigenvalues alone.
"""
import numpy as np
from scipy import stats

rng = np.random.RandomState(42)
e = np.concatenate((rng.uniform(0, 1, 90), rng.uniform(30, 60, 10)))
print("quadratic_deep: largest %.10f, second %.10f, smallest %.10f, trace %.10f" %
      (e.max(), np.sort(e)[-2], e.min(), e.sum()))
print("  gd limit %.10f, heavy ball 0.99 limit %.10f" % (2 / e.max(), 2 * 1.99 / e.max()))

# The surfaces at the starts that DeepOBS gives them
print("rosenbrock(-.5, 1.5) %.6f" % ((1 + .5) ** 2 + 100 * (1.5 - .25) ** 2))
x, y = -4.5, 4.5
print("beale(-4.5, 4.5) %.6f" % ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2))
x, y = 2.5, 12.5
print("branin(2.5, 12.5) %.6f" % ((y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10))
print("branin minimum %.6f" % (10 / (8 * np.pi)))

# Student's sleep data: more sleep with two drugs, ten patients
a = [.7, -1.6, -.2, -1.2, -.1, 3.4, 3.7, .8, 0, 2]
b = [1.9, .8, 1.1, .1, -.1, 4.4, 5.5, 1.6, 4.6, 3.4]
print("sleep: paired t %.4f, p %.6f" % stats.ttest_rel(a, b))
print("sleep: Welch t %.4f, p %.5f" % stats.ttest_ind(a, b, equal_var=False))
# Depression scores before and after (Hollander and Wolfe 1973)
x = [1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
y = [.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
print("depression: W %g, p %.5f" % tuple(stats.wilcoxon(x, y, method="exact")))
# Tuna and Hunter's scale (Hollander and Wolfe 1973)
x = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
y = [2.6, 3.1, 2.5, 5, 3.6, 4, 5.2, 2.8, 3.8]
print("tuna: rho %.4f" % stats.spearmanr(x, y)[0])
# The logs of quadratic_deep's baselines at epoch 100, as means and standard deviations of ten seeds
for name, m, s, n, t in (("SGD-Adam", 87.397, .169, 87.112, .024), ("Momentum-Adam", 87.045, .025, 87.112, .024)):
    print("%s: Welch p %.2g" % (name, stats.ttest_ind_from_stats(m, s, 10, n, t, 10, equal_var=False)[1]))
