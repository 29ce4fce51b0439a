#!/usr/bin/env python3
"""The training step in tinygrad: one jitted function (peer.py says how it is asked)."""
import os

import peer

os.environ |= {"DEV": "CPU", "PARALLEL": "0"}            # processes that compile would run this script again
import importlib.metadata

from tinygrad import Context, Tensor, TinyJit, nn

args = peer.arguments("jit")
net = peer.NETS[args.net]
Tensor.manual_seed(0)
Context(TRAINING=1).__enter__()


class Net:
    def __init__(self, table, channels, layer, has_norm, slope, last):
        self.layers, self.norms, self.slope, self.last = [], [], slope, last
        for k, (out, kernel, stride, padding) in enumerate(table):
            self.layers.append(layer(channels, out, kernel, stride=stride, padding=padding, bias=False))
            self.layers[-1].weight = Tensor.normal(*self.layers[-1].weight.shape, mean=0.0, std=0.02)
            self.norms.append(nn.BatchNorm(out) if has_norm(k) else None)
            channels = out

    def __call__(self, x):
        for layer, norm in zip(self.layers, self.norms):
            x = layer(x)
            x = norm(x) if norm else x
            x = self.last(x) if layer is self.layers[-1] else x.leaky_relu(self.slope)
        return x


def bce(p, label):
    return p.binary_crossentropy(Tensor.full(p.shape, label))


data = peer.images(args.images).transpose(0, 3, 1, 2)
G = Net(net["generator"], peer.NOISE, nn.ConvTranspose2d, lambda k: k + 1 < len(net["generator"]), net["slope"], Tensor.tanh)
D = Net(net["discriminator"], data.shape[1], nn.Conv2d, lambda k: 0 < k < len(net["discriminator"]) - 1, 0.2, Tensor.sigmoid)
adam_G, adam_D = [nn.optim.Adam(nn.state.get_parameters(n), peer.RATE, *peer.BETAS) for n in (G, D)]


@TinyJit
def step(real):
    adam_D.zero_grad()
    fake = G(Tensor.randn(args.batch, peer.NOISE, 1, 1)).detach()
    loss_D = bce(D(real), 1.0) + bce(D(fake), 0.0)
    loss_D.backward()
    adam_D.step()
    adam_G.zero_grad()
    loss_G = bce(D(G(Tensor.randn(args.batch, peer.NOISE, 1, 1))), 1.0)
    loss_G.backward()
    adam_G.step()
    return loss_D.realize(), loss_G.realize()


def one_step(k):
    at = k * args.batch % (len(data) - args.batch + 1)
    real = Tensor(data[at:at + args.batch].astype("float32") / 127.5 - 1)
    return [x.item() for x in step(real.realize())]


peer.serve("tinygrad " + importlib.metadata.version("tinygrad"), args.batch, args.seconds, one_step)
