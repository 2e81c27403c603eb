"""RQ5: what is measured, recomputed in plain NumPy; totals that add up; claims judged by hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcheck import datasets, load, zoo
from deepcheck.datasets import ImageSet
from deepcheck.errors import DataError
from deepcheck.reproduce.gradients import study as module
from deepcheck.reproduce.gradients.claims import rq5_claims
from deepcheck.reproduce.gradients.figure import draw_figure4
from deepcheck.reproduce.gradients.markdown import rq5_text
from deepcheck.reproduce.gradients.measure import Compared, answers
from deepcheck.reproduce.gradients.rules import ALONG, ATTACKS, FEW
from deepcheck.reproduce.gradients.study import compared, rq5, summary
from deepcheck.reproduce.study import Study

Layers = list[tuple[np.ndarray, np.ndarray]]
COUNT = 12


def cut(images: ImageSet, start: int, stop: int) -> ImageSet:
    return replace(images, images=images.images[start:stop].copy(), labels=images.labels[start:stop].copy())


@pytest.fixture(scope="module")
def few(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Twelve test images, and training images among which is the first 3 that qualifies."""
    train, test = datasets.mnist("train", data_folder), datasets.mnist("test", data_folder)
    out = tmp_path_factory.mktemp("rq5")
    return Study(load(zoo.path("mnist_10x4")), cut(train, 200, 210), cut(test, 0, COUNT), out, True, False)


@pytest.fixture(scope="module")
def content(few: Study) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(rq5(few), allow_nan=False))
    return found


@pytest.fixture(scope="module")
def adversaries(few: Study) -> dict[str, np.ndarray]:
    calls = answers(few.program, few.test.pixels(np.arange(COUNT)))
    return {name: calls[name]().pixels.reshape(COUNT, -1).astype(np.float64) for name in ATTACKS}


@pytest.fixture(scope="module")
def measured(few: Study) -> Compared:
    return compared(few, few.test, np.arange(COUNT))


