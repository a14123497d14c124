#!/usr/bin/env python3
"""Writes what pydicom reads of each of its bundled files, for the test `pydicom`.

    pip install --target FOLDER pydicom==3.0.2 pylibjpeg==2.1.0 pylibjpeg-libjpeg==2.5.0 \
        pylibjpeg-openjpeg==2.6.0 pyjpegls==1.5.1 numpy
    PYTHONPATH=FOLDER python3 crates/pixels/tests/golden/pydicom_expected.py OUT

OUT gets `expected.tsv` and, of each file that pydicom reads, its pixels as little-endian 32-bit integers. A
line holds the file's path, the file of its pixels, and its shape, sides separated by `x`; or the path, `-`
and pydicom's refusal. Floating-point pixels are given as refused: no integer holds them.
"""

import pathlib
import sys
import warnings

import numpy as np
import pydicom
import pydicom.data

warnings.simplefilter("ignore")
out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
root = pathlib.Path(pydicom.__file__).parent / "data"
lines = []
for path in sorted(path for path in root.rglob("*") if path.is_file()):
    if path.suffix in (".py", ".pyc", ".json", ".txt", ".md"):
        continue
    try:
        dataset = pydicom.dcmread(path, force=True)
        values = dataset.pixel_array
        if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
            values = pydicom.pixels.apply_color_lut(values, dataset)
        if values.dtype.kind == "f":
            raise ValueError("floating-point pixels")
        name = f"{len(lines)}.i32"
        (out / name).write_bytes(values.astype("<i8").astype("<i4").tobytes())
        lines.append([str(path), name, "x".join(map(str, values.shape))])
    except Exception as error:
        lines.append([str(path), "-", " ".join(f"{type(error).__name__}: {error}".split())[:150]])
(out / "expected.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
