#!/usr/bin/python3
"""Whole runs of basin beside the same training steps in PyTorch, on one thread.

    tests/bench/torch.py [--basin build/basin] [--rounds 5] [--only mlp]

basin: `basin run --jobs 1` of two lengths; the time of a step is the slope between them, so start-up does not count. PyTorch:
eager with foreach=False, foreach=True, and a traced model with foreach (jit); the best of the three is the peer. Every
measurement is a fresh process; rounds go through all of them in turn; printed are medians of steps per second, and the median of the
ratios of the same round. Time is that of the process on its core, so that other work on the machine disturbs little.
Unsets OPENBLAS_CORETYPE, which would slow PyTorch down where it is set.
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile, time

IMAGES = "data: {name: fashion-mnist, test: none}\nloss: cross-entropy\n"
CURVE = "data: {name: lecture-regression, rows: 1024, test: none}\nloss: mse\n"
CASES = {  # name: (data and loss, widths, activation, batch, optimizer, steps of a measurement)
    "regression": (CURVE, [1, 64, 64, 1], "tanh", 64, "adam", 12000),
    "logistic": (IMAGES, [784, 10], "relu", 128, "sgd", 4000),
    "mlp-32-momentum": (IMAGES, [784, 256, 128, 10], "relu", 32, "momentum", 1000),
    "mlp-128-momentum": (IMAGES, [784, 256, 128, 10], "relu", 128, "momentum", 300),
    "mlp-1024-momentum": (IMAGES, [784, 256, 128, 10], "relu", 1024, "momentum", 40),
    "mlp-32-adam": (IMAGES, [784, 256, 128, 10], "relu", 32, "adam", 800),
    "mlp-128-adam": (IMAGES, [784, 256, 128, 10], "relu", 128, "adam", 250),
}
VARIANTS = ["eager", "foreach", "jit"]


def basin_seconds(program, case, steps):
    data, widths, activation, batch, optimizer, _ = CASES[case]
    study = (f"study: speed\n{data}model: {{name: mlp, hidden: {widths[1:-1]}, activation: {activation}}}\n"
             f"optimizer: {{name: {optimizer}, lr: 1e-4}}\ntrain: {{batch: {batch}, steps: {steps}}}\n")
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "run", "-", "--jobs", "1", "--quiet", "--out", folder], input=study, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def basin_rate(program, case):
    steps = CASES[case][-1]
    short, long = basin_seconds(program, case, steps // 8), basin_seconds(program, case, steps + steps // 8)
    return steps / (long - short)


def torch_rate(case, variant):
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    out = subprocess.run(["/usr/bin/python3", __file__, "--peer", case, variant], env=environment, check=True, text=True,
                         capture_output=True).stdout
    return json.loads(out)


def peer(case, variant):
    sys.path.pop(0)  # the folder of this file, which is a torch.py too
    import torch
    _, widths, activation, batch, optimizer, steps = CASES[case]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [torch.nn.Linear(a, b)] + ([{"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[activation]()] if i + 2 < len(widths) else [])
    net = torch.nn.Sequential(*layers)
    classes = widths[-1] > 1
    rows = 60000 if classes else 1024
    x = torch.rand(rows, widths[0])
    y = torch.randint(0, 10, (rows,)) if classes else torch.rand(rows, 1)
    loss = torch.nn.functional.cross_entropy if classes else torch.nn.functional.mse_loss
    foreach = variant != "eager"
    make = {"sgd": lambda p: torch.optim.SGD(p, 1e-4, foreach=foreach),
            "momentum": lambda p: torch.optim.SGD(p, 1e-4, momentum=0.9, foreach=foreach),
            "adam": lambda p: torch.optim.Adam(p, 1e-4, foreach=foreach)}
    rule = make[optimizer](net.parameters())
    model = torch.jit.trace(net, x[:batch]) if variant == "jit" else net

    def train(n):
        order, at = torch.randperm(rows), 0
        for _ in range(n):
            if at + batch > rows:
                order, at = torch.randperm(rows), 0
            chosen = order[at:at + batch]
            at += batch
            rule.zero_grad(set_to_none=True)
            loss(model(x[chosen]), y[chosen]).backward()
            rule.step()

    n = max(steps // 8, 10)
    train(n)
    start = time.process_time()
    train(n)
    print(json.dumps(n / (time.process_time() - start)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--basin", default="build/basin")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", default="", help="cases with this in their name")
    p.add_argument("--peer", nargs=2, metavar=("CASE", "VARIANT"), help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.peer:
        return peer(*a.peer)
    cases = [c for c in CASES if a.only in c]
    seen = {c: [] for c in cases}
    for _ in range(a.rounds):
        for c in cases:
            seen[c].append([basin_rate(a.basin, c)] + [torch_rate(c, v) for v in VARIANTS])
    print(f"{'case':20}{'basin':>10}" + "".join(f"{v:>10}" for v in VARIANTS) + f"{'ratio':>8}")
    for c in cases:
        middle = [statistics.median(r[i] for r in seen[c]) for i in range(1 + len(VARIANTS))]
        ratio = statistics.median(r[0] / max(r[1:]) for r in seen[c])
        print(f"{c:20}" + "".join(f"{m:10.0f}" for m in middle) + f"{ratio:8.2f}")


main()
