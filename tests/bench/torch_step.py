#!/usr/bin/env python3
"""The training step in PyTorch (peer.py says how it is asked; torch_nets.py what the ways are)."""
import peer
import torch
from torch import nn
from torch_nets import WAYS, discriminator, generator, layout, prepared

args = peer.arguments(*WAYS)
torch.set_num_threads(args.threads)
torch.manual_seed(0)
net, fmt = peer.NETS[args.net], layout(args.way)
G, D = generator(net, peer.NOISE), discriminator(net)
g, d = prepared(G, args.way), prepared(D, args.way)
options = dict(lr=peer.RATE, betas=peer.BETAS, **({} if args.way == "tutorial" else {"fused": True}))
adam_G, adam_D = torch.optim.Adam(G.parameters(), **options), torch.optim.Adam(D.parameters(), **options)
bce = nn.BCELoss()
data = torch.from_numpy(peer.images(args.images)).permute(0, 3, 1, 2)
if args.way == "tutorial":
    data = data.contiguous()
order = torch.randperm(len(data))
one, zero = torch.ones(args.batch, 1, 1, 1), torch.zeros(args.batch, 1, 1, 1)


def cast():
    return torch.autocast("cpu", torch.bfloat16, enabled=args.way == "bf16")


def noise():
    return torch.randn(args.batch, peer.NOISE, 1, 1)


def step(k):
    at = k * args.batch % (len(data) - args.batch + 1)
    real = data[order[at:at + args.batch]].to(memory_format=fmt).float() / 127.5 - 1
    adam_D.zero_grad()
    with cast():
        on_real, on_fake = d(real), d(g(noise()).detach())
    loss_D = bce(on_real.float(), one) + bce(on_fake.float(), zero)
    loss_D.backward()
    adam_D.step()
    adam_G.zero_grad()
    with cast():
        on_fake = d(g(noise()))
    loss_G = bce(on_fake.float(), one)
    loss_G.backward()
    adam_G.step()
    return loss_D.item(), loss_G.item()


peer.serve("PyTorch " + torch.__version__, args.batch, args.seconds, step)
