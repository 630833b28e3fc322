#!/usr/bin/python3
"""Golden trajectories of update rules and schedules, from PyTorch 1.13 in float64 and, where it lacks a rule, from the
paper's formula in NumPy. Writes tests/golden/optimizers.csv and tests/golden/schedules.csv:

    cd tests && /usr/bin/python3 reference/optimizers.py

A line of the first: settings; steps done; the 7 weights then; the loss before the last step. The objective, which
tests/test_optim_golden.c has too, is a quadratic and a quartic around c, with one direction that couples all weights:

    f(w) = sum_i (h_i x_i^2 / 2 + q x_i^4 / 4) + a s^2 / 2,  x = w - c,  s = sum_i w_i / (1 + i),
    h_i = 0.5 + i^2 / 4,  c_i = (i - 3) / 10,  q = 0.25,  a = 0.5,  start w_i = 1 - 0.3 i.
"""
import math
import numpy as np
import torch

torch.set_default_dtype(torch.float64)  # NAdam keeps a product of numbers in the default type

N = 7
I = np.arange(N, dtype=np.float64)
H, C, Q, A, B = 0.5 + I * I / 4, (I - 3) / 10, 0.25, 0.5, 1 / (1 + I)
START = 1 - 0.3 * I
MARKS = (1, 2, 5, 10, 40)


def loss(w):
    x, s = w - C, float(np.dot(B, w))
    return float(np.sum(H * x * x / 2 + Q * x**4 / 4) + A * s * s / 2)


def gradient(w):
    x, s = w - C, float(np.dot(B, w))
    return H * x + Q * x**3 + A * s * B


def torch_walk(make):
    """Weights after the marked steps of a PyTorch optimizer."""
    w = torch.nn.Parameter(torch.tensor(START))
    rule = make([w])

    def closure():
        w.grad = torch.tensor(gradient(w.detach().numpy()))
        return torch.tensor(loss(w.detach().numpy()), dtype=torch.float64)

    for t in range(1, MARKS[-1] + 1):
        before = float(rule.step(closure))
        yield t, w.detach().numpy().copy(), before


class Rule:
    """A rule in NumPy: step(w, t, gradient) returns the next weights."""

    def __init__(self, **settings):
        self.__dict__.update(settings)
        self.m = self.v = np.zeros(N)


class Sgd(Rule):
    def step(self, w, t, gradient):
        return w - self.lr * gradient(w)


class Momentum(Rule):
    def step(self, w, t, gradient):
        self.v = self.momentum * self.v + gradient(w)
        return w - self.lr * self.v


class Ahead(Rule):
    """Sutskever et al. 2013, eq. 3-4, with the velocity in units of the gradient."""

    def step(self, w, t, gradient):
        g = gradient(w - self.lr * self.momentum * self.v)
        self.v = self.momentum * self.v + g
        return w - self.lr * self.v


class Adam(Rule):
    def step(self, w, t, gradient):
        g = gradient(w)
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g * g
        return w - self.lr * (self.m / (1 - 0.9**t)) / (np.sqrt(self.v / (1 - 0.999**t)) + 1e-8)


class Lion(Rule):
    def step(self, w, t, gradient):
        g = gradient(w)
        u = np.sign(self.beta1 * self.m + (1 - self.beta1) * g)
        self.m = self.beta2 * self.m + (1 - self.beta2) * g
        return w - self.lr * (u + self.weight_decay * w)


class Tf1Rmsprop(Rule):
    """TensorFlow 1's RMSPropOptimizer: accumulator from 1, epsilon inside the root, lr inside the velocity."""

    def step(self, w, t, gradient):
        g = gradient(w)
        ms = 1.0 if t == 1 else self.ms
        self.ms = self.rho * ms + (1 - self.rho) * g * g
        self.v = self.momentum * self.v + self.lr * g / np.sqrt(self.ms + self.eps)
        return w - self.v


