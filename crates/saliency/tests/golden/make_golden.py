"""Golden values for smoothing, thresholding and localisation, from SciPy and NumPy.

usage: make_golden.py > localisation.json
"""
import json

import numpy as np
from scipy.ndimage import gaussian_filter

random = np.random.default_rng(5)
cases = []
for height, width in [(28, 28), (7, 11), (3, 2), (16, 5)]:
    for kind in ["disc", "soft", "pixel"]:
        map_ = (random.standard_normal((height, width)) * random.uniform(0.1, 9)).astype(np.float32)
        mask = np.zeros((height, width))
        row, column = random.integers(height), random.integers(width)
        if kind == "pixel":
            mask[row, column] = 1
        else:
            mask[max(0, row - 2) : row + 3, max(0, column - 3) : column + 2] = 1 if kind == "disc" else 0.4
            mask[row, column] = 1
        mask = mask.astype(np.float32)
        smooth = gaussian_filter(np.abs(map_).astype(np.float64), 1.0, mode="constant", cval=0, truncate=3.5)
        smooth = smooth.astype(np.float32)
        share = mask.astype(np.float64).sum() / mask.size
        cut = np.percentile(smooth.astype(np.float64), 100 * (1 - share))
        kept = (smooth > cut) & (smooth > 0)
        truth = mask != 0
        both = (kept & truth).sum()
        cases.append(
            dict(
                height=height,
                width=width,
                map=map_.ravel().tolist(),
                mask=mask.ravel().tolist(),
                smooth=smooth.ravel().tolist(),
                kept=[bool(v) for v in kept.ravel()],
                iou=both / ((kept | truth).sum() + 1e-15),
                iop=both / (kept.sum() + 1e-15),
                iot=both / (truth.sum() + 1e-15),
            )
        )
print(json.dumps(cases))
