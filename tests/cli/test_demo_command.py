"""The demo, compared with brute force over every pixel and level in plain NumPy."""

import json
import shlex
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import Command
from requirements import require

from deepcheck import datasets, zoo
from deepcheck.__main__ import main

METRICS = ("abs", "co", "coi", "reach")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("sklearn.datasets")
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels and activation patterns of ``(n, 64)``, from the weights in the file."""
    model = onnx.load(zoo.path("digits_10x4"))
    stored = {t.name: onnx.numpy_helper.to_array(t).astype(np.float64) for t in model.graph.initializer}
    layers = [(stored[n.input[1]], stored[n.input[2]]) for n in model.graph.node if n.op_type == "Gemm"]
    patterns = []
    for weight, bias in layers[:-1]:
        x = x @ weight.T + bias
        patterns.append(x > 0)
        x = np.maximum(x, 0)
    weight, bias = layers[-1]
    return (x @ weight.T + bias).argmax(axis=1), np.concatenate(patterns, axis=1)


@pytest.fixture(scope="module")
def truth() -> tuple[np.ndarray, np.ndarray]:
    """Of every test image the label, and which pixels have a level that keeps the path and changes the label."""
    images = datasets.digits("test").pixels().reshape(-1, 64).astype(np.float64)
    labels, paths = forward(images)
    attackable = np.zeros(images.shape, dtype=bool)
    for pixel in range(64):
        for level in range(17):
            changed = images.copy()
            changed[:, pixel] = level / 16
            new_labels, new_paths = forward(changed)
            attackable[:, pixel] |= (new_labels != labels) & (new_paths == paths).all(axis=1)
    return labels, attackable


def test_the_images_follow_the_rule(results, truth):
    labels, attackable = truth
    asked = datasets.digits("test").labels
    expected = []
    for label in range(10):
        right = np.flatnonzero((asked == label) & (labels == label))
        expected.append(int([*(i for i in right if attackable[i].any()), *right][0]))
    assert [row["image"] for row in results["attackable"]] == [f"digits:test:{index}" for index in expected]


def test_the_attackable_pixels_are_those_of_brute_force(results, truth):
    for row, result in zip(results["attackable"], results["results"], strict=True):
        index = int(row["image"].split(":")[2])
        pixels = np.flatnonzero(truth[1][index]).tolist()
        assert [pixel for (pixel,) in result["attackable"]] == pixels
        assert row["all"] == len(pixels)


def test_the_two_tables_agree_with_each_other(results):
    for counts, tries in zip(results["attackable"], results["tries"], strict=True):
        for metric in METRICS:
            in_shortlists = [counts["shortlists"][metric][top] for top in ("5%", "10%", "30%")]
            assert in_shortlists == sorted(in_shortlists)
            assert in_shortlists[-1] <= counts["all"]
            for length, count in zip((3, 6, 19), in_shortlists, strict=True):
                assert (count > 0) == (tries["first"][metric] is not None and tries["first"][metric] <= length)


def test_the_pictures_are_written(folder):
    names = ["attacks.png", "importance.png", "measurements.png", "results.json"]
    assert sorted(file.name for file in folder.iterdir()) == names


def test_what_to_try_next_works(command: Command, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = command("demo", "--out", folder)
    assert "table II)" in answer.out
    assert "this path, which says nothing about other paths" in answer.out
    commands = answer.out.split("Try next:\n")[1].splitlines()
    assert len(commands) == 10
    for line in commands:
        name, *words = shlex.split(line)
        assert name == "deepcheck"
        assert command(*words).status == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["attack.png", "certificate.json", "importance.png"]
