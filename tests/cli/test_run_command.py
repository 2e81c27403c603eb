"""``deepcheck run --minimal``, on a network whose answers are worked out by hand: label 1 wins where x2+x3 > x0+x1."""

import json
import os
import signal

import numpy as np
import pytest
from PIL import Image
from tiny_models import two_sums

import deepcheck
from deepcheck.verbs import running

PICTURES = np.array([[1, 1, 0.1, 0], [0.5, 0, 0, 0.01], [0.9, 0.9, 0, 0.05], [0, 0, 1, 1], [0, 0, 0, 1]], np.float32)
LABELS = np.array([0, 0, 0, 1, 0])
# The first needs two pixels (x0 at 0 and x3 at 1, say), the second one, the third two. The fourth has the label that
# ties take away: two pixels reach a tie and nothing more, neither an attack nor a proof. The last is labelled wrongly.
BOUNDS = {0: 2, 1: 1, 2: 2, 3: 2}
SIZES = {0: 2, 1: 1, 2: 2}


@pytest.fixture
def dataset(tmp_path):
    np.savez(tmp_path / "five.npz", x=PICTURES.reshape(-1, 1, 2, 2), y=LABELS)
    return tmp_path / "five.npz"


@pytest.fixture
def asked(monkeypatch):
    """The inputs that a search is run for."""
    found = []

    def noting(program, x, **options):
        found.append(tuple(np.ravel(x).tolist()))
        return deepcheck.smallest(program, x, **options)

    monkeypatch.setattr(running, "smallest", noting)
    return found


def bounds(answer):
    return {row["image"]: row["bound"] for row in json.loads(answer.out)["answers"]}


def sizes(answer):
    settled = [row for row in json.loads(answer.out)["answers"] if row["image"] != 3]
    return {row["image"]: len(row["features"]) for row in settled}


@pytest.mark.parametrize("paths", ["same", "all"])
def test_the_table_by_hand(command, model, dataset, tmp_path, paths):
    answer = command("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--paths", paths, "--json")
    assert answer.status == 1  # one image is open
    found = json.loads(answer.out)
    assert found["counts"] == {"decided": 3, "open": 1, "wrongly_labelled": 1, "unasked": 0}
    assert bounds(answer) == BOUNDS
    assert sizes(answer) == SIZES
    assert [(row["at_least"], row["images"]) for row in found["open"]] == [(2, 1)]
    assert found["smallest"] == [{"features": 1, "images": 1}, {"features": 2, "images": 2}]
    assert found["wrongly_labelled"] == [4]
    assert [row["reason"] for row in found["answers"]] == ["", "", "", "tie"]
    assert json.loads((tmp_path / "run" / "minimal.json").read_text()) == found
    for row in found["answers"]:
        x = PICTURES[row["image"]].astype(float)
        x[row["features"] or []] = row["values"]
        assert int(x[2] + x[3] > x[0] + x[1]) == (LABELS[row["image"]] if row["features"] is None else row["new_label"])


def test_the_printed_table(command, model, dataset, tmp_path):
    answer = command("run", "--minimal", model, dataset, "--out", tmp_path / "run")
    lines = [line.split() for line in answer.out.splitlines()]
    assert "3 decided, 1 open, 1 labelled wrongly by the network, 0 not asked yet" in answer.out
    assert "[0, 1]" in answer.out
    assert ["1", "1", "3", "1", "0", "1"] in lines
    assert ["2", "2", "0", "3", "1", "3"] in lines


def test_a_second_run_repeats_nothing(command, model, dataset, tmp_path, asked):
    words = ("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--json")
    first = command(*words, "--images", 2)
    assert len(asked) == 2
    assert bounds(first) == {0: 2, 1: 1}
    second = command(*words)
    assert asked[2:] == [tuple(x.tolist()) for x in PICTURES[2:4]]
    assert "2 of 4 answers were in" in second.err
    assert bounds(second) == BOUNDS
    assert json.loads(command(*words).out) == json.loads(second.out)
    assert len(asked) == 4


@pytest.mark.parametrize("swallowed", [False, True])
def test_an_interrupted_run_loses_nothing(command, model, dataset, tmp_path, monkeypatch, swallowed):
    def interrupted(program, x, **options):
        if np.ravel(x)[1] == 0 and np.ravel(x)[2] == 1:  # the fourth image
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                if not swallowed:
                    raise
        return deepcheck.smallest(program, x, **options)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(running, "smallest", interrupted)
    words = ("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--json")
    stopped = command(*words)
    assert (stopped.status, stopped.err.count("\n")) == (130, 1)
    assert stopped.err.startswith("interrupted")
    assert signal.getsignal(signal.SIGINT) is before
    assert json.loads(stopped.out)["counts"] == {"decided": 3, "open": 0, "wrongly_labelled": 1, "unasked": 1}
    monkeypatch.undo()
    again = command(*words)
    assert "3 of 4 answers were in" in again.err
    assert (bounds(again), sizes(again)) == (BOUNDS, SIZES)


