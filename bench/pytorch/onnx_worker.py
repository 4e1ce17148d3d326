#!/usr/bin/env python3
"""Runs an exported network (export.py) in ONNX Runtime or OpenVINO, as a worker (worker.py).

    onnx_worker.py openvino FILE.onnx SIDE [--bf16]
"""

import argparse
import os

import tensors
from worker import serve


def onnxruntime_session(args, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(args.model, options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, inputs)[0]


def openvino_session(args, threads):
    import openvino

    # Left to itself, OpenVINO computes a float model in bfloat16 where the processor can.
    config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16" if args.bf16 else "f32"}
    compiled = openvino.Core().compile_model(args.model, "CPU", config)
    request = compiled.create_infer_request()
    return lambda inputs: request.infer(inputs, share_inputs=True)[compiled.output(0)]


ENGINES = {"onnxruntime": onnxruntime_session, "openvino": openvino_session}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("model")
    parser.add_argument("side", type=int)
    parser.add_argument("--bf16", action="store_true")
    args = parser.parse_args()
    session = ENGINES[args.engine](args, len(os.sched_getaffinity(0)))
    inputs = {"up_ms": tensors.numbers((1, 4, args.side, args.side), 1), "pan": tensors.numbers((1, 1, args.side, args.side), 2)}
    results = {}

    def run():
        results["y"] = session(inputs)

    serve(run, lambda: results)


if __name__ == "__main__":
    main()
