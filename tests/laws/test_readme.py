"""The README's Python example runs as it stands."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def test_python_example_runs_and_finds_an_attack(capsys):
    pytest.importorskip("sklearn", reason="the example needs scikit-learn's digits: pip install 'deepcheck-nn[demo]'")
    examples = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    names = {}
    exec(compile(examples[0], "README.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert sum(not line.startswith("  pixel") for line in printed) == 20
    assert any("attack (this path" in line for line in printed)
    assert any("proved (this path" in line for line in printed)
    assert any(re.search(r"pixel \(\d+,\) levels \{\d: \(\(\d+, \d+\),\)\} margin 0?\.\d+", line) for line in printed)
    exec(compile(examples[1], "README.md", "exec"), names)
    assert names["pairs"].verdict == "attack"
    assert names["least"].optimal
    exec(compile(examples[2], "README.md", "exec"), names)
    assert names["least"].scope == names["every"].scope == "all paths"
    assert names["least"].size <= names["every"].size
    assert names["every"].counts["untried"] == 0
    assert names["found"].paths > 1
    assert len(names["squares"]) >= 1
    assert names["exact"].shape == (8, 8)
    capsys.readouterr()
    exec(compile(examples[3], "README.md", "exec"), names)
    assert capsys.readouterr().out.count("attack (all paths") == 2
    exec(compile(examples[4], "README.md", "exec"), names)
    graded = capsys.readouterr().out
    assert graded.startswith("graded on 50 images")
    assert "all paths, values in [0, 1], rounded outward" in graded
    assert 0 < float(graded.splitlines()[-1]) <= 1
    assert (names["truth"].margins >= names["truth"].current[:, None] - names["truth"].errors).all()
    exec(compile(examples[5], "README.md", "exec"), names)
    assert re.search(r"1 of 1 inputs failed: .*along any path\n  attack \(all paths, ", capsys.readouterr().out)
    exec(compile(examples[6], "README.md", "exec"), names)
    words, fewest, near, paper = capsys.readouterr().out.splitlines()
    assert words.startswith("negative (") and "by coi: " in words  # noqa: PT018
    assert "attack (all paths; " in fewest
    assert "stop words" in near
    assert "symbolic, by coi" in paper or "this path" in paper
    assert len(examples) == 7
