"""Which systems a core install has ready-made wheels for: every dependency with its own, resolved by pip for each.

pip resolves ``pyproject.toml`` for a foreign system from wheels alone and reports their names; nothing is installed.
Requirements with a marker (``; sys_platform == ...``) are those of the system that asks: pip cannot do otherwise.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import store

ROOT = Path(__file__).parent.parent
GLIBC = ("2_28", "2_27", "2_24", "2_17")
SYSTEMS = {
    "Windows x86-64": ("win_amd64",),
    "macOS 14 arm64": ("macosx_14_0_arm64",),
    "macOS 14 x86-64": ("macosx_14_0_x86_64",),
    "Linux x86-64 (glibc 2.28)": (*(f"manylinux_{glibc}_x86_64" for glibc in GLIBC), "manylinux2014_x86_64"),
    "Linux aarch64 (glibc 2.28)": (*(f"manylinux_{glibc}_aarch64" for glibc in GLIBC), "manylinux2014_aarch64"),
}
ASKING = 6
"""So many questions at a time."""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def wheels(platforms: tuple[str, ...], python: str, requirements: list[str]) -> dict[str, str] | str:
    """The wheel of each package by its name, or what has none."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = ["install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--implementation=cp"]
        words += [f"--python-version={python}", f"--target={folder}/none", f"--report={report}"]
        words += [f"--platform={platform}" for platform in platforms]
        found = subprocess.run(
            [sys.executable, "-m", "pip", *words, *requirements], capture_output=True, text=True, check=False
        )
        if found.returncode != 0:
            missing = re.findall(r"No matching distribution found for (\S+)", found.stderr)
            return ", ".join(missing) or found.stderr.strip().splitlines()[-1]
        entries = json.loads(report.read_text())["install"]
    return {entry["metadata"]["name"]: entry["download_info"]["url"].rpartition("/")[2] for entry in entries}


def main() -> int:
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    figures: dict[str, object] = {}
    native: dict[str, set[str]] = {}
    largest = 0
    with ThreadPoolExecutor(ASKING) as pool:
        asked = {
            (system, python): pool.submit(wheels, platforms, python, requirements)
            for system, platforms in SYSTEMS.items()
            for python in PYTHONS
        }
    for system in SYSTEMS:
        ready, lacking = [], {}
        for python in PYTHONS:
            found = asked[system, python].result()
            if isinstance(found, str):
                lacking[python] = found
                continue
            ready.append(python)
            largest = max(largest, len(found))
            for name, wheel in found.items():
                if not wheel.endswith("-none-any.whl"):
                    native.setdefault(name.lower(), set()).add(system)
            print(system, python, len(found), flush=True)
        figures[f"{system}: CPython with wheels of all"] = ready
        if lacking:
            figures[f"{system}: lacking"] = lacking
    figures["packages"] = largest
    figures["packages with compiled wheels"] = sorted(native)
    figures["compiled, but not for every system"] = sorted(
        name for name, systems in native.items() if len(systems) < len(SYSTEMS)
    )
    store("wheels", figures, "none")
    return int(not all(figures[f"{system}: CPython with wheels of all"] for system in SYSTEMS))


if __name__ == "__main__":
    sys.exit(main())
