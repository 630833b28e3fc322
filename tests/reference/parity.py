#!/usr/bin/python3
"""The same trainings by PyTorch and by basin, for every optimizer that PyTorch has: largest difference in a tensor over its
largest entry. By hand, since the suite goes without PyTorch (Debian: python3-torch, 1.13):

    tests/reference/parity.py build/basin

A row is off when it differs by more than 1e-10 (double) or 1e-5 (float); then the exit code is 1. L-BFGS is chaotic on small
batches, so it takes all rows, five steps. In float, after more than one iteration a step, PyTorch differs from itself by as
much when it is shown the same rows in another order, which is printed beside; there is no bound for that.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import optim

ROWS, WIDTH = 40, 3
rng = np.random.default_rng(5)
X = np.round(rng.normal(size=(ROWS, WIDTH)), 6)
Y = np.round(np.sin(X @ rng.normal(size=(WIDTH, 1))) + 0.1 * rng.normal(size=(ROWS, 1)), 6)

CASES = [
    ("sgd", "lr: 0.05, weight_decay: 0.1", lambda p: optim.SGD(p, 0.05, weight_decay=0.1)),
    ("momentum", "lr: 0.02, dampening: 0.5, weight_decay: 0.01",
     lambda p: optim.SGD(p, 0.02, momentum=0.9, dampening=0.5, weight_decay=0.01)),
    ("momentum", "lr: 0.02", lambda p: optim.SGD(p, 0.02, momentum=0.9)),
    ("nag", "lr: 0.02", lambda p: optim.SGD(p, 0.02, momentum=0.9, nesterov=True)),
    ("adagrad", "lr: 0.05", lambda p: optim.Adagrad(p, 0.05)),
    ("adagrad", "lr: 0.05, lr_decay: 0.1, initial_accumulator_value: 0.1, weight_decay: 0.01",
     lambda p: optim.Adagrad(p, 0.05, lr_decay=0.1, initial_accumulator_value=0.1, weight_decay=0.01)),
    ("adadelta", "lr: 1", lambda p: optim.Adadelta(p, 1.0)),
    ("adadelta", "lr: 0.5, rho: 0.8, eps: 1e-5, weight_decay: 0.01",
     lambda p: optim.Adadelta(p, 0.5, rho=0.8, eps=1e-5, weight_decay=0.01)),
    ("rmsprop", "lr: 0.01", lambda p: optim.RMSprop(p, 0.01)),
    ("rmsprop", "lr: 0.01, centered: true, momentum: 0.9, rho: 0.9, weight_decay: 0.01",
     lambda p: optim.RMSprop(p, 0.01, alpha=0.9, centered=True, momentum=0.9, weight_decay=0.01)),
    ("adam", "lr: 0.01", lambda p: optim.Adam(p, 0.01)),
    ("adam", "lr: 0.01, weight_decay: 0.1", lambda p: optim.Adam(p, 0.01, weight_decay=0.1)),
    ("adamw", "lr: 0.01, weight_decay: 0.1", lambda p: optim.AdamW(p, 0.01, weight_decay=0.1)),
    ("amsgrad", "lr: 0.01", lambda p: optim.Adam(p, 0.01, amsgrad=True)),
    ("nadam", "lr: 0.01", lambda p: optim.NAdam(p, 0.01)),
    ("radam", "lr: 0.01", lambda p: optim.RAdam(p, 0.01)),
    ("adamax", "lr: 0.01", lambda p: optim.Adamax(p, 0.01)),
    ("rprop", "lr: 0.01", lambda p: optim.Rprop(p, 0.01)),
    ("lbfgs", "lr: 0.5, max_iter: 1", lambda p: optim.LBFGS(p, 0.5, max_iter=1)),
    ("lbfgs", "lr: 1, max_iter: 1, line_search: strong_wolfe",
     lambda p: optim.LBFGS(p, 1, max_iter=1, line_search_fn="strong_wolfe")),
    ("lbfgs", "lr: 1, max_iter: 5, line_search: strong_wolfe",
     lambda p: optim.LBFGS(p, 1, max_iter=5, line_search_fn="strong_wolfe")),
    ("lbfgs", "lr: 0.5, max_iter: 10, line_search: strong_wolfe",
     lambda p: optim.LBFGS(p, 0.5, max_iter=10, line_search_fn="strong_wolfe")),
]

STUDY = """study: parity
precision: {precision}
data: {{name: csv, file: points.csv, target: [y], test: none}}
model: {{layers: [{{dense: 7}}, tanh, {{dense: 1}}], weights: start.safetensors}}
loss: mse
optimizer: {{name: {name}, {words}}}
train: {{batch: {batch}, steps: {steps}, order: sequential}}
save: end
protocol: {{name: holdout}}
seeds: 1
"""


def fresh_net():
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(WIDTH, 7), torch.nn.Tanh(), torch.nn.Linear(7, 1))


def write_start(path):
    head, body = {}, b""
    for name, value in fresh_net().state_dict().items():
        piece = value.numpy().astype("<f4").tobytes()
        head[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(piece)]}
        body += piece
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def read_weights(path):
    raw = path.read_bytes()
    n = 8 + struct.unpack("<Q", raw[:8])[0]
    out = {}
    for name, it in json.loads(raw[8:n]).items():
        if name != "__metadata__":
            begin, end = it["data_offsets"]
            out[name] = np.frombuffer(raw[n + begin : n + end], "<f8" if it["dtype"] == "F64" else "<f4").reshape(it["shape"])
    return out


def by_torch(make, dtype, batch, steps, order=slice(None)):
    """nadam keeps its product of momenta in PyTorch's default type, so that is the one of the run."""
    net = fresh_net().to(dtype)
    torch.set_default_dtype(dtype)
    x, y = torch.tensor(X, dtype=dtype)[order], torch.tensor(Y, dtype=dtype)[order]
    rule, batches = make(net.parameters()), ROWS // batch
    for step in range(steps):
        begin = step % batches * batch

        def closure():
            rule.zero_grad()
            loss = torch.nn.functional.mse_loss(net(x[begin : begin + batch]), y[begin : begin + batch])
            loss.backward()
            return loss

        rule.step(closure)
    torch.set_default_dtype(torch.float32)
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def by_basin(basin, folder, name, words, precision, batch, steps):
    (folder / "parity.yaml").write_text(STUDY.format(name=name, words=words, precision=precision, batch=batch, steps=steps))
    out = folder / f"{name}-{abs(hash(words))}-{precision}"
    subprocess.run([basin, "run", folder / "parity.yaml", "--quiet", "--jobs", "1", "--out", out], check=True)
    return read_weights(next(out.glob("parity/weights/*/*.safetensors")))


