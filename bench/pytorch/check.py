#!/usr/bin/env python3
"""Checks network.py against golden files of the published code (tests/golden/README.md).

Compares prediction, loss and the gradient of every parameter, in float64 and both memory layouts, for all
files full_*.safetensors in the folder.

    check.py [FOLDER]
"""

import json
import pathlib
import sys

import torch

import tensors
from network import PreMix

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# Limit for values that the file stores rounded to float32.
LIMITS = {"f64": 1e-10, "f64r": 1e-7}


def difference(actual, expected):
    """Largest difference, relative to the largest expected number."""
    scale = expected.abs().max().item() or 1.0
    return (actual - expected).abs().max().item() / scale


def sums(gradient):
    """Four sums that some files store in place of a gradient."""
    g = gradient.reshape(-1)
    wave = torch.cos(0.1 * torch.arange(g.numel(), dtype=g.dtype))
    return torch.stack([g.sum(), g.abs().sum(), (g * g).sum().sqrt(), (g * wave).sum()])


def model_of(file, stored, config):
    """Network with the parameters of the file, or of the file that it names."""
    names = ("bands", "embed_dim", "kernel_size", "pf_kernel", "num_layers", "EWFM", "beta")
    model = PreMix(activation=config["activation"] or "tanh+relu", **{name: config[name] for name in names}).double()
    parameters = {}
    if "params_in" in config:
        parameters.update(tensors.read(file.parent / config["params_in"].split()[0])[0])
    parameters.update(stored)
    state = {name[6:]: torch.tensor(values) for name, values in parameters.items() if name.startswith("param/")}
    model.load_state_dict({name: values.reshape(model.state_dict()[name].shape) for name, values in state.items()})
    return model


def results(model, stored, layout):
    """Outputs, gradients and sums of gradients, by their names in the file."""
    model = model.to(memory_format=layout)
    model.zero_grad()
    up_ms, pan, truth = (torch.tensor(stored["in/" + name]).double().to(memory_format=layout) for name in ("up_ms", "pan", "gt"))
    prediction = model(up_ms, pan)
    loss = (prediction - truth).abs().mean()
    loss.backward()
    found = {"out/pred": prediction.detach(), "out/loss": loss.detach()}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            found["grad/" + name], found["gradsum/" + name] = parameter.grad, sums(parameter.grad)
    return found


def check(file):
    """Prints a line per layout; returns whether all agree."""
    stored, metadata = tensors.read(file)
    config = json.loads(metadata["config"])
    model, passed = model_of(file, stored, config), True
    for layout in (torch.contiguous_format, torch.channels_last):
        found, compared, worst, failed = results(model, stored, layout), 0, dict.fromkeys(LIMITS, 0.0), []
        for name, values in stored.items():
            kind, dot, rest = name.partition(".")
            precision, _, tensor = rest.partition("/")
            if kind not in ("out", "grad", "gradsum") or not dot or precision not in LIMITS:
                continue
            actual, expected = found.get(f"{kind}/{tensor}"), torch.tensor(values).double()
            gap = float("inf") if actual is None else difference(actual.reshape(expected.shape), expected)
            compared, worst[precision] = compared + 1, max(worst[precision], gap)
            if not gap <= LIMITS[precision]:
                failed.append(f"{name} differs by {gap:.1e}")
        passed = passed and compared > 0 and not failed
        what = ", ".join(f"{worst[p]:.1e} of {LIMITS[p]:.0e} ({p})" for p in LIMITS)
        print(f"{'ok' if compared and not failed else 'FAILED':6} {file.name}, {str(layout)[6:]}: {compared} tensors, {what}")
        for line in failed[:5]:
            print("      ", line)
    return passed


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "tests" / "golden"
    files = sorted(folder.glob("full_*.safetensors"))
    if not files:
        sys.exit(f"check.py: no full_*.safetensors in {folder}")
    torch.manual_seed(0)
    passed = [check(file) for file in files]
    print(f"{sum(passed)} of {len(files)} files agree")
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
