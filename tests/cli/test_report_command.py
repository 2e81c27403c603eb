"""``deepcheck report``: each kind of run as a page and as pictures; RUN itself never changes."""

import json
import sqlite3
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from deepcheck.report.exhibit_keeping import read_exhibits
from deepcheck.runs import Source, Store

PICTURES = np.array([[1, 1, 0.1, 0], [0.5, 0, 0, 0.01], [0.9, 0.9, 0, 0.05]], np.float32).reshape(-1, 1, 2, 2)


@pytest.fixture
def dataset(tmp_path):
    np.savez(tmp_path / "three.npz", x=PICTURES, y=np.array([0, 0, 0]))
    return tmp_path / "three.npz"


@pytest.fixture
def run(command, model, dataset, tmp_path):
    command("run", model, dataset, "--out", tmp_path / "run")
    return tmp_path / "run"


def digests(folder):
    return {str(file): sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


def report(command, folder, *words):
    """Write the report of a run: the page; its folder must not change."""
    before = digests(folder)
    page = folder.parent / "report.html"
    answer = command("report", folder, "-o", page, *words)
    assert digests(folder) == before
    assert (answer.status, answer.out) == (0, ""), answer.err
    return page.read_text(encoding="utf-8"), answer.err


def test_a_run_over_images(command, run):
    page, said = report(command, run, "--title", "Three <pictures>")
    assert "3 inputs" in said
    assert "Three &lt;pictures&gt;" in page
    for name in ("three.npz:0", "three.npz:1", "three.npz:2"):
        assert name in page
    assert "2 more are left out" in report(command, run, "--limit", 1)[1]


def test_a_minimal_run(command, model, dataset, tmp_path):
    command("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--exhibits", 1)
    page, said = report(command, tmp_path / "run")
    assert "1 inputs, 1 minimal run" in said
    assert "The fewest features that overturn each prediction: three" in page
    assert "along its own path" in page
    assert "Every input" in page


def test_texts(command, tmp_path):
    text = "a truly fine film <b>"
    for words in (("importance",), ("attack", "--most", 1), ("prove",), ("prove",)):
        verb, *more = words
        answer = command("text", verb, text, *more, "--out", tmp_path / "run")
        assert answer.status == 0, answer.err
        assert f"deepcheck report {tmp_path / 'run'}" in answer.err
    with Store.reading(tmp_path / "run" / "run.sqlite") as store:
        ((_, _, found),) = read_exhibits(store)
    assert [answer["counted"] for answer in found.answers] == ["numbers of words", "places"]
    page, _ = report(command, tmp_path / "run")
    assert "film &lt;b&gt;" in page
    assert "film <b>" not in page
    refused = command("text", "attack", text, "--method", "lp", "--out", tmp_path / "run")
    assert (refused.status, refused.err.count("\n")) == (2, 1)


def test_a_file_of_texts(command, tmp_path):
    (tmp_path / "texts").write_text("a fine film\n\nnothing\n")
    command("text", "prove", "--file", tmp_path / "texts", "--out", tmp_path / "run")
    with Store.reading(tmp_path / "run" / "run.sqlite") as store:
        assert sorted(found.held["text"] for _, _, found in read_exhibits(store)) == ["a fine film", "nothing"]


def test_what_attack_found(command, model, tmp_path):
    np.save(tmp_path / "x.npy", PICTURES[1])
    words = ("attack", model, tmp_path / "x.npy", "--out", tmp_path / "run")
    for more in ((), ("--paths", "all"), ("--size", 2), ("--size", "smallest"), ("--size", 2)):
        command(*words, *more)
    np.save(tmp_path / "y.npy", PICTURES[0])
    command("attack", model, tmp_path / "y.npy", "--out", tmp_path / "run", "--certificate", tmp_path / "c.json")
    with Store.reading(tmp_path / "run" / "run.sqlite") as store:
        found = {exhibit.name: exhibit for _, _, exhibit in read_exhibits(store)}
    own = found[str(tmp_path / "x.npy")]
    assert [(answer["size"], answer["paths"], "smallest" in answer) for answer in own.answers] == [
        (1, "same", False), (1, "all", False), (2, "same", False), (1, "same", True),
    ]  # fmt: skip
    (answer,) = found[str(tmp_path / "y.npy")].answers
    assert answer["command"].startswith(f"deepcheck attack {model} {tmp_path / 'y.npy'} --out ")
    assert (tmp_path / "run" / answer["certificate"]["file"]).is_file()
    assert command(*answer["certificate"]["command"].split()[1:]).status == 0
    _, said = report(command, tmp_path / "run")
    assert "2 inputs" in said


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures(command, run, tmp_path, kind):
    answer = command("report", run, f"--{kind}", tmp_path / "out")
    assert answer.status == 0, answer.err
    assert "wrote 3 pictures" in answer.err
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"three.npz-{item}.{kind}" for item in range(3)]
    if kind == "png":
        with Image.open(files[0]) as picture:
            assert picture.width > 300
    else:
        assert files[0].read_text().count("<svg") == 1
    before = digests(tmp_path / "out")
    command("report", run, f"--{kind}", tmp_path / "out")
    assert digests(tmp_path / "out") == before


