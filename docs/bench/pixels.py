#!/usr/bin/env python3
"""Median milliseconds to decode and prepare a picture here and by Pillow and scikit-image, in turns, on one thread.

usage: pixels.py BENCH_BINARY [--rounds 5] [--repeats 20]

BENCH_BINARY is `target/release/examples/bench` of herring-pixels. Two generated radiograph-like pictures of
1024 x 1024 pixels are used, a PNG and a JPEG of 8 bits. A ratio is the median over rounds of the round's ratio.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np
import skimage.transform
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("bench")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--repeats", type=int, default=20)
settings = parser.parse_args()


def median(work):
    times = []
    for _ in range(settings.repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def theirs(path):
    array = np.array(Image.open(path))
    scaled = lambda: (2 * (array.astype(np.float32) / 255) - 1.0) * 1024
    return {
        "decode": median(lambda: np.array(Image.open(path))),
        "skimage": median(lambda: skimage.transform.resize(
            scaled()[None], (1, 224, 224), mode="constant", preserve_range=True).astype(np.float32)),
        "pillow": median(lambda: np.array(Image.fromarray(scaled()).resize((224, 224), Image.Resampling.BILINEAR))),
    }


with tempfile.TemporaryDirectory() as folder:
    stream = np.random.RandomState(0)
    y, x = np.mgrid[-1:1:1024j, -1:1:1024j]
    picture = 200 * np.exp(-2 * (x**2 + y**2)) + 30 * np.sin(20 * y) + stream.normal(0, 4, (1024, 1024))
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    paths = [pathlib.Path(folder) / name for name in ("grey.png", "grey.jpg")]
    image.save(paths[0])
    image.save(paths[1], quality=90)
    found = {}
    for _ in range(settings.rounds):
        output = subprocess.run([settings.bench, str(settings.repeats), *paths], text=True, check=True, capture_output=True)
        ours = {tuple(line.split("\t")[:2]): float(line.split("\t")[2]) for line in output.stdout.splitlines()}
        for path in paths:
            for work, milliseconds in theirs(path).items():
                found.setdefault((path.name, work), []).append((ours[str(path), work], milliseconds))
for (name, work), pairs in found.items():
    here, there = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{name:9s} {work:8s} ours {here:7.2f} ms, Python {there:7.2f} ms, ratio {ratio:.2f}")
