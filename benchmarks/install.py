"""What a core install weighs: a new environment, ``pip install .`` without extras, bytes and seconds, by package."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import store

ROOT = Path(__file__).parent.parent
WEIGH = """
import json
from importlib.metadata import distributions
found = {}
for each in distributions():
    paths = {each.locate_file(file).resolve() for file in each.files or ()}
    found[each.name.lower()] = sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc")
print(json.dumps(found))
"""
SHOWN = 12
"""So many packages are listed by name."""


def weights(python: Path) -> dict[str, int]:
    """Bytes of each package of an environment, compiled byte code left out."""
    return json.loads(subprocess.run([python, "-c", WEIGH], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "environment"
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        before = weights(python)
        started = time.perf_counter()
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-compile", ROOT], check=True)
        seconds = time.perf_counter() - started
        after = {name: size for name, size in weights(python).items() if name not in before}
        subprocess.run([python, "-m", "deepcheck", "info", "digits_10x4"], check=True, capture_output=True)
    ranked = dict(sorted(after.items(), key=lambda each: -each[1]))
    figures = {
        "MB, core install": round(sum(ranked.values()) / 1e6, 1),
        "packages, core install": len(ranked),
        "s, core install (download, build, unpack)": round(seconds, 1),
        **{f"MB, {name}": round(size / 1e6, 1) for name, size in list(ranked.items())[:SHOWN]},
        f"MB, the other {max(len(ranked) - SHOWN, 0)}": round(sum(list(ranked.values())[SHOWN:]) / 1e6, 1),
    }
    store("install", figures, "none")


if __name__ == "__main__":
    main()
