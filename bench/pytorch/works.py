"""Works measured by compare.py, and the columns that run them."""

import dataclasses
import glob
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Allocators for the peers. By default glibc returns large freed blocks to the system, and fresh pages cost more than the arithmetic on them:
# PyTorch's forward at 512 x 512 takes 1.8 times as long. The glibc settings below avoid this for the network. For single operations on large
# tensors jemalloc is up to three times faster still. In a new process tcmalloc is fastest.
GLIBC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(1 << 28)}
ALLOCATORS = {
    "warm": ("libjemalloc.so.2", {"MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0"}),
    "fresh": ("libtcmalloc_minimal.so.4", {"TCMALLOC_RELEASE_RATE": "0"}),
}


def allocator(kind):
    """Environment variables, as pairs, for a worker that stays ("warm"), runs once ("fresh"), or uses the system's default (None)."""
    if kind is None:
        return ()
    library, settings = ALLOCATORS[kind]
    found = sorted(glob.glob(f"/usr/lib/*/{library}")) + sorted(glob.glob(f"/usr/lib*/{library}"))
    return tuple({"LD_PRELOAD": found[0], **settings}.items() if found else GLIBC.items())


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    command: tuple
    environment: tuple = ()  # (name, value) pairs
    cores: int = 2
    limit: float = 1e-4  # largest difference from premix, relative to the largest number


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    title: str
    ours: Column
    others: tuple
    fresh: bool = False  # each measurement is the first call in a new process


class Columns:
    """Makes columns for a machine. cores: processors used by all. folder: weights and exported networks."""

    def __init__(self, timer, folder, cores):
        self.timer, self.folder, self.cores = str(timer), pathlib.Path(folder), cores
        self.weights = str(self.folder / "weights.safetensors")

    def ours(self, *arguments, cores=2, limit=1e-4):
        name = "premix" if cores == 2 else "premix, 1 thread"
        return Column(name, (self.timer, *map(str, arguments)), (("OMP_NUM_THREADS", str(cores)),), cores, limit)

    def torch(self, name, *arguments, memory="warm", extra=(), limit=1e-4):
        """Pins OpenMP threads. Only for PyTorch: with a pinned first thread, other programs start all their threads on one core."""
        pins = {"OMP_NUM_THREADS": str(len(self.cores)), "OMP_PROC_BIND": "true", "GOMP_CPU_AFFINITY": " ".join(map(str, self.cores))}
        environment = {**pins, **dict(allocator(memory)), "TORCHINDUCTOR_CACHE_DIR": str(self.folder / "inductor"), **dict(extra)}
        command = (sys.executable, str(HERE / "torch_worker.py"), "--threads", str(len(self.cores)), *map(str, arguments))
        return Column(f"PyTorch {name}", command, tuple(environment.items()), limit=limit)

    def engine(self, name, engine, side, *arguments, memory="warm", limit=1e-4):
        """Uses glibc's settings, because OpenVINO crashes with a preloaded allocator (invalid free)."""
        command = (sys.executable, str(HERE / "onnx_worker.py"), engine, str(self.folder / f"premix-{side}.onnx"), str(side), *arguments)
        return Column(name, command, tuple(GLIBC.items()) if memory else (), limit=limit)

    def forward(self, side, memory="warm", compiled=True):
        work = ("forward", side, "--weights", self.weights)
        last = ("--layout", "channels_last")
        columns = [self.torch("contiguous", *work, memory=memory), self.torch("channels_last", *work, *last, memory=memory)]
        if compiled:
            frozen = (("TORCHINDUCTOR_FREEZING", "1"),)
            columns += [
                self.torch("compiled", *work, "--compile"),
                self.torch("compiled channels_last", *work, *last, "--compile"),
                self.torch("compiled, frozen", *work, "--compile", extra=frozen),
            ]
        return (*columns, self.engine("ONNX Runtime", "onnxruntime", side, memory=memory), self.engine("OpenVINO", "openvino", side, memory=memory))

    def forward_bf16(self, side):
        work, last = ("forward", side, "--weights", self.weights), ("--layout", "channels_last")
        loose = 0.1  # eight bits of mantissa through the whole network
        return (
            self.torch("float32 contiguous", *work, limit=loose),
            self.torch("float32 channels_last", *work, *last, limit=loose),
            self.torch("bf16 contiguous", *work, "--bf16", limit=loose),
            self.torch("bf16 channels_last", *work, *last, "--bf16", limit=loose),
            self.torch("bf16 compiled", *work, "--bf16", "--compile", limit=loose),
            self.torch("bf16 compiled channels_last", *work, *last, "--bf16", "--compile", limit=loose),
            self.torch("bf16 compiled, frozen", *work, "--bf16", "--compile", extra=(("TORCHINDUCTOR_FREEZING", "1"),), limit=loose),
            self.engine("OpenVINO bf16", "openvino", side, "--bf16", limit=loose),
        )

    def both_layouts(self, *work):
        columns = []
        for layout in ("contiguous", "channels_last"):
            columns += [self.torch(layout, *work, "--layout", layout), self.torch(f"compiled {layout}", *work, "--layout", layout, "--compile")]
        return tuple(columns)


