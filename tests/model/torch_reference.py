#!/usr/bin/env python3
"""Ten training steps of Burin's models in PyTorch, exact to rounding: the numbers in NAME.txt beside this file.

    python tests/model/torch_reference.py                     writes NAME.txt and NAME_smooth.txt (PyTorch >= 2, numpy)
    python tests/model/torch_reference.py --data FOLDER       writes the data set of synthetic.h there, as IDX files
    python tests/model/torch_reference.py --float             says how far PyTorch itself is from these numbers in single precision

Nothing is shared with Burin but formulas: layers, losses, optimisers and gradients are PyTorch's own, in double precision.
Weights, noise and the order of the images come from Philox, as runtime/philox.h says:
  variable v (counted over all variables of the program in the order in which they are made) starts from stream 0x40000000 + v,
  step 0, one counter for each element in Burin's memory order; random node r (counted over the whole program, in order) draws
  from stream r at each step; epoch e's order of images comes from stream 0x60000000, step e.
A batch of images is a variable too: so the first parameter of a model has number 1.

NAME_smooth is the same model with silu for relu and leaky_relu and avg_pool for max_pool. In float a value near zero falls on the
other side of a kink now and then; Adam makes a visible step of it, in PyTorch as anywhere. Without kinks ten steps agree to 1e-6.
"""
import math
import pathlib
import sys
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

SEED, BATCH, STEPS = 7, 16, 10
COUNT, SIZE = 72, 28
INIT, SHUFFLE = 0x40000000, 0x60000000
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

# ---- Philox4x32-10 (Salmon et al. 2011), over arrays of counters ----


