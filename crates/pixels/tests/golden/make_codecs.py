"""Writes the samples of further codecs from samples that are there, so that equal values must come back.

    pip install pydicom==3.0.2 pylibjpeg==2.1.0 pylibjpeg-openjpeg==2.6.0 pyjpegls==1.5.1 numpy
    python3 crates/pixels/tests/golden/make_codecs.py
"""

import pathlib

import pydicom
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

samples = pathlib.Path(__file__).parent.parent / "samples"
for source, syntax, name in [
    ("explicit12.dcm", JPEG2000Lossless, "j2k12.dcm"),
    ("explicit12.dcm", JPEGLSLossless, "jpegls12.dcm"),
    ("colour8.dcm", JPEG2000Lossless, "j2k-colour8.dcm"),
    ("colour8.dcm", RLELossless, "rle-colour8.dcm"),
]:
    data = pydicom.dcmread(samples / source)
    data.compress(syntax, generate_instance_uid=False)
    data.save_as(samples / name, enforce_file_format=True)
