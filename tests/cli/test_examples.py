"""Every example of every help text runs, offline, with the exit status that the help promises."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from conftest import Command
from PIL import Image

import deepcheck
from deepcheck.cli.app import command as built
from deepcheck.cli.app import verbs_of
from deepcheck.cli.examples import EXAMPLES, commands, epilog

VERBS = [words for words, _ in verbs_of(built())]
DIGIT = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stand-ins for a user's own files."""
    place = tmp_path_factory.mktemp("examples")
    (place / "model.onnx").write_bytes(deepcheck.zoo.path("digits_10x4").read_bytes())
    pixels = deepcheck.datasets.digits("test").pixels([DIGIT])[0, 0]
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(place / "image.png")
    np.save(place / "scores.npy", np.arange(64.0).reshape(8, 8))
    (place / "reviews.txt").write_text("a truly bad film\n\nwonderful from start to end\n")
    return place


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_few(verb):
    assert 2 <= len(commands(verb)) <= 4
    assert all(line.split()[: 1 + len(verb.split())] == ["deepcheck", *verb.split()] for line in commands(verb))


def test_no_examples_of_verbs_that_are_not():
    assert set(EXAMPLES) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_shows_them_as_they_are(command: Command, verb, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    answer = command(*verb.split(), "--help")
    assert answer.status == 0
    assert all(f"\n      {line}\n" in answer.out for line in commands(verb))
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "\b" not in answer.out


@pytest.mark.parametrize(
    "line", [pytest.param(line, id=line) for verb in VERBS for line in commands(verb) if line != "deepcheck demo"]
)
def test_they_run(command: Command, here, line):
    words = shlex.split(line)[1:]
    if words[0] == "check" and not (here / "evidence.json.gz").exists():
        command("attack", "model.onnx", "image.png", "--certificate", "evidence.json.gz")
    if words[0] == "report" and not (here / "digits-run").exists():
        command(*shlex.split(commands("run")[0])[1:])
    answer = command(*words)
    assert answer.status in (0, 1), answer.err
    assert answer.status == 0 or words[0] in ("attack", "explore", "labels", "run", "text")
    assert answer.out or "-o" in words
    for option in ("-o", "--plot", "--certificate", "--html"):
        if option in words:
            assert (here / words[words.index(option) + 1]).stat().st_size > 0


def test_the_list_of_verbs_leaves_none_out(command: Command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = command("--help").out
    listed = re.findall(r"^  ([a-z]+)  +\S", shown, re.MULTILINE)
    assert sorted(listed) == sorted(words for words in VERBS if words and " " not in words)
    assert listed[0] == "demo"
    assert "..." not in shown.partition("Start here:")[2]


def test_a_verb_without_examples_has_no_epilog():
    assert epilog("nothing") is None
