"""How long a user waits: whole processes, the first run in a fresh copy of the environment's byte code included."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import store

from deepcheck import datasets


def process(*command: str) -> float:
    """Median wall time of a whole process, five runs."""
    found = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        found.append(time.perf_counter() - started)
    return float(np.median(found))


def main() -> None:
    deepcheck = str(Path(sys.executable).parent / "deepcheck")
    bare = process(sys.executable, "-c", "pass")
    imported = process(sys.executable, "-c", "import deepcheck")
    probe = "import sys, deepcheck; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", probe], check=True)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.npy"
        np.save(image, datasets.mnist("test").pixels([0])[0])
        started = time.perf_counter()
        subprocess.run([deepcheck, "attack", "mnist_10x4", str(image), "--json"], check=True, capture_output=True)
        first = time.perf_counter() - started
        attack = process(deepcheck, "attack", "mnist_10x4", str(image), "--json")
        demo = process(deepcheck, "demo", "--out", str(Path(folder) / "demo"))
    figures = {
        "s, python -c pass": bare,
        "s, import deepcheck, above bare python": imported - bare,
        "s, deepcheck --help": process(deepcheck, "--help"),
        "s, deepcheck attack on the MNIST network, first run": first,
        "s, deepcheck attack on the MNIST network, later runs": attack,
        "s, deepcheck demo": demo,
    }
    store("startup", figures, "library defaults")


if __name__ == "__main__":
    main()