class Sam(Rule):
    """Foret et al. 2021, eq. 2; Kwon et al. 2021, algorithm 1 (adaptive)."""

    def uphill(self, w):
        g = gradient(w)
        scale = np.abs(w) + self.eta if self.adaptive else np.ones(N)
        e = self.rho * scale * scale * g / (np.linalg.norm(scale * g) + 1e-12)
        return gradient(w + e)

    def step(self, w, t, gradient):
        return self.base.step(w, t, self.uphill)


class Lookahead(Rule):
    """Zhang et al. 2019, algorithm 1."""

    def step(self, w, t, gradient):
        if t == 1:
            self.slow = w.copy()
        w = self.base.step(w, t, gradient)
        if t % self.k == 0:
            self.slow = self.slow + self.alpha * (w - self.slow)
            w = self.slow.copy()
        return w


def numpy_walk(rule):
    w = START.copy()
    for t in range(1, MARKS[-1] + 1):
        before = loss(w)
        w = rule.step(w, t, gradient)
        yield t, w.copy(), before


O = torch.optim
TORCH = {
    "gd lr=0.05": lambda p: O.SGD(p, lr=0.05),
    "sgd": lambda p: O.SGD(p, lr=0.01),
    "sgd lr=0.05 weight_decay=0.1": lambda p: O.SGD(p, lr=0.05, weight_decay=0.1),
    "momentum": lambda p: O.SGD(p, lr=0.01, momentum=0.9),
    "momentum lr=0.02 momentum=0.8 dampening=0.3": lambda p: O.SGD(p, lr=0.02, momentum=0.8, dampening=0.3),
    "momentum lr=0.02 weight_decay=0.05": lambda p: O.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.05),
    "nag": lambda p: O.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "nag lr=0.03 momentum=0.7 weight_decay=0.1":
        lambda p: O.SGD(p, lr=0.03, momentum=0.7, nesterov=True, weight_decay=0.1),
    "adagrad": lambda p: O.Adagrad(p),
    "adagrad lr=0.3 lr_decay=0.05 initial_accumulator_value=0.1 weight_decay=0.02":
        lambda p: O.Adagrad(p, lr=0.3, lr_decay=0.05, initial_accumulator_value=0.1, weight_decay=0.02),
    "adadelta": lambda p: O.Adadelta(p),
    "adadelta rho=0.8 eps=0.001 lr=0.5 weight_decay=0.1":
        lambda p: O.Adadelta(p, rho=0.8, eps=0.001, lr=0.5, weight_decay=0.1),
    "rmsprop": lambda p: O.RMSprop(p),
    "rmsprop lr=0.005 rho=0.9 momentum=0.8 centered=true weight_decay=0.01":
        lambda p: O.RMSprop(p, lr=0.005, alpha=0.9, momentum=0.8, centered=True, weight_decay=0.01),
    "rmsprop lr=0.02 centered=true eps=0.001": lambda p: O.RMSprop(p, lr=0.02, centered=True, eps=0.001),
    "rmsprop lr=0.002 momentum=0.9": lambda p: O.RMSprop(p, lr=0.002, momentum=0.9),
    "adam": lambda p: O.Adam(p),
    "adam lr=0.1 beta1=0.8 beta2=0.95 eps=0.001 weight_decay=0.1":
        lambda p: O.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=0.001, weight_decay=0.1),
    "adamw": lambda p: O.AdamW(p),
    "adamw lr=0.05 weight_decay=0.3": lambda p: O.AdamW(p, lr=0.05, weight_decay=0.3),
    "amsgrad": lambda p: O.Adam(p, amsgrad=True),
    "amsgrad lr=0.1 beta2=0.9 weight_decay=0.1":
        lambda p: O.Adam(p, lr=0.1, betas=(0.9, 0.9), amsgrad=True, weight_decay=0.1),
    # foreach: the form that agrees with the paper (the other one of 1.13 has mu_t twice in the product).
    "nadam": lambda p: O.NAdam(p),
    "nadam form=paper": lambda p: O.NAdam(p, foreach=True),
    "nadam lr=0.05 momentum_decay=0.1 weight_decay=0.05 form=paper":
        lambda p: O.NAdam(p, lr=0.05, momentum_decay=0.1, weight_decay=0.05, foreach=True),
    "radam": lambda p: O.RAdam(p),
    "radam lr=0.05 beta2=0.9 weight_decay=0.05": lambda p: O.RAdam(p, lr=0.05, betas=(0.9, 0.9), weight_decay=0.05),
    "adamax": lambda p: O.Adamax(p),
    "adamax lr=0.05 beta2=0.9 weight_decay=0.05": lambda p: O.Adamax(p, lr=0.05, betas=(0.9, 0.9), weight_decay=0.05),
    "rprop": lambda p: O.Rprop(p),
    "rprop lr=0.1 eta_minus=0.4 eta_plus=1.5 step_min=0.001 step_max=0.3":
        lambda p: O.Rprop(p, lr=0.1, etas=(0.4, 1.5), step_sizes=(0.001, 0.3)),
    "lbfgs lr=0.1 max_iter=4": lambda p: O.LBFGS(p, lr=0.1, max_iter=4),
    "lbfgs lr=0.1 max_iter=2 history_size=3": lambda p: O.LBFGS(p, lr=0.1, max_iter=2, history_size=3),
    "lbfgs lr=0.5": lambda p: O.LBFGS(p, lr=0.5),
    "lbfgs line_search=strong_wolfe": lambda p: O.LBFGS(p, line_search_fn="strong_wolfe"),
    "lbfgs line_search=strong_wolfe max_iter=2 history_size=2":
        lambda p: O.LBFGS(p, line_search_fn="strong_wolfe", max_iter=2, history_size=2),
    "lbfgs line_search=strong_wolfe lr=20 max_iter=2": lambda p: O.LBFGS(p, lr=20, line_search_fn="strong_wolfe", max_iter=2),
    # so far that the search must push a trial away from the end of its bracket
    "lbfgs line_search=strong_wolfe lr=500 max_iter=1":
        lambda p: O.LBFGS(p, lr=500, line_search_fn="strong_wolfe", max_iter=1),
    "lbfgs line_search=strong_wolfe lr=0.001 max_iter=2":
        lambda p: O.LBFGS(p, lr=0.001, line_search_fn="strong_wolfe", max_iter=2),
}

