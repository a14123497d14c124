"""Writes slices.txt: images and masks of slices as SciPy and Pillow make them of arrays like nibabel's.

python3 -m pip install numpy scipy pillow; python3 make_slices.py > slices.txt
A line: kind, rows, columns, size, sigma, then the values as bits of float32. The slice is the fourth of a volume.
"""

import numpy
from PIL import Image
from scipy.ndimage import gaussian_filter


def volume(rows, columns, depth):
    state, values = 5, []
    for _ in range(rows * columns * depth):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 20) - 1024)
    return numpy.array(values).reshape((rows, columns, depth), order="F")


def resized(image, size):
    return numpy.asarray(image.resize((size, size), Image.Resampling.BILINEAR)).astype("float32")


def line(kind, rows, columns, size, sigma, values):
    print(kind, rows, columns, size, sigma, *values.view("uint32").ravel(), sep="\t")


for rows, columns, size in [(23, 31, 11), (31, 23, 10), (9, 8, 12)]:
    values = volume(rows, columns, 5).transpose(2, 0, 1)[3]
    line("whole", rows, columns, size, 0, resized(Image.fromarray(values.astype("int32"), mode="I"), size))
    line("single", rows, columns, size, 0, resized(Image.fromarray((values / 7).astype("float32")), size))
    for sigma in [0, 0.5, 1]:
        label = (values > 1018) * 1 + (values > 3060) * 2
        label[: rows // 2] = 0
        label[:, columns // 2 :] = 0
        mask = gaussian_filter(label / 255, sigma, mode="nearest", truncate=4.0) if sigma > 0 else label
        assert label.max() > 0
        mask = Image.fromarray((mask > 0) * 1.0)
        assert mask.mode == "F"
        line("mask", rows, columns, size, sigma, resized(mask, size))
