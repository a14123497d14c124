#!/usr/bin/env python3
"""Makes the small files of tests/samples/ (the three radiographs there are real and come from torchxrayvision's tests).

    make_samples.py tests/samples

Needs numpy, Pillow and pydicom. Every file holds the same two gradients with noise, 61 rows by 47 columns.
"""

import pathlib
import struct
import sys
import zlib

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
    JPEGLosslessSV1, RLELossless, generate_uid,
)

folder = pathlib.Path(sys.argv[1])
HEIGHT, WIDTH = 61, 47
stream = np.random.RandomState(7)
ramp = np.add.outer(np.arange(HEIGHT) * 2.0, np.arange(WIDTH) * 1.5)
grey = np.clip(ramp + stream.randint(0, 40, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
grey16 = (ramp * 300 + stream.randint(0, 4000, (HEIGHT, WIDTH))).astype(np.uint16)
colour = np.stack([grey, 255 - grey, grey[::-1]], axis=2)
mask = (np.hypot(*np.ogrid[-30:31, -23:24]) < 17).astype(np.uint8)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(name, width, height, depth, kind, rows, interlace=0, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def unfiltered(array):
    return b"".join(b"\0" + np.ascontiguousarray(row).tobytes() for row in array)


Image.fromarray(grey).save(folder / "grey8.png")
Image.fromarray(colour).save(folder / "colour8.png")
Image.fromarray(np.dstack([colour, grey])).save(folder / "alpha8.png")
Image.fromarray(colour).quantize(16).save(folder / "palette.png")
Image.fromarray(mask * 255).convert("1").save(folder / "mask-1bit.png")
png("grey16.png", WIDTH, HEIGHT, 16, 0, unfiltered(grey16.astype(">u2")))
four = grey >> 4
packed = np.pad(four, ((0, 0), (0, 1)))
png("grey4.png", WIDTH, HEIGHT, 4, 0, unfiltered((packed[:, ::2] << 4 | packed[:, 1::2]).astype(np.uint8)))
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
png("interlaced16.png", WIDTH, HEIGHT, 16, 0,
    b"".join(unfiltered(grey16[r::dr, c::dc].astype(">u2")) for r, c, dr, dc in passes), interlace=1)
Image.fromarray(grey).save(folder / "grey.jpg", quality=90)
Image.fromarray(colour).save(folder / "colour-444.jpg", quality=90, subsampling=0)
Image.fromarray(colour).save(folder / "progressive-420.jpg", quality=90, progressive=True)
# An image bomb: 60,000 x 60,000 pixels are claimed.
png("bomb.png", 60_000, 60_000, 8, 0, b"\0" * 4_000)


def dicom(name, array, syntax, bits, photometric="MONOCHROME2", compress=None, **more):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[name])
    meta.TransferSyntaxUID = syntax if compress is None else ExplicitVRLittleEndian
    big = syntax == ExplicitVRBigEndian
    data = FileDataset(name, {}, file_meta=meta, preamble=b"\0" * 128, is_implicit_VR=False, is_little_endian=not big)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Rows, data.Columns = array.shape[:2]
    data.SamplesPerPixel = array.shape[2] if array.ndim == 3 else 1
    data.PhotometricInterpretation = photometric
    data.BitsAllocated, data.BitsStored, data.HighBit = array.dtype.itemsize * 8, bits, bits - 1
    data.PixelRepresentation = int(array.dtype.kind == "i")
    # A sequence within a sequence, and a private element, as real files have.
    inner = pydicom.Dataset()
    inner.CodeValue = "T-1"
    outer = pydicom.Dataset()
    outer.AnatomicRegionSequence = [inner, inner]
    data.ProcedureCodeSequence = [outer]
    data.add_new(0x00091001, "LO", "private")
    for key, value in more.items():
        setattr(data, key, value)
    swapped = array.astype(array.dtype.newbyteorder(">")) if big else array
    data.PixelData = swapped.tobytes() + b"\0" * (swapped.nbytes % 2)
    data["PixelData"].VR = "OW" if array.dtype.itemsize == 2 else "OB"
    if compress is not None:
        compress(data)
    if syntax == ImplicitVRLittleEndian:
        data = FileDataset(name, data, file_meta=meta, preamble=b"\0" * 128, is_implicit_VR=True)
    data.save_as(folder / name, enforce_file_format=True)


# JPEG lossless, first-order prediction, every category coded by itself in five bits.
def lossless(array, bits):
    values = array.astype(np.int64)
    out, count = 0, 0
    previous = None
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            prediction = 1 << (bits - 1) if r == c == 0 else values[r - 1, 0] if c == 0 else values[r, c - 1]
            difference = int(values[r, c] - prediction)
            size = abs(difference).bit_length()
            out, count = out << 5 | size, count + 5
            if size:
                out, count = out << size | (difference if difference > 0 else difference + (1 << size) - 1), count + size
    padding = -count % 8
    coded = ((out << padding) | ((1 << padding) - 1)).to_bytes((count + padding) // 8, "big").replace(b"\xff", b"\xff\0")
    table = bytes([0]) + bytes([0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))
    frame = struct.pack(">BHHBBBB", bits, *array.shape, 1, 1, 0x11, 0)
    segment = lambda marker, body: bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
    scan = bytes([1, 1, 0, 1, 0, 0])
    return b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, table) + segment(0xDA, scan) + coded + b"\xff\xd9"


def as_lossless(data):
    frame = lossless(data.pixel_array, data.BitsStored)
    data.PixelData = pydicom.encaps.encapsulate([frame])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEGLosslessSV1


twelve = (grey16 >> 4).astype(np.uint16)
signed = (twelve.astype(np.int32) - 1024).astype(np.int16)
dicom("explicit12.dcm", twelve, ExplicitVRLittleEndian, 12, RescaleSlope="2", RescaleIntercept="-100")
dicom("implicit8.dcm", grey, ImplicitVRLittleEndian, 8)
dicom("big12.dcm", twelve, ExplicitVRBigEndian, 12, photometric="MONOCHROME1")
dicom("deflated16.dcm", grey16, DeflatedExplicitVRLittleEndian, 16)
dicom("signed13.dcm", signed, ExplicitVRLittleEndian, 13)
dicom("rle12.dcm", twelve, RLELossless, 12, compress=lambda data: data.compress(RLELossless))
dicom("lossless12.dcm", twelve, JPEGLosslessSV1, 12, compress=as_lossless)
dicom("colour8.dcm", colour, ExplicitVRLittleEndian, 8, photometric="RGB", PlanarConfiguration=0)
dicom("frames2.dcm", np.vstack([grey, grey]), ExplicitVRLittleEndian, 8, Rows=HEIGHT, NumberOfFrames="2")


def as_jpeg2000(data):
    data.PixelData = pydicom.encaps.encapsulate([b"\0\0\0\x0cjP  \r\n\x87\n"])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000Lossless


dicom("jpeg2000.dcm", grey, pydicom.uid.JPEG2000Lossless, 8, compress=as_jpeg2000)
