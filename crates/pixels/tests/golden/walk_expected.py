#!/usr/bin/env python3
"""Writes down what Pillow reads of every file below some folders, for examples/walk.rs.

    walk_expected.py EXPECTED.tsv FOLDER...

A line holds path, height, width, channels, bits and the SHA-256 of the values as little-endian 32-bit integers. A
file that Pillow does not read has its path and `-`. Where this crate differs from Pillow by design, the expected
values are made as the crate documents them:

- every picture is turned by `ImageOps.exif_transpose`;
- a palette becomes colour; a transparent colour (tRNS) is no channel;
- one bit becomes 0 and 255;
- a PNG or TIFF of 16-bit colour stays at 16 bits, which Pillow does not read: such files are listed with `-`;
- a grey BMP or WebP is expected as the colour picture that it decodes to here.
"""

import hashlib
import pathlib
import sys
import warnings

import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = 1 << 26
expected, *folders = sys.argv[1:]
EXTENSIONS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ico", ".ppm", ".pgm", ".apng", ".jp2", ".mpo", ".npy", ".npz"}


def values(path):
    head = path.read_bytes()[:26]
    image = Image.open(path)
    if image.format == "PNG" and head[24] == 16 and head[25] in (2, 4, 6):
        return None
    if image.format == "TIFF" and 16 in image.tag_v2.get(258, ()) and len(image.tag_v2[258]) > 1:
        return None
    image = ImageOps.exif_transpose(image)
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")
    if image.mode not in ("1", "L", "LA", "RGB", "RGBA", "I;16", "I"):
        return None
    array = np.array(image)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    bits = 16 if array.dtype.itemsize > 1 else 8
    if image.mode == "I" or array.dtype.itemsize > 1:
        bits = 16
    array = array if array.ndim == 3 else array[:, :, None]
    if array.shape[2] == 1 and head[:2] in (b"BM", b"RI"):
        array = np.repeat(array, 3, axis=2)
    return bits, array


rows = []
for folder in folders:
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.is_file() or path.suffix.lower() not in EXTENSIONS:
            continue
        try:
            found = values(path)
        except Exception:
            found = None
        if found is None:
            rows.append([path, "-"])
        else:
            bits, array = found
            rows.append([path, *array.shape, bits, hashlib.sha256(array.astype("<i4").tobytes()).hexdigest()])
pathlib.Path(expected).write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
