#!/usr/bin/env python3
"""The share of wall time that checkpoints, records, claims and publication took.

    docs/bench/overhead.py EVENTS

Reads a file that `--events` wrote.
"""

import json
import sys

seconds = kept = size = 0.0
checkpoints = 0
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        event = json.loads(line)
        if event["event"] == "run-ended":
            seconds += event["seconds"]
            kept += event["kept_seconds"]
        if event["event"] == "checkpoint":
            checkpoints += 1
            size += event["bytes"]
print(f"{kept:.2f} s of {seconds:.1f} s: {100 * kept / seconds:.2f} %; "
      f"{checkpoints} checkpoints of {size / max(checkpoints, 1) / 2**20:.1f} MiB")