NUMPY = {
    "nag form=lookahead": lambda: Ahead(lr=0.01, momentum=0.9),
    "nag form=lookahead lr=0.05 momentum=0.6": lambda: Ahead(lr=0.05, momentum=0.6),
    "lion": lambda: Lion(lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0),
    "lion lr=0.02 beta1=0.8 weight_decay=0.3": lambda: Lion(lr=0.02, beta1=0.8, beta2=0.99, weight_decay=0.3),
    "rmsprop lr=0.02 rho=0.9 eps=1e-10 eps_place=inside initial_accumulator_value=1":
        lambda: Tf1Rmsprop(lr=0.02, rho=0.9, eps=1e-10, momentum=0),
    "rmsprop lr=0.01 rho=0.9 eps=0.1 eps_place=inside initial_accumulator_value=1 momentum=0.5":
        lambda: Tf1Rmsprop(lr=0.01, rho=0.9, eps=0.1, momentum=0.5),
    "sam base=sgd base.lr=0.05": lambda: Sam(base=Sgd(lr=0.05), rho=0.05, adaptive=False),
    "sam base=momentum base.lr=0.02 rho=0.3": lambda: Sam(base=Momentum(lr=0.02, momentum=0.9), rho=0.3, adaptive=False),
    "sam base=adam base.lr=0.05 rho=0.5 adaptive=true eta=0.02":
        lambda: Sam(base=Adam(lr=0.05), rho=0.5, adaptive=True, eta=0.02),
    "lookahead base=sgd base.lr=0.05": lambda: Lookahead(base=Sgd(lr=0.05), alpha=0.5, k=5),
    "lookahead base=adam base.lr=0.1 alpha=0.8 k=3": lambda: Lookahead(base=Adam(lr=0.1), alpha=0.8, k=3),
    "lookahead base=sam base.base=sgd base.base.lr=0.05 k=2":
        lambda: Lookahead(base=Sam(base=Sgd(lr=0.05), rho=0.05, adaptive=False), alpha=0.5, k=2),
}


