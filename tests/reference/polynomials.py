#!/usr/bin/python3
"""How the coefficients of lib/num/functions.h came about: polynomials through Chebyshev nodes, computed with 60 digits.

    python3 tests/reference/polynomials.py

Prints each table, lowest power first, and the largest error of the formula that uses it.
"""
from mpmath import mp, mpf, cos, erf, erfc, exp, linspace, log, lu_solve, matrix, nstr, pi, polyval, sqrt

mp.dps = 60


def through_nodes(f, low, high, terms):
    nodes = [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * terms)) for i in range(terms)]
    powers = matrix([[x**j for j in range(terms)] for x in nodes])
    return list(lu_solve(powers, matrix([f(x) for x in nodes])))


def show(name, coefficients, digits, error):
    print(f"{name}: {len(coefficients)} terms, error {nstr(error, 3)}")
    print("  " + ", ".join(nstr(c, digits, min_fixed=0, max_fixed=0) for c in coefficients))


def erf_table(terms, digits):
    p = through_nodes(lambda z: erf(sqrt(z)) / sqrt(z) - 1, mpf("1e-12"), mpf(1), terms)
    points = linspace(mpf("1e-3"), mpf(1), 400)
    error = max(abs((x + x * polyval(p[::-1], x * x)) / erf(x) - 1) for x in points)
    show("erf(x) = x + x P(x^2), |x| < 1, relative", p, digits, error)


def erfc_table(high, middle, terms, digits):
    t = lambda x: (x - middle) / (x + middle)
    x_of = lambda u: middle * (1 + u) / (1 - u)
    q = through_nodes(lambda u: exp(x_of(u)**2) * erfc(x_of(u)), t(mpf(1)), t(high), terms)
    points = linspace(mpf(1), high, 400)
    error = max(abs(exp(-x * x) * polyval(q[::-1], t(x)) - erfc(x)) for x in points)
    show(f"erfc(x) = exp(-x^2) Q((x - {middle}) / (x + {middle})), 1 <= x < {nstr(high, 3)}, absolute", q, digits, error)


def exp_table(terms, digits):
    reach = log(2) / 2
    p = through_nodes(lambda r: (exp(r) - 1 - r) / r**2, -reach, reach * mpf("1.000001"), terms)
    points = linspace(-reach, reach, 401)
    error = max(abs((1 + r + r * r * polyval(p[::-1], r)) / exp(r) - 1) for r in points)
    show("exp(r) = 1 + r + r^2 P(r), |r| < ln(2) / 2, relative", p, digits, error)


if __name__ == "__main__":
    for terms, digits in ((5, 10), (10, 20)):
        exp_table(terms, digits)
    for terms, digits in ((7, 10), (13, 20)):
        erf_table(terms, digits)
    for high, terms, digits in ((mpf(4), 7, 10), (mpf(6), 15, 20)):
        erfc_table(high, 2, terms, digits)