def run(layers: Layers, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Scores, and which ReLUs are active, of rows ``(n, 784)``."""
    phases = []
    for weight, bias in layers[:-1]:
        x = x @ weight.T + bias
        phases.append(x > 0)
        x = np.maximum(x, 0)
    return x @ layers[-1][0].T + layers[-1][1], phases


def test_plain_numpy_measures_the_same(
    few: Study, measured: Compared, adversaries: dict[str, np.ndarray], layers: Layers
) -> None:
    before = few.test.images.reshape(COUNT, -1).astype(np.float32) / np.float32(255)
    before = before.astype(np.float64)
    scores, phases = run(layers, before)
    assert measured.labels.tolist() == scores.argmax(axis=1).tolist()
    assert measured.lit.tolist() == [int((image > 0).sum()) for image in before]
    for column, name in enumerate(ATTACKS):
        after = adversaries[name]
        new, others = run(layers, after)
        step = np.abs(after - before)
        assert (after >= 0).all()
        assert (after <= 1).all()
        wanted = [
            (step > 0).sum(axis=1),
            (step > 0.5 / 255).sum(axis=1),
            step.sum(axis=1),
            np.linalg.norm(step, axis=1),
            step.max(axis=1),
        ]
        assert measured.norms[:, column] == pytest.approx(np.stack(wanted, axis=1), abs=1e-9)
        lit = before > 0
        assert measured.lit_changed[:, column].tolist() == [
            [int((row > 0)[mask].sum()), int((row > 0.5 / 255)[mask].sum())]
            for row, mask in zip(step, lit, strict=True)
        ]
        flips = [np.count_nonzero(a != b, axis=1) for a, b in zip(phases, others, strict=True)]
        assert measured.flips[:, column].tolist() == np.stack(flips, axis=1).tolist()
        assert measured.new_labels[:, column].tolist() == new.argmax(axis=1).tolist()
        assert measured.found[:, column].tolist() == (new.argmax(axis=1) != measured.labels).tolist()
        assert not (measured.replayed & ~measured.found).any()


def test_few_pixels_change_few(measured: Compared) -> None:
    pixels = measured.norms[:, :, 0]
    for name, most in {"pixel_path": 1, "pixel_all": 1, "pair_path": 2, "pair_all": 2}.items():
        column = ATTACKS.index(name)
        assert (pixels[measured.found[:, column], column] <= most).all()
        assert (pixels[~measured.found[:, column], column] == 0).all()
        assert np.isnan(measured.epsilon[:, column]).all()
    assert (pixels[:, :2] > 100).all()
    for name in ALONG:
        assert measured.flips[:, ATTACKS.index(name)].sum() == 0


def test_more_freedom_finds_more(measured: Compared) -> None:
    found = {name: measured.found[:, column] for column, name in enumerate(ATTACKS)}
    for less, more in (
        ("pixel_path", "pixel_all"),
        ("pixel_path", "pair_path"),
        ("pair_path", "pair_all"),
        ("pixel_all", "pair_all"),
    ):
        assert not (found[less] & ~found[more]).any()
    assert 0 < found["pixel_path"].sum() < found["pair_all"].sum() < COUNT
    assert not measured.proved[:, :2].any()
    assert (measured.proved[:, 2:] ^ measured.found[:, 2:]).all()


def test_brute_force_finds_no_pixel_where_none_exists(few: Study, measured: Compared, layers: Layers) -> None:
    """Every pixel at 21 values, in NumPy: nothing where it is proved; along the path nothing with a smaller change."""
    before = few.test.pixels(np.arange(COUNT)).reshape(COUNT, -1).astype(np.float64)
    grid = np.linspace(0, 1, 21)
    first, bias = layers[0]
    for item, image in enumerate(before):
        label = run(layers, image[None])[0].argmax()
        phases = [phase[0] for phase in run(layers, image[None])[1]]
        hidden = (first @ image + bias)[:, None, None] + first[:, :, None] * (grid[None] - image[:, None])[None]
        hidden = hidden.reshape(len(bias), -1).T
        scores, later = run([(np.eye(len(bias)), np.zeros(len(bias))), *layers[1:]], hidden)
        wins = scores.argmax(axis=1) != label
        same = np.all([(a == b).all(axis=1) for a, b in zip(later, phases, strict=True)], axis=0)
        step = np.abs(grid[None] - image[:, None]).ravel()
        anywhere, along = ATTACKS.index("pixel_all"), ATTACKS.index("pixel_path")
        assert measured.found[item, anywhere] or not wins.any()
        assert measured.found[item, along] or not (wins & same).any()
        if (wins & same).any():
            assert measured.norms[item, along, 2] <= step[wins & same].min() + 1e-3


def test_the_figures_add_up(content: dict[str, Any]) -> None:
    assert (content["part"], content["images"], content["relus"]) == ("gradients", COUNT, [10, 10, 10])
    assert content["provenance"]["seconds"]["analysis"] > 0
    for group in content["groups"].values():
        for name, found in group["attacks"].items():
            assert found["found"] + found["proved"] + found["open"] == group["images"]
            assert found["replayed"] <= found["found"]
            assert sum(found["relus_counts"]) == found["found"]
            assert found["relus_counts"][:1] == ([found["same_path"]] if found["found"] else [])
            assert sum(found["relus_by_layer"]) == pytest.approx(found["relus"]["mean"], abs=1e-3)
            assert (found["epsilon"]["median"] is None) == (name in FEW)
    everyone = content["groups"]["all"]["attacks"]
    for name in FEW:
        assert content["same_images"][name]["images"] == everyone[name]["found"]
        assert content["same_images"][name]["norms"][name]["l1"] == pytest.approx(
            everyone[name]["norms"]["l1"]["median"], abs=1e-3
        )


def test_the_figures_by_hand() -> None:
    """Three images: the second has no attack, the third loses its replay."""
    columns = len(ATTACKS)
    made = Compared(
        items=np.arange(3),
        truth=np.zeros(3),
        labels=np.zeros(3),
        lit=np.array([10, 20, 10]),
        found=np.repeat([[True], [False], [True]], columns, axis=1),
        proved=np.repeat([[False], [True], [False]], columns, axis=1),
        new_labels=np.ones((3, columns), int),
        replayed=np.repeat([[True], [False], [False]], columns, axis=1),
        epsilon=np.full((3, columns), 0.25),
        norms=np.repeat([[[1.0] * 5], [[0.0] * 5], [[4.0] * 5]], columns, axis=1),
        lit_changed=np.repeat([[[9, 8]], [[0, 0]], [[5, 1]]], columns, axis=1),
        flips=np.repeat([[[0, 0]], [[0, 0]], [[3, 1]]], columns, axis=1),
        seconds=np.zeros((1, columns + 1)),
        runtime=np.array(["none"]),
    )
    found = summary(made, 0)
    assert (found["found"], found["proved"], found["open"], found["replayed"]) == (2, 1, 0, 1)
    assert found["norms"]["l1"] == {"median": 2.5, "mean": 2.5, "least": 1.0, "most": 4.0}
    assert found["lit_share"]["median"] == pytest.approx(0.7)
    assert found["lit_visible_share"]["median"] == pytest.approx(0.45)
    assert found["almost_all_lit"] == 1
    assert found["relus"]["median"] == 2
    assert found["relus_by_layer"] == [1.5, 0.5]
    assert found["relus_counts"] == [1, 0, 0, 0, 1]
    assert found["same_path"] == 1


def claimed(**changes: Any) -> dict[str, Any]:
    """What FGSM's claims rest on: ten images of ten lit pixels and ten ReLUs."""
    fgsm = {
        "found": 10,
        "almost_all_lit": 6,
        "same_path": 4,
        "relus_counts": [4, 6],
        "relus": {"median": 1},
        "lit_share": {"median": 0.95},
    }
    along = {"found": 5, "same_path": 5}
    many = {name: dict(along) for name in FEW} | {"fgsm": fgsm}
    one = {"found": True, "lit_changed": 9, "relus": [1, 0], "new_label": 8}
    larger = {"0.1": {}, "0.25": {"changed": 10, "far": 6, "relus": 3}}
    figure = {"label": 3, "lit": 10, "larger": larger, "attacks": {"fgsm": one, "pixel_path": one | {"relus": [0, 0]}}}
    groups = {"all": {"images": 10, "attacks": many}}
    made = {"figure4": figure, "relus": [5, 5], "images": 10, "groups": groups, "larger": dict(larger)}
    fgsm |= changes
    return made


def verdicts(content: dict[str, Any]) -> list[list[bool | None]]:
    return [[found["holds"] for found in claim["found"].values()] for claim in rq5_claims(content)]


def test_claims_by_hand() -> None:
    """In the order: the paper, the image of figure 4, the test images."""
    whole = [True] * 3
    assert verdicts(claimed()) == [whole, [True, True, None], whole, whole, [None, True, True], whole]
    halves = verdicts(claimed(almost_all_lit=5, same_path=5, relus_counts=[5, 5]))
    assert [row[2] for row in halves] == [False, None, False, False, True, True]
    made = claimed()
    made["groups"]["all"]["attacks"]["pair_path"]["same_path"] = 4
    made["figure4"]["attacks"]["fgsm"] |= {"lit_changed": 8, "relus": [0, 0]}
    made["figure4"]["attacks"]["pixel_path"] |= {"relus": [0, 1]}
    made["larger"]["0.25"] = {"changed": 10, "far": 5, "relus": 3}
    assert [row[1] for row in verdicts(made)] == [False, True, False, False, True, False]
    assert [row[2] for row in verdicts(made)[4:]] == [False, False]
    made["figure4"] = None
    assert [row[1] for row in verdicts(made)] == [None] * 6
    assert all(claim["question"] == 5 for claim in rq5_claims(made))


def test_the_text_says_what_was_found(few: Study, content: dict[str, Any]) -> None:
    text = rq5_text(content)
    found = content["groups"]["all"]["attacks"]["pixel_path"]
    assert f"| 1 pixel, along the path | {found['found']} (" in text
    assert "training image 7, labelled 3" in text
    lit = np.median([(image > 0).sum() for image in few.test.images])
    assert f"has {lit:g} lit pixels" in text
    assert "nan" not in text
    assert "None" not in text


def test_larger_epsilons_in_plain_numpy(few: Study, content: dict[str, Any], layers: Layers) -> None:
    """Back through the layers, by hand."""
    x = few.test.pixels(np.arange(COUNT)).reshape(COUNT, -1)
    scores, phases = run(layers, x.astype(np.float64))
    labels = scores.argmax(axis=1)
    back = np.exp(scores - scores.max(axis=1, keepdims=True))
    back /= back.sum(axis=1, keepdims=True)
    back[np.arange(COUNT), labels] -= 1
    for (weight, _), phase in zip(layers[:0:-1], phases[::-1], strict=True):
        back = back @ weight * phase
    sign = np.sign(back @ layers[0][0]).astype(np.float32)
    for epsilon in (0.1, 0.25):
        moved = np.clip(x + np.float32(epsilon) * sign, 0, 1).astype(np.float64)
        new, others = run(layers, moved)
        hit = new.argmax(axis=1) != labels
        flips = sum(np.count_nonzero(a != b, axis=1) for a, b in zip(phases, others, strict=True))[hit]
        found = content["larger"][f"{epsilon:g}"]
        assert (found["images"], found["changed"]) == (COUNT, hit.sum())
        assert found["relus"] == np.median(flips)
        assert found["far"] == (flips >= 3).sum()
        assert found["same_path"] == (flips == 0).sum()
        assert found["pixels"] == np.median((moved != x).sum(axis=1)[hit])


def test_a_second_run_only_reads(few: Study, content: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "compare", None)
    assert json.loads(json.dumps(rq5(few)))["groups"] == content["groups"]


def test_figure_4(few: Study, content: dict[str, Any], tmp_path: Path) -> None:
    from matplotlib import image

    found = image.imread(draw_figure4(few, tmp_path / "figure4.png"))
    assert found.shape[1] > found.shape[0] > 300
    red = (found[:, :, 0] > 0.6) & (found[:, :, 1] < 0.3)
    assert red.sum() > 100


def test_without_an_image_of_a_three(few: Study, tmp_path: Path) -> None:
    none = replace(few, train=cut(few.train, 0, 5), out=tmp_path)
    assert none.picked[3] is None
    with pytest.raises(DataError, match="expected an image of 3"):
        draw_figure4(none, tmp_path / "figure4.png")
    alone = replace(none, test=cut(few.test, 0, 1))
    found = json.loads(json.dumps(rq5(alone), allow_nan=False))
    assert found["figure4"] is None
    assert "No image qualifies." in rq5_text(found)
