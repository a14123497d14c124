"""One training step here and in PyTorch, in turns on one machine: median milliseconds, ratio, peak memory.

usage: compare.py XTASK_BINARY [--model resnet18-small] [--width 64] [--size 28] [--batch 16] [--rounds 5] [--steps 20]
                  [METHOD ...]      (a size is a side, or rows and columns as in 105x135)

XTASK_BINARY is `target/release/xtask`; models and methods are those of `cargo xtask bench step`. Each round runs ours,
then PyTorch's, in processes of their own; a ratio is the median over rounds of the round's ratio, so that a machine that
slows down slows both. The last column is a method's time by that of the first method, within each program.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("xtask")
parser.add_argument("--model", default="resnet18-small")
parser.add_argument("--size", default="28")
for name, value in dict(rounds=5, steps=20, width=0, batch=16).items():
    parser.add_argument(f"--{name}", type=int, default=value)
parser.add_argument("methods", nargs="*", default=["base", "actdiff", "gradmask", "rrr"])
settings = parser.parse_intermixed_args()
torch_script = pathlib.Path(__file__).with_name("step_torch.py")


def run(command):
    """Milliseconds of the last printed step and the peak memory in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return float(re.search(r"([\d.]+) ms/step", output)[1]), usage.ru_maxrss / 1024


common = ["--model", settings.model, "--size", settings.size, "--batch", str(settings.batch)]
common += ["--steps", str(settings.steps)]
if settings.width:
    common += ["--width", str(settings.width)]
print(f"{settings.model}, {' '.join(common[2:])}, {settings.rounds} rounds")
# Methods in turns as well, so that their times by that of the first are of the same minutes.
ours, theirs = ({method: [] for method in settings.methods} for _ in range(2))
for _ in range(settings.rounds):
    for method in settings.methods:
        ours[method].append(run([settings.xtask, "bench", "step", *common, method]))
        theirs[method].append(run([sys.executable, str(torch_script), *common, method]))


def relative(runs, method):
    first = runs[settings.methods[0]]
    return statistics.median(a[0] / b[0] for a, b in zip(runs[method], first))


for method in settings.methods:
    ratio = statistics.median(a[0] / b[0] for a, b in zip(ours[method], theirs[method]))
    (our_time, our_peak), (their_time, their_peak) = (
        (statistics.median(r[0] for r in runs[method]), max(r[1] for r in runs[method])) for runs in (ours, theirs)
    )
    print(
        f"{method:21s} ours {our_time:7.1f} ms, PyTorch {their_time:7.1f} ms, ratio {ratio:.2f}; "
        f"peak memory ours {our_peak:.0f} MiB, PyTorch {their_peak:.0f} MiB; "
        f"by {settings.methods[0]}: ours {relative(ours, method):.2f}, PyTorch {relative(theirs, method):.2f}",
        flush=True,
    )
