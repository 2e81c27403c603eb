"""--state: real processes that are stopped or killed in the middle, and go on to the answer of an undisturbed one."""

import gzip
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from deepcheck.__main__ import main

SCRIPT = """
import os, signal, sys
import deepcheck.explore.keeper as keeper
from deepcheck.__main__ import main
from deepcheck.verbs import states

keeper.EVERY, keeper.SHARE = 0.02, 0.0
how, times, count = int(sys.argv.pop(1)), int(sys.argv.pop(1)), 0
write = states.write_atomically

def written(path, writer):
    global count
    write(path, writer)
    count += 1
    if count == times:
        os.kill(os.getpid(), how)

states.write_atomically = written
sys.exit(main())
"""
"""The command, which gets a signal as soon as it has kept what it knows so many times."""
SIGINT, SIGKILL = 2, 9
TRIPLES = ("attack", "digits_10x4", "digits:test:0", "--size", "3", "--paths", "all", "--json")
SMALLEST = ("attack", "digits_10x4", "digits:test:9", "--size", "smallest", "--paths", "all", "--json")


def run(*words: str, folder: Path, how: int = 0, times: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(how), str(times), *words],
        capture_output=True, text=True, check=False, cwd=folder, timeout=300,
    )  # fmt: skip


def answer(found: subprocess.CompletedProcess[str]) -> dict:
    assert found.returncode == 0, found.stderr
    return {key: value for key, value in json.loads(found.stdout).items() if key != "seconds"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return answer(run(*TRIPLES, folder=folder))


@pytest.mark.parametrize(("how", "status", "name"), [(SIGINT, 130, "search.json"), (SIGKILL, -9, "search.json.gz")])
def test_what_is_stopped_or_killed_goes_on_to_the_same_answer(how, status, name, undisturbed, tmp_path):
    first = run(*TRIPLES, "--state", name, folder=tmp_path, how=how, times=3)
    assert first.returncode == status
    if how == SIGINT:
        counts = json.loads(first.stdout)["counts"]
        assert counts["untried"] > 0
        assert f"kept in {name}: the same command goes on from there" in first.stderr
    second = run(*TRIPLES, "--state", name, folder=tmp_path, how=how, times=3)
    assert second.returncode == status
    assert answer(run(*TRIPLES, "--state", name, folder=tmp_path)) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == [name]
    again = run(*TRIPLES, "--state", name, folder=tmp_path)
    assert answer(again) == undisturbed
    assert json.loads(again.stdout)["seconds"] < 2


def test_the_smallest_set_goes_on(tmp_path):
    whole = answer(run(*SMALLEST, folder=tmp_path))
    killed = run(*SMALLEST, "--state", "search.json", folder=tmp_path, how=SIGKILL, times=1)
    assert killed.returncode == -9
    found = answer(run(*SMALLEST, "--state", "search.json", folder=tmp_path))
    assert found["smallest"]["bound"] == whole["smallest"]["bound"]
    assert found == whole
    assert answer(run(*SMALLEST, "--state", "search.json", folder=tmp_path)) == whole


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped")
    assert run(*TRIPLES, "--state", "s.json", folder=folder, how=SIGKILL, times=4).returncode == -9
    return folder / "s.json"


def refused(capsys, words: tuple[str, ...], *said: str) -> None:
    status = main(list(words))
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert all(word in printed.err for word in said), printed.err


@pytest.mark.parametrize(
    ("place", "word", "said"),
    [
        (1, "mnist_10x4", "another model"),
        (2, "digits:test:1", "another input"),
        (4, "2", "another question"),
    ],
)
def test_what_is_of_another_search_is_refused(place, word, said, stopped, capsys):
    before = stopped.read_bytes()
    words = [*TRIPLES[:place], word, *TRIPLES[place + 1 :]]
    if place == 1:  # the same input, of another network that reads it
        words[1] = str(other_network(stopped.parent))
    refused(capsys, (*words, "--state", str(stopped)), said, str(stopped))
    refused(capsys, (*TRIPLES, "--target", "1", "--state", str(stopped)), "another question")
    refused(capsys, (*TRIPLES, "--bounds", "0:1.5", "--state", str(stopped)), "another question")
    assert stopped.read_bytes() == before


def other_network(folder: Path) -> Path:
    import onnx

    import deepcheck

    model = onnx.load(str(deepcheck.zoo.path("digits_10x4")))
    model.doc_string = "another file"
    onnx.save(model, str(folder / "other.onnx"))
    return folder / "other.onnx"


def rewritten(stopped: Path, folder: Path, change) -> Path:
    """A file with another content, and its digest right."""
    state = json.loads(stopped.read_bytes())["state"]
    change(state)
    text = json.dumps(state, sort_keys=True, separators=(",", ":"))
    place = folder / "s.json"
    place.write_text(json.dumps({"digest": sha256(text.encode()).hexdigest(), "state": state}))
    return place


def flip(state):
    packed = state["search"]["ladder"]["known"][-1]["labels"]
    packed["data"] = packed["data"][::-1]


def more_proved(state):
    tree = state["search"]["ladder"]["tree"]
    tree["tally"]["proved"] += 1


def drop_family(state):
    tree = state["search"]["ladder"]["tree"]
    tree["left"] += 1
    tree["tally"]["proved"] -= 1


def no_values(state):
    known = state["search"]["ladder"]["known"][-1]["values"]
    known["data"] = "A" * len(known["data"])


CHANGES = {
    "a count": more_proved,
    "a family less": drop_family,
    "another label": flip,
    "a witness that is none": no_values,
    "no levels": lambda state: state["search"]["ladder"].pop("levels"),
    "a number for a list": lambda state: state["search"]["ladder"].update(levels=3),
    "no tree, and so nothing open": lambda state: state["search"]["ladder"].update(levels=[{}] * 3, tree=None),
    "another version": lambda state: state.update(version="9.9.9"),
    "another schema": lambda state: state.update(schema=2),
    "true for a number": lambda state: state["search"]["ladder"]["tree"].update(left=True),
    "no search": lambda state: state.update(search=[]),
    "along": lambda state: state["search"]["along"].update(attackable=10**9),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_hold_together_is_refused(change, stopped, tmp_path, capsys):
    place = rewritten(stopped, tmp_path, CHANGES[change])
    refused(capsys, (*TRIPLES, "--state", str(place)), str(place))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b"{", b"\x80\x04pickle", b"\x1f\x8b", b"[" * 100_000, b'{"state": {"kind": 1}}',
        gzip.compress(b"{}", mtime=0), b"1" * 10_000, b'{"a": NaN}',
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_refused_and_left_alone(content, tmp_path, capsys):
    place = tmp_path / "s.json"
    place.write_bytes(content)
    refused(capsys, (*TRIPLES, "--state", str(place)), "s.json")
    assert place.read_bytes() == content


def test_an_edited_file_is_damaged(stopped, tmp_path, capsys):
    text = stopped.read_text().replace('"proved":', '"proved":1', 1)
    (tmp_path / "s.json").write_text(text)
    refused(capsys, (*TRIPLES, "--state", str(tmp_path / "s.json")), "damaged")


def test_what_has_no_state_says_so(tmp_path, capsys):
    digit = TRIPLES[1:3]
    refused(capsys, ("attack", *digit, "--paths", "all", "--state", str(tmp_path / "s")), "2 or more")
    refused(capsys, ("attack", *digit, "--size", "2", "--state", str(tmp_path / "s")), "paths='all'")
    refused(capsys, ("attack", *digit, "--size", "smallest", "--state", str(tmp_path / "s")), "paths='all'")
    refused(capsys, (*TRIPLES, "--state", str(tmp_path)), "--state")
    assert list(tmp_path.iterdir()) == []
