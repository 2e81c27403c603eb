"""The README's Python example runs as it stands."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def test_python_example_runs_and_finds_an_attack(capsys):
    pytest.importorskip("sklearn", reason="the example needs scikit-learn's digits: pip install 'deepcheck-nn[demo]'")
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert sum(not line.startswith("  pixel") for line in printed) == 20
    assert any("attack (this path" in line for line in printed)
    assert any("proved (this path" in line for line in printed)
    assert any(re.search(r"pixel \(\d+,\) levels \{\d: \(\(\d+, \d+\),\)\} margin 0?\.\d+", line) for line in printed)
