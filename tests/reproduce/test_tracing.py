"""Where important pixels lie: masks by hand, shares against plain NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcheck import datasets, load, zoo
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.tracing.claims import tracing_claims
from deepcheck.reproduce.tracing.shares import masks_of, tracing
from deepcheck.reproduce.tracing.study import averaged, where_important

Layers = list[tuple[np.ndarray, np.ndarray]]


def test_masks_by_hand() -> None:
    lit = np.zeros((1, 28, 28), bool)
    lit[0, 0, 0] = lit[0, 10, 10] = True
    masks = {name: mask.reshape(28, 28) for name, mask in masks_of(lit).items()}
    assert masks["on"].sum() == 2
    assert masks["beside"].sum() == 4 + 9  # a corner has three neighbours
    assert masks["beside"][9:12, 9:12].all()
    assert masks["inside"].sum() == 400
    assert masks["inside"][4:24, 4:24].all()


def test_controls_by_hand() -> None:
    """Of 39 pixels by value the 10 lit ones come first, then background from the top left."""
    x = np.zeros((1, 1, 28, 28), np.float32)
    x[0, 0, 14, 4:14] = np.linspace(0.1, 1, 10)
    found = tracing(load(zoo.path("mnist_10x4")), x)
    assert found["value"]["5%"]["on"] == pytest.approx(10 / 39, abs=1e-4)
    assert found["value"]["5%"]["beside"] == pytest.approx(10 / 39, abs=1e-4)
    # The 39 pixels nearest to the centre lie in a disc of radius 3.6 about it: rows 11 to 16, columns 11 to 16 mostly.
    rows, columns = np.mgrid[:28, :28]
    order = np.argsort((rows - 13.5) ** 2 + (columns - 13.5) ** 2, axis=None, kind="stable")[:39]
    near = np.zeros((28, 28), bool)
    near[13:16, 3:15] = True
    assert found["centre"]["5%"]["beside"] == pytest.approx(near.ravel()[order].mean(), abs=1e-4)
    everywhere = {"on": 10 / 784, "beside": 36 / 784, "inside": 400 / 784}
    assert found["random"]["10%"] == pytest.approx(everywhere, abs=1e-4)


def test_shares_are_those_of_plain_numpy(layers: Layers, data_folder: Path) -> None:
    images = datasets.mnist("test", data_folder)
    x = images.pixels(np.arange(12))
    found = tracing(load(zoo.path("mnist_10x4")), x)
    shares: dict[str, list[float]] = {"abs": [], "co": [], "coi": []}
    for image in x.astype(np.float64):
        value, slope = image.ravel(), np.eye(784)
        for weights, biases in layers[:-1]:
            value, slope = weights @ value + biases, weights @ slope
            value, slope = np.where(value > 0, value, 0), np.where((value > 0)[:, None], slope, 0)
        weights, biases = layers[-1]
        row = (weights @ slope)[np.argmax(weights @ value + biases)]
        lit = np.pad(image[0] > 0, 1)
        beside = np.any([lit[i : i + 28, j : j + 28] for i in range(3) for j in range(3)], axis=0).ravel()
        for name, scores in (("abs", np.abs(row)), ("co", row), ("coi", row * image.ravel())):
            shares[name].append(beside[np.argsort(-scores, kind="stable")[:78]].mean())
    for name, each in shares.items():
        assert found[name]["10%"]["beside"] == pytest.approx(np.mean(each), abs=1e-4)


def group(**beside: float) -> dict[str, Any]:
    """A group of which each order has one share everywhere."""
    orders = {"abs": 0.5, "co": 0.5, "coi": 0.5, "value": 0.5, "centre": 0.5, "random": 0.5} | beside
    return {o: {s: {"on": b, "beside": b, "inside": b} for s in ("5%", "10%", "30%")} for o, b in orders.items()}


def holds(ours: dict[str, Any], control: dict[str, Any]) -> dict[str, bool | None]:
    """Which claims hold on one group."""
    return {c["text"]: c["found"]["test"]["holds"] for c in tracing_claims({"test": ours}, {"permuted": control})}


def test_claims_can_hold_and_fail() -> None:
    good = holds(group(coi=0.95, abs=0.91, co=0.92), group())
    assert good["The top 5 and 10 % by coi trace the digit, not the background"] is True
    assert good["coi follows the digit's shape most closely of the three"] is True
    assert good["coi traces the digit better than the pixels' values alone"] is True
    assert good["That coi traces the digit owes something to training"] is True
    assert good["Each metric marks pixels in the central part of the image (top 5 and 10 %)"] is True
    assert good["The top 30 % spread out towards the edges"] is False  # one share everywhere
    bad = holds(group(coi=0.89, value=0.89), group(coi=0.85))
    assert bad["The top 5 and 10 % by coi trace the digit, not the background"] is False
    assert bad["coi traces the digit better than the pixels' values alone"] is False
    assert bad["That coi traces the digit owes something to training"] is False  # 4 points only


def test_averages_are_over_networks() -> None:
    assert averaged([group(coi=0.2), group(coi=0.4)])["coi"]["5%"]["beside"] == pytest.approx(0.3)


def test_the_part(study: Study) -> None:
    content = where_important(study)
    assert content["images"] == {"ten": 6, "test": 30}
    assert set(content["randomised"]) == {"permuted", "fresh"}
    assert content["groups"]["test"]["value"] == content["randomised"]["fresh"]["value"]
    assert content["groups"]["test"]["coi"] != content["randomised"]["fresh"]["coi"]
    assert all(claim["question"] == 1 for claim in content["claims"])
