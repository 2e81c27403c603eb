"""Timing and storing, shared by the benchmarks: warm-up, repeats, threads and machine in every file."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def seconds(action: Callable[[], object], repeats: int = 5) -> float:
    """Median wall time of an action after one warm-up."""
    action()
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def once(action: Callable[[], object]) -> float:
    """Wall time of one run, for rivals too slow to repeat."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def peak_mib() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def store(name: str, figures: dict[str, Any], threads: str) -> None:
    """Write ``results/NAME.json`` whole, with what is needed to repeat it."""
    packages = ("numpy", "onnxruntime", "numba", "highspy", "z3-solver", "pulp", "torch", "captum")
    record = {
        "benchmark": name,
        "command": f"python benchmarks/{Path(sys.argv[0]).name}",
        "date": time.strftime("%Y-%m-%d"),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip(),
        "machine": f"{_processor()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in packages},
        "threads": threads,
        "load": round(os.getloadavg()[1], 1),
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    temporary = RESULTS / f".{name}.json"
    temporary.write_text(json.dumps(record, indent=1) + "\n")
    temporary.replace(RESULTS / f"{name}.json")
    print(json.dumps(figures, indent=1))


def _version(package: str) -> str:
    try:
        return version(package)
    except ImportError:
        return ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
