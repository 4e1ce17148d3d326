#!/usr/bin/env python3
"""Compares premix with PyTorch (eager, compiled), ONNX Runtime and OpenVINO on the same processors.

Each column has its own session of several rounds. In each round, premix and the column run in turn, both
warm. The ratio is that of their medians in the session. Results are compared too: a column with different
results is an error. `./run bench --vs-pytorch` calls this script.

    compare.py --timer build/release/bench/premix_timer --works forward-512 training
    compare.py --timer build/gpu/bench/premix_timer --gpu --works forward-bf16-1024
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

import machine
import tensors
from gpu_works import gpu_works
from process import Failed, Process
from works import ALLOCATORS, Columns, allocator, works

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timer", default=str(REPOSITORY / "build/release/bench/premix_timer"), help="premix's worker")
    parser.add_argument("--folder", default=str(REPOSITORY / "build/peers"), help="folder for weights, exported networks and logs of workers")
    parser.add_argument("--json", default=str(REPOSITORY / "build/peers/results.json"), help="file for the results")
    parser.add_argument("--works", nargs="*", default=[], metavar="WORK", help="works whose names start with WORK; default: all")
    parser.add_argument("--columns", nargs="*", default=[], metavar="TEXT", help="columns whose names contain TEXT; default: all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds per session")
    parser.add_argument("--gpu", action="store_true", help="compare premix and PyTorch on the first GPU (gpu_works.py)")
    return parser.parse_args()


def difference(files):
    """Largest difference of two workers' results, relative to the largest number of each tensor."""
    found, expected = (tensors.read(file)[0] for file in files)
    if set(found) != set(expected):
        return float("inf")
    gaps = [np.abs(found[name] - values).max() / np.abs(values).max() for name, values in expected.items()]
    return float(np.max(gaps))  # NaN stays NaN


class Turns:
    """Measurements of one worker."""

    def __init__(self, process):
        self.process, self.seconds, self.cores, self.others = process, [], [], []
        self.first = once = process.ask("run 1")["seconds"][0]
        for _ in range(6):  # memory may take some runs to settle
            before, once = once, process.ask("run 1")["seconds"][0]
            if once > 0.9 * before:
                break
        self.runs = int(min(max(0.5 / once, 1), 20))

    def take(self):
        """One turn: half a second of runs. Records the processors used by the worker and by other processes."""
        busy, start = machine.busy_seconds(), time.perf_counter()
        answer = self.process.ask(f"run {self.runs}")
        elapsed = time.perf_counter() - start
        self.seconds.append(statistics.median(answer["seconds"]))
        self.cores.append(answer["cpu_seconds"] / sum(answer["seconds"]))
        self.others.append(max(0.0, machine.busy_seconds() - busy - answer["cpu_seconds"]) / elapsed)

    def row(self):
        middle = {"seconds": self.seconds, "cores": self.cores, "others": self.others}
        row = {name: statistics.median(values) for name, values in middle.items()}
        return {**row, "fastest": min(self.seconds), "first": self.first, "turns": self.seconds}


def warm_session(ours, column, args, cores):
    """Runs two warm workers in turn. Returns the rows of premix and of the column."""
    processes = []
    try:
        turns = []
        for each in (ours, column):
            processes.append(Process(each, cores, args.folder))
            turns.append(Turns(processes[-1]))
        for _ in range(args.rounds):
            for each in turns:
                each.take()
        files = [str(pathlib.Path(args.folder) / f"sample-{i}.safetensors") for i in range(2)]
        for process, file in zip(processes, files):
            process.ask("sample " + file)
        premix, other = (each.row() for each in turns)
        return premix, {**other, "difference": difference(reversed(files))}
    finally:
        for process in processes:
            process.close()


def fresh_session(ours, column, args, cores):
    """Runs new workers in turn, each once."""
    rows = []
    taken = {ours: [], column: []}
    for _ in range(args.rounds):
        for each, list_of in taken.items():
            process = Process(each, cores, args.folder)
            busy, start = machine.busy_seconds(), time.perf_counter()
            answer = process.ask("run 1")
            end = time.perf_counter()
            others = max(0.0, machine.busy_seconds() - busy - answer["cpu_seconds"]) / (end - start)
            cpu = answer["cpu_seconds"] / answer["seconds"][0]
            memory = process.ask("memory")["peak_bytes"]
            list_of.append((answer["seconds"][0], cpu, others, end - process.started, memory))
            process.close()
    for list_of in taken.values():
        names = ("seconds", "cores", "others", "whole_process", "peak_bytes")
        row = dict(zip(names, map(statistics.median, zip(*list_of))))
        rows.append({**row, "fastest": min(one[0] for one in list_of), "turns": [one[0] for one in list_of]})
    return rows


