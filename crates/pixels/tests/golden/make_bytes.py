"""Writes bytes.tsv: Pillow's square, bicubic resizing, grey and JPEG files of the pictures in ../samples.

python3 -m pip install pillow; python3 make_bytes.py > bytes.tsv
Columns: file, size, quality, then the SHA-256 of: the square; the resized square; its grey; the JPEG file of that;
the pixels of that file.
"""

import hashlib
import io

from PIL import Image

FILES = ["16747_3_1.jpg", "grey.jpg", "grey8.png", "colour8.png", "colour-444.jpg", "jpeg/grey_33x17.jpg", "jpeg/420_61x47.jpg", "jpeg/444_7x5.jpg"]

for file in FILES:
    for size, quality in [(224, 75), (64, 75), (5, 30), (47, 95), (28, 100), (17, 1)]:
        digests = []
        digest = lambda content: digests.append(hashlib.sha256(content).hexdigest())
        picture = Image.open(f"../samples/{file}")
        width, height = picture.size
        side = min(width, height)
        picture = picture.crop(((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2))
        digest(picture.tobytes())
        picture = picture.resize((size, size))
        digest(picture.tobytes())
        picture = picture.convert("L")
        digest(picture.tobytes())
        # Pillow would carry a comment over.
        picture.info.pop("comment", None)
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=quality)
        digest(written.getvalue())
        digest(Image.open(io.BytesIO(written.getvalue())).tobytes())
        print(file, size, quality, *digests, sep="\t")
