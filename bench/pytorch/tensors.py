"""Shared by the workers: reproducible inputs, samples of results, safetensors files without the safetensors package."""

import json
import struct

import numpy as np

NUMPY = {"F32": np.float32, "F64": np.float64}


def numbers(shape, seed, low=0.0, high=1.0):
    """Numbers in [low, high) from the row-major index of an element. bench/premix_timer.cpp uses the same formula."""
    size = int(np.prod(shape))
    result = np.empty(size, np.float32)
    for start in range(0, size, 1 << 22):
        index = np.arange(start, min(start + (1 << 22), size), dtype=np.uint32) + np.uint32(seed * 16777259)
        unit = ((index * np.uint32(2654435761)) >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
        result[start : start + len(unit)] = unit * np.float32(high - low) + np.float32(low)
    return result.reshape(shape)


def sample(values):
    """At most about a million numbers, evenly spaced in the row-major (N, C, H, W) tensor."""
    values = np.ascontiguousarray(values, dtype=np.float32).reshape(-1)
    return values[:: values.size // (1 << 20) + 1]


def read(path):
    """Tensors of a file by name, and its metadata."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], NUMPY[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, metadata=None):
    """tensors: float32 arrays by name."""
    header, offset = {"__metadata__": metadata or {}}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + 4 * values.size]}
        offset += 4 * values.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values, dtype="<f4").tobytes())
