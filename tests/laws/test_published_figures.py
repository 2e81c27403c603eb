"""The figures in the documents are those of the benchmark results, not somebody's typing."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_readme_and_performance_hold_the_stored_results():
    found = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "publish.py", "--check"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, "run: python benchmarks/publish.py"
