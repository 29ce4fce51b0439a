"""torch_nets.py: the nets in PyTorch, as its DCGAN tutorials have them, and the ways to run them."""
import torch
from torch import nn

WAYS = {  # what PyTorch is told to do, beyond what the caller sets for malloc
    "tutorial": "contiguous (NCHW) tensors, Adam as it comes",
    "tuned": "channels_last tensors, fused Adam",
    "compiled": "tuned, and both nets through torch.compile",
    "autotuned": 'tuned, and both nets through torch.compile(mode="max-autotune")',
    "bf16": "autotuned, under bfloat16 autocast",
    "graphed": "tuned, and the whole step captured as one CUDA graph (on a card only)",
}


def weighted(layer):
    for p in layer.parameters():
        nn.init.normal_(p, 1.0 if p.dim() == 1 else 0.0, 0.02)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.zeros_(layer.bias)
    return layer


def generator(net, noise):
    layers, channels = [], noise
    activation = nn.LeakyReLU(net["slope"]) if net["slope"] else nn.ReLU()
    for k, (out, kernel, stride, padding) in enumerate(net["generator"]):
        layers.append(nn.ConvTranspose2d(channels, out, kernel, stride, padding, bias=False))
        layers += [nn.BatchNorm2d(out), activation] if k + 1 < len(net["generator"]) else [nn.Tanh()]
        channels = out
    return nn.Sequential(*map(weighted, layers))


def discriminator(net):
    layers, channels = [], net["generator"][-1][0]
    for k, (out, kernel, stride, padding) in enumerate(net["discriminator"]):
        layers.append(nn.Conv2d(channels, out, kernel, stride, padding, bias=False))
        if k + 1 == len(net["discriminator"]):
            layers.append(nn.Sigmoid())
        else:
            layers += [nn.BatchNorm2d(out), nn.LeakyReLU(0.2)] if k else [nn.LeakyReLU(0.2)]
        channels = out
    return nn.Sequential(*map(weighted, layers))


def prepare_device(args):
    """Threads, seed, and how fp32 is multiplied on a card: exactly, or with TF32 on tensor cores."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.precision == "tf32"
    torch.backends.cudnn.benchmark = args.way != "tutorial"


def layout(way):
    return torch.contiguous_format if way == "tutorial" else torch.channels_last


def prepared(module, way):
    module = module.to(memory_format=layout(way))
    if way == "compiled":
        return torch.compile(module)
    return torch.compile(module, mode="max-autotune") if way in ("autotuned", "bf16") else module
