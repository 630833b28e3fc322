#!/usr/bin/python3
"""Outputs, losses and gradients of small nets by PyTorch in float64: writes tests/golden/model.csv and mlp.safetensors.

Each case is one line `case;NAME;MODEL;LOSS;TARGET;OUTPUTS;SHAPE` (model and loss as in an experiment file, the shape of one
input), then lines `FIELD;NUMBERS`: w parameters (dense weights [in][out]), x inputs, y targets, c weights of the examples, z
outputs, l losses of the examples, g gradient of sum_i c_i l_i / rows. Inputs are multiples of 1/64, exact in float.
"""
import os, sys
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
sys.dont_write_bytecode = True
import weights

ROWS = 5
torch.set_default_dtype(torch.float64)
LAYERS = {
    'flatten': nn.Flatten, 'identity': nn.Identity, 'relu': nn.ReLU, 'gelu': nn.GELU, 'silu': nn.SiLU, 'tanh': nn.Tanh,
    'sigmoid': nn.Sigmoid, 'softplus': lambda: nn.Softplus(threshold=1e6), 'softmax': lambda: nn.Softmax(dim=1),
    'leaky-relu': lambda slope=0.01: nn.LeakyReLU(slope), 'elu': lambda alpha=1.0: nn.ELU(alpha)}


def hinge(z, y):
    return torch.clamp(1 - (2 * y - 1) * z, min=0)


LOSSES = {'mse': lambda z, y: F.mse_loss(z, y, reduction='none'), 'mae': lambda z, y: F.l1_loss(z, y, reduction='none'),
          'huber': lambda z, y, delta=1.0: F.huber_loss(z, y, reduction='none', delta=delta),
          'binary-cross-entropy': lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction='none'), 'hinge': hinge}


def text(row):
    """A row as flow YAML: 'tanh', ('dense', {'units': 4})."""
    if isinstance(row, str):
        return row
    values = ''.join(', %s: %s' % (k, str(v).lower() if isinstance(v, bool) else v) for k, v in row[1].items())
    return '{name: %s%s}' % (row[0], values)


class Point(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(units))

    def forward(self, x):
        return self.weight.expand(len(x), -1)


def rotation(n, rng):
    """The subgroup algorithm, one axis more at a time."""
    t = 2 * np.pi * rng.uniform()
    turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    for d in range(3, n + 1):
        v = rng.normal(size=d)
        x = np.eye(d)[0] - v / np.linalg.norm(v)
        x /= np.linalg.norm(x)
        wide = np.eye(d)
        wide[1:, 1:] = turn
        turn = (np.eye(d) - 2 * np.outer(x, x)) @ wide
    return -turn


def quadratic_deep(z, y, stiff=10, problem=42):
    rng, n = np.random.RandomState(problem), z.shape[1]
    stiff = min(stiff, n)
    e = np.concatenate([rng.uniform(0, 1, n - stiff), rng.uniform(30, 60, stiff)])
    turn = rotation(n, rng) if n > 1 else np.eye(1)
    q = torch.tensor(turn.T @ np.diag(e) @ turn)
    return n * 0.5 * (z - y) * ((z - y) @ q)  # loss_of takes the mean over outputs


LOSSES['quadratic-deep'] = quadratic_deep


def make_layer(row, n):
    name, args = (row, {}) if isinstance(row, str) else row
    if name == 'point':
        return Point(args['units']), args['units']
    if name == 'dense':
        return nn.Linear(n, args['units'], bias=args.get('bias', True)), args['units']
    return LAYERS[name](**args), n


def make_net(layers, n):
    modules = []
    for row in layers:
        module, n = make_layer(row, n)
        modules.append(module)
    return nn.Sequential(*modules)


def loss_of(loss, z, y):
    name, args = (loss, {}) if isinstance(loss, str) else loss
    if name == 'cross-entropy':
        return F.cross_entropy(z, y, reduction='none')
    if y.dtype == torch.int64:
        y = F.one_hot(y, z.shape[1]).double() if z.shape[1] > 1 else y.double().reshape(-1, 1)
    return LOSSES[name](z, y, **args).mean(1)


def grid(*shape, scale=1.0):
    return torch.round(torch.randn(*shape) * scale * 64) / 64


def targets(kind, n):
    if kind == 'label':
        return torch.randint(0, max(n, 2), (ROWS,))
    if kind == 'soft':
        y = torch.randint(1, 8, (ROWS, n)).double()
        return y / y.sum(1, keepdim=True)
    return grid(ROWS, n)


def flat(net, what):
    return torch.cat([(what(p).T if p.ndim == 2 else what(p)).reshape(-1) for p in net.parameters()])


def numbers(field, t):
    return '%s;%s\n' % (field, ' '.join(repr(v) for v in t.detach().reshape(-1).tolist()))