def rows_that_fit(width, bytes_per_row, available):
    """Largest power of two of rows, at most the width, that fits in memory for both workers."""
    rows = width
    while rows > 64 and rows * bytes_per_row > 0.8 * available:
        rows //= 2
    return rows


def works(columns, available):
    """All works by name. available: bytes of memory."""
    found = {}

    def add(name, title, ours, others, fresh=False):
        found[name] = Work(name, title, ours, tuple(others), fresh)

    for side in (256, 512, 1024):
        ours = ("forward", side, "fp32", columns.weights)
        others = (columns.ours(*ours, cores=1), *columns.forward(side))
        add(f"forward-{side}", f"forward, float32, {side} x {side}", columns.ours(*ours), others)
    for side in (512, 1024):
        ours = columns.ours("forward", side, "bf16", columns.weights)
        add(f"forward-bf16-{side}", f"forward, bf16, {side} x {side}", ours, columns.forward_bf16(side))
    ours = columns.ours("forward", 512, "fp32", columns.weights)
    add("first-512", "first forward of a new process, float32, 512 x 512", ours, columns.forward(512, memory="fresh", compiled=False), True)
    ours = columns.ours("forward", 1024, "fp32", columns.weights)
    title = "one forward in a new process, memory as the system gives it, float32, 1024 x 1024"
    add("memory-1024", title, ours, columns.forward(1024, memory=None, compiled=False), True)

    step = ("training", 16, 64)
    weights = ("--weights", columns.weights)
    ours = columns.ours(*step, "fp32", columns.weights), columns.ours(*step, "fp32", columns.weights, cores=1)
    add("training", "training step, 16 x 64 x 64", ours[0], (ours[1], *columns.both_layouts(*step, *weights)))

    side = 2048
    for backward, what in ((0, "forward"), (1, "forward and backward")):
        ending = "-backward" if backward else ""
        for k in (3, 5, 7):
            # PyTorch: filters, patches, products and their gradients. premix: filters and their gradient.
            rows = rows_that_fit(side, 4 * side * 4 * k * k * 8, available)
            size = ("filtering", rows, side, k, backward)
            others = (columns.ours(*size, cores=1), *columns.both_layouts(*size))
            add(f"filtering-{k}{ending}", f"predictive filtering, 4 bands, K {k}, {rows} x {side}, {what}", columns.ours(*size), others)
        rows = rows_that_fit(side, 4 * side * 32 * (24 if backward else 14), available)
        size = ("mixing", rows, side, 32, backward)
        others = (columns.ours(*size, cores=1), *columns.both_layouts(*size))
        add(f"mixing{ending}", f"EWFM with its activation, 32 channels, {rows} x {side}, {what}", columns.ours(*size), others)
    return found
