#!/usr/bin/env python3
"""The training step in PyTorch (peer.py says how it is asked; torch_nets.py what the ways are)."""
import peer
import torch
from torch import nn
from torch_nets import WAYS, discriminator, generator, layout, prepare_device, prepared

args = peer.arguments(*WAYS)
prepare_device(args)
net, fmt = peer.NETS[args.net], layout(args.way)
G, D = generator(net, peer.NOISE).to(args.device), discriminator(net).to(args.device)
g, d = prepared(G, args.way), prepared(D, args.way)
options = dict(lr=peer.RATE, betas=peer.BETAS, **({} if args.way == "tutorial" else {"fused": True}))
if args.way == "graphed":
    options["capturable"] = True
adam_G, adam_D = torch.optim.Adam(G.parameters(), **options), torch.optim.Adam(D.parameters(), **options)
bce = nn.BCELoss()
data = torch.from_numpy(peer.images(args.images)).permute(0, 3, 1, 2).to(args.device)
if args.way == "tutorial":
    data = data.contiguous()
order = torch.randperm(len(data), device=args.device)
one, zero = (f(args.batch, 1, 1, 1, device=args.device) for f in (torch.ones, torch.zeros))


def cast():
    return torch.autocast(args.device, torch.bfloat16, enabled=args.way == "bf16" or args.precision == "bf16")


def noise():
    return torch.randn(args.batch, peer.NOISE, 1, 1, device=args.device)


def batch(k):
    at = k * args.batch % (len(data) - args.batch + 1)
    return data[order[at:at + args.batch]].to(memory_format=fmt).float() / 127.5 - 1


def update(real):
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
    return loss_D.detach(), loss_G.detach()


def graphed():
    """update() captured as one CUDA graph, which reads its images from where each batch is copied to. PyTorch wants a few steps on
    another stream before."""
    real, side = batch(0), torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            update(real)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = update(real)

    def replay(images):
        real.copy_(images)
        graph.replay()
        return losses

    return replay


run = graphed() if args.way == "graphed" else update
peer.serve("PyTorch " + torch.__version__, args.batch, args.seconds, lambda k: [loss.item() for loss in run(batch(k))])
