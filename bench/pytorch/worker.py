"""Protocol between compare.py and a worker. bench/premix_timer.cpp implements it too.

The worker prints "ready". Then it reads commands, one per line, and answers each with one line of JSON:

    run N         runs the work N times: {"seconds": [...], "cpu_seconds": total processor time}
    sample FILE   writes samples of the last results as safetensors: {}
    memory        {"peak_bytes": peak memory of the process, or of its GPU}
"""

import json
import resource
import sys
import time

import tensors


def process_peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(run, results, peak_bytes=None):
    """Serves commands. run() returns when the work is done. results() is {name: array} of the last run, row-major (N, C, H, W)."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # output of libraries must not look like an answer

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
            sys.exit(f"worker: unknown command {line.strip()}")
