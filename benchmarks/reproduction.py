"""How long the paper's own part takes from trained networks, whole and quick, and again when all is measured.

Each is one process, as a user starts it: ``deepcheck reproduce all [--quick] --out NEW_FOLDER``. A run that was killed
(SIGKILL, after a given time) and started again has its two times beside the undisturbed one, and whether the JSON that
it wrote is the same but for times.
"""

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measure import store

KILL_AFTER = 30.0
TIMES = ("seconds", "date", "seconds_a_review")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick-only", action="store_true", help="leave the whole run out")
    parser.add_argument("--out", type=Path, help="keep what was written, in this folder; it must be new")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    with TemporaryDirectory() if options.out is None else nullcontext(options.out) as folder:
        quick, whole, killed = (Path(folder) / name for name in ("quick", "whole", "killed"))
        figures["quick: s"] = reproduced(quick, "--quick")
        figures["quick, again: s"] = reproduced(quick, "--quick")
        figures["quick, killed: s until then"] = KILL_AFTER
        reproduced(killed, "--quick", kill_after=KILL_AFTER)
        figures["quick, killed, started again: s"] = reproduced(killed, "--quick")
        figures["quick, killed: JSON files that differ from the undisturbed run"] = differing(quick, killed)
        if not options.quick_only:
            figures["all: s"] = reproduced(whole)
            figures["all, again: s"] = reproduced(whole)
            figures["all: MiB of measurements"] = (whole / "run.sqlite").stat().st_size / 2**20
    figures["peak MiB of a process"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    store("reproduction", figures, "library defaults (2 cores)")


def reproduced(out: Path, *flags: str, kill_after: float | None = None) -> float:
    command = [sys.executable, "-m", "deepcheck", "reproduce", "all", "--out", str(out), *flags]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"expected status 0 of {' '.join(command)}, got {process.returncode}")
    return time.perf_counter() - started


def differing(one: Path, other: Path) -> int:
    names = {path.name for folder in (one, other) for path in folder.glob("*.json")}
    return sum(content(one / name) != content(other / name) for name in names)


def content(path: Path) -> Any:
    return without_times(json.loads(path.read_text())) if path.exists() else None


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(part) for key, part in value.items() if key not in TIMES}
    return [without_times(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
