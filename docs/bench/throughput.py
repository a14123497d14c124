#!/usr/bin/env python3
"""How the throughput of `run --jobs N` grows with N on this machine.

    docs/bench/throughput.py target/release/xtask 1,2,3,4 [rounds]

Makes the same runs with each N, in turns, and prints the median wall time of the whole command and the throughput
against N = 1. Nothing else should be running.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
NUMBERS = [int(number) for number in sys.argv[2].split(",")]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
CONFIG = "experiments/iclr2021/crosses.toml"
PLAN = ["--scale", "quick", "--methods", "baseline,actdiff,rrr", "--seeds", "1,2,3,4"]


def measure(number, config):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        subprocess.run([PROGRAM, "plan", "iclr2021", *PLAN, "--config", config, "--out", out],
                       check=True, stdout=subprocess.DEVNULL)
        clock = time.monotonic()
        subprocess.run([PROGRAM, "run", "--out", out, "--jobs", str(number)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - clock


with tempfile.TemporaryDirectory() as folder:
    # Five epochs are the fewest that a burn-in of five allows.
    text = open(CONFIG, encoding="utf-8").read().replace("\nepochs = 15\n", "\nepochs = 5\n")
    config = os.path.join(folder, "five-epochs.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    times = {number: [] for number in NUMBERS}
    for _ in range(ROUNDS):
        for number in NUMBERS:
            times[number].append(measure(number, config))
    first = statistics.median(times[NUMBERS[0]])
    print("| jobs | wall time | throughput |")
    print("|---|---|---|")
    for number in NUMBERS:
        median = statistics.median(times[number])
        print(f"| {number} | {median:.1f} s | {first / median:.2f} |")
