"""Works of compare.py --gpu: the network on a GPU at equal precision, PyTorch eager and compiled.

Times are host times, from the call to the end of the GPU's work.
"""

import sys

from works import HERE, Column, Work

# Largest difference from the same work in float32, over the whole network.
LIMITS = {"fp32": 1e-4, "tf32": 2e-2, "bf16": 1e-1}
FLAGS = {"fp32": (), "tf32": ("--tf32",), "bf16": ("--bf16", "--tf32")}


def column(name, work, precision):
    command = (sys.executable, str(HERE / "torch_worker.py"), *map(str, work), *FLAGS[precision], "--device", "cuda")
    return Column(f"PyTorch {name}", command, cores=None, limit=LIMITS[precision])


def torch_columns(work, precision):
    last = ("--layout", "channels_last")
    return (
        column("contiguous", work, precision),
        column("channels_last", (*work, *last), precision),
        column("compiled", (*work, "--compile"), precision),
        column("compiled channels_last", (*work, *last, "--compile"), precision),
    )


def gpu_works(timer, weights):
    """All works by name."""
    found = {}

    def add(name, title, ours, work, precision):
        premix = Column("premix", (str(timer), "--device", "0", *map(str, ours)), cores=None)
        found[name] = Work(name, f"{title}, {precision}", premix, torch_columns((*work, "--weights", weights), precision))

    for precision in LIMITS:
        for side in (256, 512, 1024, 2048, 4096):
            ours = ("forward", side, precision, weights)
            add(f"forward-{precision}-{side}", f"forward, {side} x {side}", ours, ("forward", side), precision)
        for side in (64, 256):
            ours = ("training", 16, side, precision, weights)
            add(f"training-{precision}-{side}", f"training step, 16 x {side} x {side}", ours, ("training", 16, side), precision)
    return found
