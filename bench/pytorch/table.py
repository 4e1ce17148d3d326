#!/usr/bin/env python3
"""Prints results of compare.py as the tables of docs/results.md.

    table.py build/peers/results.json...
"""

import json
import pathlib
import sys


def seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.0f} ms" if value >= 0.1 else f"{1000 * value:.1f} ms"


def megabytes(value):
    return f"{value / 1e6:,.0f} MB"


def beside(row, name, text):
    """Figure of this column, premix's figure of the same session, and their ratio."""
    own, premix = row[name], row["premix"][name]
    return f"{text(own)} | {text(premix)} | {own / premix:.2f}"


def print_work(rows):
    fresh = any("peak_bytes" in row for row in rows)
    measures = (("first call", "seconds", seconds), ("process", "whole_process", seconds), ("peak memory", "peak_bytes", megabytes))
    measures = measures if fresh else (("time", "seconds", seconds),)
    print(f"\n{rows[0]['title']}:\n\n| | " + " | ".join(f"{title} | premix | ratio" for title, _, _ in measures) + " |")
    print("|---" * (1 + 3 * len(measures)) + "|")
    for row in rows:
        if "failed" in row:
            print(f"| {row['column']} | not available: {row['failed']}" + " | " * (3 * len(measures)) + "|")
        else:
            print(f"| {row['column']} | " + " | ".join(beside(row, name, text) for _, name, text in measures) + " |")


def main():
    works = {}
    for path in sys.argv[1:]:
        for row in json.loads(pathlib.Path(path).read_text())["rows"]:
            works.setdefault(row["work"], {})[row["column"]] = row  # later files replace earlier ones
    for rows in works.values():
        print_work(list(rows.values()))


if __name__ == "__main__":
    main()
