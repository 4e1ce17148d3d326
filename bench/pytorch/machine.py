"""Facts about the machine and its software, for the report of compare.py."""

import importlib.metadata
import os
import platform
import subprocess


def busy_seconds():
    """Busy time of all processors since the machine started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def available_bytes():
    with open("/proc/meminfo") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().partition("\n")[0]
    except OSError:
        return "none"


def gpu():
    """Name, memory and driver of the first GPU."""
    return output("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def facts(cores):
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    here = os.path.dirname(os.path.abspath(__file__))
    return {
        "processor": f"{model}, {os.cpu_count()} cores, measured on {cores}",
        "system": f"{platform.platform()}, {' '.join(platform.libc_ver())}",
        "premix": output("git", "-C", here, "describe", "--always", "--dirty"),
        "compiler": output("g++", "--version"),
        "Python": platform.python_version(),
        "PyTorch": version("torch"),
        "ONNX Runtime": version("onnxruntime"),
        "OpenVINO": version("openvino"),
        "ONNX": version("onnx"),
        "NumPy": version("numpy"),
    }
