#!/usr/bin/env python3
"""Times predictive filtering as network.py writes it: reflect, unfold, multiply, sum.

Measures eager and compiled, forward and with both gradients. Uses a GPU if PyTorch finds one: CUDA events,
with the second-level cache flushed before each run. Counts each tensor once, as bench_predictive_filter does.

    unfold.py --size 4096 --bands 4 8 --kernel 3 5 7
"""

import argparse
import json
import statistics
import sys
import time

try:
    import torch

    from network import predictive_filter
except ImportError as error:
    sys.exit(f"unfold.py: PyTorch can't be imported ({error}): nothing measured")

GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--size", type=int, nargs="+", default=[4096 if GPU else 512], help="sides of the images")
    parser.add_argument("--bands", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--kernel", type=int, nargs="+", default=[3, 5, 7], help="sides of the filters, odd")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--json", action="store_true", help="also print each row as a line of JSON")
    args = parser.parse_args()
    if any(k < 1 or k % 2 == 0 or k // 2 >= s for k in args.kernel for s in args.size):
        parser.error("--kernel: odd numbers, less than twice the image's side")
    return args


def seconds(run, cold):
    """Median time of a run, after three warm-up runs."""
    for _ in range(3):
        run()
    times = []
    while len(times) < 7 or (len(times) < 101 and sum(times) < 0.5):
        if GPU:
            cold.zero_()
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            run()
            stop.record()
            stop.synchronize()
            times.append(start.elapsed_time(stop) * 1e-3)
        else:
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def copy_rate(cold):
    """Bytes per second of a copy of 1 GiB, reads and writes."""
    source = torch.ones(2**28, device=DEVICE)
    target = torch.empty_like(source)
    return 2 * source.numel() * source.element_size() / seconds(lambda: target.copy_(source), cold)


def measure(function, args, side, bands, k, cold, copy):
    """Rows for forward and for forward and backward, each a dictionary."""
    generator = torch.Generator(device=DEVICE).manual_seed(1)

    def new(channels):
        return torch.rand((args.batch, channels, side, side), generator=generator, device=DEVICE).to(DTYPES[args.dtype])

    filters, image, d_y = new(bands * k * k), new(bands), new(bands)

    def forward():
        with torch.no_grad():
            function(filters, image, k)

    def both():
        torch.autograd.grad(function(filters, image, k), (filters, image), d_y)

    size = image.element_size()
    filter_bytes, image_bytes = filters.numel() * size, image.numel() * size
    for name, run, bytes_moved in (
        ("forward", forward, filter_bytes + 2 * image_bytes),
        ("forward+backward", both, 3 * filter_bytes + 5 * image_bytes),
    ):
        filters.requires_grad_(run is both)
        image.requires_grad_(run is both)
        row = {"pass": name}
        try:
            elapsed = seconds(run, cold)
            row.update(ms=1e3 * elapsed, gb_per_s=1e-9 * bytes_moved / elapsed, of_copy=bytes_moved / elapsed / copy)
        except Exception as error:  # out of memory, or no compiler: report it in the row
            row["failed"] = str(error).strip().splitlines()[0][:80] if str(error).strip() else type(error).__name__
        yield row


def show(row):
    result = row.get("failed") or f"{row['ms']:10.3f} ms {row['gb_per_s']:9.1f} GB/s {row['of_copy']:7.3f} of copy"
    case = f"{row['batch']:3} x {row['side']:<5} B {row['bands']:<2} K {row['kernel']} {row['dtype']:8}"
    print(case, f"{row['mode']:8} {row['pass']:16} {result}", flush=True)


def main():
    args = arguments()
    cold = torch.empty(2**28, dtype=torch.uint8, device=DEVICE) if GPU else None  # more than any second-level cache
    name = torch.cuda.get_device_name() if GPU else f"CPU, {torch.get_num_threads()} threads"
    copy = copy_rate(cold)
    print(f"PyTorch {torch.__version__} on {name}; copy {1e-9 * copy:.0f} GB/s")
    functions = {"eager": predictive_filter}
    if hasattr(torch, "compile"):  # PyTorch 2
        functions["compiled"] = torch.compile(predictive_filter, dynamic=False, fullgraph=True)
    rows = []
    for side in args.size:
        for bands in args.bands:
            for k in args.kernel:
                if "compiled" in functions:
                    torch._dynamo.reset()  # after a few shapes of one function it would go on uncompiled
                for mode, function in functions.items():
                    for row in measure(function, args, side, bands, k, cold, copy):
                        case = {"batch": args.batch, "side": side, "bands": bands, "kernel": k, "dtype": args.dtype, "mode": mode}
                        rows.append({**case, **row})
                        show(rows[-1])
                    if GPU:
                        torch.cuda.empty_cache()
    if args.json:
        for row in rows:
            print(json.dumps({"torch": torch.__version__, "device": name, "copy_gb_per_s": 1e-9 * copy, **row}))


if __name__ == "__main__":
    main()
