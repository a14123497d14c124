"""Writes pillow.tsv: what Pillow's bilinear resizing makes of planes in the modes I and F.

python3 -m pip install numpy pillow; python3 make_pillow.py > pillow.tsv
Columns: mode, height, width, size, then the values; those of F as the bits of float32.
"""

import numpy
from PIL import Image


def plane(height, width, seed):
    state, values = seed, []
    for _ in range(height * width):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 20) - 1024)
    return numpy.array(values).reshape(height, width)


for seed, (height, width, size) in enumerate([(1, 1, 3), (5, 9, 4), (16, 16, 16), (7, 12, 12), (12, 7, 12), (31, 64, 10), (64, 48, 11), (6, 5, 14)]):
    whole = plane(height, width, seed)
    resized = Image.fromarray(whole.astype("int32"), mode="I").resize((size, size), Image.Resampling.BILINEAR)
    print("I", height, width, size, *numpy.asarray(resized).ravel(), sep="\t")
    single = (whole / 7).astype("float32")
    resized = Image.fromarray(single).resize((size, size), Image.Resampling.BILINEAR)
    assert resized.mode == "F"
    print("F", height, width, size, *numpy.asarray(resized).view("uint32").ravel(), sep="\t")
