#!/usr/bin/env python3
"""models/dcgan_mnist.lua's training step in PyTorch, timed: the peer that `make bench` runs in turn with Burin.

    torch_dcgan.py WAY [--images FILE] [--batch 64] [--seconds 4] [--threads 2]

WAY   tutorial   contiguous (NCHW) tensors and Adam as it comes, as tutorials write it
      tuned      channels_last tensors, fused Adam; the caller sets glibc's malloc not to give memory back
      compiled   tuned, and both nets through torch.compile
      autotuned  tuned, and both nets through torch.compile(mode="max-autotune")

One JSON object is printed: images per second, seconds from the start of the process to the end of the first step, MB resident.
Without FILE (MNIST's train-images-idx3-ubyte, plain or gzip) bars of random places stand in: noise would let D win at once.
"""
import argparse
import gzip
import json
import resource
import time

start = time.perf_counter()
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("way", choices=["tutorial", "tuned", "compiled", "autotuned"])
parser.add_argument("--images")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
layout = torch.contiguous_format if args.way == "tutorial" else torch.channels_last


def images():
    if not args.images:
        x = torch.zeros(4096, 1, 28, 28, dtype=torch.uint8)
        for k in range(len(x)):
            top, left = k % 9 + 4, k % 11 + 4
            x[k, 0, top:top + 14 - k % 5, left:left + 3 + k % 7] = 255
        return x
    opener = gzip.open if args.images.endswith(".gz") else open
    with opener(args.images, "rb") as f:
        raw = bytearray(f.read()[16:])
    return torch.frombuffer(raw, dtype=torch.uint8).reshape(-1, 1, 28, 28)


def generator():
    widths, kernels, strides = [100, 128, 64, 32], [4, 3, 4], [1, 2, 2]
    layers = []
    for k in range(3):
        layers += [nn.ConvTranspose2d(widths[k], widths[k + 1], kernels[k], strides[k], min(k, 1), bias=False),
                   nn.BatchNorm2d(widths[k + 1]), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(32, 1, 4, 2, 1, bias=False), nn.Tanh())


def discriminator():
    return nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
                         nn.Conv2d(32, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.2),
                         nn.Conv2d(64, 128, 3, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2),
                         nn.Conv2d(128, 1, 4, 1, 0, bias=False), nn.Sigmoid())


def prepared(net):
    for p in net.parameters():
        nn.init.normal_(p, 1.0 if p.dim() == 1 else 0.0, 0.02)
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.zeros_(m.bias)
    return net.to(memory_format=layout)


def compiled(net):
    if args.way == "compiled":
        return torch.compile(net)
    return torch.compile(net, mode="max-autotune") if args.way == "autotuned" else net


G, D = prepared(generator()), prepared(discriminator())
options = dict(lr=2e-4, betas=(0.5, 0.999))
if args.way != "tutorial":
    options["fused"] = True
adam_G, adam_D = torch.optim.Adam(G.parameters(), **options), torch.optim.Adam(D.parameters(), **options)
g, d, bce = compiled(G), compiled(D), nn.BCELoss()
data = images()
order = torch.randperm(len(data))
one, zero = torch.ones(args.batch, 1, 1, 1), torch.zeros(args.batch, 1, 1, 1)


def noise():
    return torch.randn(args.batch, 100, 1, 1)


def step(k):
    at = k * args.batch % (len(data) - args.batch)
    real = data[order[at:at + args.batch]].to(memory_format=layout).float() / 127.5 - 1
    adam_D.zero_grad()
    loss_D = bce(d(real), one) + bce(d(g(noise()).detach()), zero)
    loss_D.backward()
    adam_D.step()
    adam_G.zero_grad()
    loss_G = bce(d(g(noise())), one)
    loss_G.backward()
    adam_G.step()
    return loss_D.item(), loss_G.item()


step(0)
first = time.perf_counter() - start
for k in range(1, 12):
    step(k)
count, begin = 0, time.perf_counter()
while time.perf_counter() - begin < args.seconds:
    step(12 + count)
    count += 1
rate = count * args.batch / (time.perf_counter() - begin)
print(json.dumps({"peer": "PyTorch " + torch.__version__, "way": args.way, "images_per_s": round(rate, 1), "first_step_s": round(first, 2),
                  "maxrss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
