"""The demo's table, compared with brute force in onnxruntime over a grid of each measurement's values."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from conftest import Command
from requirements import require
from test_errors import refused

from deepcheck import datasets, zoo
from deepcheck.__main__ import main
from deepcheck.datasets import TableSet

STEPS = 1001


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("sklearn.datasets")
    folder = tmp_path_factory.mktemp("demo-table")
    assert main(["demo", "--study", "table", "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())["table"]


@pytest.fixture(scope="module")
def samples() -> TableSet:
    require("sklearn.datasets")
    return datasets.breast_cancer("test")


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(zoo.path("cancer_16x2").read_bytes(), providers=["CPUExecutionProvider"])


def grids(samples: TableSet, index: int) -> np.ndarray:
    """Values of each measurement within its range, widened to hold the sample, ``(STEPS, 30)``."""
    x = samples.rows[index]
    return np.linspace(np.minimum(samples.lower, x), np.maximum(samples.upper, x), STEPS, dtype=np.float32)


def attacking(session, samples: TableSet, index: int) -> np.ndarray:
    """Which values of those grids change the label, ``(STEPS, 30)`` of bool."""
    x, grid = samples.rows[index], grids(samples, index)
    tried = np.tile(x, (STEPS, 30, 1))
    tried[:, range(30), range(30)] = grid
    labels = session.run(None, {"input": tried.reshape(-1, 30)})[0].argmax(axis=1).reshape(STEPS, 30)
    return labels != session.run(None, {"input": x[None]})[0].argmax()


def test_the_samples_follow_the_rule(found, samples, session):
    labels = session.run(None, {"input": samples.values()})[0].argmax(axis=1)
    hit = [attacking(session, samples, index).any() for index in range(len(samples))]
    expected = []
    for label in (0, 1):
        right = [i for i in range(len(samples)) if samples.labels[i] == labels[i] == label]
        expected += [i for i in right if not hit[i]][:1] + [i for i in right if hit[i]][:2]
    shown = [int(sample["sample"].split(":")[2]) for sample in found["samples"]]
    assert shown[:-1] == expected
    assert found["samples"][-1]["own_path"]["verdict"] == "attack"
    assert found["test_set"]["all"] == {"attack": sum(hit), "proved": 114 - sum(hit), "undecided": 0}


def test_the_attacking_values_are_those_of_the_grid(found, samples, session):
    for sample in found["samples"]:
        index = int(sample["sample"].split(":")[2])
        truth, grid = attacking(session, samples, index), grids(samples, index)
        said = np.zeros_like(truth)
        ends = 0
        for attack in sample["all_paths"]["attacks"]:
            (feature,) = attack["features"]
            for pieces in attack["intervals"].values():
                for lower, upper in pieces:
                    said[:, feature] |= (lower <= grid[:, feature]) & (grid[:, feature] <= upper)
                    ends += 2
        assert np.count_nonzero(said != truth) <= ends  # an end that is on the grid may round to the other side


def test_what_its_own_path_allows_is_a_part_of_what_any_path_does(found):
    seen = 0
    for sample in found["samples"]:
        anywhere = {a["features"][0]: a["intervals"] for a in sample["all_paths"]["attacks"]}
        for attack in sample["own_path"]["attacks"]:
            for label, pieces in attack["intervals"].items():
                for lower, upper in pieces:
                    width = 1e-6 * max(abs(lower), abs(upper))
                    wide = anywhere[attack["features"][0]][label]
                    assert any(a - width <= lower and upper <= b + width for a, b in wide)
                    seen += 1
    assert seen


def test_the_smallest_sets_agree_with_the_single_measurements(found):
    sizes = [None if least["features"] is None else len(least["features"]) for least in found["smallest"]]
    assert sizes.count(1) == found["test_set"]["all"]["attack"]
    assert all(least["optimal"] for least in found["smallest"])


def test_what_is_printed_names_measurements_scope_and_domain(command: Command, tmp_path):
    require("sklearn.datasets")
    answer = command("demo", "--study", "table", "--out", tmp_path / "d")
    assert answer.status == 0
    for said in (
        "fractal dimension error",
        "none: 30 proved",
        "along any path",
        "proved, over all paths, not to change the label",
        "within its range in the training samples",
        "that no fewer do is proved",
    ):
        assert said in answer.out
    assert "digits" not in answer.out
    assert sorted(file.name for file in (tmp_path / "d").iterdir()) == ["measurements.png", "results.json"]


def test_each_study_by_itself(command: Command, tmp_path):
    require("sklearn.datasets")
    answer = command("demo", "--study", "images", "--out", tmp_path / "d", "--json")
    assert "table" not in json.loads(answer.out)
    refused(command("demo", "--study", "text", "--out", tmp_path / "e"), "images, table or all, got 'text'")
    assert not (tmp_path / "e").exists()
