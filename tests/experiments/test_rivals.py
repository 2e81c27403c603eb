"""The rivals on a tiny network in which one pixel is planted; budgets are counted a second time, beside."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from requirements import require
from scipy.stats import binomtest

torch = require("torch")

from rival import Rival  # noqa: E402
from rival_analysis import analysed, recall, wilson  # noqa: E402
from rival_attacks import RIVALS  # noqa: E402
from rival_network import BudgetSpent, Counted, Judge, module_of  # noqa: E402
from rival_sized import Corners  # noqa: E402
from rival_trials import attempt  # noqa: E402
from rivals_page import page  # noqa: E402
from sparse_rs import moving, sparse_rs  # noqa: E402

MODULES = {"adversarial-robustness-toolbox": "art", "torchattacks": "torchattacks", "foolbox": "foolbox"}
MODULES["adv-lib"] = "adv_lib"
DOCS = Path(__file__).parent.parent.parent / "docs"
PAIRS = {"JSMA (torchattacks)", "JSMA (ART)"}
COMPILED = "L0BrendelBethge (Foolbox)"
"""Its first run compiles for half a minute."""
SIDE = 5
PIXEL = 6
BUDGET = 1_100


def stored(hidden, scores, bias):
    """Flatten, Gemm, Relu, Gemm with ten labels, in float32."""
    arrays = {"a": hidden, "b": np.zeros(len(hidden)), "c": scores, "d": bias}
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "a", "b"], ["z"], transB=1),
        helper.make_node("Relu", ["z"], ["r"]),
        helper.make_node("Gemm", ["r", "c", "d"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(np.asarray(array, dtype=np.float32), name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def planted(weight=4.0, other=0.0):
    """Label 0 scores 1 less a quarter of one pixel; label 3 ``weight`` times it, plus ``other`` times the next."""
    hidden = np.zeros((2, SIDE * SIDE))
    hidden[0, PIXEL], hidden[1, PIXEL + 1] = 1, 1
    scores, bias = np.zeros((10, 2)), np.zeros(10)
    scores[3] = weight, other
    scores[0, 0], bias[0] = -0.25, 1
    return stored(hidden, scores, bias)


def crowd():
    """Label 3 scores the sum of all pixels, label 0 scores 6: at least five must be lit anew."""
    scores, bias = np.zeros((10, 1)), np.zeros(10)
    scores[3], bias[0] = 1, 6
    return stored(np.ones((1, SIDE * SIDE)), scores, bias)


@pytest.fixture
def image():
    """Everything is dark, but for one bright pixel that others may copy and a half lit planted one."""
    pixels = np.zeros((1, SIDE, SIDE), dtype=np.float32)
    pixels[0, 0, 0], pixels[0, PIXEL // SIDE, PIXEL % SIDE] = 1, 0.125
    return pixels


def trial(rival, model, image, *, seed=0, budget=BUDGET, pixels=1, network=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if rival.package:
            require(MODULES[rival.package])
    judge = Judge.of(model.SerializeToString())
    chosen = network or module_of(model)
    return attempt(rival, chosen, judge, image, item=7, label=0, pixels=pixels, budget=budget, seed=seed)


@pytest.fixture(params=RIVALS, ids=lambda rival: rival.name)
def rival(request):
    return request.param


def test_every_rival_finds_the_planted_pixel(rival, image):
    if rival.name == COMPILED:
        return
    found = trial(rival, planted(), image)
    assert found.fewest == (2 if rival.name in PAIRS else 1)
    assert found.claimed == found.fewest
    assert found.crashes == 0


def test_nothing_is_found_where_nothing_is(rival, image):
    found = trial(rival, planted(weight=0.5), image, budget=300)
    assert (found.fewest, found.claimed) == (None, None)


class Counting(torch.nn.Module):
    """Another counter, inside of the one that is tested."""

    def __init__(self, network):
        super().__init__()
        self.network, self.images = network, 0

    def forward(self, x):
        self.images += len(x)
        return self.network(x)


@pytest.mark.parametrize("budget", [60, BUDGET])
def test_the_budget_is_kept_and_counted(rival, image, budget):
    network = Counting(module_of(crowd()))
    found = trial(rival, crowd(), image, budget=budget, network=network)
    assert found.queries <= budget
    assert found.forward_passes == network.images - found.runs  # the label of each candidate is asked for once more
    assert found.crashes == 0
    if budget == BUDGET and rival.name not in {*PAIRS, Corners.name, COMPILED}:
        assert found.queries > 0.7 * budget


def test_seeds_say_everything(rival, image):
    runs = [trial(rival, planted(), image, seed=seed, budget=300).content() for seed in (1, 1, 2)]
    for run in runs:
        del run["seconds"]
    assert runs[0] == runs[1]
    if not rival.draws:
        assert runs[0] == runs[2]


def test_two_pixels_are_told(image):
    hidden, scores, bias = np.zeros((1, SIDE * SIDE)), np.zeros((10, 1)), np.zeros(10)
    hidden[0, [PIXEL, PIXEL + 5]], scores[3, 0], bias[0] = 1, 1, 1.25
    model = stored(hidden, scores, bias)  # 0.125 + 1 < 1.25 < 2
    for rival in RIVALS:
        if rival.takes_size and rival.largest > 1:
            assert trial(rival, model, image, pixels=1, budget=100).fewest is None, rival.name
            assert trial(rival, model, image, pixels=2, budget=2_000).fewest == 2, rival.name


def test_the_counted_network():
    counted = Counted(module_of(planted()), 10)
    x = torch.zeros(3, 1, SIDE, SIDE, requires_grad=True)
    scores = counted(x)
    assert (counted.forward_passes, counted.backward_passes) == (3, 0)
    scores[:, 3].sum().backward(retain_graph=True)
    scores[:, 0].sum().backward()
    assert (counted.forward_passes, counted.backward_passes, counted.left) == (3, 6, 1)
    with pytest.raises(BudgetSpent, match="2 more than the 1"):
        counted(x[:2])
    assert counted.spent == 9
    last = counted(x[:1])
    with pytest.raises(BudgetSpent):
        last.sum().backward()


def test_the_rebuilt_network_is_the_file():
    rng = np.random.default_rng(0)
    model = stored(rng.normal(size=(4, SIDE * SIDE)), rng.normal(size=(10, 4)), rng.normal(size=10))
    x = rng.random((20, 1, SIDE, SIDE)).astype(np.float32)
    expected = Judge.of(model.SerializeToString()).session.run(None, {"x": x})[0]
    np.testing.assert_allclose(module_of(model)(torch.from_numpy(x)).numpy(), expected, atol=1e-5)
    model.graph.node[2].op_type = "Sigmoid"
    with pytest.raises(ValueError, match="Relu, got node '' of Sigmoid"):
        module_of(model)


class TestJudge:
    def changed(self, image, model=None, **values):
        candidate = image.copy().reshape(-1)
        for place, value in values.items():
            candidate[int(place[1:])] = value
        return Judge.of((model or planted()).SerializeToString()).changed(image, 0, candidate.reshape(1, 1, SIDE, SIDE))

    def test_counts_pixels(self, image):
        assert self.changed(image, p6=1) == 1
        assert self.changed(image, p6=1, p20=0.5, p0=0.5) == 3
        assert self.changed(image, p6=0.2) is None
        assert self.changed(image) is None

    def test_rounding_of_other_pixels_does_not_count(self, image):
        assert self.changed(image, p6=1, p20=5e-7) == 1

    def test_rounding_is_no_attack(self, image):
        steep = planted(weight=0.5, other=4e6)
        assert self.changed(image, steep, p7=9e-7) is None
        assert self.changed(image, steep, p7=2e-6) == 1

    def test_stays_in_the_box(self, image):
        assert self.changed(image, p6=1.01) is None
        assert self.changed(image, p6=1, p20=-0.01) is None
        assert self.changed(image, p6=np.nan) is None
        assert self.changed(image, p6=1 + 5e-7) == 1


class TestSparseRandomSearch:
    def test_schedule_of_the_paper(self):
        # alpha 0.8 over 2, 4, 5, 6, ..., 20 of 100 pixels, from 0, 50, 200, 500, ..., 8,000 of 10,000 queries on
        steps = (1, 50, 200, 500, 1_000, 2_000, 4_000, 6_000, 8_000)
        assert [moving(step, 100, 10_000) for step in steps] == [40, 20, 16, 13, 10, 8, 6, 5, 4]
        assert moving(500, 100, 5_000) == moving(1_000, 100, 10_000)
        assert moving(9_000, 2, 10_000) == 1

    def test_moves_only_so_many_pixels_to_the_ends(self):
        grey, asked = np.full((1, SIDE, SIDE), 0.5, dtype=np.float32), []

        def scores(candidate):
            asked.append(candidate.copy())
            return np.array([candidate @ np.arange(1, SIDE + 1) @ np.arange(1, SIDE + 1), [0]]).reshape(-1)

        best = sparse_rs(scores, grey, 0, pixels=3, queries=3_000, rng=np.random.default_rng(0))
        assert len(asked) == 3_000  # label 0 never loses
        for candidate in (*asked, best):
            moved = candidate != grey
            assert moved.sum() == 3
            assert set(candidate[moved]) <= {0.0, 1.0}
        assert set(np.flatnonzero(best == 0)) == {SIDE**2 - 1, SIDE**2 - 2, SIDE**2 - 1 - SIDE}  # the largest weights


def test_wilson_is_scipys():
    for found, count in ((0, 31), (5, 31), (31, 31), (40, 79)):
        expected = binomtest(found, count).proportion_ci(0.95, method="wilson")
        assert wilson(found, count) == pytest.approx((expected.low, expected.high))


def test_recall_over_seeds():
    found = recall([{1, 2, 9}, {2}, set()], {1, 2, 3, 4})
    assert found["found_by_seed"] == [2, 1, 0]
    assert found["found_by_any"] == 2
    assert found["recall"] == 0.25
    assert (found["low"], found["high"]) == pytest.approx(binomtest(1, 4).proportion_ci(0.95, method="wilson"))


@dataclass(frozen=True)
class Scripted(Rival):
    name = "scripted"
    source = settings = ""
    takes_size = True

    def candidates(self, model, image, label, *, pixels, rng):
        yield from ()


def row(item, fewest, claimed=None, crashes=0):
    return {
        "item": item, "fewest": fewest, "claimed": claimed, "runs": 1, "forward_passes": 10, "backward_passes": 4,
        "crashes": crashes, "seconds": 0.5,
    }  # fmt: skip


def truth(item, one, two, pixels):
    return {
        "item": item, "one": one, "two": two, "one_same_path": "proved", "attackable_pixels": pixels,
        "undecided_pixels": 0, "margin": 0.5, "at_an_end": item == 0, "seconds_one": 0.1, "seconds_two": 0.2,
    }  # fmt: skip


def test_figures_by_hand():
    known = [truth(0, "attack", "attack", 2), truth(1, "attack", "attack", 20), truth(2, "proved", "attack", 0)]
    known.append(truth(3, "proved", "proved", 0))
    trials = {
        ("scripted", 1, 0): [row(0, 1, 1), row(1, 3, 1), row(2, None, 1), row(3, None, crashes=2)],
        ("scripted", 1, 1): [row(0, None), row(1, None)],
        ("scripted", 2, 0): [row(0, 2, 2), row(1, 1, 1), row(2, 1, 1), row(3, 2, 2)],
    }
    again = [{**row, "seconds_one": 0.3} for row in known]
    made = analysed(known, again, [Scripted(), RIVALS[0]], trials)
    (found,) = made["rivals"]
    assert found["one"]["found_by_seed"] == [1, 0]
    assert found["one"]["recall"] == 0.25
    assert [one["found_by_seed"] for one in found["one_by_pixels"]] == [[1, 0], [0, 0], [0, 0]]
    assert found["two"]["found_by_seed"] == [3]
    assert found["false_claims"] == 2  # images 1 and 2
    assert found["contradictions"] == 2  # one pixel on image 2, two on image 3
    assert found["crashes"] == 2
    assert found["cost_one"] == {"queries": 14.0, "seconds": 0.5}
    assert made["all_rivals"] == {"attackable": 2, "found_by_any": 1, "missed_by_all": [1]}
    assert made["images"]["verdicts_one"] == {"attack": 2, "proved": 2, "undecided": 0}
    assert made["images"]["only_between_the_ends"] == 1
    assert made["images"]["seconds_one"] == {"mean": pytest.approx(0.3), "longest": 0.3}
    assert made["images"]["verdicts_again_differ"] == 0


def test_the_page_is_what_the_figures_say():
    content = json.loads((DOCS / "reproduction" / "rivals.json").read_text())
    assert (DOCS / "rivals.md").read_text() == page(content)
    assert all(rival["contradictions"] == 0 for rival in content["rivals"])