def difference(a, b):
    return max(float(np.abs(a[k].astype("f8") - b[k]).max() / np.abs(b[k]).max()) for k in b)


def main():
    basin, off = pathlib.Path(sys.argv[1]).resolve(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lines = "".join(",".join(repr(float(v)) for v in row) + "\n" for row in np.hstack([X, Y]))
        (folder / "points.csv").write_text("a,b,c,y\n" + lines)
        write_start(folder / "start.safetensors")
        for name, words, make in CASES:
            batch, steps = (ROWS, 5) if name == "lbfgs" else (8, 35)
            found = {}
            for precision, dtype in (("double", torch.float64), ("float", torch.float32)):
                ours = by_basin(basin, folder, name, words, precision, batch, steps)
                found[precision] = difference(ours, by_torch(make, dtype, batch, steps))
            note, bound = "", 1e-5
            if name == "lbfgs" and "max_iter: 1," not in words + ",":
                one = by_torch(make, torch.float32, batch, steps)
                own = [difference(by_torch(make, torch.float32, batch, steps, np.random.default_rng(s).permutation(ROWS)), one)
                       for s in range(10)]
                note, bound = f"  (PyTorch, rows in another order: {np.median(own):.1e})", np.inf
            bad = found["double"] > 1e-10 or found["float"] > bound
            off += bad
            print(f"{name:9} {words:78} double {found['double']:.1e}  float {found['float']:.1e}{note}{'  OFF' if bad else ''}")
    sys.exit(off > 0)


main()
