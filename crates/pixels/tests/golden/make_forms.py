#!/usr/bin/env python3
"""Makes tests/samples/forms/ and golden/forms.tsv: masks in the forms in which programs save them, and pictures of
every kind with an orientation, with what Pillow reads of them.

    make_forms.py tests/samples/forms tests/golden

Made with Pillow 13.0.0 and NumPy 2.4.6.

- Masks (mask_*): 16 x 16 pixels, of which 42 are inside (rows 3 to 8, columns 5 to 11) unless the name says
  otherwise; forms.tsv does not list them, tests/forms.rs says what is right.
- Pictures: forms.tsv has file, height, width, channels, bits, orientation and the SHA-256 of the values as little-endian
  32-bit integers after `ImageOps.exif_transpose`.
"""

import hashlib
import io
import pathlib
import struct
import sys

import numpy as np
from PIL import Image, ImageFilter, ImageOps

folder, golden = map(pathlib.Path, sys.argv[1:])
folder.mkdir(exist_ok=True)
M = np.zeros((16, 16), bool)
M[3:9, 5:12] = True


def save(name, array, **options):
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(folder / name, **options)


def colour(value):
    return np.stack([M * part for part in value], axis=2).astype(np.uint8)


def opacity(outside, inside):
    array = np.zeros((16, 16, 4), np.uint8)
    array[:], array[M] = outside, inside
    return array


def voc(number):
    image, palette = Image.fromarray((M * number).astype(np.uint8), "P"), []
    for index in range(256):
        parts = [0, 0, 0]
        for bit in range(8):
            for channel in range(3):
                parts[channel] |= ((index >> (3 * bit + channel)) & 1) << (7 - bit)
        palette += parts
    image.putpalette(palette)
    return image


for name, value in dict(red=(255, 0, 0), green=(0, 255, 0), blue=(0, 0, 255), yellow=(255, 255, 0), number=(0, 0, 3)).items():
    save(f"mask_{name}.png", colour(value))
for number in (1, 2, 4, 8, 15, 200):
    save(f"mask_voc{number}.png", voc(number))
# A palette whose background is white, without black: index 0 is the background.
white = Image.fromarray(M.astype(np.uint8), "P")
white.putpalette([255, 255, 255, 200, 0, 0])
save("mask_white_background.png", white)
# A palette whose black is not its first entry.
late = Image.fromarray(np.where(M, 0, 1).astype(np.uint8), "P")
late.putpalette([255, 255, 255, 0, 0, 0])
save("mask_late_black.png", late)
clear = Image.fromarray(M.astype(np.uint8), "P")
clear.putpalette([0, 0, 0, 0, 0, 0])
save("mask_clear_palette.png", clear, transparency=bytes([0, 255]))
save("mask_transparent_white.png", opacity((255, 255, 255, 0), (255, 255, 255, 255)))
save("mask_black_paint.png", opacity((0, 0, 0, 0), (0, 0, 0, 255)))
save("mask_half_green.png", opacity((0, 0, 0, 0), (0, 255, 0, 128)))
save("mask_less_than_half_green.png", opacity((0, 0, 0, 0), (0, 255, 0, 127)))  # 0 inside
save("mask_painted_on_black.png", opacity((0, 0, 0, 255), (9, 0, 0, 255)))  # all opaque: opacity says nothing
corner = opacity((0, 0, 0, 255), (255, 0, 0, 255))
corner[0, 0, 3] = 0
save("mask_one_clear_pixel.png", corner)
save("mask_all_half.png", opacity((0, 0, 0, 100), (255, 255, 255, 100)))
white = Image.fromarray(np.full((16, 16), 255, np.uint8))
save("mask_grey_alpha.png", Image.merge("LA", (white, Image.fromarray((M * 255).astype(np.uint8)))))
plain = Image.fromarray((M * 255).astype(np.uint8))
save("mask_jpeg95.jpg", plain, quality=95)
save("mask_jpeg75.jpg", plain, quality=75)
save("mask_soft.png", plain.filter(ImageFilter.GaussianBlur(1.5)))
save("mask_bit.png", plain.convert("1"))
save("mask_ones.png", M.astype(np.uint8))
save("mask_classes.png", (M * 3 - (np.arange(16) > 8) * M).astype(np.uint8))
save("mask_16bit.png", (M * 65535).astype(np.uint16))
save("mask_16bit_ones.png", M.astype(np.uint16))
save("mask_inverted.png", (~M * 255).astype(np.uint8))  # 214 inside
save("mask_empty.png", np.zeros((16, 16), np.uint8))  # 0 inside
save("mask.bmp", plain)
save("mask_bit.bmp", plain.convert("1"))
save("mask.tif", plain)
save("mask_bit.tif", plain.convert("1"))
save("mask_lossless.webp", plain, lossless=True)
save("mask_lossy.webp", plain, quality=75)

