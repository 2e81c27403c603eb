"""The contest of rankings on real images: one of its truths by brute force, its store, its command."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from requirements import require

from deepcheck import datasets, zoo
from deepcheck.reproduce.contest.rules import CONTESTANTS, GRADES, SCOPES, SETTINGS
from deepcheck.reproduce.kept import Kept

torch = require("torch")
require("captum")
benchmark = require("importance_benchmark")
measuring = require("importance_measure")

ITEMS = np.array([4, 5])  # of the test set; 4 has pixels that are attackable alone


@pytest.fixture(scope="module")
def subject(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> "measuring.Subject":
    kept = Kept(tmp_path_factory.mktemp("contest"))
    return subject_of(kept, data_folder, True)


def subject_of(kept: Kept, data: Path, may_measure: bool) -> "measuring.Subject":
    network = benchmark.NETWORKS[0]
    found = network.subject(zoo.path(network.name), data, kept)
    return replace(found, may_measure=may_measure)


def brute(image: np.ndarray) -> np.ndarray:
    """The worst margin of every pixel over all 256 levels, by plain runs of onnxruntime, ``(784,)``."""
    session = onnxruntime.InferenceSession(zoo.path("mnist_10x4").read_bytes(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    label = int(session.run(None, {name: image[None]})[0].argmax())
    found = np.empty(784)
    for pixel in range(784):
        changed = np.repeat(image[None], 256, axis=0)
        changed.reshape(256, 784)[:, pixel] = np.arange(256, dtype=np.float32) / np.float32(255)
        scores = session.run(None, {name: changed})[0].astype(np.float64)
        own = scores[:, label].copy()
        scores[:, label] = -np.inf
        found[pixel] = (scores.max(axis=1) - own).max()
    return found


def test_grades_on_levels_are_those_of_brute_force(subject: "measuring.Subject", data_folder: Path) -> None:
    spearmanr = require("scipy.stats").spearmanr
    found = subject.grades(ITEMS)
    image = datasets.mnist("test", data_folder).pixels(ITEMS)[0]
    truth, flat = brute(image), image.ravel()
    x = torch.from_numpy(image[None]).double().requires_grad_(True)
    scores = subject.module(x)
    scores[0, int(scores.argmax())].backward()
    coefficients = x.grad.ravel().numpy()
    setting = list(SETTINGS).index("8-bit, all")
    for scope, among in enumerate((flat >= 0, flat > 0)):
        for name, own in (("co", coefficients), ("coi", coefficients * flat), ("abs", np.abs(coefficients))):
            grades = found["grades"][setting, 0, scope, subject.names.index(name)]
            assert grades[0] == pytest.approx(spearmanr(own[among], truth[among]).statistic, abs=2e-4)
            hits = (truth[among] > 0)[np.argsort(-own[among], kind="stable")]
            if hits.any():
                assert grades[list(GRADES).index("tries")] == 1 + hits.argmax()
        assert found["attackable"][setting, 0, scope] == (truth[among] > 0).sum()
    assert (truth > 0).any()
    assert found["lit"][0] == (flat > 0).sum()


def test_what_is_measured_is_read_again_and_the_rest_is_missing(
    subject: "measuring.Subject", data_folder: Path
) -> None:
    found = subject.grades(ITEMS)
    again = subject_of(subject.kept, data_folder, may_measure=False)
    np.testing.assert_array_equal(again.grades(ITEMS)["grades"], found["grades"])
    with pytest.raises(measuring.NotMeasured, match="images 4 to 4"):
        again.grades(ITEMS[:1])
    with pytest.raises(measuring.NotMeasured):
        again.seconds_an_image(2)


def test_random_orders_are_seeded_by_image(subject: "measuring.Subject") -> None:
    both = subject.scores(ITEMS)["scores"][subject.names.index("random")]
    alone = measuring.scores_of(subject, ITEMS[1:])["scores"][subject.names.index("random")]
    np.testing.assert_array_equal(both[1:], alone)
    assert (both[0] != both[1]).all()


def test_ties_are_counted_by_scope(subject: "measuring.Subject") -> None:
    found, coi = subject.grades(ITEMS)["tied"][0], subject.names.index("coi")
    dark = 784 - subject.grades(ITEMS)["lit"][0]
    assert dark <= 784 * found[0, coi] <= dark + 20
    assert found[1, coi] < 0.2
    assert len(SCOPES) == len(found)


def test_margins_that_break_a_law_stop_the_run() -> None:
    margins = {setting: np.zeros((1, 3)) for setting in SETTINGS}
    scores = {"ends": np.full((1, 3), -1.0), "reach": np.ones((1, 3))}
    assert (measuring._excess(scores, margins) == 0).all()
    for broken in (
        lambda: measuring._excess({**scores, "ends": np.array([[-1, 0.5, -1]])}, margins),
        lambda: measuring._excess({**scores, "reach": np.array([[-1.0, 1, 1]])}, margins),
        lambda: measuring._excess(scores, {**margins, "8-bit, same": np.array([[0, 0, 0.1]])}),
    ):
        with pytest.raises(ArithmeticError, match="excess"):
            broken()


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr("sys.argv", ["importance_benchmark.py", *words])
    benchmark.main()


def test_the_command_measures_then_reads(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--data", str(data_folder), "--out", str(tmp_path), "--networks", "mnist_10x4,MNIST_ConvSmall"]
    command(monkeypatch, *words, "--images", "2")
    first = json.loads((tmp_path / "importance.json").read_text())
    assert [(one["name"], one["images"]) for one in first["networks"]] == [("mnist_10x4", 2)]
    assert first["provenance"]["networks_left_out"] == {"MNIST_ConvSmall": "its file is not in --models"}
    assert set(CONTESTANTS) <= set(first["networks"][0]["settings"]["bounded, all"]["all"]["means"])
    assert "first 2 of 10,000" in (tmp_path / "importance_benchmark.md").read_text()
    assert (tmp_path / "importance.png").is_file()
    command(monkeypatch, *words, "--images", "2", "--analyze-only")
    again = json.loads((tmp_path / "importance.json").read_text())
    assert again["networks"] == first["networks"]
    assert again["curves"] == first["curves"]


def test_nothing_measured_is_one_clear_line(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="nothing is measured yet"):
        command(monkeypatch, "--data", str(data_folder), "--out", str(tmp_path), "--analyze-only")
    with pytest.raises(SystemExit, match="2"):
        command(monkeypatch, "--out", str(tmp_path), "--networks", "resnet")
