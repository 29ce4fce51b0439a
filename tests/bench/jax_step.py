#!/usr/bin/env python3
"""The training step in JAX: one jitted function, channels last, the state donated (peer.py says how it is asked). Running
statistics of batch_norm are left out, and the data wait where they are needed: both to JAX's advantage."""
import peer
import jax
import jax.numpy as jnp
from jax import lax

args = peer.arguments("jit")
net = peer.NETS[args.net]
AXES = ("NHWC", "HWIO", "NHWC")


def weights(key, layers, channels, normed):
    made = []
    for k, (out, kernel, _, _) in enumerate(layers):
        key, one, two = jax.random.split(key, 3)
        layer = {"w": 0.02 * jax.random.normal(one, (kernel, kernel, channels, out))}
        if normed(k):
            layer |= {"scale": 1 + 0.02 * jax.random.normal(two, (out,)), "shift": jnp.zeros(out)}
        made.append(layer)
        channels = out
    return made


def normed(x, layer):
    if "scale" not in layer:
        return x
    return (x - x.mean((0, 1, 2))) * lax.rsqrt(x.var((0, 1, 2)) + 1e-5) * layer["scale"] + layer["shift"]


def leaky(x, slope):
    return jnp.where(x > 0, x, slope * x)


def G(params, x):
    for k, (layer, (_, kernel, stride, padding)) in enumerate(zip(params, net["generator"])):
        edge = kernel - 1 - padding
        x = lax.conv_general_dilated(x, layer["w"], (1, 1), [(edge, edge)] * 2, lhs_dilation=(stride, stride), dimension_numbers=AXES)
        x = leaky(normed(x, layer), net["slope"]) if k + 1 < len(params) else jnp.tanh(x)
    return x


def D(params, x):
    """logits: the losses take the sigmoid with them"""
    for k, (layer, (_, _, stride, padding)) in enumerate(zip(params, net["discriminator"])):
        x = lax.conv_general_dilated(x, layer["w"], (stride, stride), [(padding, padding)] * 2, dimension_numbers=AXES)
        x = leaky(normed(x, layer), 0.2) if k + 1 < len(params) else x
    return x


def is_one(logits):
    return jax.nn.softplus(-logits).mean()


def is_zero(logits):
    return jax.nn.softplus(logits).mean()


def adam(params, grads, moments, t):
    (b1, b2), tree = peer.BETAS, jax.tree.map
    m = tree(lambda m, g: b1 * m + (1 - b1) * g, moments[0], grads)
    v = tree(lambda v, g: b2 * v + (1 - b2) * g * g, moments[1], grads)
    new = tree(lambda p, m, v: p - peer.RATE * (m / (1 - b1 ** t)) / (jnp.sqrt(v / (1 - b2 ** t)) + 1e-8), params, m, v)
    return new, (m, v)


def step(state, data, order, key):
    g, d, moments_g, moments_d, t = state
    count = t.astype(jnp.int32)
    one, two = jax.random.split(jax.random.fold_in(key, count))
    at = count * args.batch % (len(order) - args.batch + 1)
    real = data[lax.dynamic_slice(order, (at,), (args.batch,))].astype(jnp.float32) / 127.5 - 1
    fake = G(g, jax.random.normal(one, (args.batch, 1, 1, peer.NOISE)))
    loss_D, grads = jax.value_and_grad(lambda p: is_one(D(p, real)) + is_zero(D(p, fake)))(d)
    d, moments_d = adam(d, grads, moments_d, t + 1)
    z = jax.random.normal(two, (args.batch, 1, 1, peer.NOISE))
    loss_G, grads = jax.value_and_grad(lambda p: is_one(D(d, G(p, z))))(g)
    g, moments_g = adam(g, grads, moments_g, t + 1)
    return (g, d, moments_g, moments_d, t + 1), loss_D, loss_G


jitted = jax.jit(step, donate_argnums=0)
data = jnp.asarray(peer.images(args.images))
keys = jax.random.split(jax.random.key(0), 4)
order = jax.random.permutation(keys[2], len(data))
g = weights(keys[0], net["generator"], peer.NOISE, lambda k: k + 1 < len(net["generator"]))
d = weights(keys[1], net["discriminator"], data.shape[3], lambda k: 0 < k < len(net["discriminator"]) - 1)
zeros = [jax.tree.map(jnp.zeros_like, p) for p in (g, g, d, d)]
state = (g, d, tuple(zeros[:2]), tuple(zeros[2:]), jnp.float32(0))


def one_step(k):
    global state
    state, loss_D, loss_G = jitted(state, data, order, keys[3])
    return float(loss_D), float(loss_G)


peer.serve("JAX " + jax.__version__, args.batch, args.seconds, one_step)
