#!/usr/bin/python3
"""Golden values for tests/test_statistic.c, by SciPy and NumPy (Debian's python3-scipy): prints tests/golden/statistics.csv.

What SciPy has is taken from it (tests, quantiles, Spearman, Friedman, Studentised range). Kaplan-Meier, the log-rank test, the
restricted mean, performance profiles and tuning budgets are written out here as their sources define them: survival by
risk sets with exact fractions, budgets by listing every draw. Each case: a line of the name and its parameters, lines of what
goes in, lines of what comes out.
"""
import itertools
import math
from fractions import Fraction
import numpy as np
from scipy import linalg, optimize, special, stats

A = [0.31, 0.30, 0.33, 0.32, 0.31, 0.37, 0.29]
B = [0.35, 0.29, 0.36, 0.33, 0.34, 0.31, 0.33]
TIME = [310, 400, 150, 400, 150, 90, 400, 220, 260, 310, 30, 400]
SEEN = [1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0]
GROUP = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]


def t_quantile(df, tail=0.025):
    """stats.t.ppf of SciPy 1.10 is good to ten digits only: solve for the root of the distribution function."""
    below = lambda t: 0.5 * special.betainc(df / 2, 0.5, df / (df + t * t)) - tail
    return optimize.brentq(below, 0, 1000, xtol=1e-15, rtol=1e-15)


def case(name, inputs, outputs, **config):
    print(",".join(["case", name] + ["%s=%s" % (k, v) for k, v in config.items()]))
    for kind, columns in (("in", inputs), ("out", outputs)):
        for column in columns:
            print(",".join([kind] + [repr(float(v)) for v in np.ravel(column)]))


def t_case(name, x, inputs, t, df, p, **config):
    half = t_quantile(df) * abs(np.mean(x) / t)
    case(name, inputs, [np.mean(x), np.mean(x) - half, np.mean(x) + half, t, df, p], **config)


def samples():
    half = t_quantile(len(A) - 1, 0.05) * stats.sem(A)
    case("t-interval", [A], [len(A), np.mean(A), np.mean(A) - half, np.mean(A) + half, np.std(A, ddof=1)], level=0.9)
    case("quantile", [A], [np.median(A)])
    case("quantile", [A], [np.quantile(A, 0.3)], p=0.3)
    t, p = stats.ttest_rel(A, B)
    t_case("paired-t", np.subtract(A, B), [A, B], t, len(A) - 1, p)
    d = np.subtract(A, B)
    rank = stats.rankdata(np.round(abs(d), 12))
    w = min(rank[d > 0].sum(), rank[d < 0].sum())
    sums = [np.dot(rank, signs) for signs in itertools.product((0, 1), repeat=len(d))]
    whole = [round(100 * x) for x in A], [round(100 * x) for x in B]
    case("signed-rank", whole, [len(d), w, min(1.0, 2 * np.mean([s <= w for s in sums]))])
    group, x = [0] * 4 + [1] * 5, [3.0, 4.5, 4.0, 6.0, 7.0, 9.5, 6.5, 12.0, 5.0]
    t, p = stats.ttest_ind(x[:4], x[4:], equal_var=False)
    v = [np.var(x[:4], ddof=1) / 4, np.var(x[4:], ddof=1) / 5]
    df = sum(v) ** 2 / (v[0] ** 2 / 3 + v[1] ** 2 / 4)
    m, half = np.mean(x[:4]) - np.mean(x[4:]), t_quantile(df) * math.sqrt(sum(v))
    case("welch-t", [group, x], [m, m - half, m + half, t, df, p])
    r, p = stats.spearmanr(A, B)
    half = stats.norm.isf(0.025) * math.sqrt((1 + r * r / 2) / (len(A) - 3))
    case("spearman", [A, B], [r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half), p])
    p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.03]
    order, adjusted, best = np.argsort(p), [0.0] * len(p), 0.0
    for i, j in enumerate(order):
        adjusted[j] = best = max(best, min(1.0, (len(p) - i) * p[j]))
    case("holm", [p], [adjusted])


def curve(time, seen):
    """Steps of Kaplan and Meier's curve in fractions: time, at risk, events, S, Greenwood's sum."""
    s, spread, steps = Fraction(1), Fraction(0), []
    for t in sorted(set(x for x, e in zip(time, seen) if e)):
        n, d = sum(x >= t for x in time), sum(x == t and e for x, e in zip(time, seen))
        s *= Fraction(n - d, n)
        spread = spread + Fraction(d, n * (n - d)) if n > d else None
        steps.append((t, n, d, s, spread))
    return steps


