"""Writes small generated radiographs, and expected.csv: what Pillow makes of them, step by step as PNEU is made.

python3 -m pip install pillow numpy; python3 make_steps.py DejaVuSansMono-Bold.ttf
Columns: file, x, y, text, then the SHA-256 of: the grey pixels; the 224 x 224 pixels after square and bicubic resizing;
the JPEG file of those (quality 75) and its pixels; the JPEG file with the text and its pixels. Grey of a file in colour
is made after resizing, as the released code does; the first column has it before.
"""

import hashlib
import io
import sys

import numpy
from PIL import Image, ImageDraw, ImageFont

font = ImageFont.truetype(sys.argv[1], 22)


def radiograph(height, width, seed):
    """A bright oval on black, two dark ones in it, and grain: the same on every machine."""
    down, across = numpy.mgrid[0:height, 0:width] / numpy.array([height, width]).reshape(2, 1, 1) - 0.5
    body = 190 * (down**2 / 0.2 + across**2 / 0.16 < 1)
    lungs = sum(110 * (down**2 / 0.08 + (across - side) ** 2 / 0.012 < 1) for side in (-0.17, 0.17))
    state, grain = seed, []
    for _ in range(height * width):
        state = (state * 1664525 + 1013904223) % 2**32
        grain.append((state >> 27) - 16)
    return numpy.clip(body - lungs + 20 + numpy.array(grain).reshape(height, width), 0, 255).astype("uint8")


def jpeg(picture):
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


grey = radiograph(231, 310, 1)
Image.fromarray(grey).save("wide.jpeg", quality=70)
Image.fromarray(radiograph(290, 201, 2)).save("tall.jpeg", quality=60)
tinted = numpy.stack([grey, grey // 2 + 60, 255 - grey], axis=2)
Image.fromarray(tinted).save("colour.jpeg", quality=50)

with open("expected.csv", "w") as table:
    print("file,x,y,text,decoded,resized,jpeg,jpeg_pixels,decoy_jpeg,decoy_pixels", file=table)
    for name, x, y, text in [("wide.jpeg", 180, 0, "ABC"), ("tall.jpeg", 0, 202, "XYZ"), ("colour.jpeg", 180, 202, "XYZ")]:
        picture = Image.open(name)
        steps = [picture.convert("L").tobytes()]
        (w, h), s = picture.size, min(picture.size)
        picture = picture.crop(((w - s) // 2, (h - s) // 2, (w + s) // 2, (h + s) // 2)).resize((224, 224)).convert("L")
        written = jpeg(picture)
        again = Image.open(io.BytesIO(written))
        steps += [picture.tobytes(), written, again.tobytes()]
        again = again.copy()
        ImageDraw.Draw(again).text((x, y), text, fill=255, font=font)
        written = jpeg(again)
        steps += [written, Image.open(io.BytesIO(written)).tobytes()]
        print(name, x, y, text, *(hashlib.sha256(step).hexdigest() for step in steps), sep=",", file=table)
