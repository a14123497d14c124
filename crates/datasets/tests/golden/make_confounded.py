"""Makes confounded.json: the authors' splits, drawn with NumPy as their code draws them.

The tables are stand-ins with the sizes of the real cells: what is drawn depends on nothing else. Rows are
interleaved, so that a cell's positions are not consecutive. Run with any NumPy from 1.17 on.
"""

import hashlib
import json

import numpy as np


def rows(cells):
    """Environment and label of each row: an interleaving of the cells that both languages can make."""
    left, order = list(cells), []
    while sum(left):
        for cell, count in enumerate(left):
            if count:
                left[cell] -= 1
                order.append(cell)
    return np.array(order)


def split(cells, ratio, seed, rule):
    where = rows(cells)
    np.random.seed(seed)
    n = min(cells)
    pools = [np.random.choice(np.where(where == cell)[0], n, replace=False) for cell in range(4)]
    with_ratio = [ratio, 1 - ratio, 1 - ratio, ratio]
    against = [1 - ratio, ratio, ratio, 1 - ratio]
    if rule == "printed":
        train, valid = [int(n * w) for w in with_ratio], [int(n * w / 2) for w in against]
    else:
        train, valid = [int(n * w * 0.5) for w in with_ratio], [int(n * w * 0.25) for w in with_ratio]
    parts = []
    for counts in (train, valid):
        drawn = [np.random.choice(pool, count, replace=False) for pool, count in zip(pools, counts)]
        pools = [np.setdiff1d(pool, taken) for pool, taken in zip(pools, drawn)]
        parts.append(drawn)
    parts.append(pools)
    return parts


def sha(values):
    return hashlib.sha256(np.asarray(values, dtype="<u4").tobytes()).hexdigest()


# Environment 0 class 0, environment 0 class 1, environment 1 class 0, environment 1 class 1.
TABLES = {"rsna": [13163, 1348, 7509, 4664], "nih and a second site": [60412, 2772, 30000, 5000]}
cases = []
for name, cells in TABLES.items():
    for rule in ("printed", "later"):
        for ratio in (0.9, 0.5):
            for seed in (0, 1234, 451):
                parts = split(cells, ratio, seed, rule)
                cases.append({
                    "table": name, "cells": cells, "rule": rule, "ratio": ratio, "seed": seed,
                    "counts": [[len(cell) for cell in part] for part in parts],
                    "first": [int(part[0][0]) for part in parts],
                    "sha256": [sha(np.concatenate(part)) for part in parts],
                })
print(json.dumps(cases, indent=1))
