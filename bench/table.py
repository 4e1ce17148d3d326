#!/usr/bin/env python3
"""Prints a Markdown table of benchmark results: per line the median over several files.

    table.py FILE.json...

Write the files with --benchmark_out=FILE.json. On a shared or virtual machine, a process may find its threads
on one core, or memory half as fast. So run the same benchmarks in several processes. Files whose limits show
threads on one core are left out and named.
"""

import json
import re
import statistics
import sys

SHARES = ("of_copy", "of_read", "of_peak")


def shared_core(context):
    """Whether multiply-adds scale by less than 90 % of the number of threads."""
    for key, value in context.items():
        threads = re.search(r"multiply-adds .*threads:(\d+)", key)
        gain = re.search(r"\(([\d.]+) times one thread\)", value if isinstance(value, str) else "")
        if threads and gain and float(gain[1]) < 0.9 * int(threads[1]):
            return True
    return False


def rate(values, key):
    found = [v[key] for v in values if key in v]
    return f"{statistics.median(found) / 1e9:.1f}" if found else ""


def share(values, key):
    found = [v[key] for v in values if key in v]
    return f"{statistics.median(found):.2f}" if found else ""


def main():
    lines = {}
    used = 0
    for name in sys.argv[1:]:
        with open(name) as file:
            report = json.load(file)
        if shared_core(report["context"]):
            print(f"left out: {name}", file=sys.stderr)
            continue
        used += 1
        for one in report["benchmarks"]:
            if one.get("run_type") == "iteration" and not one.get("error_occurred"):
                lines.setdefault(one["name"].replace("/process_time/manual_time", ""), []).append(one)
    print(f"median of {used} processes\n")
    print("| benchmark | ms | GB/s | GFLOP/s | of copy | of read | of peak |")
    print("|---|---|---|---|---|---|---|")
    for name, values in lines.items():
        milliseconds = statistics.median(v["real_time"] for v in values)
        cells = [f"{milliseconds:.3g}" if milliseconds < 100 else f"{milliseconds:.0f}", rate(values, "bytes/s"), rate(values, "FLOP/s")]
        print(f"| {name} | " + " | ".join(cells + [share(values, key) for key in SHARES]) + " |")


if __name__ == "__main__":
    main()
