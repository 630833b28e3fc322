"""Makes a database of made-up trials, to look at charts: python3 chart_study.py OUT.db [SERIES [REPLICATES [KIND]]]

KIND is one of curves (optimizers by epoch), lr (optimizers by learning rate, some of them diverge), fit (1-D regression
with recorded curves). The schema is the store's.
"""
import json
import math
import os
import random
import re
import sqlite3
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def schema():
    """The text that lib/store/schema.c makes of its string literals and macros."""
    text = open(os.path.join(ROOT, "lib/store/schema.c")).read().replace("\\\n", " ")
    macro = {m[0]: "".join(re.findall(r'"([^"]*)"', m[1])) for m in re.findall(r"#define (\w+) (.*)", text)}
    body = text[text.index("bsn_schema_text ="):]
    pieces = re.findall(r'"([^"]*)"|\b(%s)\b' % "|".join(macro), body)
    return "".join(literal or macro.get(name, "") for literal, name in pieces)


NAMES = ["sgd", "momentum", "nag", "adagrad", "rmsprop", "adam", "adamw", "l-bfgs", "adadelta", "radam", "lookahead",
         "conjugate-gradient-polak-ribiere"]


class Study:
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.executescript("PRAGMA journal_mode=OFF;" + schema())
        self.n = 0

    def trial(self, cell, replicate, outcome="budget", step=2400, tainted=0):
        self.n += 1
        key = "%032x" % self.n
        self.db.execute("INSERT INTO trial(key, place, cell, replicate, outcome, outcome_step, tainted, grads, seconds)"
                        " VALUES(?,?,?,?,?,?,?,60,12)", (key, self.n, json.dumps(cell), replicate, outcome, step, tainted))
        self.db.execute("INSERT INTO unit(id, key, trial, kind, idx, outcome, outcome_step, tainted, grads)"
                        " VALUES(?,?,?,'trial',0,?,?,?,60)", (self.n, key, key, outcome, step, tainted))
        self.db.execute("INSERT INTO metric VALUES(?,0,'steps_per_epoch',40), (?,0,'examples_per_epoch',10240)", (self.n, self.n))
        for path, value in cell.items():
            self.db.execute("INSERT INTO setting(key, path, value) VALUES(?,?,?)", (key, path, str(value)))
        return self.n

    def metric(self, unit, step, name, value):
        self.db.execute("INSERT INTO metric VALUES(?,?,?,?)", (unit, step, name, value if math.isfinite(value) else None))

    def array(self, unit, step, name, values):
        self.db.execute("INSERT INTO array VALUES(?,?,?,'f',?,?)",
                        (unit, step, name, str(len(values)), struct.pack("<%df" % len(values), *values)))


def curves(study, series, replicates):
    for r in range(replicates):
        for i in range(series):
            fails = i == 2 and r % 3 == 1
            stops = i == 4
            unit = study.trial({"optimizer.name": NAMES[i]}, r, "diverged" if fails else "budget", tainted=int(i == 1 and len(sys.argv) > 5))
            rate = 0.35 + 0.13 * i
            level = 0.02 + 0.01 * ((i * 5) % series)
            spread = math.exp(random.gauss(0, 0.25))
            for e in range(0, 61 if not stops else 30 + 3 * (r % 5)):
                step = e * 40
                loss = level * spread + 2.3 * math.exp(-rate * e ** 0.8) * math.exp(random.gauss(0, 0.08))
                gap = 0.05 + 0.004 * e * (1 + i / 4)
                if fails and e > 20:
                    loss = float("nan")
                study.metric(unit, step, "train_loss", loss)
                study.metric(unit, step, "test_loss", loss + gap * spread * 0.5)
                study.metric(unit, step, "test_accuracy", 1 / (1 + 0.4 * (loss + 0.3 * gap)) if loss == loss else 0.1)
                study.metric(unit, step, "train_accuracy", 1 / (1 + 0.4 * loss) if loss == loss else 0.1)
                study.db.execute("INSERT INTO clock VALUES(?,?,?)", (unit, step, 0.004 * step * (1 + 0.2 * i) * (1 + 0.1 * random.random())))
                if fails and e > 20:
                    break


def rates(study, series, replicates):
    for r in range(replicates):
        for i in range(series):
            for k in range(13):
                lr = float("%.12g" % 10 ** (-5 + k * 0.5))
                best = 10 ** (-1 - 0.25 * i)
                far = math.log10(lr / best)
                diverged = far > 1.1 + 0.2 * random.random()
                value = float("nan") if diverged else 0.05 + 0.02 * i + 0.25 * far * far * math.exp(random.gauss(0, 0.2))
                unit = study.trial({"optimizer.name": NAMES[i], "optimizer.lr": lr}, r, "diverged" if diverged else "budget")
                if not diverged or r % 2:
                    study.metric(unit, 2400, "test_loss", value)


def fit(study, series, replicates):
    grid = [-1 + 0.01 * i for i in range(201)]
    data = sorted(random.uniform(-1, 1) for _ in range(40))
    truth = lambda x: math.sin(math.pi * 1.5 * x) * math.exp(-0.5 * x)
    noise = [random.gauss(0, 0.12) for _ in data]
    for i in range(series):
        for r in range(replicates):
            unit = study.trial({"optimizer.name": NAMES[i]}, r)
            study.array(unit, 0, "train_x", data)
            study.array(unit, 0, "train_y", [truth(x) + n for x, n in zip(data, noise)])
            for step in [0, 1, 3, 10, 30, 100, 300, 1000, 2400]:
                share = 1 - math.exp(-(step / (60.0 + 200 * i)) ** 0.7)
                study.metric(unit, step, "train_loss", 1 - 0.9 * share)
                study.array(unit, step, "grid_x", grid)
                study.array(unit, step, "grid_truth", [truth(x) for x in grid])
                study.array(unit, step, "grid_prediction",
                            [share * truth(x) + 0.15 * share * math.sin(9 * x + i) + 0.1 * (1 - share) * x for x in grid])


def main():
    out, series, replicates, kind = (sys.argv[1:5] + ["8", "5", "curves"][len(sys.argv) - 2:])[:4]
    random.seed(1)
    study = Study(out)
    {"curves": curves, "lr": rates, "fit": fit}[kind](study, int(series), int(replicates))
    study.db.commit()


main()