def philox(stream, step, index, seed=SEED):
    low = np.uint64(0xFFFFFFFF)
    index = np.asarray(index, dtype=np.uint64)
    c = [index, np.full_like(index, stream), np.full_like(index, step & 0xFFFFFFFF), np.full_like(index, step >> 32)]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [b >> np.uint64(32) ^ c[1] ^ np.uint64(k0), b & low, a >> np.uint64(32) ^ c[3] ^ np.uint64(k1), a & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def to_uniform(word):
    return ((word >> np.uint64(9)).astype(np.float64) + 0.5) / 8388608


def draw(kind, stream, step, shape):
    w = philox(stream, step, np.arange(math.prod(shape)))
    u = to_uniform(w[0])
    if kind == "normal":
        u = np.sqrt(-2 * np.log(u)) * np.cos(2 * math.pi * to_uniform(w[1]))
    return torch.from_numpy(u.reshape(shape)).to(torch.get_default_dtype())


# ---- the data: synthetic.h's formula ----


def mix(i, y, x):
    m = np.uint64(0xFFFFFFFF)
    h = np.uint64(i) * np.uint64(0x9E3779B1) & m ^ y * np.uint64(0x85EBCA77) & m ^ x * np.uint64(0xC2B2AE3D) & m
    h = (h ^ h >> np.uint64(15)) * np.uint64(0x2C1B3C6D) & m
    return h ^ h >> np.uint64(12)


def images_and_labels():
    y, x = np.meshgrid(np.arange(SIZE, dtype=np.uint64), np.arange(SIZE, dtype=np.uint64), indexing="ij")
    images = np.zeros((COUNT, SIZE, SIZE), np.uint8)
    for i in range(COUNT):
        place = int(mix(i, np.uint64(1000), np.uint64(1000)))
        cy, cx, r = 9 + place % 11, 9 + (place >> 8) % 11, 4 + i % 10 // 2
        d = (y.astype(int) - cy) ** 2 + (x.astype(int) - cx) ** 2
        images[i] = np.where(d < r * r, 240 - 160 * d // (r * r), 0) + (mix(i, y, x) & np.uint64(15)).astype(int)
    return images, (np.arange(COUNT) % 10).astype(np.uint8)


def write_idx(folder):
    images, labels = images_and_labels()
    folder.mkdir(parents=True, exist_ok=True)
    head = lambda *sizes: bytes([0, 0, 8, len(sizes)]) + b"".join(n.to_bytes(4, "big") for n in sizes)
    (folder / "train-images-idx3-ubyte").write_bytes(head(COUNT, SIZE, SIZE) + images.tobytes())
    (folder / "train-labels-idx1-ubyte").write_bytes(head(COUNT) + labels.tobytes())


class Data:
    """batch(step): images (N,1,28,28) in `lo`..`hi` and labels (N)"""

    def __init__(self, batch, lo, hi):
        images, self.labels = images_and_labels()
        self.images = torch.from_numpy(images[:, None]).to(torch.get_default_dtype()) * ((hi - lo) / 255) + lo
        self.size = batch

    def batch(self, step):
        epoch, k = divmod(step, COUNT // self.size)
        order = np.arange(COUNT)
        u = to_uniform(philox(SHUFFLE, epoch, np.arange(COUNT))[0])
        for i in range(COUNT - 1, 0, -1):
            j = int(u[i] * (i + 1))
            order[i], order[j] = order[j], order[i]
        rows = order[k * self.size : (k + 1) * self.size]
        return self.images[rows], torch.from_numpy(self.labels[rows].astype(np.int64))


# ---- variables: PyTorch's modules, filled as Burin fills its own ----


class Variables:
    def __init__(self):
        self.made, self.named = 0, {}

    def skip(self, count=1):
        """variables of Burin's that need no filling: batches, what an optimiser keeps"""
        self.made += count

    def fill(self, tensor, name, init, memory_order):
        kind, a, b = init
        shape = [tensor.shape[k] for k in memory_order]
        x = torch.full(shape, float(a))
        if kind == "normal":
            x = a + b * draw("normal", INIT + self.made, 0, shape)
        if kind == "uniform":
            x = a + (b - a) * draw("uniform", INIT + self.made, 0, shape)
        with torch.no_grad():
            tensor.copy_(x.float().permute([memory_order.index(k) for k in range(len(shape))]))
        self.made += 1
        self.named[name] = tensor

    def net(self, name, weight=None, scale=("const", 1, 0), layers=()):
        """nn.Sequential of these layers, filled in order; `weight` None: PyTorch's own bounds. A layer's `init` overrides it."""
        net = nn.Sequential(*layers)
        self.fill_net(net, name, weight, scale)
        return net

    def fill_net(self, net, name, weight, scale):
        for k, m in enumerate(net):
            base = f"{name}.{k}."
            if isinstance(m, nn.Sequential):
                self.fill_net(m, base[:-1], weight, scale)
            elif isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm)):
                if m.weight is not None:
                    self.fill(m.weight, base + "weight", scale, [0])
                    self.fill(m.bias, base + "bias", ("const", 0, 0), [0])
                if getattr(m, "running_mean", None) is not None:
                    self.fill(m.running_mean, base + "running_mean", ("const", 0, 0), [0])
                    self.fill(m.running_var, base + "running_var", ("const", 1, 0), [0])
            elif isinstance(m, nn.Embedding):
                self.fill(m.weight, base + "weight", ("normal", 0, 1), [0, 1])
            elif hasattr(m, "weight"):
                key = "weight_orig" if hasattr(m, "weight_orig") else "weight"
                w = getattr(m, key)
                bound = 1 / math.sqrt(w[0].numel())
                uniform = ("uniform", -bound, bound)
                self.fill(w, base + key, getattr(m, "init", None) or weight or uniform, [2, 3, 1, 0] if w.dim() == 4 else [1, 0])
                if m.bias is not None:
                    self.fill(m.bias, base + "bias", uniform, [0])
                if key == "weight_orig":
                    self.fill(m.weight_u, base + "weight_u", ("normal", 0, 1), [0])


SMOOTH = False


def leaky():
    return nn.SiLU() if SMOOTH else nn.LeakyReLU(0.2)


def relu():
    return nn.SiLU() if SMOOTH else nn.ReLU()


def pool():
    return nn.AvgPool2d(2) if SMOOTH else nn.MaxPool2d(2)


# ---- the models: each gives a function of the step that does it and returns what it reports ----


def adversaries(G, D, z_shape, lr, betas):
    """The two steps that all GANs with BCE share. Random nodes: z of D's step, z of G's."""
    adam_d, adam_g = (torch.optim.Adam(net.parameters(), lr=lr, betas=betas) for net in (D, G))
    bce = lambda p, t: F.binary_cross_entropy(p, torch.full_like(p, t))
    data = Data(BATCH, -1, 1)

    def step(s):
        real, _ = data.batch(s)
        on_real, on_fake = D(real), D(G(draw("normal", 0, s, z_shape)).detach())
        loss_d = bce(on_real, 1.0) + bce(on_fake, 0.0)
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        on_new = D(G(draw("normal", 1, s, z_shape)))
        loss_g = bce(on_new, 1.0)
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        return {"loss_D": loss_d, "D(x)": on_real.mean(), "loss_G": loss_g, "D(G(z))": on_new.mean()}

    return step


def dcgan_mnist(v):
    up = lambda i, o, k, s, p: nn.ConvTranspose2d(i, o, k, s, p, bias=False)
    down = lambda i, o, k, s, p: nn.Conv2d(i, o, k, s, p, bias=False)
    norm = lambda c: [nn.BatchNorm2d(c), leaky()]
    weight, scale = ("normal", 0, 0.02), ("normal", 1, 0.02)
    D = v.net("discriminator", weight, scale, [down(1, 32, 4, 2, 1), leaky(), down(32, 64, 4, 2, 1), *norm(64),
                                               down(64, 128, 3, 2, 1), *norm(128), down(128, 1, 4, 1, 0), nn.Sigmoid()])
    G = v.net("generator", weight, scale, [up(100, 128, 4, 1, 0), *norm(128), up(128, 64, 3, 2, 1), *norm(64), up(64, 32, 4, 2, 1),
                                           *norm(32), up(32, 1, 4, 2, 1), nn.Tanh()])
    return adversaries(G, D, (BATCH, 100, 1, 1), 2e-4, (0.5, 0.999))


def mlp_gan(v):
    D = v.net("discriminator", layers=[nn.Flatten(), nn.Linear(784, 512), leaky(), nn.Linear(512, 256), leaky(), nn.Linear(256, 1), nn.Sigmoid()])
    G = v.net("generator", layers=[nn.Linear(64, 256), leaky(), nn.Linear(256, 512), leaky(), nn.Linear(512, 784), nn.Tanh(),
                                   nn.Unflatten(1, (1, 28, 28))])
    return adversaries(G, D, (BATCH, 64), 2e-4, (0.5, 0.999))


CRITIC = 2      # steps of the critic; 5 in the model, but then a batch is larger than the data


def wgan_gp(v):
    up = lambda i, o, k, s, p, **more: nn.ConvTranspose2d(i, o, k, s, p, **more)
    norm = lambda c: [nn.BatchNorm2d(c), relu()]
    act = nn.SiLU
    G = v.net("generator", layers=[up(100, 128, 4, 1, 0, bias=False), *norm(128), up(128, 64, 3, 2, 1, bias=False), *norm(64),
                                   up(64, 32, 4, 2, 1, bias=False), *norm(32), up(32, 1, 4, 2, 1), nn.Tanh()])
    C = v.net("critic", layers=[nn.Conv2d(1, 32, 4, 2, 1), act(), nn.Conv2d(32, 64, 4, 2, 1), act(), nn.Conv2d(64, 128, 3, 2, 1), act(),
                                nn.Conv2d(128, 1, 4)])
    adam_c, adam_g = (torch.optim.Adam(net.parameters(), lr=1e-4, betas=(0.0, 0.9)) for net in (C, G))
    data, z_shape = Data(CRITIC * BATCH, -1, 1), (BATCH, 100, 1, 1)

    def step(s):
        images, _ = data.batch(s)
        for i in range(CRITIC):
            x = images[i * BATCH : (i + 1) * BATCH]
            fake = G(draw("normal", 2 * i, s, z_shape)).detach()
            distance = C(fake).mean() - C(x).mean()
            u = draw("uniform", 2 * i + 1, s, (BATCH, 1, 1, 1))
            between = (x * u + fake * (1 - u)).requires_grad_()
            slope = torch.autograd.grad(C(between).sum(), between, create_graph=True)[0]
            penalty = ((slope.flatten(1).square().sum(1) + 1e-12).sqrt() - 1).square().mean()
            loss_c = distance + 10 * penalty
            adam_c.zero_grad()
            loss_c.backward()
            adam_c.step()
        loss_g = -C(G(draw("normal", 2 * CRITIC, s, z_shape))).mean()
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()
        return {"loss_C": loss_c, "W": -distance, "penalty": penalty, "loss_G": loss_g}

    return step


def autoencoder(v):
    conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
    up = lambda: nn.Upsample(scale_factor=2)
    encoder = v.net("encoder", layers=[conv(1, 16), relu(), pool(), conv(16, 32), relu(), pool(), nn.Flatten(),
                                       nn.Linear(32 * 49, 16)])
    decoder = v.net("decoder", layers=[nn.Linear(16, 32 * 49), relu(), nn.Unflatten(1, (32, 7, 7)), up(), conv(32, 16), relu(), up(),
                                       conv(16, 1), nn.Sigmoid()])
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
    data = Data(BATCH, 0, 1)

    def step(s):
        x, _ = data.batch(s)
        loss = F.mse_loss(decoder(encoder(x)), x)
        adam.zero_grad()
        loss.backward()
        adam.step()
        return {"loss": loss}

    return step


class Dropout(nn.Module):
    """nn.Dropout with Burin's random numbers: `stream` is the random node's number"""

    def __init__(self, p, stream):
        super().__init__()
        self.p, self.stream, self.step = p, stream, 0

    def forward(self, x):
        return torch.where(draw("uniform", self.stream, self.step, x.shape) < self.p, 0.0, x / (1 - self.p))


DECAY = 1       # 0.01 in the model, where ten steps would not show it


def classifier(v):
    block = lambda i, o: [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), relu(), pool()]
    dropout = Dropout(0.25, 0)
    net = v.net("classifier", layers=[*block(1, 32), *block(32, 64), nn.Flatten(), nn.Linear(64 * 49, 128), relu(), dropout, nn.Linear(128, 10)])
    adamw = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=DECAY)
    data, total = Data(BATCH, 0, 1), 5 * (60000 // BATCH)

    def step(s):
        x, labels = data.batch(s)
        dropout.step = s
        scores = net(x)
        loss = F.cross_entropy(scores, labels)
        adamw.param_groups[0]["lr"] = min((s + 1) / 200, 1) * 1e-3 * 0.5 * (1 + math.cos(math.pi * s / total))
        adamw.zero_grad()
        loss.backward()
        adamw.step()
        return {"loss": loss, "accuracy": (scores.argmax(1) == labels).to(scores.dtype).mean()}

    return step


# ---- zoo.lua: what the models do not use ----


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class Skip(nn.Sequential):
    def forward(self, x):
        return torch.cat([x, super().forward(x)], 1)


class ChannelNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Function(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)


def with_init(m, *init):
    m.init = init
    return m


def zoo(v):
    he, xavier = math.sqrt(2 / (6 * 1.25)), math.sqrt(6 / 144)
    A = v.net("a", layers=[
        nn.AvgPool2d(2), with_init(nn.Conv2d(1, 8, (3, 2), 2, (1, 0)), "normal", 0, he), nn.GroupNorm(4, 8), nn.GELU(),
        Residual(with_init(nn.Conv2d(8, 8, 3, padding=1), "uniform", -xavier, xavier), nn.InstanceNorm2d(8, affine=True), nn.ELU()),
        Skip(nn.Conv2d(8, 4, 1), ChannelNorm(4), nn.Softplus()),
        nn.ConvTranspose2d(12, 5, 3, 2, 1, output_padding=1), Function(lambda x: x.tanh() * 2),
        Function(lambda x: x.mean((2, 3))), with_init(nn.Linear(5, 10), "uniform", -0.5, 0.5), nn.SELU()])
    a = list(A.parameters())
    v.skip(1 + 2 * len(a))                  # the labels; each parameter's momentum and average
    sn = nn.utils.spectral_norm
    B = v.net("b", layers=[sn(nn.Conv2d(1, 6, 4, 4)), nn.SiLU(), nn.Flatten(), sn(nn.Linear(294, 1))])
    v.skip(len(list(B.parameters())))
    C = v.net("c", layers=[nn.Embedding(10, 8), nn.LayerNorm(8, elementwise_affine=False), nn.Linear(8, 3),
                           nn.BatchNorm1d(3, momentum=0.3, affine=False), nn.Softmax(-1)])
    average = {key: x.detach().clone() for key, x in A.named_parameters()}
    sgd = torch.optim.SGD(a, lr=1, momentum=0.9, nesterov=True, weight_decay=0.01)
    rmsprop = torch.optim.RMSprop(B.parameters(), lr=1, weight_decay=0.01)
    adam = torch.optim.Adam(C.parameters(), lr=1e-2, weight_decay=0.1)
    data = Data(BATCH, -1, 1)

    def update(optimiser, loss, lr, clip=None):
        for group in optimiser.param_groups:
            group["lr"] = lr
        optimiser.zero_grad()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], clip)
        optimiser.step()

    def step(s):
        x, labels = data.batch(s)
        loss_a = F.cross_entropy(A(x), labels)
        update(sgd, loss_a, 0.5 - 0.4 * min(s / 8, 1), 0.5)
        for key, w in A.named_parameters():
            average[key] = 0.8 * average[key] + 0.2 * w.detach()
        averaged = (torch.func.functional_call(A, average, (x,)) * A(x)).mean()

        fake = (draw("uniform", 0, s, (BATCH, 28, 28, 1)) * 2 - 1).permute(0, 3, 1, 2)
        on_real, on_fake = B(x), B(fake)
        r1_x = x.clone().requires_grad_()
        slope = torch.autograd.grad(B(r1_x).sum(), r1_x, create_graph=True)[0]
        loss_b = F.relu(1 - 3 * on_real).mean() + F.relu(1 + 3 * on_fake).mean() + 0.5 * slope.square().sum((1, 2, 3)).mean() - on_fake.mean()
        update(rmsprop, loss_b, min((s + 1) / 3, 1) * 2e-3 * 0.5 ** (s // 4))

        p = C(labels)
        loss_c = (F.binary_cross_entropy(p, torch.full_like(p, 0.3)) + F.l1_loss(p, torch.full_like(p, 0.45)) + F.mse_loss(p, (p * p).detach())
                  + (F.softplus(p.log()) - p.log() * p).mean() + p[:, 1:].pow(1.5).mean())
        update(adam, loss_c, 1e-2)
        return {"loss_A": loss_a, "loss_B": loss_b, "averaged": averaged, "loss_C": loss_c}

    return step


# ---- the numbers ----

MODELS = {"dcgan_mnist": dcgan_mnist, "mlp_gan": mlp_gan, "wgan_gp": wgan_gp, "autoencoder": autoencoder, "classifier": classifier, "zoo": zoo}
OPTIONS = {"wgan_gp": [f"critic={CRITIC}"], "classifier": [f"decay={DECAY}"]}


def numbers(name):
    """seed and options; each step's reports; how far each parameter and running statistic is from its start after the last one"""
    v = Variables()
    v.skip()
    step = MODELS[name](v)
    lines = [f"seed {SEED}", f"set batch={BATCH}", *(f"set {option}" for option in OPTIONS.get(name, []))]
    start = {key: x.detach().clone() for key, x in v.named.items()}
    for s in range(STEPS):
        lines.append(f"step {s + 1} " + " ".join(f"{key} {x.item():.9g}" for key, x in step(s).items()))
    for key, x in v.named.items():
        lines.append(f"moved {key} {(x.detach() - start[key]).norm().item():.9g}")
    return "\n".join(lines) + "\n"


def compare_with_float(name, stored, got):
    """The tolerance that a float implementation deserves: the worst error of a report, relative to max(1, |it|), and of a move."""
    worst = {"step": (0.0, ""), "moved": (0.0, "")}
    for want, line in zip(stored.split("\n"), got.split("\n")):
        kind, *a = want.split(" ")
        first = kind == "step"
        for key, x, y in zip(a[first::2], a[first + 1 :: 2], line.split(" ")[first + 2 :: 2]):
            off = abs(float(y) - float(x)) / max(1 if first else 1e-9, abs(float(x)))
            if kind in worst and off > worst[kind][0]:
                worst[kind] = off, f"{key} {a[0]}" if first else key
    print(name, *(f"{kind} {off:.1e} ({where})" for kind, (off, where) in worst.items()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--data"]:
        write_idx(pathlib.Path(sys.argv[2]))
        sys.exit()
    for name in MODELS:
        for SMOOTH in (False, True) if name != "zoo" else (True,):
            torch.set_default_dtype(torch.float32 if "--float" in sys.argv else torch.float64)
            file = pathlib.Path(__file__).parent / f"{name}{'_smooth' if SMOOTH and name != 'zoo' else ''}.txt"
            if "--float" in sys.argv:
                compare_with_float(file.stem, file.read_text(), numbers(name))
            else:
                file.write_text(numbers(name))