def test_inputs_that_are_no_pictures_are_counted(command, tmp_path):
    from tiny_models import two_sums

    np.save(tmp_path / "x.npy", PICTURES.reshape(-1, 4))
    command("run", two_sums(tmp_path / "m.onnx", (4,)), tmp_path / "x.npy", "--out", tmp_path / "run")
    answer = command("report", tmp_path / "run", "--png", tmp_path / "out")
    assert "wrote 0 pictures" in answer.err
    assert "3 inputs are no pictures" in answer.err


def test_bad_usage_is_one_line(command, run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing").mkdir()
    with Store.opened(tmp_path / "nothing" / "run.sqlite"):
        pass
    (tmp_path / "foreign").mkdir()
    other = sqlite3.connect(tmp_path / "foreign" / "run.sqlite")
    other.executescript("CREATE TABLE t (x)")
    other.close()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.sqlite").write_bytes(b"nonsense " * 999)
    for words, said in (
        ((run,), "expected a file to write"),
        ((tmp_path / "missing", "-o", "r.html"), "there is no folder"),
        ((tmp_path / "empty", "-o", "r.html"), "there is no file"),
        ((tmp_path / "nothing", "-o", "r.html"), "found none that a report shows"),
        ((tmp_path / "foreign", "-o", "r.html"), "of something else"),
        ((tmp_path / "damaged", "-o", "r.html"), "not a store of answers"),
        ((run, "-o", tmp_path), "it is not a file"),
        ((run, "--png", run / "run.sqlite"), "cannot make the folder"),
        ((run, "-o", "r.html", "--limit", 0), "--limit"),
    ):
        before = digests(tmp_path)
        answer = command("report", *words)
        assert (answer.status, answer.err.count("\n"), answer.out) == (2, 1, ""), answer.err
        assert said in answer.err
        assert digests(tmp_path) == before


def test_an_exhibit_that_is_damaged_is_one_line(command, run):
    with Store.opened(run / "run.sqlite") as store:
        ((source, item, found),) = list(read_exhibits(store))[1:2]
        held = json.loads(json.dumps(found.as_json()))
        held["answers"][0]["counts"]["proved"] += 1
        store.put(source, item, held)
    answer = command("report", run, "-o", run.parent / "r.html")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "input 1: expected counts that add up to 4" in answer.err


def test_a_minimal_answer_that_is_damaged_is_one_line(command, model, dataset, tmp_path):
    command("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--exhibits", 0)
    with Store.opened(tmp_path / "run" / "run.sqlite") as store:
        ((source, _),) = store.sources().items()
        kept = store.answers(source)[0]
        for name, value in (("bound", "2"), ("features", [-1]), ("values", ["x"]), ("bound", 9), ("more", 1)):
            store.put(source, 0, kept | {name: value})
            answer = command("report", tmp_path / "run", "-o", tmp_path / "r.html")
            assert (answer.status, answer.err.count("\n")) == (2, 1), (name, answer.err)
        store.put(source, 0, kept)
        store.put(Source(source.model, "b", '{"find": "smallest", "search": 2}'), 0, kept)
        answer = command("report", tmp_path / "run", "-o", tmp_path / "r.html")
        assert (answer.status, answer.err.count("\n")) == (2, 1)


def test_smallest_sets_of_the_search_that_proved_too_much_are_not_shown_and_asked_again(
    command, model, dataset, tmp_path
):
    words = ("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--exhibits", 0)
    command(*words)
    with Store.opened(tmp_path / "run" / "run.sqlite") as store:
        ((source, count),) = store.sources().items()
        question = json.loads(source.question)
        assert question.pop("search") == 2
        old = Source(source.model, source.dataset, json.dumps(question, sort_keys=True))
        for item, kept in store.answers(source).items():
            store.put(old, item, kept)
        store.connection.execute("DELETE FROM answers WHERE question = ?", (source.question,))
    shown, _ = report(command, tmp_path / "run")
    assert f"{count} answers of another search" in shown
    assert "answers were in" not in command(*words).err
    with Store.reading(tmp_path / "run" / "run.sqlite") as store:
        assert len(store.answers(source)) == count
