#!/usr/bin/python3
"""Write safetensors files with nothing but struct and json: tests/golden/*.safetensors and the fuzzer's seeds.

The tensors are those of an mlp 3 -> 4 -> 2 in PyTorch's shapes, out x in; entry (o, i) of layer l is
(100 l + 10 o + i) / 8, biases (100 l + o) / -16: exact in float and double.
"""
import json, os, struct

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')


def pack(tensors, metadata=None, pad=True, indent=None):
    """tensors: list of (name, dtype, shape, numbers), written in this order."""
    header, data = {}, b''
    if metadata:
        header['__metadata__'] = metadata
    for name, dtype, shape, numbers in tensors:
        code = {'F32': 'f', 'F64': 'd', 'I64': 'q'}[dtype]
        bytes_ = struct.pack('<%d%s' % (len(numbers), code), *numbers)
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header, indent=indent, separators=None if indent else (',', ':')).encode()
    if pad:
        text += b' ' * (-len(text) % 8)
    return struct.pack('<Q', len(text)) + text + data


def mlp(dtype):
    out = []
    for l, n, m in ((0, 4, 3), (2, 2, 4)):
        out.append(('%d.weight' % l, dtype, [n, m], [(100 * l + 10 * o + i) / 8 for o in range(n) for i in range(m)]))
        out.append(('%d.bias' % l, dtype, [n], [(100 * l + o) / -16 for o in range(n)]))
    return out


def write(name, content):
    with open(os.path.join(HERE, name), 'wb') as f:
        f.write(content)


if __name__ == '__main__':
    write('golden/weights_f32.safetensors', pack(mlp('F32')))
    write('golden/weights_f64.safetensors', pack(mlp('F64')))
    mixed = mlp('F64')[:2] + mlp('F32')[2:]
    loose = pack(mixed[::-1], metadata={'format': 'pt', 'note': 'brackets } ] \\ " \u00fc \U0001f600'}, pad=False, indent=2)
    write('golden/weights_loose.safetensors', loose)
    seeds = 'fuzz/seeds/safetensors/'
    write(seeds + 'mlp', pack(mlp('F32')))
    write(seeds + 'loose', loose)
    write(seeds + 'empty', pack([]))
    write(seeds + 'scalar', pack([('a', 'F64', [], [1.5]), ('b', 'I64', [0, 2], [])]))
    write(seeds + 'cut', pack(mlp('F64'))[:-5])
