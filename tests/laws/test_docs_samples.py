"""Every sample in the documentation runs as it stands, page by page, and every command line in it is one.

Blocks of ``python`` and ``bash`` run in order in one namespace and one empty folder, blocks of ``sh`` are shown only. A
Python block that begins with the name of a file is kept as that file too.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from requirements import require

from deepcheck.__main__ import main
from deepcheck.cli.app import command

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("docs/site/*.md"), ROOT / "CONTRIBUTING.md"])
DOCUMENTS = [*PAGES, ROOT / "README.md", ROOT / "CHANGELOG.md"]
FENCE = re.compile(r"^```([\w{}-]*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(?: {4})?(deepcheck [a-z][^\n]*)$", re.MULTILINE)
NOT_RUN = {
    ("first_steps.md", "python -m pip install '.[torch,demo]'"): "installs packages; CI does so for every run",
}
"""Blocks of the language ``sh``, which are shown and not run, with the reason."""


class Sample(NamedTuple):
    page: Path
    line: int
    language: str
    code: str


def samples(page: Path) -> Iterator[Sample]:
    text = page.read_text(encoding="utf-8")
    for block in FENCE.finditer(text):
        yield Sample(page, text.count("\n", 0, block.start(2)) + 1, block[1], block[2])


def executable(page: Path) -> list[Sample]:
    return [sample for sample in samples(page) if sample.language in ("python", "bash")]


def run_python(sample: Sample, names: dict[str, Any]) -> None:
    code = "\n" * (sample.line - 1) + sample.code
    exec(compile(code, str(sample.page), "exec"), names)


def run_shell(sample: Sample) -> None:
    for line in sample.code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["deepcheck"]:
            assert main(words[1:]) in (0, 1), line
        elif words[:1] == ["python"]:
            done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        else:
            assert not words, f"expected a line that starts with deepcheck or python: {line}"


@pytest.mark.parametrize("page", [page for page in PAGES if executable(page)], ids=lambda page: page.name)
def test_samples_of_a_page_run_in_order(page, tmp_path, monkeypatch, capsys, request):
    found = executable(page)
    if any(re.search(r"(mnist|cifar10|imdb)\(", sample.code) for sample in found):
        request.getfixturevalue("data_folder")
    if any(re.search(r"^(import|from) torch", sample.code, re.MULTILINE) for sample in found):
        require("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {"__name__": "sample"}
    for sample in found:
        named = re.match(r"# (\w+\.py)\n", sample.code)
        if named:
            Path(named[1]).write_text(sample.code, encoding="utf-8")
        run_python(sample, names) if sample.language == "python" else run_shell(sample)


def test_what_is_shown_and_not_run_is_listed_with_a_reason():
    shown = {(page.name, sample.code.strip()) for page in PAGES for sample in samples(page) if sample.language == "sh"}
    assert shown == set(NOT_RUN)


def test_every_block_says_what_it_is():
    for page in PAGES:
        for sample in samples(page):
            known = ("python", "bash", "sh", "text", "json", "xml", "yaml")
            assert sample.language in known or sample.language.startswith("{"), f"{page.name}:{sample.line}"


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_command_lines_name_verbs_and_options_that_exist(page):
    for line in LINE.findall(page.read_text(encoding="utf-8")):
        found, words = command(), shlex.split(line, comments=True)[1:]
        while words and words[0] in getattr(found, "commands", {}):
            found, words = found.commands[words[0]], words[1:]
        assert not hasattr(found, "commands"), f"{page.name}: no such verb: {line}"
        known = {option for each in found.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
        for word in words:
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0] in known, f"{page.name}: {word} in: {line}"
