#!/usr/bin/python3
"""Writes experiments/data/*.csv from the data files of scikit-learn 1.2.1 (Debian package python3-sklearn).

    apt-get install --no-install-recommends python3-sklearn
    tests/reference/make_data.py experiments/data

Values are copied as text, never through a float; only header lines and class names are added. Prints name, rows, columns
and CRC-32 of each file: the CRCs stand in lib/data/packaged.c.
"""
import gzip
import pathlib
import sys
import zlib

SOURCE = pathlib.Path('/usr/lib/python3/dist-packages/sklearn/datasets/data')

IRIS = 'sepal_length sepal_width petal_length petal_width'.split()
WINE = ('alcohol malic_acid ash alcalinity_of_ash magnesium total_phenols flavanoids nonflavanoid_phenols '
        'proanthocyanins color_intensity hue od280_od315 proline').split()
CELL = 'radius texture perimeter area smoothness compactness concavity concave_points symmetry fractal_dimension'.split()
CANCER = [kind + '_' + name for kind in ('mean', 'se', 'worst') for name in CELL]
DIGITS = ['pixel_%d_%d' % (y, x) for y in range(8) for x in range(8)]
DIABETES = 'age sex bmi bp s1 s2 s3 s4 s5 s6'.split()


def lines(name):
    path = SOURCE / name
    text = gzip.open(path, 'rt').read() if name.endswith('.gz') else path.read_text()
    return text.split('\n')[:-1]


def classes(name, columns):
    """First line: rows, columns, class names. Then the features and the number of the class."""
    head, *rows = lines(name)
    names = head.split(',')[2:]
    rows = [row.split(',') for row in rows]
    return columns + ['class'], [row[:-1] + [names[int(row[-1])]] for row in rows]


def short(text):
    """A whole number or a decimal as written; NumPy's %.18e as the number that it is."""
    return text if 'e' not in text else repr(float(text)).removesuffix('.0')


def digits():
    return DIGITS + ['digit'], [[short(c) for c in row.split(',')] for row in lines('digits.csv.gz')]


def diabetes():
    rows = [row.split() for row in lines('diabetes_data_raw.csv.gz')]
    target = [short(t) for t in lines('diabetes_target.csv.gz')]
    return DIABETES + ['progression'], [row + [t] for row, t in zip(rows, target, strict=True)]


SETS = {
    'iris': lambda: classes('iris.csv', IRIS),
    'wine': lambda: classes('wine_data.csv', WINE),
    'breast-cancer': lambda: classes('breast_cancer.csv', CANCER),
    'digits': digits,
    'diabetes': diabetes,
}

for name, rows_of in SETS.items():
    header, rows = rows_of()
    assert all(len(row) == len(header) for row in rows)
    text = ''.join(','.join(row) + '\n' for row in [header] + rows).encode()
    (pathlib.Path(sys.argv[1]) / (name + '.csv')).write_bytes(text)
    print(f'{name:14} {len(rows):5} {len(header):3}  0x{zlib.crc32(text):08x}')
