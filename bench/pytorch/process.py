"""Process of a worker, as compare.py sees it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time


class Failed(Exception):
    """A column is not available; the text says why."""


class Process:
    """Answers commands (worker.py). Stopped between commands, because spinning threads would take a core from the others."""

    def __init__(self, column, cores, folder):
        self.log = pathlib.Path(folder) / (re.sub(r"\W+", "-", column.name) + ".txt")
        own_cores = set(cores[: column.cores])  # all if the column gives none
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            column.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(self.log, "w"),
            text=True,
            env={**os.environ, **dict(column.environment)},
            preexec_fn=lambda: os.sched_setaffinity(0, own_cores),
        )
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            said = self.log.read_text().strip().splitlines()
            raise Failed(said[-1][:200] if said else f"ended with status {status}")
        return line

    def ask(self, command):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.answer())
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
