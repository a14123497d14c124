"""One training step here and in PyTorch, in turns on one machine: median milliseconds, ratio, peak memory.

usage: compare.py XTASK_BINARY [--rounds 5] [--steps 20] [--width 64] [METHOD ...]

XTASK_BINARY is `target/release/xtask`. Each round runs ours, then PyTorch's, in processes of their own; a ratio is
the median over rounds of the round's ratio, so that a machine that slows down slows both.
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
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--width", type=int, default=64)
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


common = ["--steps", str(settings.steps), "--width", str(settings.width)]
print(f"width {settings.width}, {settings.rounds} rounds of {settings.steps} steps")
for method in settings.methods:
    ours, theirs = [], []
    for _ in range(settings.rounds):
        ours.append(run([settings.xtask, "bench", "step", *common, method]))
        theirs.append(run([sys.executable, str(torch_script), *common, method]))
    ratio = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs))
    (our_time, our_peak), (their_time, their_peak) = (
        (statistics.median(r[0] for r in runs), max(r[1] for r in runs)) for runs in (ours, theirs)
    )
    print(
        f"{method:9s} ours {our_time:7.1f} ms, PyTorch {their_time:7.1f} ms, ratio {ratio:.2f}; "
        f"peak memory ours {our_peak:.0f} MiB, PyTorch {their_peak:.0f} MiB",
        flush=True,
    )
