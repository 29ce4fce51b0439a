#!/usr/bin/env python3
"""Checkpoints between Burin and PyTorch, by the keys as they are: the generator of models/dcgan_mnist.lua.

    python tests/model/torch_checkpoint.py store              writes dcgan_images.txt beside this file
    python tests/model/torch_checkpoint.py save FILE          a state_dict of the generator, as tests/unit/torch.c makes it by formula
    python tests/model/torch_checkpoint.py compare FILE NPY SEED    loads FILE by load_state_dict, strictly, draws what Burin drew into NPY
                                                              from SEED, and prints the largest difference
PyTorch >= 2 and numpy; the safetensors package is not needed: its format is a header in JSON and bytes.
"""
import json
import pathlib
import struct
import sys
import numpy as np
import torch
from torch import nn
from torch_reference import philox, to_uniform

SEED, COUNT, STREAM = 7, 2, 2           # the samples' noise is the third random node of the program, after those of the two steps
NAMES = {"F32": np.float32, "U8": np.uint8, "I64": np.int64}


def generator():
    """As tutorials write it; in a module of its own, so that its keys begin with its name."""
    up = lambda i, o, k, s, p: nn.ConvTranspose2d(i, o, k, s, p, bias=False)
    norm = lambda c: [nn.BatchNorm2d(c), nn.LeakyReLU(0.2)]
    net = nn.Module()
    net.generator = nn.Sequential(up(100, 128, 4, 1, 0), *norm(128), up(128, 64, 3, 2, 1), *norm(64), up(64, 32, 4, 2, 1), *norm(32), up(32, 1, 4, 2, 1), nn.Tanh())
    return net.float().eval()


def load(path):
    raw = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    out = {}
    for name, t in json.loads(raw[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = t["data_offsets"]
        out[name] = torch.from_numpy(np.frombuffer(raw[8 + size + begin : 8 + size + end], NAMES[t["dtype"]]).reshape(t["shape"]).copy())
    return out


def save(state, path):
    header, parts, at = {}, [], 0
    for name, t in state.items():
        x = np.ascontiguousarray(t.numpy())
        header[name] = {"dtype": next(k for k, v in NAMES.items() if v == x.dtype), "shape": list(t.shape), "data_offsets": [at, at + x.nbytes]}
        parts.append(x.tobytes())
        at += x.nbytes
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def by_formula(net):
    """Element i of tensor k of the state_dict: a hash as a number from -0.5 to 0.5, times a scale, plus a mean."""
    for k, (name, t) in enumerate(net.state_dict().items()):
        if name.endswith("num_batches_tracked"):
            continue
        h = (np.arange(t.numel(), dtype=np.uint64) * np.uint64(2654435761) + np.uint64(k * 40503 + 12345)) & np.uint64(0xFFFFFFFF)
        h = (h ^ h >> np.uint64(15)) * np.uint64(0x2C1B3C6D) & np.uint64(0xFFFFFFFF)
        u = ((h ^ h >> np.uint64(12)) >> np.uint64(8)).astype(np.float64) / (1 << 24) - 0.5
        end = name.rsplit(".", 1)[1]
        mean = 1 if end == "running_var" or (end == "weight" and t.dim() == 1) else 0
        scale = {"running_var": 1, "running_mean": 0.5, "bias": 0.5}.get(end, 0.5 if t.dim() == 1 else 0.25)
        t.copy_(torch.from_numpy((mean + scale * u).astype(np.float32)).reshape(t.shape))
    return net


def images(net, seed, count):
    z = draw_noise(seed, count)
    with torch.no_grad():
        return net.generator(z).permute(0, 2, 3, 1).numpy()


def draw_noise(seed, count):
    w = philox(STREAM, 0, np.arange(count * 100), seed)
    z = np.sqrt(-2 * np.log(to_uniform(w[0]))) * np.cos(2 * np.pi * to_uniform(w[1]))
    return torch.from_numpy(z.reshape(count, 100, 1, 1)).float()


def main(what, *rest):
    if what == "store":
        x = images(by_formula(generator()), SEED, COUNT)
        lines = [" ".join(f"{v:.5f}" for v in row) for row in x.reshape(COUNT * 28, 28)]
        (pathlib.Path(__file__).parent / "dcgan_images.txt").write_text("\n".join(lines) + "\n")
    elif what == "save":
        save(by_formula(generator()).state_dict(), rest[0])
    elif what == "compare":
        file, npy, seed = rest
        net, theirs = generator(), np.load(npy)
        net.load_state_dict({k: v for k, v in load(file).items() if k in net.state_dict()}, strict=True)
        print(f"{np.abs(images(net, int(seed), len(theirs)) - theirs).max():.2e} of {np.abs(theirs).max():.2f}")


main(*sys.argv[1:])
