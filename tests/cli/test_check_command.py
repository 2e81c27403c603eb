"""``deepcheck attack --certificate``, ``deepcheck check``, the checker's file alone: statuses, streams, whole files."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Answer, Command
from test_attack_command import ATTACKED, PROVED, TIED, stored
from test_errors import refused
from tiny_models import regression, two_sums

from deepcheck.certify import checker


def written(command: Command, model, tmp_path, values=ATTACKED, name="c.json", *options):
    answer = command("attack", model, stored(tmp_path, values), "--certificate", tmp_path / name, *options)
    assert f"wrote {tmp_path / name}" in answer.err
    return tmp_path / name


@pytest.mark.parametrize("name", ["c.json", "c.json.gz"])
@pytest.mark.parametrize("paths", ["same", "all"])
@pytest.mark.parametrize(
    ("values", "verdict", "attacks"), [(ATTACKED, "attack", 4), (PROVED, "proved", 0), (TIED, "attack", 1)]
)
def test_what_attack_writes_is_verified(command: Command, model, tmp_path, values, verdict, attacks, paths, name):
    """By hand: four attacks; none; one, and three features that only tie, which is another label but no attack."""
    place = written(command, model, tmp_path, values, name, "--paths", paths)
    assert (place.read_bytes()[:2] == b"\x1f\x8b") == (name == "c.json.gz")
    answer = command("check", place, "--model", model)
    assert (answer.status, answer.err, answer.out.count("\n")) == (0, "", 2)
    scope = "all paths" if paths == "all" else "this path"
    assert answer.out.startswith(f"verified: {verdict} ({scope}, real arithmetic)")
    undecided = 3 if values is TIED else 0
    assert f"Of 4 sets of 1 of 4 features, {attacks} attacks and {undecided} undecided sets" in answer.out
    assert "(from 0 to 1)" in answer.out
    assert "\ntrusted: Python" in answer.out


def test_a_shipped_network_is_found_by_its_name(command: Command, tmp_path):
    x = stored(tmp_path, [[[0.0] * 8] * 8])
    assert command("attack", "digits_10x4", x, "--certificate", tmp_path / "c.json").status == 0
    assert command("check", tmp_path / "c.json", "--model", "digits_10x4").status == 0


def test_json_is_one_object(command: Command, model, tmp_path):
    place = written(command, model, tmp_path)
    answer = command("check", place, "--model", model, "--json")
    found = json.loads(answer.out)
    assert (answer.status, answer.err) == (0, "")
    assert found.keys() == {"schema", "verified", "statement"}
    assert (found["schema"], found["verified"]) == (1, True)
    other = two_sums(tmp_path / "other.onnx", (1, 4, 1))
    answer = command("check", place, "--model", other, "--json")
    assert (answer.status, answer.err) == (1, "")
    assert json.loads(answer.out) == {"schema": 1, "verified": False, "reason": "it is about another model file"}


def test_the_json_answer_of_attack_is_the_same_with_a_certificate(command: Command, model, tmp_path):
    x = stored(tmp_path, ATTACKED)
    plain = json.loads(command("attack", model, x, "--json").out)
    told = json.loads(command("attack", model, x, "--json", "--certificate", tmp_path / "c.json").out)
    assert {**plain, "seconds": 0} == {**told, "seconds": 0}


def spoiled(place: Path, edit):
    held = json.loads(place.read_text())
    edit(held)
    place.write_text(json.dumps(held))
    return place


@pytest.mark.parametrize(
    "edit",
    [
        lambda held: held.update(label=1),
        lambda held: held["claim"].update(scope="all paths"),
        lambda held: held["claim"].update(verdict="proved"),
        lambda held: held["attacks"].pop(),
        lambda held: held["model"].update(name="another"),
        lambda held: held.pop("digest"),
        lambda held: held.update(digest="0" * 64),
        lambda held: held.clear(),
    ],
)
def test_a_changed_certificate_is_rejected_in_one_line(command: Command, model, tmp_path, edit):
    place = spoiled(written(command, model, tmp_path), edit)
    answer = command("check", place, "--model", model)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert answer.err.startswith("rejected: ")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\x1f\x8b", b"\x00\xff", b"null", gzip.compress(b"{}", mtime=0)]
)
def test_what_is_no_certificate_is_rejected(command: Command, model, tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    answer = command("check", tmp_path / "c.json", "--model", model)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert answer.err.startswith("rejected: ")


def test_what_cannot_be_read_is_bad_input(command: Command, model, tmp_path):
    place = written(command, model, tmp_path)
    refused(command("check", tmp_path / "none.json", "--model", model), "expected a certificate", "none.json")
    refused(command("check", place, "--model", tmp_path / "none.onnx"), "cannot read", "none.onnx")
    refused(command("check", tmp_path, "--model", model), "expected a certificate")
    assert command("check", "--model", model).status == 2


def test_the_model_beside_a_certificate_is_found_by_its_name(command: Command, model, tmp_path):
    place = written(command, model, tmp_path)
    assert command("check", place).out == command("check", place, "--model", model).out
    (tmp_path / "inner").mkdir()
    inner = tmp_path / "inner" / "c.json"
    for name in ("none", "..", "../two_sums", "/etc/passwd", "two_sums\0", "a\nb", "", ".", "x" * 10_000):
        held = json.loads(place.read_text())
        held["model"]["name"] = name
        inner.write_text(json.dumps(held))
        refused(command("check", inner), "cannot read", "--model MODEL")
    for content in (
        b"",
        b"{}",
        b"[1]",
        b"\x1f\x8b\x08\x00" + bytes(30),
        gzip.compress(b"{}", mtime=0)[:-5],
        b"[" * 100_000,
    ):
        inner.write_bytes(content)
        answer = command("check", inner)
        assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
        assert answer.err.startswith("rejected: ")


def test_a_certificate_is_written_whole_or_not_at_all(command: Command, model, tmp_path):
    x, place = stored(tmp_path, ATTACKED), tmp_path / "c.json"
    place.write_text("kept")
    refused(command("attack", model, x, "--certificate", place, "--unbounded"), "bounded")
    assert place.read_text() == "kept"
    (tmp_path / "folder").mkdir()
    refused(command("attack", model, x, "--certificate", tmp_path / "folder"), "cannot write")
    refused(command("attack", model, x, "--certificate", tmp_path / "none" / "c.json"), "cannot write")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c.json", "folder", "two_sums.onnx", "x.npy"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        refused(command("attack", model, x, "--certificate", place), "No space left")
    assert place.read_text() == "kept"
    assert len(list(tmp_path.iterdir())) == 4


def test_a_model_without_a_decision_has_no_certificate(command: Command, tmp_path):
    model = regression(tmp_path / "regression.onnx")
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--certificate", tmp_path / "c.json")
    assert answer.status == 2
    assert not (tmp_path / "c.json").exists()


LAUNCHER = """
import builtins, runpy, sys
plain = builtins.__import__
def guarded(name, scope=None, *rest):
    top, asks = name.partition(".")[0], (scope or {}).get("__name__")
    blocked = {"deepcheck", "z3", "numba", "scipy", "highspy", "flint", "onnxruntime"}
    if top in blocked or (top == "numpy" and asks == "__main__"):
        raise ImportError(f"{top} is blocked")
    return plain(name, scope, *rest)
