"""Every verb's exit status: 0 answered, 1 undecided or a check that failed, 2 bad input, 130 interrupted."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import Command
from requirements import require
from test_attack_command import ATTACKED, TIED, stored
from test_errors import refused
from tiny_models import two_sums
from tiny_text import tiny_text

import deepcheck
from deepcheck import reproduce
from deepcheck.cli.app import command as built
from deepcheck.cli.app import verbs_of
from deepcheck.verbs import reporting

Words = Callable[[Path], list[object]]


@dataclass(frozen=True)
class Statuses:
    """Words behind a verb that give each status, in a folder of files.

    Attributes:
        answered: Status 0.
        bad: Status 2.
        work: The function that an interrupt hits, as (module, name).
        undecided: Status 1; None where the verb has nothing to leave open.
    """

    answered: Words
    bad: Words
    work: tuple[object, str]
    undecided: Words | None = None


def _asked(*words: object, x: str = "attacked.npy") -> Words:
    return lambda folder: [folder / "m.onnx", folder / x, *words]


def _text(*words: object) -> Words:
    return lambda folder: [*words, *tiny_text(folder).options]


def _certificate(name: str) -> Words:
    return lambda folder: [folder / name, "--model", folder / "m.onnx"]


def _run(*words: object) -> Words:
    return lambda folder: [folder / "m.onnx", folder / "set.npz", "--minimal", "--out", folder / "run", *words]


STATUSES = {
    "demo": Statuses(
        lambda folder: ["--study", "images", "--out", folder / "demo"],
        lambda folder: ["--study", "none"],
        (deepcheck, "load"),
    ),
    "info": Statuses(lambda folder: [folder / "m.onnx"], lambda folder: ["nowhere.onnx"], (deepcheck, "load")),
    "importance": Statuses(_asked(), _asked("--metric", "best"), (deepcheck, "importance")),
    "attack": Statuses(
        _asked(), _asked("--bounds", "9:10"), (deepcheck, "attack"), _asked("--features", 0, x="tied.npy")
    ),
    "labels": Statuses(
        _asked(),
        _asked("--size", "-1"),
        (deepcheck, "labels_within"),
        _asked("--features", 0, "--size", 1, x="tied.npy"),
    ),
    "explore": Statuses(
        _asked("--features", "0,1"),
        _asked("--features", "9"),
        (deepcheck, "explore_paths"),
        _asked("--features", "0", x="tied.npy"),
    ),
    "map": Statuses(_asked("--features", "0,1"), _asked("--features", "0"), (deepcheck, "region_map")),
    "run": Statuses(
        _run(),
        _run("--paths", "some"),
        (deepcheck, "run_minimal"),
        lambda folder: [folder / "m.onnx", folder / "open.npz", "--minimal", "--out", folder / "run"],
    ),
    "report": Statuses(
        lambda folder: [folder / "kept", "-o", folder / "r.html"],
        lambda folder: [folder / "nowhere", "-o", folder / "r.html"],
        (reporting, "read_run"),
    ),
    "check": Statuses(
        _certificate("c.json"), _certificate("nowhere.json"), (deepcheck, "check"), _certificate("forged.json")
    ),
    "grade": Statuses(
        lambda folder: [folder / "m.onnx", folder / "attacked.npy", "--metric", "abs"],
        lambda folder: [folder / "m.onnx", folder / "attacked.npy", "--metric", "best"],
        (deepcheck, "grade"),
    ),
    "translate": Statuses(
        lambda folder: [folder / "m.onnx", "--to", "c"],
        lambda folder: [folder / "m.onnx", "--to", "cobol"],
        (deepcheck, "translate"),
    ),
    "reproduce": Statuses(
        lambda folder: ["figure1", "--out", folder / "reproduced"],
        lambda folder: ["table9", "--out", folder / "reproduced"],
        (reproduce, "run"),
    ),
    "text importance": Statuses(
        _text("good film"), _text("good film", "--metric", "best"), (deepcheck, "word_importance")
    ),
    "text attack": Statuses(
        _text("good film"),
        _text("good film", "--positions", "9"),
        (deepcheck, "attack_text"),
        _text("good", "--only", "film"),
    ),
    "text prove": Statuses(
        _text("great good"), _text("good", "--size", "0"), (deepcheck, "prove_text"), _text("good", "--only", "film")
    ),
}
"""Of every verb. What has nothing to leave open (``info``, ``importance``, ``map``, ...) never gives 1."""

every_verb = pytest.mark.parametrize("verb", STATUSES)


@pytest.fixture
def folder(tmp_path: Path, command: Command) -> Path:
    two_sums(tmp_path / "m.onnx")
    stored(tmp_path, ATTACKED, "attacked.npy")
    stored(tmp_path, TIED, "tied.npy")
    np.savez(tmp_path / "open.npz", x=np.float32([[[[0, 0], [1, 1]]]]))  # two pixels reach a tie and nothing more
    np.savez(tmp_path / "set.npz", x=np.float32([ATTACKED, TIED]), y=np.array([0, 1]))
    return tmp_path


def with_certificates(folder: Path, command: Command) -> None:
    made = command("attack", folder / "m.onnx", folder / "attacked.npy", "--certificate", folder / "c.json")
    assert made.status == 0
    found = json.loads((folder / "c.json").read_text())
    (folder / "forged.json").write_text(json.dumps(found | {"model": found["model"] | {"sha256": "0" * 64}}))


def test_every_verb_is_here():
    known = {words for words, verb in verbs_of(built()) if words and not hasattr(verb, "commands")}
    assert known == set(STATUSES)


@every_verb
def test_an_answer_is_0(command: Command, folder, verb):
    if verb in ("demo", "grade", "reproduce"):
        require("sklearn.datasets")
    if verb == "check":
        with_certificates(folder, command)
    if verb == "report":
        assert command("attack", *_asked("--out", folder / "kept")(folder)).status == 0
    if verb == "reproduce":
        return  # figure1 reads MNIST; tests/reproduce runs it
    answer = command(*verb.split(), *STATUSES[verb].answered(folder))
    assert answer.status == 0, answer.err


@pytest.mark.parametrize("verb", [verb for verb, statuses in STATUSES.items() if statuses.undecided])
def test_an_open_question_or_a_check_that_failed_is_1(command: Command, folder, verb):
    if verb == "check":
        with_certificates(folder, command)
    answer = command(*verb.split(), *STATUSES[verb].undecided(folder))
    assert answer.status == 1, answer.err


@every_verb
def test_bad_input_is_2_and_one_line(command: Command, folder, verb):
    refused(command(*verb.split(), *STATUSES[verb].bad(folder)))


@every_verb
def test_an_unknown_option_is_2(command: Command, folder, verb):
    refused(command(*verb.split(), "--no-such-option"), "--no-such-option")


@every_verb
def test_an_interrupt_is_130_and_one_line(command: Command, folder, verb, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    if verb == "check":
        with_certificates(folder, command)
    monkeypatch.setattr(*STATUSES[verb].work, interrupted)
    answer = command(*verb.split(), *STATUSES[verb].answered(folder))
    assert (answer.status, answer.out) == (130, "")
    assert answer.err.startswith("interrupted")
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["text"]])
def test_no_verb_is_2_and_help(command: Command, words):
    answer = command(*words)
    assert (answer.status, answer.out) == (2, "")
    assert "Usage: deepcheck" in answer.err
