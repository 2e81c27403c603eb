"""More than one network: figures, comparisons and claims by hand; where orders lie."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from deepcheck import datasets, load, zoo
from deepcheck.program import Program
from deepcheck.reproduce.measure import Measured
from deepcheck.reproduce.networks.claims import network_claims
from deepcheck.reproduce.networks.compare import comparisons
from deepcheck.reproduce.networks.compare import tracing as traced_by_group
from deepcheck.reproduce.networks.expected import expectations
from deepcheck.reproduce.networks.figures import figures_of
from deepcheck.reproduce.networks.measure import TRACERS, Answers, Tries, traced
from deepcheck.reproduce.networks.subjects import Subject
from deepcheck.reproduce.pairs.measure import MeasuredPairs


@pytest.fixture(scope="module")
def trained() -> Program:
    return load(zoo.path("mnist_10x4"))


def tensors(program: Program) -> dict[str, np.ndarray]:
    graph = onnx.load_model_from_string(program.origin.model).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def layers_of(program: Program) -> list[tuple[str, str]]:
    """The names of each layer's weights and biases."""
    graph = onnx.load_model_from_string(program.origin.model).graph
    return [(node.input[1], node.input[2]) for node in graph.node if node.op_type == "Gemm"]


# Figures, comparisons and claims, by hand

BOUNDED = ("baseline", "abs", "co", "coi", "reach")


def single(attackable: list[list[int]], first: list[list[int]], within: int = 0) -> Measured:
    """Images with these attackable pixels and tries; in coi's top 10 % each has ``within`` of them."""
    count = len(attackable)
    marked = np.zeros((count, 784), bool)
    for row, pixels in enumerate(attackable):
        marked[row, pixels] = True
    shortlists = np.zeros((count, len(first[0]) - 1, 3), int)
    shortlists[:, 2, 1] = within
    zeros = np.zeros(count, int)
    return Measured(
        items=np.arange(count),
        truth=zeros,
        labels=np.arange(count),
        attackable=marked,
        reached=np.zeros((count, 10), bool),
        first=np.array(first),
        within=shortlists,
        undecided=zeros,
        replayed=marked.sum(1),
        exact=zeros,
        borders=zeros,
        seconds=np.zeros((1, 2)),
        runtime=np.array(["none"]),
    )


def pairs(attackable: list[int], new: list[int]) -> MeasuredPairs:
    count = len(attackable)
    zeros = np.zeros(count, int)
    named = dict.fromkeys(MeasuredPairs.__dataclass_fields__, zeros)
    named |= {"items": np.arange(count), "asked": zeros + 741, "attackable": np.array(attackable)}
    named |= {"new": np.array(new), "replays": np.array(attackable), "replayed": np.array(attackable)}
    return MeasuredPairs(**named)


def answered(trained: Program, name: str, measured: Measured, group: str = "seeds", new: int = 1) -> Answers:
    count = len(measured)
    beside = {s: np.tile([0.1, 0.2, 0.9, 1.0, 0.3], (count, 1)) for s in ("5%", "10%")}
    found = pairs([2 * new] * count, [new] * count)
    return Answers(Subject(name, group, trained), {"bounded": measured}, {"bounded": found}, beside)


@pytest.fixture
def two(trained: Program) -> list[Answers]:
    """Two networks with three images each, of which the last of the first network cannot be attacked."""
    one = single([[0, 5], [7], []], [[1, 2, 300, 4, 1], [8, 1, 500, 2, 1], [0, 0, 0, 0, 0]], within=1)
    other = single([[3], [4], [5, 6, 7]], [[4, 9, 9, 9, 2], [5, 5, 90, 10, 1], [6, 4, 2, 1, 1]], within=1)
    return [answered(trained, "mnist_10x4_00", one), answered(trained, "mnist_10x4_01", other, new=0)]


def test_figures_by_hand(two: list[Answers]) -> None:
    found = figures_of(two[0])
    figures = found["domains"]["bounded"]
    assert (found["images"], found["labelled_rightly"], found["labels_given"]) == (3, pytest.approx(1 / 3, abs=1e-6), 3)
    assert (figures["attackable_images"], figures["attackable_pixels"]) == (2, 3)
    assert figures["per_image"] == {"mean": 1.0, "median": 1.0}
    assert figures["per_attackable_image"] == {"mean": 1.5, "median": 1.5}
    assert figures["tries"]["coi"] == {
        "median": 3.0,
        "mean": 3.0,
        "geometric_mean": pytest.approx(8**0.5, abs=1e-4),
        "within_third_share": 1.0,
    }
    assert figures["tries"]["co"]["within_third_share"] == 0.0
    assert figures["tries"]["random"]["mean"] == pytest.approx((785 / 3 + 785 / 2) / 2, abs=1e-3)
    assert figures["shortlists"]["coi"]["10%"] == {"pixels_share": pytest.approx(2 / 3, abs=1e-6), "half_share": 1.0}
    assert found["pairs"]["bounded"]["new"] == 3
    assert found["pairs"]["bounded"]["attackable_share"] == pytest.approx(2 / 741, abs=1e-6)
    assert found["beside_strokes"]["5%"] == dict(zip(TRACERS, (0.1, 0.2, 0.9, 1.0, 0.3), strict=True))