def case(out, name, model, layers, loss, kind, n, shape, scale=1.0):
    features = int(torch.tensor(shape).prod())
    net = make_net(layers, features)
    for p in net.parameters():
        p.data = grid(*p.shape)
    x, y, c = grid(ROWS, features, scale=scale), targets(kind, n), torch.randint(0, 8, (ROWS,)).double() / 4
    z = net(x)
    assert z.shape == (ROWS, n)
    l = loss_of(loss, z, y)
    ((c * l).sum() / ROWS).backward()
    out.write('case;%s;%s;%s;%s;%d;%s\n' % (name, text(model), text(loss), kind, n, ' '.join(map(str, shape))))
    for field, value in (('w', flat(net, lambda p: p.data)), ('x', x), ('y', y), ('c', c), ('z', z), ('l', l),
                         ('g', flat(net, lambda p: p.grad))):
        out.write(numbers(field, value))


def layers_model(layers):
    return ('layers', {'layers': '[%s]' % ', '.join(text(l) for l in layers)})


def write_layers(out):
    for act in ('identity', 'relu', 'leaky-relu', ('leaky-relu', {'slope': 0.25}), 'elu', ('elu', {'alpha': 0.5}), 'gelu', 'silu',
                'tanh', 'sigmoid', 'softplus', 'softmax'):
        layers = [('dense', {'units': 4}), act, ('dense', {'units': 3})]
        case(out, 'layer ' + text(act), layers_model(layers), layers, 'mse', 'value', 3, [3])
    layers = ['flatten', ('dense', {'units': 3, 'bias': False}), 'flatten']
    case(out, 'layer flatten, no bias', layers_model(layers), layers, 'mse', 'value', 3, [2, 2, 2])


def write_losses(out):
    linear = [('dense', {'units': 3})]
    single = [('dense', {'units': 1})]
    for loss in ('mse', 'mae', 'huber', ('huber', {'delta': 0.25}), 'cross-entropy', 'binary-cross-entropy', 'hinge'):
        regression = loss in ('mse', 'mae') or 'huber' in text(loss)
        for kind in ('label', 'soft') + (('value',) if regression else ()):
            case(out, 'loss %s, %s' % (text(loss), kind), 'linear', linear, loss, kind, 3, [4])
        if loss != 'cross-entropy':
            case(out, 'loss %s, one output' % text(loss), 'linear', single, loss, 'label', 1, [4])
    for loss, kind, net, n in (('cross-entropy', 'label', linear, 3), ('cross-entropy', 'soft', linear, 3),
                               ('binary-cross-entropy', 'label', single, 1)):
        case(out, 'large outputs, %s, %s' % (loss, kind), 'linear', net, loss, kind, n, [4], scale=400)


def write_models(out):
    case(out, 'model linear', 'linear', [('dense', {'units': 2})], 'mse', 'value', 2, [3])
    case(out, 'model linear on images', 'linear', [('dense', {'units': 2})], 'mse', 'value', 2, [2, 3, 1])
    case(out, 'model logistic', 'logistic', [('dense', {'units': 3})], 'cross-entropy', 'label', 3, [4])
    for act in ('relu', 'tanh'):
        layers = [('dense', {'units': 4}), act, ('dense', {'units': 3}), act, ('dense', {'units': 2})]
        case(out, 'model mlp ' + act, ('mlp', {'hidden': [4, 3], 'activation': act}), layers, 'cross-entropy', 'label', 2, [3])


def write_quadratic(out):
    point = [('point', {'units': 4})]
    case(out, 'layer point', layers_model(point), point, 'mse', 'value', 4, [3])
    case(out, 'layer point on images', layers_model(point), point, 'cross-entropy', 'label', 4, [2, 2, 3])
    for loss in ('quadratic-deep', ('quadratic-deep', {'stiff': 1}), ('quadratic-deep', {'stiff': 2, 'problem': 0})):
        for kind, model in (('value', ('layers', {'layers': '[{point: 4}]'})), ('label', 'linear')):
            layers = point if model != 'linear' else [('dense', {'units': 4})]
            case(out, 'loss %s, %s' % (text(loss), kind), model, layers, loss, kind, 4, [3])
    case(out, 'loss quadratic-deep, one output', 'linear', [('dense', {'units': 1})], 'quadratic-deep', 'value', 1, [3])


def write_state():
    """An mlp's state_dict in a file, and what the net says of four inputs beside it."""
    net = make_net([('dense', {'units': 4}), 'tanh', ('dense', {'units': 2})], 3)
    x = grid(4, 3)
    tensors = [(k, 'F64', list(v.shape), v.reshape(-1).tolist()) for k, v in net.state_dict().items()]
    weights.write('golden/mlp.safetensors', weights.pack(tensors))
    with open(os.path.join(weights.HERE, 'golden/mlp.csv'), 'w') as out:
        out.write(numbers('x', x) + numbers('z', net(x)))


if __name__ == '__main__':
    torch.manual_seed(1)
    with open(os.path.join(weights.HERE, 'golden/model.csv'), 'w') as f:
        write_layers(f)
        write_losses(f)
        write_models(f)
        write_state()
        write_quadratic(f)
