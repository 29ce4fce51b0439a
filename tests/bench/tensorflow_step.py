#!/usr/bin/env python3
"""The training step in TensorFlow: one function, as a graph or through XLA, channels last (peer.py says how it is asked). Running
statistics of batch_norm are left out, and the data wait where they are needed: both to TensorFlow's advantage."""
import os

import peer

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import tensorflow as tf

args = peer.arguments("graph", "xla")
tf.config.threading.set_intra_op_parallelism_threads(args.threads)
tf.random.set_seed(0)
net = peer.NETS[args.net]


def layers(table, channels, transposed, has_norm):
    made = []
    for k, (out, kernel, stride, padding) in enumerate(table):
        shape = (kernel, kernel, out, channels) if transposed else (kernel, kernel, channels, out)
        layer = {"w": tf.Variable(tf.random.normal(shape, 0, 0.02)), "stride": stride, "kernel": kernel,
                 "out": out,
                 "padding": padding, "pads": [[0, 0], [padding, padding], [padding, padding], [0, 0]]}
        if has_norm(k):
            layer |= {"scale": tf.Variable(tf.random.normal((out,), 1, 0.02)), "shift": tf.Variable(tf.zeros((out,)))}
        made.append(layer)
        channels = out
    return made


def normed(x, layer):
    if "scale" not in layer:
        return x
    mean, variance = tf.nn.moments(x, (0, 1, 2))
    return tf.nn.batch_normalization(x, mean, variance, layer["shift"], layer["scale"], 1e-5)


def G(x):
    for k, layer in enumerate(g):
        side = (x.shape[1] - 1) * layer["stride"] - 2 * layer["padding"] + layer["kernel"]
        x = tf.nn.conv2d_transpose(x, layer["w"], (args.batch, side, side, layer["out"]), layer["stride"], layer["pads"])
        x = tf.nn.leaky_relu(normed(x, layer), net["slope"]) if k + 1 < len(g) else tf.tanh(x)
    return x


def D(x):
    """logits: the losses take the sigmoid with them"""
    for k, layer in enumerate(d):
        x = tf.nn.conv2d(x, layer["w"], layer["stride"], layer["pads"])
        x = tf.nn.leaky_relu(normed(x, layer), 0.2) if k + 1 < len(d) else x
    return x


def bce(logits, label):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(logits.shape, label), logits))


def variables(made):
    return [layer[name] for layer in made for name in ("w", "scale", "shift") if name in layer]


data = tf.constant(peer.images(args.images))
order = tf.random.shuffle(tf.range(len(data)))
g = layers(net["generator"], peer.NOISE, True, lambda k: k + 1 < len(net["generator"]))
d = layers(net["discriminator"], data.shape[3], False, lambda k: 0 < k < len(net["discriminator"]) - 1)
adam = [tf.keras.optimizers.Adam(peer.RATE, *peer.BETAS, epsilon=1e-8) for _ in range(2)]
adam[0].build(variables(g))
adam[1].build(variables(d))


@tf.function(jit_compile=args.way == "xla")
def step(at):
    chosen = tf.slice(order, [at], [args.batch])
    real = tf.cast(tf.gather(data, chosen), tf.float32) / 127.5 - 1
    fake = G(tf.random.normal((args.batch, 1, 1, peer.NOISE)))
    with tf.GradientTape() as tape:
        loss_D = bce(D(real), 1.0) + bce(D(fake), 0.0)
    adam[1].apply_gradients(zip(tape.gradient(loss_D, variables(d)), variables(d)))
    with tf.GradientTape() as tape:
        loss_G = bce(D(G(tf.random.normal((args.batch, 1, 1, peer.NOISE)))), 1.0)
    adam[0].apply_gradients(zip(tape.gradient(loss_G, variables(g)), variables(g)))
    return loss_D, loss_G


def one_step(k):
    return [float(x) for x in step(tf.constant(k * args.batch % (len(data) - args.batch + 1)))]


peer.serve("TensorFlow " + tf.__version__, args.batch, args.seconds, one_step)
