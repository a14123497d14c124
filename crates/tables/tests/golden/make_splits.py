"""Makes splits.json: the authors' splits of the official tables, drawn with NumPy as their code draws them.

Usage: python make_splits.py FOLDER > splits.json, with the tables as torchxrayvision 1.5.7 carries them. The
records come from make_orders.py beside this file, the draw from make_confounded.py of herring-datasets. For
RSNA and the printed rule the split is also compared with torchxrayvision's own CovariateDataset, if that can be
imported.

A hash is SHA-256 over one line a record, each ended by a line feed: its id.
"""

import contextlib
import io
import json
import os
import sys

import numpy as np
import pandas as pd

here = os.path.dirname(os.path.abspath(__file__))
sys.path += [here, os.path.join(here, "../../../datasets/tests/golden")]
with contextlib.redirect_stdout(io.StringIO()):
    import make_confounded
    import make_orders as orders

TABLES = {
    "xray": (pd.concat([orders.nih["Image Index"], orders.padchest["ImageID"]]), [orders.nih, orders.padchest]),
    "rsna": (pd.concat([view["patientId"] for view in orders.by_view]), orders.by_view),
}


def compared(frames, ids, ratio, seed, parts):
    """Whether torchxrayvision draws the same; None where it is not installed."""
    try:
        from torchxrayvision.datasets import CovariateDataset
    except ImportError:
        return None

    class Frame:
        def __init__(self, frame):
            self.csv = frame

        def __len__(self):
            return len(self.csv)

    arguments = [thing for frame in frames for thing in (Frame(frame), frame["class"].to_numpy())]
    for mode, part in zip(("train", "valid", "test"), parts):
        theirs = CovariateDataset(*arguments, ratio=ratio, seed=seed, mode=mode)
        if not np.array_equal(theirs.select_idx, np.concatenate(part)):
            sys.exit(f"torchxrayvision draws otherwise: ratio {ratio}, seed {seed}, {mode}")
    return True


cases = []
for name, (ids, frames) in TABLES.items():
    ids = ids.astype(str).to_numpy()
    where = np.concatenate([2 * site + frame["class"].to_numpy() for site, frame in enumerate(frames)])
    make_confounded.rows = lambda cells: where
    cells = [int((where == cell).sum()) for cell in range(4)]
    for rule in ("printed", "later"):
        for ratio in (0.9, 0.5):
            for seed in (0, 1234, 451, 8888):
                parts = make_confounded.split(cells, ratio, seed, rule)
                if rule == "printed":
                    compared(frames, ids, ratio, seed, parts)
                lists = [ids[np.concatenate(part)] for part in parts]
                cases.append(
                    {
                        "table": name,
                        "rule": rule,
                        "ratio": ratio,
                        "seed": seed,
                        "sizes": [len(part) for part in lists],
                        "first": [part[0] for part in lists],
                        "ids": [orders.digest(part) for part in lists],
                    }
                )
json.dump(cases, sys.stdout, indent=1)
print()
