"""What a clumsy user types: each mistake is one line that says what was expected, and nothing is left half written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Command
from PIL import Image
from test_attack_command import ATTACKED, stored
from test_errors import refused
from tiny_models import two_sums

from deepcheck.cli.suggesting import suggestion
from deepcheck.display import files

DIGIT = ("digits_10x4", "digits:test:7")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of every wrong kind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("no network, no picture\n")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    two_sums(tmp_path / "tiny.onnx")
    stored(tmp_path, ATTACKED)
    Image.new("L", (8, 8)).save(tmp_path / "digit.png")
    return tmp_path


MISTAKES = [
    # a word misspelt: the nearest one is named
    ("attack digits_10x4 digits:test:7 --order cio", "did you mean 'coi'?"),
    ("attack digits_10x4 digits:test:7 --solver polgon", "did you mean 'polygon'?"),
    ("attack digits_10x4 digits:test:7 --paths sam", "did you mean 'same'?"),
    ("attack digits_10x5 digits:test:7", "did you mean 'digits_10x4'?"),
    ("importance digits_10x4 digit:test:7", "did you mean 'digits'?"),
    ("importance digits_10x4 digits:test:7 --metric raech", "did you mean 'reach'?"),
    ("explore digits_10x4 digits:test:7 --features 1 --order nearst", "did you mean 'nearest'?"),
    ("translate digits_10x4 --to pyton", "did you mean 'python'?"),
    ("reproduce tabel1 --out out", "did you mean 'table1'?"),
    ("grade digits_10x4 digits --metric abss --images 1", "did you mean 'abs'?"),
    ("atack digits_10x4 digits:test:7", "Did you mean 'attack'?"),
    ("text prov x", "Did you mean 'prove'?"),
    ("attack digits_10x4 digits:test:7 --ordr coi", "--order"),
    # files of a wrong kind
    ("info folder", "folder"),
    ("info empty", "empty"),
    ("info notes.txt", "notes.txt"),
    ("info digit.png", "digit.png"),
    ("attack notes.txt digits:test:7", "notes.txt"),
    ("attack digits_10x4 folder", "folder"),
    ("attack digits_10x4 notes.txt", "notes.txt"),
    ("attack digits_10x4 empty", "empty"),
    ("attack digits_10x4 tiny.onnx", "tiny.onnx"),
    ("attack digits_10x4 x.npy", "(1, 8, 8)"),
    ("attack tiny.onnx digit.png", "(1, 2, 2)"),
    ("attack digit.png tiny.onnx", "digit.png"),
    ("attack digits_10x4 digits:test:7 --mask notes.txt", "notes.txt"),
    ("attack digits_10x4 digits:test:7 --bounds nothing.npz", "nothing.npz"),
    ("check folder", "expected a certificate"),
    ("check nothing.json", "expected a certificate"),
    ("grade digits_10x4 digits --scores folder", "folder"),
    ("grade digits_10x4 digits --scores notes.txt", "notes.txt"),
    ("text importance --file folder", "folder"),
    ("text importance --file empty", "empty"),
    ("text importance word --model notes.txt --vocabulary notes.txt --vectors x.npy", "notes.txt"),
    # numbers of a wrong size or kind
    ("attack digits_10x4 digits:test:99999999999999999999999", "359"),
    ("attack digits_10x4 digits:test:7 --features 99999999999999999", "0 to 63"),
    ("attack digits_10x4 digits:test:7 --size 99999999", "--size"),
    ("attack digits_10x4 digits:test:7 --memory 1e308", "--memory"),
    ("attack digits_10x4 digits:test:7 --memory nan", "--memory"),
    ("attack digits_10x4 digits:test:7 --timeout nan", "timeout"),
    ("attack digits_10x4 digits:test:7 --timeout -1", "timeout"),
    ("attack digits_10x4 digits:test:7 --bounds 1e400:2", "bounds"),
    ("attack digits_10x4 digits:test:7 --levels 99999999999999999999999", "levels"),
    ("explore digits_10x4 digits:test:7", "--features"),
    ("map digits_10x4 digits:test:7 --features 1,2,3", "two"),
    ("labels digits_10x4 digits:test:7 --size 0", "--size"),
    # places that cannot be written
    ("attack digits_10x4 digits:test:7 --certificate folder", "folder"),
    ("attack digits_10x4 digits:test:7 --certificate nowhere/x.json", "nowhere"),
    ("attack digits_10x4 digits:test:7 --save notes.txt", "notes.txt"),
    ("translate digits_10x4 -o nowhere/x.py", "nowhere"),
    ("translate digits_10x4 -o folder", "folder"),
    ("demo --out notes.txt", "notes.txt"),
    ("run digits_10x4 digits --minimal --images 1 --out notes.txt", "notes.txt"),
    ("reproduce figure1 --out notes.txt", "notes.txt"),
    ("text importance good --html nowhere/x.html", "nowhere"),
]


@pytest.mark.parametrize(("line", "fragment"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_each_is_one_line(command: Command, here, line, fragment):
    before = sorted(here.rglob("*"))
    refused(command(*line.split()), fragment)
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize("line", ["check empty", "check notes.txt", "check digit.png", "check tiny.onnx"])
def test_what_is_no_certificate_is_rejected(command: Command, here, line):
    answer = command(*line.split())
    assert (answer.status, answer.out, answer.err) == (1, "", "rejected: this is not a certificate\n")


@pytest.mark.parametrize("name", ["sp ace", "ünï-código", "数字", "-dash", "quote'", "[bold]x", "new\nline"])
def test_names_are_taken_as_they_are(command: Command, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / f"in {name}"
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this system has no such file names")
    two_sums(folder / f"{name}.onnx")
    np.save(folder / f"{name}.npy", np.array([ATTACKED], dtype=np.float32).reshape(1, 2, 2))
    made = folder / f"{name}.json"
    answer = command("attack", folder / f"{name}.onnx", folder / f"{name}.npy", "--certificate", made)
    assert answer.status == 0, answer.err
    assert command("check", made, "--model", folder / f"{name}.onnx").status == 0
    assert command("info", folder / f"{name}.onnx").status == 0


@pytest.mark.parametrize(
    "words",
    [
        ("attack", *DIGIT, "--certificate", "out.json"),
        ("translate", "digits_10x4", "-o", "out.py"),
        ("grade", "digits_10x4", "digits", "--metric", "coi", "--images", "1", "-o", "out.csv"),
        ("text", "importance", "good", "--html", "out.html"),
    ],
)
def test_a_full_disk_leaves_nothing(command: Command, here, monkeypatch, words):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    before = sorted(here.rglob("*"))
    answer = command(*words)
    assert answer.status == 2
    assert "No space left" in answer.err.splitlines()[-1]
    assert sorted(here.rglob("*")) == before


def test_a_terminal_without_letters_for_a_word_shows_it_escaped(tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "deepcheck", "text", "importance", "good Überraschung 映画"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout.isascii()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("expected an order of abs, co, coi, reach, got 'cio'", "; did you mean 'coi'?"),
        ("expected --to python, c or lp, got 'pyton'", "; did you mean 'python'?"),
        ("expected an order of abs, co, coi, reach, got 'zzz'", ""),
        ("expected --features as indices such as 21,44, got '21,4a'", ""),
        ("expected an input of shape (1, 2, 2), got 'x'", ""),
        ("no such thing", ""),
    ],
)
def test_suggestions(message, expected):
    assert suggestion(message) == expected
