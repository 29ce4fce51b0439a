"""peer.py: what the benchmark's peers share: the nets that models/ has, the images, and how the benchmark talks to them.

A peer takes its first step and prints a line of JSON: its name, the seconds from its start, the MB resident. Then, for each line
that it reads, it takes steps for --seconds and prints another, with images per second. So all peers start once and wait, and
are timed in turn. It ends at the end of its input, or at the line "stop".
"""
import time

start = time.perf_counter()
import argparse
import gzip
import json
import resource
import sys

import numpy as np

# A layer: channels out, kernel, stride, padding. Between layers batch_norm, but neither before the first nor after the last of D.
NETS = {
    "dcgan_mnist": {"generator": [(128, 4, 1, 0), (64, 3, 2, 1), (32, 4, 2, 1), (1, 4, 2, 1)],
                    "discriminator": [(32, 4, 2, 1), (64, 4, 2, 1), (128, 3, 2, 1), (1, 4, 1, 0)], "slope": 0.2},
    "dcgan64": {"generator": [(512, 4, 1, 0), (256, 4, 2, 1), (128, 4, 2, 1), (64, 4, 2, 1), (3, 4, 2, 1)],
                "discriminator": [(64, 4, 2, 1), (128, 4, 2, 1), (256, 4, 2, 1), (512, 4, 2, 1), (1, 4, 1, 0)], "slope": 0.0},
}
NOISE, RATE, BETAS = 100, 2e-4, (0.5, 0.999)


def arguments(*ways):
    p = argparse.ArgumentParser()
    p.add_argument("way", choices=ways)
    p.add_argument("--net", choices=NETS, default="dcgan_mnist")
    p.add_argument("--images", help="IDX file of bytes, plain or gzip: (N,H,W) or (N,H,W,C)")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    p.add_argument("--precision", choices=("fp32", "tf32", "bf16"), default="fp32")
    return p.parse_args()


def images(path):
    """(N, H, W, C) bytes"""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        raw = bytearray(f.read())
    rank = raw[3]
    shape = np.frombuffer(raw, ">i4", rank, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(*shape, *([1] if rank == 3 else []))


def say(**what):
    what["maxrss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(what), flush=True)


def serve(name, batch, seconds, step):
    """step(k) does the k-th step to its end."""
    done = 0

    def run(enough):
        nonlocal done
        before, begin = done, time.perf_counter()
        while done == before or not enough(done - before, time.perf_counter() - begin):
            step(done)
            done += 1
        return (done - before) * batch / (time.perf_counter() - begin)

    run(lambda steps, spent: True)
    say(peer=name, first_s=round(time.perf_counter() - start, 3))
    for line in sys.stdin:
        if line.strip() == "stop":
            break
        if done == 1:
            run(lambda steps, spent: steps >= 12 or spent > 5)
        say(images_per_s=round(run(lambda steps, spent: spent >= seconds), 1))