def bounds(s, spread, level=0.95):
    if s == 0:
        return math.nan, math.nan
    half = stats.norm.isf((1 - level) / 2) * math.sqrt(spread) / math.log(s)
    return float(s) ** math.exp(-half), float(s) ** math.exp(half)


def times():
    steps = curve(TIME, SEEN)
    share, lo, hi = [], [], []
    for t in TIME:
        last = [s for s in steps if s[0] <= t]
        low, high = bounds(last[-1][3], last[-1][4])
        share.append(1 - last[-1][3])
        lo.append(1 - high)
        hi.append(1 - low)
    case("time-to-target", [TIME, SEEN], [share, lo, hi])
    first = lambda test: min([s[0] for s in steps if test(s)], default=math.inf)
    case("median-time", [TIME, SEEN], [first(lambda s: s[3] <= Fraction(1, 2)),
                                       first(lambda s: bounds(s[3], s[4])[0] <= 0.5),
                                       first(lambda s: bounds(s[3], s[4])[1] <= 0.5)])
    case("median-time", [[10, 20, 30, 40], [1, 1, 0, 0]], [20, 10, math.inf])
    for horizon in (0, 300):
        end = horizon or 400
        inside = [s for s in steps if s[0] < end]
        edges = [0] + [s[0] for s in inside] + [end]
        heights = [Fraction(1)] + [s[3] for s in inside]
        pieces = [h * (b - a) for h, a, b in zip(heights, edges, edges[1:])]
        mean = float(sum(pieces))
        variance = sum(float(sum(pieces[i + 1:])) ** 2 * d / (n * (n - d)) for i, (_, n, d, _, _) in enumerate(inside))
        half = stats.norm.isf(0.025) * math.sqrt(variance)
        case("restricted-mean-time", [TIME, SEEN], [mean, mean - half, mean + half], horizon=horizon)
    log_rank(GROUP, TIME, SEEN)
    two = [i for i, g in enumerate(GROUP) if g < 2]
    log_rank([GROUP[i] for i in two], [TIME[i] for i in two], [SEEN[i] for i in two])
    a, a_seen = [5, 9, 20, 20, 7, 20, 3, 4], [1, 1, 0, 0, 1, 0, 1, 1]
    b, b_seen = [6, 20, 20, 8, 7, 12, 9, 4], [1, 0, 0, 1, 1, 0, 1, 0]
    # known: 5 < 6, 9 < 20+, 20+ > 8, 3 < 9, 4 < 4+; not: both censored, equal, 20+ against 12+
    case("earlier", [a, a_seen, b, b_seen], [5, 4, stats.binomtest(4, 5).pvalue])


def log_rank(group, time, seen):
    k = max(group) + 1
    z, v = np.zeros(k), np.zeros((k, k))
    for t, n, d, _, _ in curve(time, seen):
        share = np.array([sum(g == j and x >= t for g, x in zip(group, time)) for j in range(k)]) / n
        z += [sum(g == j and x == t and e for g, x, e in zip(group, time, seen)) for j in range(k)] - d * share
        if n > 1:
            v += d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
    chi2 = z[:-1] @ linalg.solve(v[:-1, :-1], z[:-1])
    case("log-rank", [group, time, seen], [chi2, k - 1, stats.chi2.sf(chi2, k - 1)])


def ranks():
    x = [3, 1, 2, 3, math.nan, 7]
    case("ecdf", [x], [[math.nan if math.isnan(v) else sum(w <= v for w in x) / 6 for v in x]])
    cost = [[10, 12, 40, math.inf], [20, 12, 10, math.inf], [15, math.nan, 20, 8]]  # a row for each group
    group = np.repeat(range(3), 4)
    problem = list(range(4)) * 3
    ratio = np.array(cost) / np.nanmin(np.array(cost), axis=0)
    ratio[np.isnan(ratio)] = math.inf
    share = [[np.mean(r <= v) - np.mean(np.isinf(r)) * math.isinf(v) for v in r] for r in ratio]
    case("performance-profile", [group, problem, cost], [ratio, share, np.full(12, 4)])
    value = np.array([[0.31, 0.30, 0.35, 0.40], [0.29, 0.33, 0.33, 0.41], [0.35, 0.30, 0.37, 0.36],
                      [0.30, 0.31, 0.34, 0.39], [0.28, 0.31, 0.30, 0.38], [0.33, 0.32, 0.36, 0.35]])
    n, k = value.shape
    chi2 = stats.friedmanchisquare(*value.T)[0]
    f = (n - 1) * chi2 / (n * (k - 1) - chi2)
    difference = stats.studentized_range.ppf(0.95, k, np.inf) / math.sqrt(2) * math.sqrt(k * (k + 1) / (6 * n))
    mean = np.mean([stats.rankdata(row) for row in value], axis=0)
    full = [np.full(k, v) for v in (n, chi2, f, stats.f.sf(f, k - 1, (k - 1) * (n - 1)), difference)]
    case("friedman", [np.tile(range(k), n), np.repeat(range(n), k), value], [range(k), mean] + full)