def test_a_changed_model_is_noticed(command, dataset, tmp_path, asked):
    one, other = two_sums(tmp_path / "one.onnx"), two_sums(tmp_path / "other.onnx", dtype=np.float64)
    command("run", "--minimal", one, dataset, "--out", tmp_path / "run")
    answer = command("run", "--minimal", other, dataset, "--out", tmp_path / "run", "--json")
    assert len(asked) == 8
    assert "also holds 4 answers about another model, data set or question" in answer.err
    assert bounds(answer) == BOUNDS


def test_a_changed_image_is_asked_again(command, model, dataset, tmp_path, asked):
    words = ("run", "--minimal", model, dataset, "--out", tmp_path / "run")
    command(*words)
    np.savez(dataset, x=PICTURES[1:2].reshape(-1, 1, 2, 2), y=LABELS[:1])
    command(*words)
    assert len(asked) == 5


def test_a_changed_question_is_another(command, model, dataset, tmp_path, asked):
    words = ("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--images", 1)
    for extra in ((), ("--paths", "same"), ("--bounds", "0:2"), ("--levels", 256), ("--features-as", "element")):
        command(*words, *extra)
    assert len(asked) == 5
    for limit in (100, 0, "inf"):
        command(*words, "--limit-seconds", limit)
    command(*words, "--sizes", 1)
    assert len(asked) == 5


def test_only_small_sizes(command, model, dataset, tmp_path):
    words = ("run", "--minimal", model, dataset, "--out", tmp_path / "run")
    answer = command(*words, "--sizes", 1)
    assert answer.status == 0
    assert "3 images that no set of up to 1 features overturns (proved)" in answer.out
    larger = command(*words, "--json")  # the second image is settled; the others are asked again
    assert (bounds(larger), sizes(larger)) == (BOUNDS, SIZES)
    assert "1 of 4 answers were in" in larger.err


def test_a_folder_of_images_has_no_labels(command, model, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, picture in zip("edcba", PICTURES, strict=True):
        Image.fromarray((picture.reshape(2, 2) * 255).astype(np.uint8)).save(folder / f"{name}.png")
    (folder / "notes.txt").write_text("not an image")
    found = json.loads(command("run", "--minimal", model, folder, "--out", tmp_path / "run", "--json").out)
    assert found["dataset"] == "pictures"
    assert found["counts"]["wrongly_labelled"] == 0
    assert found["images"] == 5


def test_a_data_set_by_name(command, data_folder, tmp_path):
    words = ("run", "--minimal", "mnist_10x4", "mnist", "--images", 2, "--sizes", 1, "--data", data_folder)
    found = json.loads(command(*words, "--out", tmp_path / "run", "--json").out)
    assert (found["dataset"], found["images"]) == ("mnist:test", 2)
    assert [row["label"] for row in found["answers"]] == [7, 2]


@pytest.mark.parametrize(
    ("dataset_name", "said"),
    [
        ("nothing", "expected a data set of"),
        ("a/b", "expected a data set such as"),
        ("mnist:other", "expected a split"),
    ],
)
def test_no_such_data_set(command, model, tmp_path, dataset_name, said):
    answer = command("run", "--minimal", model, dataset_name, "--out", tmp_path / "run")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert said in answer.err


def test_arrays_that_do_not_fit(command, model, tmp_path):
    def refused(**arrays):
        np.savez(tmp_path / "bad.npz", **arrays)
        answer = command("run", "--minimal", model, tmp_path / "bad.npz", "--out", tmp_path / "run")
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        return answer.err

    x = PICTURES.reshape(-1, 1, 2, 2)
    assert "labels of shape (4,)" in refused(x=x, y=LABELS[:4])
    assert "whole numbers" in refused(x=x, y=LABELS.astype(float))
    assert "(n, 1, 2, 2)" in refused(x=PICTURES)
    assert "1 array" in refused(a=x, b=x)


def test_damage_and_bad_usage_are_one_clear_line(command, model, dataset, tmp_path):
    words = ("run", model, dataset, "--out", tmp_path / "run")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.sqlite").write_bytes(b"nonsense " * 999)
    for extra, said in (
        (("--minimal",), "move the file away"),
        ((), "move the file away"),
        (("--sizes", 2), "with --minimal only"),
        (("--minimal", "--paths", "both"), "all or same"),
        (("--minimal", "--paths", "some"), "paths"),
        (("--minimal", "--limit-seconds", "-1"), "above 0 seconds"),
    ):
        answer = command(*words, *extra)
        assert (answer.status, answer.err.count("\n"), answer.out) == (2, 1, "")
        assert said in answer.err