def test_tries_are_those_of_images_that_can_be_attacked(two: list[Answers]) -> None:
    tries = Tries.of(two[0].single["bounded"], "bounded")
    assert tries.orders == BOUNDED
    assert (len(tries), tries.counts.tolist()) == (2, [2, 1])
    assert tries.by("coi").tolist() == [4, 2]
    assert tries.by("reach").tolist() == [1, 1]


def test_comparisons_by_hand(two: list[Answers]) -> None:
    found = comparisons(two)["bounded"]
    assert list(found) == ["baseline", "abs", "co", "reach", "random"]
    abs_ = found["abs"]
    # coi against abs: 4 to 2, 2 to 1 on the first network; 9 to 9, 10 to 5, 1 to 4 on the second.
    assert abs_["networks"]["mnist_10x4_00"]["effect"]["value"] == -1.0
    assert abs_["networks"]["mnist_10x4_01"]["effect"]["value"] == 0.0
    group = abs_["groups"]["seeds"]
    assert (group["networks"], group["images"], group["effect"]["value"]) == (2, 5, -0.5)
    assert group["median_ratio"]["value"] == pytest.approx(np.sqrt(2 * 1), abs=1e-4)
    assert group["geometric_ratio"]["value"] == pytest.approx(np.sqrt(2 * (1 * 2 / 4) ** (1 / 3)), abs=1e-4)
    # The mean logs are log 2 and log(1/2) / 3: of different signs, so every flip is as far from 0.
    assert (group["fewer"], group["more"], group["p_signs"], group["p_flips"]) == (1, 1, 1.0, 1.0)
    co = found["co"]["groups"]["seeds"]
    assert (co["effect"]["value"], co["fewer"], co["p_flips"]) == (pytest.approx((1 + 2 / 3) / 2, abs=1e-4), 2, 0.5)
    assert co["p_flips_holm"] == 1.0  # 5 comparisons: the least chance counts five times, 1 at most


def test_the_family_of_a_correction_is_every_network_order_and_domain(two: list[Answers]) -> None:
    found = comparisons(two)["bounded"]
    chances = [n["p"] for cell in found.values() for n in cell["networks"].values()]
    corrected = [n["p_holm"] for cell in found.values() for n in cell["networks"].values()]
    assert len(chances) == 10
    assert corrected[int(np.argmin(chances))] == pytest.approx(min(1, 10 * min(chances)), rel=1e-3)
    assert all(one <= two for one, two in zip(chances, corrected, strict=True))


def test_networks_without_an_attackable_image_and_controls_are_not_tested(trained: Program) -> None:
    nothing = single([[], []], [[0] * 5] * 2)
    some = single([[1], [2]], [[2, 3, 4, 5, 6]] * 2)
    controls = [
        answered(trained, name, some, group) for name, group in (("b", "fresh"), ("c", "fresh"), ("d", "permuted"))
    ]
    found = comparisons([answered(trained, "a", nothing), *controls])["bounded"]
    assert list(found["abs"]["networks"]) == ["b", "c", "d"]
    assert not any("p" in network for network in found["abs"]["networks"].values())
    assert set(found["abs"]["groups"]) == {"fresh"}  # one network is no group
    assert comparisons([answered(trained, "a", nothing)]) == {"bounded": {}, "unbounded": {}}


def by_text(claims: list[dict[str, Any]], start: str, end: str = "") -> dict[str, Any]:
    return next(claim for claim in claims if claim["text"].startswith(start) and claim["text"].endswith(end))


def test_claims_by_hand(two: list[Answers]) -> None:
    claims = network_claims(two, least=1)
    expected = {
        # coi 4, 2 against abs 2, 1; then 9, 10, 1 against abs 9, 5, 4 and co 9, 90, 2
        ("coi needs the fewest", "every image"): (False, False),
        ("coi needs the fewest", "on average"): (False, True),  # 90 against 180 and 1620 on the second
        ("At most a third", "every image"): (False, True),
        ("At most a third", "of 10 images"): (False, True),
        ("The top 10 %", "every image"): (True, False),  # 1 of 2, 1 of 1; 1 of 1, 1 of 1, 1 of 3
        ("The top 10 %", "all attackable pixels"): (True, True),  # 2 of 3; 3 of 5
        ("Every order", "every image"): (False, False),
        ("Every order", "on average"): (False, False),  # baseline 8; then 120: co has 1620
        ("coi is rather", ""): (True, True),
        ("New pairs", ""): (True, False),
    }
    for (start, end), holds in expected.items():
        claim = by_text(claims, start, end)
        assert tuple(claim["networks"]["bounded"].values()) == holds, claim["text"]
        assert claim["found"]["seeds"]["holds"] == all(holds)
        assert claim["found"]["seeds"]["detail"] == f"on {sum(holds)} of 2 networks"
        assert "shared" not in claim["found"]
    assert len(expected) == len(claims)


