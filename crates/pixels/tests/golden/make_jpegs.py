#!/usr/bin/env python3
"""Makes files of tests/samples/jpeg/ and golden/jpeg.tsv, the values that Pillow (libjpeg-turbo) decodes them to.

    make_jpegs.py tests/samples/jpeg tests/golden

Made with Pillow 13.0.0. The files flat_*, ramp_* (sequential files of several scans) and n3_* to n24_* (small,
subsampled) are left as they are: they were written by libjpeg-turbo's cjpeg 2.1.5 with -scans and -sample.

jpeg.tsv: file, height, width, channels, SHA-256 of the values, row-major, the channels of a pixel beside each other.
"""

import hashlib
import io
import pathlib
import sys

import numpy as np
from PIL import Image

folder, golden = map(pathlib.Path, sys.argv[1:])
stream = np.random.RandomState(3)


def picture(height, width):
    y, x = np.mgrid[:height, :width]
    noise = stream.randint(0, 60, (height, width, 3))
    return np.clip(np.stack([3 * y + x, 255 - 4 * x, 128 + 90 * np.sin(x * y / 40)], axis=2) + noise, 0, 255).astype(np.uint8)


for height, width in ((1, 1), (7, 5), (33, 17), (61, 47)):
    colour = Image.fromarray(picture(height, width))
    for name, options in {
        "444": dict(subsampling=0), "422": dict(subsampling=1), "420": dict(subsampling=2),
        "444-progressive": dict(subsampling=0, progressive=True),
        "422-progressive": dict(subsampling=1, progressive=True),
        "420-progressive": dict(subsampling=2, progressive=True),
        "420-restart": dict(subsampling=2, restart_marker_blocks=1),
        "444-rgb": dict(subsampling=0, keep_rgb=True),
    }.items():
        colour.save(folder / f"{name}_{height}x{width}.jpg", quality=85, **options)
    for name, options in {
        "grey": dict(quality=90), "grey-progressive": dict(quality=90, progressive=True),
        "grey-restart": dict(quality=90, restart_marker_blocks=3), "grey-coarse": dict(quality=5),
        "grey-fine": dict(quality=100, optimize=True),
    }.items():
        colour.convert("L").save(folder / f"{name}_{height}x{width}.jpg", **options)
# One component, but with sampling factors of 2 x 2, which mean nothing there.
data = io.BytesIO()
Image.fromarray(picture(33, 17)).convert("L").save(data, "jpeg", quality=90)
data = bytearray(data.getvalue())
data[data.index(b"\xff\xc0") + 11] = 0x22
(folder / "grey-sampled_33x17.jpg").write_bytes(data)
rows = []
for path in sorted(folder.glob("*.jpg")):
    image = Image.open(path)
    array = np.array(image)
    assert image.mode in ("L", "RGB"), (path, image.mode)
    rows.append([path.name, *array.shape[:2], 1 if array.ndim == 2 else 3, hashlib.sha256(array.tobytes()).hexdigest()])
(golden / "jpeg.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