SCORE = [[0.50, 0.30, 0.40, 0.30, 0.90], [0.45, 0.35, 0.35, 0.60, 0.80],  # group 0, replicates 0 and 1
         [0.33, 0.70, 0.20], [0.52, 0.31, 0.90]]  # group 1
VALUE = [[0.52, 0.36, 0.38, 0.33, 0.95], [0.44, 0.39, 0.33, 0.66, 0.85], [0.36, 0.75, 0.28], [0.39, 0.33, 0.95]]
CANDIDATES = [np.repeat([0, 1], [10, 6]), np.repeat([0, 1, 0, 1], [5, 5, 3, 3]),
              sum(SCORE, []), sum(VALUE, [])]


def chosen(score, k, draw):
    """The probability of each candidate to be chosen, by every draw of k."""
    n, weight = len(score), np.zeros(len(score))
    all_draws = list(itertools.product(range(n), repeat=k) if draw == "random" else
                     itertools.combinations(range(n), min(k, n)))
    for drawn in all_draws:
        # with replacement a candidate may come twice; equal scores share the choice candidate by candidate
        best = set(i for i in drawn if score[i] == min(score[j] for j in drawn))
        if draw == "random":
            for i in drawn:
                if i in best:
                    weight[i] += 1 / sum(j in best for j in drawn)
        else:
            for i in best:
                weight[i] += 1 / len(best)
    return weight / len(all_draws)


def weighted_quantile(value, weight, p):
    order = np.argsort(value)
    so_far = np.cumsum(np.array(weight)[order]) / np.sum(weight)
    return np.array(value)[order][np.argmax(so_far >= p - 1e-9)]


def expected(draw, most=5):
    rows = []
    for g in range(2):
        for k in range(1, most + 1):
            weight = np.concatenate([chosen(SCORE[2 * g + r], k, draw) for r in range(2)])
            value = np.concatenate([VALUE[2 * g + r] for r in range(2)])
            rows.append([g, k, weight @ value / weight.sum()] + [weighted_quantile(value, weight, p) for p in (0.5, 0.25, 0.75)])
    case("expected-best", CANDIDATES, np.transpose(rows), draw=draw)


def win(a, b):
    """P(a < b) + P(a = b) / 2 for two lists of (value, weight)."""
    return sum(v * w * (1.0 if x < y else 0.5 if x == y else 0.0) for x, v in a for y, w in b)


def wins(draw, most=5):
    rows = []
    for g in range(2):
        for k in range(1, most + 1):
            p = []
            for r in range(2):
                sides = [list(zip(VALUE[2 * h + r], chosen(SCORE[2 * h + r], k, draw))) for h in (g, 1 - g)]
                p.append(win(*sides))
            half = t_quantile(1) * stats.sem(p)
            rows.append([g, k, np.mean(p), max(0, np.mean(p) - half), min(1, np.mean(p) + half)])
    case("win-probability", CANDIDATES, np.transpose(rows), draw=draw)


def three(draw):
    """Three competitors with equal values among them: whoever is best shares the win with those that tie."""
    score = [[1, 2, 3], [1, 2], [2, 1, 4]]
    value = [[0.2, 0.4, 0.1], [0.2, 0.3], [0.4, 0.2, 0.2]]
    rows = []
    for k in (1, 2, 3):
        weight, p = [chosen(s, k, draw) for s in score], [0.0] * 3
        for pick in itertools.product(*(range(len(s)) for s in score)):
            least = min(value[g][i] for g, i in enumerate(pick))
            best = [g for g, i in enumerate(pick) if value[g][i] == least]
            for g in best:
                p[g] += np.prod([weight[h][i] for h, i in enumerate(pick)]) / len(best)
        rows.append(p)
    table = [[g, k + 1, rows[k][g], math.nan, math.nan] for g in range(3) for k in range(3)]
    sizes = [len(s) for s in score]
    case("win-probability", [np.repeat(range(3), sizes), [0] * sum(sizes), sum(score, []), sum(value, [])],
         np.transpose(table), draw=draw)


samples()
times()
ranks()
for how in ("grid", "random"):
    expected(how)
    wins(how)
    three(how)
