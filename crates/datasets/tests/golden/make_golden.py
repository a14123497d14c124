"""Makes the reference values of this folder. Tests read the results; nothing in the build runs this.

    python3 make_golden.py crosses.npz

where crosses.npz holds the arrays published with the ICLR 2021 paper's code (folder data/synth_hard),
as group1_images, group1_masks, ... of shape [512, 28, 28]. Without the argument only numpy.json and
dilation.json are made. Made with numpy 2.4.6 and scipy 1.17.1; RandomState's stream is frozen.

crosses.bin: for each of group 1 images, group 1 masks, group 2 images, ... (six arrays, flattened):
the number of ones as a little-endian u32, then for each one the number of zeros since the one before
it (or since the start), as a LEB128 variable-length integer.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

HERE = Path(__file__).parent


def leb128(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def crosses(path):
    data = np.load(path)
    out = bytearray()
    for group in (1, 2, 3):
        for kind in ("images", "masks"):
            ones = np.flatnonzero(data[f"group{group}_{kind}"].reshape(-1))
            out += struct.pack("<I", len(ones))
            last = -1
            for place in ones.tolist():
                out += leb128(place - last - 1)
                last = place
    (HERE / "crosses.bin").write_bytes(bytes(out))


def ints(values):
    return [int(v) for v in values]


def streams():
    cases = []
    for seed in (0, 1, 2, 3, 451, 1234, 9856, 2**31, 2**32 - 1):
        R = lambda: np.random.RandomState(seed)
        words = R().randint(0, 2**32, size=1300, dtype=np.uint32)
        cases.append(
            {
                "seed": seed,
                "words_start": ints(words[:10]),
                # Past two refills of the 624 words of state.
                "words_end": ints(words[-10:]),
                "intervals": [
                    {"max": m, "values": ints(R().randint(0, m + 1, size=20))}
                    for m in (1, 2, 3, 6, 25, 255, 1000, 2**20, 2**32 - 2)
                ],
                "randint": ints(R().randint(1, 3, size=40)),
                "shuffle_17": ints(shuffled(R(), 17)),
                "permutation_256": ints(R().permutation(256)),
                "permutation_700": ints(R().permutation(700)),
                "choice_5_of_26": ints(R().choice(26, 5, replace=False)),
            }
        )
    return cases


def shuffled(random, n):
    values = np.arange(n)
    random.shuffle(values)
    return values


def selections():
    cases = []
    for seed in (451, 1111, 1234, 9856):
        for count in (500, 128):
            random = np.random.RandomState(seed)
            zeros = random.choice(256, count // 2, replace=False)
            ones = 256 + random.choice(np.arange(256), count // 2, replace=False)
            cases.append({"seed": seed, "count": count, "positions": ints(ones) + ints(zeros)})
    return cases


def rows(mask):
    return ["".join("#" if v else "." for v in row) for row in mask]


def dilations():
    random = np.random.RandomState(5)
    height, width = 20, 23
    masks = {}
    corners = np.zeros((height, width))
    corners[0, 0] = corners[0, -1] = corners[-1, 0] = 1
    masks["corners"] = corners
    masks["points"] = (random.uniform(size=(height, width)) < 0.01).astype(float)
    masks["edge"] = np.zeros((height, width))
    masks["edge"][5:9, -1] = 1
    masks["full"] = np.ones((height, width))
    cases = []
    for name, mask in masks.items():
        for sigma in (0.0, 0.1, 0.12499, 0.125, 0.3, 0.374, 0.375, 0.5, 0.639513, 0.817838, 1.0, 1.37, 2.0):
            smooth = gaussian_filter(mask, sigma, mode="nearest", truncate=4.0)
            smooth = smooth / smooth.max()
            cases.append({"name": name, "sigma": sigma, "mask": rows(mask), "dilated": rows(smooth > 0)})
    return cases


if len(sys.argv) > 1:
    crosses(sys.argv[1])
(HERE / "numpy.json").write_text(json.dumps({"streams": streams(), "selections": selections()}) + "\n")
(HERE / "dilation.json").write_text(json.dumps(dilations()) + "\n")
