#!/usr/bin/python3
"""basin beside PyTorch and scikit-learn on one core: training steps and Hessian products a second.

    tests/bench/peers.py [--basin build/basin] [--rounds 5] [--only mlp] [--json]

basin's steps are those of whole runs: `basin run --jobs 1` of two lengths, and the slope between them, so that start-up does not
count. Its Hessian products are those of `basin bench`. PyTorch's steps are eager with foreach=False, eager with foreach=True and a
traced model with foreach (jit); its products are the double backward from scratch (fresh) and with the graph of the gradient
kept; scikit-learn's are epochs of MLPClassifier.partial_fit with float32 data. Every measurement is a fresh process; rounds go
through all of them in turn; printed are medians, and medians of the ratios of the same round (basin over PyTorch's best step).
Time is that of the process on its core, so that other work on the machine disturbs little; all stay on the core that this script
was started on (--core). OPENBLAS_CORETYPE, which slows both peers down where it is set, is unset for them.
Debian: python3-torch python3-sklearn libopenblas0-pthread (without the last both fall back to slow reference loops).
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile, time

IMAGES = "data: {name: fashion-mnist, test: none}\nloss: cross-entropy\n"
CURVE = "data: {name: lecture-regression, rows: 1024, test: none}\nloss: mse\n"
MLP = [784, 256, 128, 10]
TORCH = ["eager", "foreach", "jit"]
CASES = {  # name: (data and loss, widths, activation, batch, optimizer, steps of a measurement, peers)
    "regression": (CURVE, [1, 64, 64, 1], "tanh", 64, "adam", 24000, TORCH),
    "logistic": (IMAGES, [784, 10], "relu", 128, "sgd", 8000, TORCH),
    "logistic-stacked": (IMAGES, [784, 10], "relu", 128, "sgd", 2000, TORCH),
    "mlp-32-momentum": (IMAGES, MLP, "relu", 32, "momentum", 2000, TORCH + ["sklearn"]),
    "mlp-128-momentum": (IMAGES, MLP, "relu", 128, "momentum", 600, TORCH + ["sklearn"]),
    "mlp-1024-momentum": (IMAGES, MLP, "relu", 1024, "momentum", 80, TORCH + ["sklearn"]),
    "mlp-32-adam": (IMAGES, MLP, "relu", 32, "adam", 1600, TORCH),
    "mlp-128-adam": (IMAGES, MLP, "relu", 128, "adam", 500, TORCH + ["sklearn"]),
}
MODELS = {"logistic-stacked": 16}  # learning rates of one study, trained side by side: steps of all models count; peers train one
PRODUCTS = {  # name: (rows, which row of basin bench, variant)
    "hessian-1000-fresh": (1000, "Hessian product, 1000 rows, new", "fresh"),
    "hessian-1000-kept": (1000, "Hessian product, 1000 rows, same", "kept"),
    "hessian-10000-fresh": (10000, "Hessian product, 10000 rows, new", "fresh"),
    "hessian-10000-kept": (10000, "Hessian product, 10000 rows, same", "kept"),
}


def basin_seconds(program, case, steps):
    data, widths, activation, batch, optimizer, _, _ = CASES[case]
    study = (f"study: speed\n{data}model: {{name: mlp, hidden: {widths[1:-1]}, activation: {activation}}}\n"
             f"optimizer: {{name: {optimizer}, lr: 1e-4}}\ntrain: {{batch: {batch}, steps: {steps}}}\n")
    if case in MODELS:
        study += f"vary: {{optimizer.lr: {{log: [1e-5, 1e-4], points: {MODELS[case]}}}}}\n"
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "run", "-", "--jobs", "1", "--quiet", "--out", folder], input=study, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def basin_rate(program, case):
    if case in PRODUCTS:
        out = subprocess.run([program, "bench", "--json", PRODUCTS[case][1]], check=True, text=True, capture_output=True).stdout
        return json.loads(out)["rows"][0]["rate"]
    steps = CASES[case][5]
    short, long = basin_seconds(program, case, steps // 8), basin_seconds(program, case, steps + steps // 8)
    return MODELS.get(case, 1) * steps / (long - short)


def peer_rate(case, variant):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    out = subprocess.run(["/usr/bin/python3", __file__, "--peer", case, variant], env=environment, check=True, text=True,
                         capture_output=True).stdout
    return json.loads(out)


def peers_of(case):
    return [PRODUCTS[case][2]] if case in PRODUCTS else CASES[case][6]


def rate(once, n):
    for _ in range(max(n // 8, 2)):
        once()
    start = time.process_time()
    for _ in range(n):
        once()
    return n / (time.process_time() - start)


def torch_net(torch, widths, activation):
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [torch.nn.Linear(a, b)] + ([{"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[activation]()] if i + 2 < len(widths) else [])
    return torch.nn.Sequential(*layers)


def torch_steps(torch, case, variant):
    _, widths, activation, batch, optimizer, steps, _ = CASES[case]
    net = torch_net(torch, widths, activation)
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
    state = {"order": torch.randperm(rows), "at": 0}

    def step():
        if state["at"] + batch > rows:
            state.update(order=torch.randperm(rows), at=0)
        chosen = state["order"][state["at"]:state["at"] + batch]
        state["at"] += batch
        rule.zero_grad(set_to_none=True)
        loss(model(x[chosen]), y[chosen]).backward()
        rule.step()

    return rate(step, max(steps // 8, 20))


def torch_products(torch, case, variant):
    rows = PRODUCTS[case][0]
    net = torch_net(torch, MLP, "relu")
    w = list(net.parameters())
    x, y, v = torch.rand(rows, 784), torch.randint(0, 10, (rows,)), [torch.randn_like(p) for p in w]
    gradient = lambda: torch.autograd.grad(torch.nn.functional.cross_entropy(net(x), y), w, create_graph=True)
    kept = gradient()
    fresh_product = lambda: torch.autograd.grad(gradient(), w, v)
    kept_product = lambda: torch.autograd.grad(kept, w, v, retain_graph=True)
    return rate(fresh_product if variant == "fresh" else kept_product, 30000 // rows + 3)


def sklearn_steps(case):
    import numpy as np, warnings
    from sklearn.neural_network import MLPClassifier
    warnings.filterwarnings("ignore")
    _, widths, _, batch, optimizer, steps, _ = CASES[case]
    rows = batch * max(steps // 8, 20)
    random = np.random.default_rng(0)
    x, y = random.random((rows, widths[0]), dtype=np.float32), random.integers(0, 10, rows)
    net = MLPClassifier(tuple(widths[1:-1]), solver="adam" if optimizer == "adam" else "sgd", batch_size=batch, alpha=0.0,
                        learning_rate_init=1e-4, momentum=0.9, nesterovs_momentum=False, random_state=1)
    net.partial_fit(x[:batch], y[:batch], classes=np.arange(10))
    start = time.process_time()
    net.partial_fit(x, y)
    return rows // batch / (time.process_time() - start)


def peer(case, variant):
    if variant == "sklearn":
        return sklearn_steps(case)
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return (torch_products if case in PRODUCTS else torch_steps)(torch, case, variant)


def summary(case, seen):
    names = ["basin"] + peers_of(case)
    middle = {n: statistics.median(r[i] for r in seen) for i, n in enumerate(names)}
    torch = [i for i, n in enumerate(names) if i and n != "sklearn"]
    ratios = {"torch": [r[0] / max(r[i] for i in torch) for r in seen]}
    if "sklearn" in names:
        ratios["sklearn"] = [r[0] / r[names.index("sklearn")] for r in seen]
    return {"case": case, "rates": middle, "ratios": {k: {"median": statistics.median(v), "low": min(v), "high": max(v)} for k, v in ratios.items()}}


def print_table(rows):
    print(f"{'a second':22}{'basin':>9}{'peers':>46}   basin/torch (range)   basin/sklearn")
    for r in rows:
        peers = "  ".join(f"{n} {v:.4g}" for n, v in r["rates"].items() if n != "basin")
        t, s = r["ratios"]["torch"], r["ratios"].get("sklearn")
        print(f"{r['case']:22}{r['rates']['basin']:9.4g}{peers:>46}   {t['median']:6.2f} ({t['low']:.2f}-{t['high']:.2f})"
              + (f"   {s['median']:6.2f}" if s else ""))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--basin", default="build/basin")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", default="", help="cases with this in their name")
    p.add_argument("--core", type=int, help="stay on this core")
    p.add_argument("--json", action="store_true")
    p.add_argument("--peer", nargs=2, metavar=("CASE", "VARIANT"), help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.peer:
        return print(json.dumps(peer(*a.peer)))
    if a.core is not None:
        os.sched_setaffinity(0, {a.core})
    cases = [c for c in [*CASES, *PRODUCTS] if a.only in c]
    seen = {c: [] for c in cases}
    for _ in range(a.rounds):
        for c in cases:
            seen[c].append([basin_rate(a.basin, c)] + [peer_rate(c, v) for v in peers_of(c)])
    rows = [summary(c, seen[c]) for c in cases]
    print(json.dumps(rows, indent=1)) if a.json else print_table(rows)


main()
