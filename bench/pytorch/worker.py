"""The conversation of a worker with compare.py, which bench/premix_timer.cpp speaks too. The worker says "ready", and then answers a line
of JSON to each line that it reads:

    run N         runs the work N times: {"seconds": [...], "cpu_seconds": the processors' time in all}
    sample FILE   writes samples of the last run's results as safetensors: {}
    memory        {"peak_bytes": the most that the process had in memory at once, or on the GPU that it works on}
"""

import json
import resource
import sys
import time

import tensors


def process_peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(run, results, peak_bytes=None):
    """run(): the work, finished when it returns. results(): {name: array} of the last run, row-major (N, C, H, W)."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what libraries print must not look like an answer

    def say(text):
        print(text, file=answers, flush=True)

    say("ready")
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "run":
            seconds, cpu = [], time.process_time()
            for _ in range(int(argument)):
                start = time.perf_counter()
                run()
                seconds.append(time.perf_counter() - start)
            say(json.dumps({"seconds": seconds, "cpu_seconds": time.process_time() - cpu}))
        elif command == "sample":
            tensors.write(argument, {name: tensors.sample(values) for name, values in results().items()})
            say("{}")
        elif command == "memory":
            say(json.dumps({"peak_bytes": (peak_bytes or process_peak)()}))
        else:
            sys.exit(f"worker: {line.strip()}: not a command")
