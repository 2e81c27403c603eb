"""``deepcheck run`` without --minimal: all that a report shows of the first images, kept as it comes."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tiny_models import regression

import deepcheck
from deepcheck.errors import DataError, OptionError
from deepcheck.report.exhibit import Exhibit
from deepcheck.report.exhibit_keeping import read_exhibits
from deepcheck.runs import Store
from deepcheck.verbs import running_exhibits

PICTURES = np.array([[1, 1, 0.1, 0], [0.5, 0, 0, 0.01], [0.9, 0.9, 0, 0.05], [0, 0, 1, 1], [0, 0, 0, 1]], np.float32)
LABELS = np.array([0, 0, 0, 1, 0])
# Label 1 wins where x2 + x3 > x0 + x1; the network labels the last picture wrongly.


@pytest.fixture
def dataset(tmp_path):
    np.savez(tmp_path / "five.npz", x=PICTURES.reshape(-1, 1, 2, 2), y=LABELS)
    return tmp_path / "five.npz"


def kept(folder):
    with Store.reading(folder / "run.sqlite") as store:
        return [exhibit.as_json() for _, _, exhibit in read_exhibits(store)]


def begun(folder):
    """Is anything kept yet?"""
    try:
        return len(kept(folder)) > 0
    except DataError:  # the file is not there, or still empty
        return False


def timeless(exhibits):
    """What is the same in a run that was stopped and went on."""
    found = json.loads(json.dumps(exhibits))
    for each in found:
        del each["made"]
        for answer in each["answers"]:
            del answer["seconds"]
    return found


def test_all_that_is_known_of_each_image(command, model, dataset, tmp_path):
    answer = command("run", model, dataset, "--out", tmp_path / "run", "--json")
    found = json.loads(answer.out)
    assert (found["kind"], found["images"], found["kept"], found["dataset"]) == ("exhibits", 5, 5, "five")
    exhibits = kept(tmp_path / "run")
    assert [each["name"] for each in exhibits] == [f"five.npz:{item}" for item in range(5)]
    assert [each["true_label"] for each in exhibits] == LABELS.tolist()
    assert [each["label"] for each in exhibits] == [0, 0, 0, 1, 1]  # the last wrongly, and shown all the same
    program = deepcheck.load(model)
    for each, picture in zip(exhibits, PICTURES, strict=True):
        assert [shown["paths"] for shown in each["answers"]] == ["same", "all"]
        for shown in each["answers"]:
            expected = deepcheck.attack(program, picture.reshape(1, 2, 2), paths=shown["paths"])
            assert shown["verdict"] == expected.verdict
            assert shown["counts"] == expected.counts
            assert shown["attackable"] == [list(features) for features in expected.attackable]
    assert found["paths"]["all"] == {
        verdict: sum(each["answers"][1]["verdict"] == verdict for each in exhibits)
        for verdict in ("attack", "proved", "undecided")
    }
    assert answer.status == int(found["paths"]["all"]["undecided"] + found["paths"]["same"]["undecided"] > 0)


def test_it_is_printed(command, model, dataset, tmp_path):
    answer = command("run", model, dataset, "--out", tmp_path / "run", "--paths", "same", "--images", 2)
    assert "2 of 2 images of five, values in [0, 1]" in answer.out
    assert "along its own path" in answer.out
    assert "any path" not in answer.out
    assert f"deepcheck report {tmp_path / 'run'} -o report.html" in answer.err


def test_nothing_is_asked_twice(command, model, dataset, tmp_path, monkeypatch):
    asked = []

    def noting(program, x, **options):
        asked.append((len(x), options["paths"]))
        return deepcheck.attack(program, x, **options)

    monkeypatch.setattr(running_exhibits, "attack", noting)
    words = ("run", model, dataset, "--out", tmp_path / "run")
    command(*words, "--images", 2, "--paths", "same")
    assert sum(count for count, _ in asked) == 2
    command(*words, "--images", 2)  # the other paths, too
    assert sum(count for count, _ in asked) == 6
    answer = command(*words)
    assert sum(count for count, _ in asked) == 12
    assert "2 of 5 images were in" in answer.err
    command(*words)
    assert sum(count for count, _ in asked) == 12
    command(*words, "--bounds", "0:2")
    assert sum(count for count, _ in asked) == 22
    np.savez(dataset, x=PICTURES[::-1].reshape(-1, 1, 2, 2), y=LABELS)
    command(*words)  # all but the middle one are other images now
    assert sum(count for count, _ in asked) == 30
    assert [each["label"] for each in kept(tmp_path / "run")][:5] == [1, 1, 0, 0, 0]


def test_commands_ask_again(command, tmp_path, data_folder):
    words = ("run", "mnist_10x4", "mnist", "--images", 2, "--data", data_folder, "--bounds", "0:1")
    command(*words, "--out", tmp_path / "run")
    for each in kept(tmp_path / "run"):
        for shown in each["answers"]:
            program, *again = shlex.split(shown["command"])
            assert program == "deepcheck"
            found = json.loads(command(*again, "--json").out)
            for name in ("verdict", "counts", "attackable", "domain", "paths"):
                assert found[name] == shown[name]
        assert each["labels"] == [str(digit) for digit in range(10)]


def test_certificates_check(command, model, dataset, tmp_path):
    answer = command("run", model, dataset, "--out", tmp_path / "run", "--certificates")
    held = [shown["certificate"] for each in kept(tmp_path / "run") for shown in each["answers"]]
    made = [each for each in held if each is not None]
    assert len(made) + answer.err.count("no certificate of image") == 10
    assert len(made) >= 8
    for each in made:
        program, *again = shlex.split(each["command"])
        assert program == "deepcheck"
        checked = command(*again)
        assert checked.status == 0, checked.err
        assert (tmp_path / "run" / each["file"]).stat().st_size == each["bytes"]
    (tmp_path / "run" / made[0]["file"]).unlink()
    command("run", model, dataset, "--out", tmp_path / "run", "--certificates")
    assert (tmp_path / "run" / made[0]["file"]).is_file()  # made again


def test_a_certificate_that_cannot_be_made_is_said(command, model, dataset, tmp_path, monkeypatch):
    def refuse(result, **options):
        raise OptionError("the checker cannot read this model")

    monkeypatch.setattr(running_exhibits, "certificate", refuse)
    answer = command("run", model, dataset, "--out", tmp_path / "run", "--certificates", "--images", 1)
    assert answer.err.count("no certificate of image 0") == 2
    assert "the checker cannot read this model" in answer.err


def test_a_longer_time_limit_goes_on_with_what_was_left_untried(command, tmp_path, data_folder):
    words = ("run", "mnist_10x4", "mnist", "--images", 9, "--data", data_folder, "--out", tmp_path / "run")
    first = command(*words, "--timeout", "1e-9")
    before = [shown["counts"]["untried"] for each in kept(tmp_path / "run") for shown in each["answers"]]
    assert any(before)
    assert first.status == 1
    same = command(*words, "--timeout", "1e-9")
    assert "9 of 9 images were in" in same.err
    more = command(*words, "--timeout", 60)
    complete = sum(not any(before[2 * item : 2 * item + 2]) for item in range(9))
    assert f"{complete} of 9 images were in" in more.err or complete == 0
    assert not any(shown["counts"]["untried"] for each in kept(tmp_path / "run") for shown in each["answers"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on(command, tmp_path, number, data_folder):
    words = ["run", "mnist_10x4", "mnist", "--images", "24", "--data", str(data_folder), "--out"]
    program = [sys.executable, "-m", "deepcheck", *words, str(tmp_path / "run")]
    process = subprocess.Popen(program, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if begun(tmp_path / "run"):
            break
        time.sleep(0.02)
    os.kill(process.pid, number)
    _, said = process.communicate()
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in said
    first = kept(tmp_path / "run")
    assert 0 < len(first) < 24
    answer = command(*words, tmp_path / "run")
    assert f"{len(first)} of 24 images were in" in answer.err
    whole = kept(tmp_path / "run")
    assert whole[: len(first)] == first  # what was there is as it was
    command(*words, tmp_path / "other")
    for each in (found := timeless(whole)) + (others := timeless(kept(tmp_path / "other"))):
        for shown in each["answers"]:
            del shown["certificate"]
    assert found == others


def test_a_minimal_run_keeps_exhibits_with_the_smallest_set(command, model, dataset, tmp_path):
    command("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--exhibits", 2)
    exhibits = kept(tmp_path / "run")
    assert [each["name"] for each in exhibits] == ["five.npz:0", "five.npz:1"]
    for each, size in zip(exhibits, (2, 1), strict=True):
        least = each["answers"][2]["smallest"]
        assert (len(least["features"]), least["optimal"]) == (size, True)
    again = command("run", "--minimal", model, dataset, "--out", tmp_path / "run", "--exhibits", 3)
    assert "also holds" not in again.err
    assert len(kept(tmp_path / "run")) == 3
    command("run", "--minimal", model, dataset, "--out", tmp_path / "none", "--exhibits", 0)
    assert kept(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--paths", "some"), "same, all or both"),
        (("--sizes", 2), "--sizes with --minimal only"),
        (("--timeout", -1), "above 0 seconds"),
        (("--bounds", "0.95:1"), "outside"),
    ],
)
def test_bad_usage_is_one_line(command, model, dataset, tmp_path, words, said):
    answer = command("run", model, dataset, "--out", tmp_path / "run", *words)
    assert (answer.status, answer.err.count("\n"), answer.out) == (2, 1, "")
    assert said in answer.err


def test_a_regression_and_a_file_in_the_way(command, dataset, model, tmp_path):
    answer = command("run", regression(tmp_path / "r.onnx"), dataset, "--out", tmp_path / "run")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    (tmp_path / "file").write_text("")
    answer = command("run", model, dataset, "--out", tmp_path / "file")
    assert (answer.status, answer.err.count("\n")) == (2, 1)


def test_rows_of_a_table_have_names_and_ranges(command, tmp_path):
    command("run", "cancer_16x2", "breast-cancer", "--images", 3, "--out", tmp_path / "run")
    table = deepcheck.datasets.breast_cancer("test")
    lower, upper = table.range_holding(table.values(slice(0, 3)))
    for item, each in enumerate(kept(tmp_path / "run")):
        assert each["name"] == f"breast-cancer:test:{item}"
        assert each["features"]["names"] == list(table.feature_names)
        assert each["labels"] == list(table.classes)
        assert each["true_label"] == table.labels[item]
        assert each["picture"] is None
        shown = Exhibit.from_json(each)
        np.testing.assert_array_equal(shown.values().ravel(), table.values(item)[0])
        np.testing.assert_array_equal(shown.bound("lower").ravel(), lower)
        np.testing.assert_array_equal(shown.bound("upper").ravel(), upper)