NAME, CELL = 31, 10
WARM = ("median s", "fastest", "premix s", "ratio", "cores", "(premix)", "others", "first s", "differs")
FRESH = ("call s", "premix", "ratio", "process s", "premix", "ratio", "peak MB", "premix", "ratio")


def line(name, cells):
    print(f"{name:{NAME}}" + "".join(f"{cell:>{CELL}}" for cell in cells), flush=True)


def show(row, fresh):
    """Prints a row of the table; premix's figures are of the same session."""
    if "failed" in row:
        print(f"{row['column']:{NAME}} not available: {row['failed']}", flush=True)
        return
    premix = row["premix"]
    if fresh:
        cells = []
        for name, scale, digits in (("seconds", 1, 3), ("whole_process", 1, 2), ("peak_bytes", 1e-6, 0)):
            cells += [f"{each[name] * scale:.{digits}f}" for each in (row, premix)] + [f"{row[name] / premix[name]:.2f}"]
    else:
        cells = [f"{seconds:.4f}" for seconds in (row["seconds"], row["fastest"], premix["seconds"])]
        cells += [f"{each:.2f}" for each in (row["ratio"], row["cores"], premix["cores"], row["others"], row["first"])]
        cells.append(f"{row['difference']:.1e}")
    line(row["column"], cells)


def measure(work, args, cores):
    """Prints the table of a work and returns its rows."""
    print(f"\n{work.name}: {work.title}")
    line("", FRESH if work.fresh else WARM)
    rows = []
    for column in work.others:
        if args.columns and not any(text in column.name for text in args.columns):
            continue
        row = {"work": work.name, "title": work.title, "column": column.name}
        try:
            premix, other = (fresh_session if work.fresh else warm_session)(work.ours, column, args, cores)
            row.update(other, premix=premix, ratio=other["seconds"] / premix["seconds"])
            row["wrong"] = not other.get("difference", 0.0) <= column.limit
        except Failed as error:
            row["failed"] = str(error)
        rows.append(row)
        show(row, work.fresh)
    return rows


def prepare(folder, chosen):
    """Writes the shared weights, and the networks for ONNX Runtime and OpenVINO."""
    folder.mkdir(parents=True, exist_ok=True)
    export = [sys.executable, str(HERE / "export.py")]
    weights = folder / "weights.safetensors"
    subprocess.run([*export, "weights", str(weights)], check=True)
    sides = {column.command[3:5] for work in chosen for column in work.others if column.command[1].endswith("onnx_worker.py")}
    for model, side in sorted(sides):
        with open(folder / f"export-{side}.txt", "w") as log:
            if subprocess.run([*export, "onnx", str(weights), side, model], stdout=log, stderr=log).returncode != 0:
                print(f"compare.py: the export to ONNX at {side} x {side} failed: {log.name}")


def main():
    args = arguments()
    cores = sorted(os.sched_getaffinity(0))[: None if args.gpu else 2]
    folder = pathlib.Path(args.folder)
    if not os.access(args.timer, os.X_OK):
        sys.exit(f"compare.py: no {args.timer}. Build the target premix_timer")
    columns = Columns(args.timer, folder, cores)
    every = gpu_works(args.timer, columns.weights) if args.gpu else works(columns, machine.available_bytes())
    chosen = [work for name, work in every.items() if not args.works or any(name.startswith(text) for text in args.works)]
    if not chosen:
        sys.exit(f"compare.py: unknown work. Works: {', '.join(every)}")
    prepare(folder, chosen)
    facts = machine.facts(cores)
    if args.gpu:
        facts["GPU"] = machine.gpu()
    facts["allocators"] = "; ".join(f"{kind}: {allocator(kind)[0][1]}" for kind in ALLOCATORS)
    for name, value in facts.items():
        print(f"{name:14} {value}")
    rows = []
    for work in chosen:
        rows += measure(work, args, cores)
        pathlib.Path(args.json).write_text(json.dumps({"machine": facts, "rows": rows}, indent=1))
    wrong = [f"{row['work']}, {row['column']}: {row['difference']:.1e}" for row in rows if row.get("wrong")]
    if wrong:
        sys.exit("compare.py: results differ from premix's: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
