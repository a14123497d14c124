#!/usr/bin/env python3
"""Makes decoded.tsv, prepared.tsv and masks.tsv, the reference values of the tests.

    make_golden.py tests/samples [MORE_SAMPLES] tests/golden

Made with pydicom 3.0.2, Pillow 13.0.0, scikit-image 0.26.0, SciPy 1.17.1, NumPy 2.4.6. Scaling and cropping are
written out as torchxrayvision 1.5.7 has them (`utils.normalize`, `datasets.XRayCenterCrop`); resizing calls
scikit-image and Pillow themselves.

- decoded.tsv: file, height, width, channels, bits, smallest, largest, sum, SHA-256 of the values as little-endian
  32-bit integers, then the values at 24 x 24 places of the first channel, evenly spread from corner to corner.
- prepared.tsv: file, crop, resize, size, mean, largest difference of neighbours in a row, values at 9 x 9 places.
- masks.tsv: kind, original height and width, crop, resize, size, pixels that are exactly 1, pixels above 0, sum,
  values at 9 x 9 places.
"""

import hashlib
import pathlib
import sys
import warnings

import numpy as np
import pydicom
import skimage.draw
import skimage.io
import skimage.transform
from PIL import Image

warnings.simplefilter("ignore")
*folders, golden = map(pathlib.Path, sys.argv[1:])
UNREADABLE = {"bomb.png", "frames2.dcm", "jpeg2000.dcm", "lossless12.dcm"}


def read(path):
    """The values as torchxrayvision gets them, and bits a value."""
    if path.suffix == ".dcm":
        data = pydicom.dcmread(path)
        return data.pixel_array, data.BitsStored
    array = skimage.io.imread(path)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    return array, 16 if array.dtype.itemsize > 1 else 8


def places(array, count):
    rows, columns = (np.arange(count) * (side - 1) // (count - 1) for side in array.shape)
    return array[np.ix_(rows, columns)].ravel()


def numbers(values):
    return [format(value, ".9g") for value in values]


def crop(array, how):
    if how == "whole":
        return array
    y, x = array.shape
    side = min(y, x)
    top, left = y // 2 - side // 2, x // 2 - side // 2
    return array[top:top + side, left:left + side]


def resize(array, how, size):
    if how == "pillow":
        return np.array(Image.fromarray(array.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR))
    resized = skimage.transform.resize(array[None], (1, size, size), mode="constant", preserve_range=True)
    return resized.astype(np.float32)[0]


decoded, prepared, masks = [], [], []
paths = [path for folder in folders for path in sorted(folder.iterdir()) if path.name not in UNREADABLE]
for path in sorted({path.name: path for path in reversed(paths)}.values(), key=lambda path: path.name):
    array, bits = read(path)
    whole = array.astype("<i4")
    first = whole if whole.ndim == 2 else whole[:, :, 0]
    decoded.append([
        path.name, *first.shape, 1 if whole.ndim == 2 else whole.shape[2], bits, whole.min(), whole.max(), whole.sum(),
        hashlib.sha256(whole.tobytes()).hexdigest(), *places(first, 24),
    ])
    large = first.shape[0] > 100
    if not large and path.name not in ("grey8.png", "colour8.png", "interlaced16.png", "signed13.dcm"):
        continue
    signed = array.dtype.kind == "i"
    maximum = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    scaled = (2 * (first.astype(np.float32) / maximum) - 1.0) * 1024
    for cut in ("center", "whole"):
        for how in ("skimage", "pillow"):
            for size in (224, 128) if large else (17, 47, 61, 128):
                image = resize(crop(scaled, cut), how, size)
                steepest = np.abs(np.diff(image)).max()
                prepared.append([path.name, cut, how, size, *numbers([image.mean(dtype=np.float64), steepest]), *numbers(places(image, 9))])

for size in (17, 28, 127, 128, 224):
    disc = np.zeros((size, size))
    disc[skimage.draw.ellipse(size // 2, size // 2, size / 2.5, size / 2.5, shape=disc.shape)] = 1
    masks.append(["circle", size, size, "whole", "none", size, int(disc.sum()), int(disc.sum()), disc.sum(), *numbers(places(disc, 9))])

BOXES = [(264.7, 152.2, 213.9, 379.5), (562.0, 152.0, 256.0, 453.0), (0.0, 900.5, 100.0, 123.2)]
for height, width, boxes in (
    (1024, 1024, BOXES),
    (61, 47, [(0.0, 10.0, 20.9, 11.0), (30.5, 40.0, 16.4, 21.0)]),
    (300, 500, [(150.2, 0.0, 99.0, 300.0)]),
):
    binary = np.zeros((height, width))
    for box in boxes:
        x, y, w, h = np.asarray(box).astype(int)
        binary[y:y + h, x:x + w] = 1
    for cut in ("center", "whole"):
        for how in ("skimage", "pillow"):
            for size in (224, 128, 33):
                image = resize(crop(binary, cut), how, size)
                masks.append([
                    ";".join(",".join(map(str, box)) for box in boxes), height, width, cut, how, size,
                    int((image == 1).sum()), int((image > 0).sum()), *numbers([image.sum(dtype=np.float64)]),
                    *numbers(places(image, 9)),
                ])

for name, rows in (("decoded", decoded), ("prepared", prepared), ("masks", masks)):
    (golden / f"{name}.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
