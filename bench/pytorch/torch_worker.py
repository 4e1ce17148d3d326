#!/usr/bin/env python3
"""Runs one of the works of compare.py in PyTorch, as a worker (worker.py).

    torch_worker.py forward 512 --weights FILE --layout channels_last
"""

import argparse
import contextlib
import os

import torch

import network
import tensors
from worker import serve

LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--weights")
    parser.add_argument("--layout", choices=LAYOUTS, default="contiguous")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="convolutions in bfloat16 (autocast)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tf32", action="store_true", help="convolutions on a GPU in TF32")
    return parser.parse_args()


class Work:
    def __init__(self, args):
        self.args, self.layout, self.results = args, LAYOUTS[args.layout], {}

    def numbers(self, shape, seed, low=0.0, high=1.0):
        return torch.from_numpy(tensors.numbers(shape, seed, low, high)).to(self.args.device, memory_format=self.layout)

    def narrow(self):
        if not self.args.bf16:
            return contextlib.nullcontext()
        return torch.autocast(torch.device(self.args.device).type, dtype=torch.bfloat16)

    def model(self):
        model = network.PreMix()
        state = {name: torch.tensor(values) for name, values in tensors.read(self.args.weights)[0].items()}
        model.load_state_dict(state)
        return model.to(self.args.device, memory_format=self.layout)

    def compiled(self, function):
        return torch.compile(function, dynamic=False) if self.args.compile else function


class Forward(Work):
    """The network. sizes: side."""

    def __init__(self, args):
        super().__init__(args)
        (side,) = args.sizes
        self.function = self.compiled(self.model().eval())
        self.inputs = self.numbers((1, 4, side, side), 1), self.numbers((1, 1, side, side), 2)

    def __call__(self):
        with torch.no_grad(), self.narrow():
            self.results = {"y": self.function(*self.inputs)}


class Training(Work):
    """Steps of Adam on the L1 loss. sizes: images, side. Results: the losses of the first three steps."""

    def __init__(self, args):
        super().__init__(args)
        images, side = args.sizes
        model = self.model()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        self.function, self.losses = self.compiled(model), []
        self.inputs = self.numbers((images, 4, side, side), 1), self.numbers((images, 1, side, side), 2)
        self.truth = self.numbers((images, 4, side, side), 3)

    def __call__(self):
        with self.narrow():
            loss = (self.function(*self.inputs) - self.truth).abs().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if len(self.losses) < 3:
            self.losses.append(loss.detach())
            self.results = {"losses": torch.stack(self.losses)}


class Operation(Work):
    """Runs function(*inputs), which may return several tensors; with backward also the gradients of all inputs."""

    def __init__(self, args, function, inputs, outputs, backward, names):
        super().__init__(args)
        self.function, self.inputs, self.names, self.backward = self.compiled(function), inputs, names, backward
        self.d_outputs = outputs() if backward else None
        for tensor in self.inputs:
            tensor.requires_grad_(backward)

    def __call__(self):
        with torch.set_grad_enabled(self.backward):
            outputs = self.function(*self.inputs)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            gradients = torch.autograd.grad(outputs, self.inputs, self.d_outputs) if self.backward else ()
        self.results = dict(zip(self.names, (*outputs, *gradients)))


class Filtering(Operation):
    """Predictive filtering, 4 bands. sizes: height, width, K, 1 for backward too."""

    def __init__(self, args):
        height, width, k, backward = args.sizes
        self.args, self.layout = args, LAYOUTS[args.layout]
        image = self.numbers((1, 4, height, width), 1)
        filters = self.numbers((1, 4 * k * k, height, width), 2)
        super().__init__(
            args, lambda f, x: network.predictive_filter(f, x, k), (filters, image),
            lambda: self.numbers((1, 4, height, width), 3), bool(backward), ("y", "d_filters", "d_image"),
        )


class Mixing(Operation):
    """EWFM from logits. sizes: height, width, channels, 1 for backward too."""

    def __init__(self, args):
        height, width, channels, backward = args.sizes
        self.args, self.layout = args, LAYOUTS[args.layout]
        shape = 1, channels, height, width
        inputs = self.numbers(shape, 1), self.numbers(shape, 2), self.numbers(shape, 3, -3, 8)
        mask = network.MASKS["tanh+relu"]
        super().__init__(
            args, lambda ms, pan, logits: network.mix(ms, pan, mask(logits)), inputs,
            lambda: (self.numbers(shape, 4), self.numbers(shape, 5)), bool(backward), ("ms", "pan", "d_ms", "d_pan", "d_logits"),
        )


WORKS = {"forward": Forward, "training": Training, "filtering": Filtering, "mixing": Mixing}


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = args.tf32
    work = WORKS[args.work](args)
    on_gpu = args.device != "cpu"

    def run():
        work()
        if on_gpu:
            torch.cuda.synchronize()

    def results():
        return {name: values.detach().float().contiguous().cpu().numpy() for name, values in work.results.items()}

    serve(run, results, torch.cuda.max_memory_reserved if on_gpu else None)


if __name__ == "__main__":
    main()
