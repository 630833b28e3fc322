#!/usr/bin/python3
"""Draws of NumPy's legacy generator, the answers for tests/test_legacy.c.

    python3 tests/reference/legacy.py > tests/golden/legacy.csv

A line is SEED;KIND;FIRST;NUMBERS: numbers FIRST, FIRST + 1, .. of a fresh RandomState(SEED).random_sample or .standard_normal.
The seed 42 mixes both: three uniforms, a normal, a uniform, two normals. Made with NumPy 1.24.
"""
import numpy as np


def line(seed, kind, first, numbers):
    print(f"{seed};{kind};{first};" + " ".join(repr(float(x)) for x in numbers))


for seed in (0, 1, 42, 43, 4357, 2**32 - 1):
    line(seed, "uniform", 0, np.random.RandomState(seed).random_sample(4))
    line(seed, "uniform", 100000, np.random.RandomState(seed).random_sample(100003)[100000:])
    line(seed, "normal", 0, np.random.RandomState(seed).standard_normal(5))
    line(seed, "normal", 99999, np.random.RandomState(seed).standard_normal(100003)[99999:])
mixed = np.random.RandomState(42)
draws = [mixed.random_sample() for _ in range(3)] + [mixed.standard_normal(), mixed.random_sample(), mixed.standard_normal(),
                                                    mixed.standard_normal()]
line(42, "mixed", 0, draws)