# Pictures that are not square, with noise in it, of each orientation.
stream = np.random.RandomState(11)
grey = np.clip(np.add.outer(np.arange(24) * 4, np.arange(16) * 6) + stream.randint(0, 40, (24, 16)), 0, 255).astype(np.uint8)
three = np.stack([grey, 255 - grey, grey[::-1]], axis=2)
for orientation in range(0, 10):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"turned{orientation}.jpg", grey, quality=95, exif=exif)
    if orientation in (1, 5, 6, 8):
        save(f"turned{orientation}.png", three, exif=exif)
        save(f"turned{orientation}.webp", three, lossless=True, exif=exif)
        save(f"turned{orientation}.tif", Image.fromarray(three), compression="tiff_lzw", tiffinfo={0x0112: orientation})
motorola = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
save("turned6_motorola.jpg", grey, quality=95, exif=motorola)
# The orientation behind the pixels, and an end marker that is missing.
whole = (folder / "turned6.png").read_bytes()
at = whole.index(b"eXIf") - 4
size = struct.unpack(">I", whole[at:at + 4])[0] + 12
end = whole[-12:]
(folder / "turned6_late.png").write_bytes(whole[:at] + whole[at + size:-12] + whole[at:at + size] + end)
plainest = io.BytesIO()
Image.fromarray(grey).save(plainest, "png")
(folder / "no_end.png").write_bytes(plainest.getvalue()[:-12])
(folder / "half_end.png").write_bytes(plainest.getvalue()[:-5])
for name, array in (("grey", grey), ("colour", three)):
    save(f"{name}.bmp", array)
    save(f"{name}.tif", array)
    save(f"{name}_deflate.tif", array, compression="tiff_adobe_deflate")
    save(f"{name}_packbits.tif", array, compression="packbits")
    save(f"{name}_lossless.webp", array, lossless=True)
    save(f"{name}_lossy.webp", array, quality=80)
save("grey16.tif", (grey.astype(np.uint16) * 257 + 5))
save("palette.bmp", Image.fromarray(three).quantize(16))
save("transparent_grey.png", Image.fromarray(grey), transparency=7)
save("transparent_colour.png", Image.fromarray(three), transparency=(1, 2, 3))
save("transparent_palette.png", Image.fromarray(three).quantize(16), transparency=bytes(range(0, 256, 16)))
pages = [Image.fromarray(grey), Image.fromarray(grey)]
pages[0].save(folder / "refused_pages.tif", save_all=True, append_images=pages[1:])
pages[0].save(folder / "refused_jpeg.tif", compression="jpeg")
Image.fromarray(three).convert("CMYK").save(folder / "refused_inks.tif")
Image.fromarray(three).convert("CMYK").save(folder / "refused_inks.jpg")
Image.fromarray(three).quantize(16).save(folder / "refused_palette.tif")

rows = []
for path in sorted(folder.iterdir()):
    if path.name.startswith(("mask", "refused")):
        continue
    image = Image.open(path)
    orientation = image.getexif().get(0x0112, 1)
    if path.suffix == ".tif" and image.mode != "I;16":
        image.load()
        orientation = int(path.name[6]) if path.name.startswith("turned") else 1
    image = ImageOps.exif_transpose(image)
    if image.mode == "P":
        image = image.convert("RGB")
    array = np.array(image)
    channels = 3 if array.ndim == 3 else 1
    # The image crate hands out grey WebP and BMP files as colour.
    if channels == 1 and path.suffix == ".webp" or path.name == "grey.bmp":
        array, channels = np.stack([array] * 3, axis=2) if array.ndim == 2 else array, 3
    rows.append([
        path.name, *array.shape[:2], channels, 8 * array.dtype.itemsize, orientation if 1 <= orientation <= 8 else 1,
        hashlib.sha256(array.astype("<i4").tobytes()).hexdigest(),
    ])
(golden / "forms.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
