#!/usr/bin/env python3
"""Exports the weights shared by all columns of compare.py (docs/weights.md), and the PyTorch network as ONNX.

    export.py weights FILE.safetensors
    export.py onnx FILE.safetensors SIDE FILE.onnx
"""

import json
import sys

import torch

import network
import tensors

ARCHITECTURE = {"bands": 4, "embed_dim": 32, "kernel_size": 3, "pf_kernel": 3, "num_layers": 1, "EWFM": True, "activation": "tanh+relu", "beta": None}


def write_weights(path):
    torch.manual_seed(1)
    model = network.PreMix(**ARCHITECTURE)
    state = {name: values.numpy() for name, values in model.state_dict().items()}
    tensors.write(path, state, {"format": "pt", "architecture": json.dumps(ARCHITECTURE)})


def write_onnx(weights, side, path):
    model = network.PreMix(**ARCHITECTURE).eval()
    model.load_state_dict({name: torch.tensor(values) for name, values in tensors.read(weights)[0].items()})
    inputs = torch.zeros(1, 4, side, side), torch.zeros(1, 1, side, side)
    names = {"input_names": ["up_ms", "pan"], "output_names": ["fused"]}
    torch.onnx.export(model, inputs, path, dynamo=True, opset_version=18, external_data=False, **names)


if __name__ == "__main__":
    if sys.argv[1] == "weights":
        write_weights(sys.argv[2])
    else:
        write_onnx(sys.argv[2], int(sys.argv[3]), sys.argv[4])
