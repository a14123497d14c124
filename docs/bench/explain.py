"""Grad-CAM of many images by `cargo xtask explain` and by pytorch-grad-cam, in turns on one machine.

usage: explain.py [--xtask target/release/xtask] [--model resnet18] [--images 100] [--rounds 3] [--batch 16] [--threads 2]

Both read the same PNG files of 224 x 224 pixels, run the same network of torchvision (random weights, 1000 classes, file in its
own format), explain the predicted class at the last convolution's output, and write an overlay and the map of each image. The
command also writes the scores and the page. For pytorch-grad-cam both the whole time and that of its own call alone are printed.
"""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch
import torchvision
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import show_cam_on_image

parser = argparse.ArgumentParser()
defaults = dict(xtask="target/release/xtask", model="resnet18", images=100, rounds=3, batch=16, threads=2)
for name, value in defaults.items():
    parser.add_argument(f"--{name}", type=type(value), default=value)
settings = parser.parse_args()
torch.set_num_threads(settings.threads)
torch.manual_seed(1)
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
LAST = {"resnet18": lambda net: net.layer4, "mobilenet_v2": lambda net: net.features, "efficientnet_b0": lambda net: net.features}

net = getattr(torchvision.models, settings.model)().eval()
folder = pathlib.Path(tempfile.mkdtemp())
torch.save(net.state_dict(), folder / "net.pth")
(folder / "images").mkdir()
random = np.random.default_rng(1)
for number in range(settings.images):
    coarse = Image.fromarray(random.integers(0, 256, (14, 14, 3), dtype=np.uint8))
    coarse.resize((224, 224), Image.BICUBIC).save(folder / "images" / f"{number}.png")
paths = sorted((folder / "images").iterdir())


def python(out):
    (out / "maps").mkdir(parents=True)
    (out / "overlays").mkdir()
    own = 0.0
    with GradCAM(model=net, target_layers=[LAST[settings.model](net)]) as cam:
        for start in range(0, len(paths), settings.batch):
            part = paths[start : start + settings.batch]
            images = np.stack([np.asarray(Image.open(path).convert("RGB"), np.float32) / 255 for path in part])
            inputs = torch.from_numpy(((images - MEAN) / STD).transpose(0, 3, 1, 2))
            began = time.perf_counter()
            maps = cam(input_tensor=inputs, targets=None)
            own += time.perf_counter() - began
            for path, image, found in zip(part, images, maps):
                np.save(out / "maps" / f"{path.stem}.npy", found)
                shown = show_cam_on_image(image, found, use_rgb=True)
                Image.fromarray(shown).save(out / "overlays" / path.name)
    return own


def command(out):
    arguments = ["explain", "--model", folder / "net.pth", "--images", folder / "images", "--out", out, "--batch", settings.batch]
    arguments += ["--size", 224, "--resize", 224]
    subprocess.run([settings.xtask, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


times = {"explain": [], "pytorch-grad-cam": [], "its call alone": []}
for round_ in range(settings.rounds):
    began = time.perf_counter()
    command(folder / f"command{round_}")
    times["explain"].append(time.perf_counter() - began)
    began = time.perf_counter()
    times["its call alone"].append(python(folder / f"python{round_}"))
    times["pytorch-grad-cam"].append(time.perf_counter() - began)
off = 0.0
for path in paths:
    theirs = np.load(folder / "python0" / "maps" / f"{path.stem}.npy")
    (own,) = (folder / "command0" / "maps").glob(f"*-{path.stem}.grad-cam.npy")
    own = np.load(own)[0]
    # pytorch-grad-cam scales its maps to [0, 1].
    own = (own - own.min()) / max(own.max() - own.min(), 1e-12)
    off = max(off, float(np.abs(own - theirs).max()))
print(f"{settings.model}, {settings.images} images, batch {settings.batch}, {settings.threads} threads; maps differ by at most {off:.1e}")
for name, found in times.items():
    print(f"{name:18} {statistics.median(found):7.2f} s, {1000 * statistics.median(found) / settings.images:6.1f} ms/image")
