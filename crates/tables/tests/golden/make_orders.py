"""Makes orders.json: what pandas makes of the official tables, as the released code and torchxrayvision
read them. Usage: python make_orders.py FOLDER > orders.json, with the tables as torchxrayvision 1.5.7
carries them (torchxrayvision/data). Made with pandas 3.1.1.

A hash is SHA-256 over one line a record, each ended by a line feed: `id,environment,class`. `boxes` is one
line a box of the positives, `id,x,y,width,height`, numbers times 1000 and rounded, in the order of the
records, then of the rows.
"""

import hashlib
import json
import os
import sys

import pandas as pd

folder = sys.argv[1]


def table(name, **options):
    return pd.read_csv(os.path.join(folder, name), **options)


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def records(frame, column, environment):
    return [f"{name},{environment},{int(label)}" for name, label in zip(frame[column], frame["class"])]


def cell(frame):
    return [int((frame["class"] == 0).sum()), int((frame["class"] == 1).sum())]


def labelled(frame, column, positive, negative):
    texts = frame[column]
    is_positive = texts.str.contains(positive, na=False, regex=False)
    is_negative = texts.str.contains(negative, na=False, regex=False) & ~is_positive
    frame = frame.assign(**{"class": is_positive.astype(int)})
    return frame[is_positive | is_negative]


all_nih = table("Data_Entry_2017_v2020.csv.gz")
nih = labelled(all_nih, "Finding Labels", "Cardiomegaly", "No Finding")
all_padchest = table("PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz", low_memory=False)
views = all_padchest["ViewPosition_DICOM"]
padchest = all_padchest[views.str.contains("POSTEROANTERIOR", na=False, regex=False)]
padchest = labelled(padchest, "Labels", "cardiomegaly", "normal")

rows = table("kaggle_stage_2_train_labels.csv.zip")
headers = table("kaggle_stage_2_train_images_dicom_headers.csv.gz", index_col="PatientID")
patients = rows.groupby("patientId").first().join(headers, on="patientId").reset_index()
patients = patients.assign(**{"class": patients["Target"]})
by_view = [patients[patients["ViewPosition"] == view] for view in ("PA", "AP")]
ordered = pd.concat(by_view)
boxes = {}
for row in rows[rows["Target"] == 1].itertuples():
    numbers = [row.x, row.y, row.width, row.height]
    line = ",".join([row.patientId] + [str(round(number * 1000)) for number in numbers])
    boxes.setdefault(row.patientId, []).append(line)

json.dump(
    {
        "nih": {
            "rows": len(all_nih),
            "cells": [cell(nih)],
            "records": digest(records(nih, "Image Index", 0)),
        },
        "padchest": {
            "rows": len(all_padchest),
            "cells": [cell(padchest)],
            "records": digest(records(padchest, "ImageID", 0)),
            "left_out": {
                "empty view": int(views.isna().sum()),
                "other view": int((views.notna() & ~views.str.contains("POSTEROANTERIOR", na=False)).sum()),
                "empty labels": int(
                    all_padchest[views.str.contains("POSTEROANTERIOR", na=False)]["Labels"].isna().sum()
                ),
            },
        },
        "xray": {
            "records": digest(records(nih, "Image Index", 0) + records(padchest, "ImageID", 1)),
        },
        "rsna": {
            "rows": len(rows),
            "cells": [cell(frame) for frame in by_view],
            "records": digest(
                records(by_view[0], "patientId", 0) + records(by_view[1], "patientId", 1)
            ),
            "boxes": digest(line for name in ordered["patientId"] for line in boxes.get(name, [])),
        },
    },
    sys.stdout,
    indent=2,
)
print()