def schedule(make, steps, told=None):
    """lr at each of the steps, of a PyTorch scheduler on lr 1; told: the metric after each."""
    rule = O.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    it = make(rule)
    for t in range(steps):
        yield rule.param_groups[0]["lr"]
        rule.step()
        it.step(told[t]) if told else it.step()


L = O.lr_scheduler
METRIC = [1 / (1 + 0.3 * min(t, 12)) + (0.01 if t % 3 else 0) for t in range(50)]
# steps_per_epoch is 1 in all of these; the run has 50 steps.
SCHEDULES = {
    "constant": lambda r: L.LambdaLR(r, lambda t: 1.0),
    "step every=7 gamma=0.3": lambda r: L.StepLR(r, 7, 0.3),
    "milestones at=[10,11,30]": lambda r: L.MultiStepLR(r, [10, 11, 30], 0.1),
    "exponential gamma=0.93": lambda r: L.ExponentialLR(r, 0.93),
    "cosine lr_min=0.05": lambda r: L.CosineAnnealingLR(r, 50, 0.05),
    "cosine-restarts period=6 multiplier=2 lr_min=0.1": lambda r: L.CosineAnnealingWarmRestarts(r, 6, 2, 0.1),
    "cosine-restarts period=8": lambda r: L.CosineAnnealingWarmRestarts(r, 8),
    "warm-up length=5": lambda r: L.LinearLR(r),
    "warm-up length=9 start=0.1": lambda r: L.LinearLR(r, 0.1, 1.0, 9),
    "warm-up length=5 then=exponential then.gamma=0.9":
        lambda r: L.SequentialLR(r, [L.LinearLR(r), L.ExponentialLR(r, 0.9)], [5]),
    "one-cycle": lambda r: L.OneCycleLR(r, 1.0, 50),
    "one-cycle pct_start=0.4 div_factor=10 final_div_factor=100":
        lambda r: L.OneCycleLR(r, 1.0, 50, pct_start=0.4, div_factor=10, final_div_factor=100),
    "inverse-time decay=0.2": lambda r: L.LambdaLR(r, lambda t: 1 / (1 + 0.2 * t)),
    "inverse-time decay=0.2 power=0.5": lambda r: L.LambdaLR(r, lambda t: 1 / math.sqrt(1 + 0.2 * t)),
    "plateau patience=3 factor=0.5": lambda r: L.ReduceLROnPlateau(r, patience=3, factor=0.5),
    "plateau patience=2 factor=0.1 lr_min=0.05": lambda r: L.ReduceLROnPlateau(r, patience=2, min_lr=0.05),
}


def write_optimizers(path):
    with open(path, "w") as out:
        walks = [(k, torch_walk(v)) for k, v in TORCH.items()] + [(k, numpy_walk(v())) for k, v in NUMPY.items()]
        for name, walk in walks:
            for t, w, before in walk:
                if t in MARKS:
                    out.write(";".join([name, str(t)] + ["%.17g" % x for x in w] + ["%.17g" % before]) + "\n")


def write_schedules(path):
    with open(path, "w") as out:
        for name, make in SCHEDULES.items():
            told = METRIC if name.startswith("plateau") else None
            for t, lr in enumerate(schedule(make, 50, told)):
                out.write("%s;%d;%.17g;%.17g\n" % (name, t, lr, METRIC[t]))


write_optimizers("golden/optimizers.csv")
write_schedules("golden/schedules.csv")
