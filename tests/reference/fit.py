#!/usr/bin/python3
"""Whole training runs by PyTorch in float64: tests/golden/fit_*.csv and fit_*.safetensors.

Two tasks on 37 rows of 2 features, 35 steps of batches of 8 in the order of the rows (the last batch of an epoch has 5):
regression (mlp 2-7-1, tanh, mse) and classes (mlp 2-6-3, relu, cross-entropy). A line of fit_runs.csv is

    task;optimizer as in a study;final weights in the order of model.parameters()
"""
import os, sys
import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from weights import pack, write

torch.set_default_dtype(torch.float64)
ROWS, BATCH, STEPS = 37, 8, 35

OPTIMIZERS = [
    ('{name: sgd, lr: 0.1}', lambda p: torch.optim.SGD(p, 0.1)),
    ('{name: sgd, lr: 0.1, weight_decay: 0.05}', lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.05)),
    ('{name: momentum, lr: 0.05, momentum: 0.8}', lambda p: torch.optim.SGD(p, 0.05, momentum=0.8)),
    ('{name: nag, lr: 0.05, momentum: 0.8}', lambda p: torch.optim.SGD(p, 0.05, momentum=0.8, nesterov=True)),
    ('{name: adam, lr: 0.02}', lambda p: torch.optim.Adam(p, 0.02)),
    ('{name: adamw, lr: 0.02, weight_decay: 0.1}', lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.1)),
    ('{name: amsgrad, lr: 0.02}', lambda p: torch.optim.Adam(p, 0.02, amsgrad=True)),
    ('{name: rmsprop, lr: 0.01}', lambda p: torch.optim.RMSprop(p, 0.01)),
    ('{name: adagrad, lr: 0.1}', lambda p: torch.optim.Adagrad(p, 0.1)),
    ('{name: adadelta, lr: 1}', lambda p: torch.optim.Adadelta(p, 1.0)),
    ('{name: lbfgs, lr: 0.02, max_iter: 1, history_size: 3}', lambda p: torch.optim.LBFGS(p, 0.02, max_iter=1, history_size=3)),
]


def tasks():
    g = torch.Generator().manual_seed(1)
    x = torch.round(torch.randn(ROWS, 2, generator=g) * 1000) / 1000
    y = torch.round((torch.sin(2 * x[:, :1]) + 0.5 * x[:, 1:] ** 2) * 1000) / 1000
    raw = ((x[:, 0] > 0).long() + (x[:, 1] > 0.3).long()).tolist()
    seen = list(dict.fromkeys(raw))  # a csv's classes are numbered in the order of their appearance
    label = torch.tensor([seen.index(v) for v in raw])
    mse, ce = torch.nn.MSELoss(), torch.nn.CrossEntropyLoss()
    yield 'regression', x, y, (2, 7, 1), torch.nn.Tanh, mse, [repr(v) for v in y[:, 0].tolist()]
    yield 'classes', x, label, (2, 6, 3), torch.nn.ReLU, ce, ['c%d' % v for v in label]


def train(make, model, loss, x, y):
    optimizer = make(model.parameters())
    start = 0
    for _ in range(STEPS):
        rows = slice(start, min(start + BATCH, ROWS))
        start = rows.stop % ROWS

        def closure():
            optimizer.zero_grad()
            value = loss(model(x[rows]), y[rows])
            value.backward()
            return value
        optimizer.step(closure)


def network(sizes, activation):
    return torch.nn.Sequential(torch.nn.Linear(sizes[0], sizes[1]), activation(), torch.nn.Linear(sizes[1], sizes[2]))


if __name__ == '__main__':
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden')
    with open(os.path.join(folder, 'fit_runs.csv'), 'w') as out:
        for task, x, y, sizes, activation, loss, shown in tasks():
            torch.manual_seed(2)
            first = network(sizes, activation).state_dict()
            write('golden/fit_%s.safetensors' % task,
                  pack([(k, 'F64', list(v.shape), v.flatten().tolist()) for k, v in first.items()]))
            with open(os.path.join(folder, 'fit_%s.csv' % task), 'w') as f:
                f.write('a,b,y\n')
                for row, value in zip(x.tolist(), shown):
                    f.write('%r,%r,%s\n' % (row[0], row[1], value))
            for words, make in OPTIMIZERS:
                model = network(sizes, activation)
                model.load_state_dict(first)
                train(make, model, loss, x, y)
                numbers = torch.cat([p.detach().flatten() for p in model.parameters()])
                out.write('%s;%s;%s\n' % (task, words, ';'.join('%.17g' % v for v in numbers)))