builtins.__import__ = guarded
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def ran(*words: object, folder: Path) -> Answer:
    done = subprocess.run([sys.executable, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=100)
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checker's file and one that runs it without deepcheck, and without numpy for itself."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copy(checker.__file__, folder / "checker.py")
    (folder / "launcher.py").write_text(LAUNCHER)
    return folder


def test_the_file_alone_in_an_empty_folder(command: Command, model, tmp_path, alone):
    place = written(command, model, tmp_path, ATTACKED, "c.json.gz", "--paths", "all")
    verified = ran("-I", "launcher.py", "checker.py", place, "--model", model, folder=alone)
    assert (verified.status, verified.err) == (0, "")
    assert verified.out == command("check", place, "--model", model).out
    plain = ran("-I", "checker.py", place, "--model", model, folder=alone)
    assert plain == verified
    optimized = ran("-I", "-O", "checker.py", place, "--model", two_sums(tmp_path / "o.onnx", (4, 1, 1)), folder=alone)
    assert (optimized.status, optimized.out) == (1, "")
    assert optimized.err == "rejected: it is about another model file\n"
    missing = ran("-I", "checker.py", tmp_path / "none", "--model", model, folder=alone)
    assert (missing.status, missing.out, missing.err.count("\n")) == (2, "", 1)
    assert ran("-I", "checker.py", place, folder=alone).status == 2


@pytest.mark.parametrize("module", ["deepcheck", "numpy"])
def test_the_block_works(alone, module):
    (alone / "checker.py").write_text(f"import {module}\n")
    answer = ran("-I", "launcher.py", "checker.py", folder=alone)
    assert answer.status == 1
    assert f"{module} is blocked" in answer.err


def test_as_a_module(command: Command, model, tmp_path):
    place = written(command, model, tmp_path)
    answer = ran("-m", "deepcheck.certify", place, "--model", model, folder=tmp_path)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == command("check", place, "--model", model).out
    spoiled(place, lambda held: held.update(label=1))
    answer = ran("-m", "deepcheck.certify", place, "--model", model, folder=tmp_path)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