def test_a_network_with_few_attackable_images_cannot_say(two: list[Answers]) -> None:
    claims = network_claims(two, least=3)
    claim = by_text(claims, "At most a third", "every image")
    assert claim["networks"]["bounded"] == {"mnist_10x4_00": None, "mnist_10x4_01": True}
    assert claim["found"]["seeds"] == {"holds": True, "detail": "on 1 of 1 networks; 1 cannot say"}
    assert by_text(claims, "New pairs")["networks"]["bounded"]["mnist_10x4_00"] is True
    assert by_text(network_claims(two, least=9), "coi is")["found"]["seeds"]["holds"] is None


def test_the_mild_third_asks_nine_of_ten_images(trained: Program) -> None:
    nine = single([[0]] * 10, [[1, 261, 1, 261, 1]] * 9 + [[1, 1, 262, 1, 1]])
    eight = single([[0]] * 10, [[1, 261, 1, 261, 1]] * 8 + [[1, 1, 262, 1, 1]] * 2)
    claims = network_claims([answered(trained, "a", nine), answered(trained, "b", eight)], least=10)
    assert by_text(claims, "At most a third", "of 10 images")["networks"]["bounded"] == {"a": True, "b": False}
    assert by_text(claims, "At most a third", "every image")["networks"]["bounded"] == {"a": False, "b": False}


# Tracing


def test_traced_against_loops(trained: Program, data_folder: Path) -> None:
    x = datasets.mnist("test", data_folder).pixels(np.arange(3))
    found = traced(trained, x)
    for row, image in enumerate(x[:, 0]):
        beside = {
            (i, j)
            for i in range(28)
            for j in range(28)
            if any(image[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].ravel() > 0)
        }
        slopes = slopes_of(trained, image)
        scores = {"abs": np.abs(slopes), "co": slopes, "coi": slopes * image.ravel(), "value": image.ravel()}
        for column, order in enumerate(TRACERS[:4]):
            top = np.argsort(-scores[order].astype(np.float64), kind="stable")[:39]
            share = np.mean([(pixel // 28, pixel % 28) in beside for pixel in top])
            assert found["5%"][row, column] == pytest.approx(share)
        assert found["10%"][row, 4] == pytest.approx(len(beside) / 784)


def slopes_of(program: Program, image: np.ndarray) -> np.ndarray:
    """The predicted label's coefficients, by products of the weights of the neurons that are on."""
    stored = tensors(program)
    value, product = image.ravel().astype(np.float64), np.eye(784)
    for index, (weights, biases) in enumerate(layers_of(program)):
        value, product = stored[weights] @ value + stored[biases], stored[weights].astype(np.float64) @ product
        if index < 3:
            value, product = np.maximum(value, 0), product * (value > 0)[:, None]
    return product[value.argmax()]


def test_tracing_by_group(two: list[Answers]) -> None:
    found = traced_by_group(two)
    assert set(found) == {"seeds"}
    assert found["seeds"]["5%"]["coi"] == {"value": 0.9, "low": 0.9, "high": 0.9}


# What was expected


def test_expectations_by_hand() -> None:
    def network(group: str, abs_: float, coi: float, share: float, new: int) -> dict[str, Any]:
        tries = {m: {"geometric_mean": v} for m, v in (("abs", abs_), ("co", 2.0), ("coi", coi))}
        figures = {"tries": tries, "attackable_share": share}
        name = "mnist_10x4_00"
        return {"name": name, "group": group, "domains": {"bounded": figures, "unbounded": figures}} | {
            "pairs": {"bounded": {"new": new}, "unbounded": {"new": 1}}
        }

    traced = {g: {"5%": {"coi": {"value": c}, "abs": {"value": a}}} for g, c, a in TRACED}
    claims = [{"text": "All, on every image", "networks": {"bounded": {"mnist_10x4_00": None, "mnist_10x4": True}}}]
    some = [network("seeds", 2, 3, 0.2, 1), network("seeds", 3, 2, 0.3, 0), network("shared", 1, 1, 0.25, 0)]
    holds = [e["found"]["ours"]["holds"] for e in expectations(some, traced, claims)]
    assert holds == [False, True, True, False, False, True, False]
    claims[0]["networks"] = {"bounded": {"mnist_10x4_00": True}}
    better = [network("seeds", 2, 4, 0.3, 1), network("shared", 1, 1, 0.25, 0)]
    holds = [e["found"]["ours"]["holds"] for e in expectations(better, traced, claims)]
    assert holds == [True, False, False, True, True, True, False]


TRACED = (("seeds", 0.95, 0.5), ("permuted", 0.91, 0.46), ("fresh", 0.99, 0.2))
