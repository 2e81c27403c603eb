"""Grades by hand and against SciPy and scikit-learn; expectations of a random order by counting all orders."""

import json
from itertools import permutations

import numpy as np
import pytest
from requirements import require
from strategies import dense_network

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import InputError, OptionError
from deepcheck.ranking.grades import NAMES, Truth, graded
from deepcheck.ranking.grading import binary_grades, mean_ranks, ndcg, random_grades, random_ndcg, spearman
from deepcheck.verbs import grading


def with_ties(rng, *shape):
    return np.round(rng.normal(size=shape) * 3)


def unique(scores):
    """Scores in the same order, ties broken towards the lower index, as our orders are."""
    order = np.argsort(-scores, axis=1, kind="stable")
    found = np.empty(scores.shape)
    np.put_along_axis(found, order, -np.arange(scores.shape[1], dtype=float)[None].repeat(len(scores), 0), axis=1)
    return found


def test_spearman_agrees_with_scipy():
    stats = require("scipy.stats")
    rng = np.random.default_rng(0)
    scores, truth = with_ties(rng, 20, 50), with_ties(rng, 20, 50) + 0.5 * with_ties(rng, 20, 50)
    truth[3, :5] = np.inf
    expected = [stats.spearmanr(a, stats.rankdata(b)).statistic for a, b in zip(scores, truth, strict=True)]
    np.testing.assert_allclose(spearman(scores, truth), expected, atol=1e-12)


def test_spearman_by_hand():
    assert mean_ranks(np.array([[3.0, 1.0, 3.0, 2.0]])).tolist() == [[3.5, 1.0, 3.5, 2.0]]
    assert mean_ranks(np.array([[np.inf, 0.0, np.inf]])).tolist() == [[2.5, 1.0, 2.5]]
    found = spearman(
        np.array([[1.0, 2, 3], [1, 2, 3], [1, 1, 1], [1, 2, 3]]), np.array([[4, 5, 6]] * 3 + [[0, np.nan, 1]])
    )
    np.testing.assert_allclose(found, [1.0, 1.0, np.nan, np.nan])
    np.testing.assert_allclose(spearman(np.array([[1.0, 2, 3]]), np.array([[3.0, 2, 1]])), [-1.0])


def test_ndcg_agrees_with_scikit_learn():
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(1)
    scores, gains = with_ties(rng, 12, 40), np.maximum(with_ties(rng, 12, 40), 0)
    expected = [metrics.ndcg_score([g], [s]) for g, s in zip(gains, unique(scores), strict=True)]
    np.testing.assert_allclose(ndcg(scores, gains), expected, atol=1e-12)


def test_ndcg_by_hand():
    """Gains 3 and 1 at ranks 2 and 1; no gain at all; a gain without end."""
    second = 1 / np.log2(3)
    scores = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [2.0, 1.0]])
    gains = np.array([[3.0, 1.0], [0.0, 0.0], [np.inf, 1.0], [3.0, 1.0]])
    np.testing.assert_allclose(ndcg(scores, gains), [(1 + 3 * second) / (3 + second), np.nan, np.nan, 1.0])


def test_average_precision_agrees_with_scikit_learn():
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(2)
    scores, positive = with_ties(rng, 15, 60), rng.random((15, 60)) < 0.2
    expected = [metrics.average_precision_score(p, s) for p, s in zip(positive, unique(scores), strict=True)]
    np.testing.assert_allclose(binary_grades(scores, positive).average_precision, expected, atol=1e-12)


def test_binary_grades_by_hand():
    """Twenty features in index order, ties and all; numbers 1 and 4 do it."""
    positive = np.zeros((2, 20), dtype=bool)
    positive[0, [1, 4]] = True
    found = binary_grades(np.zeros((2, 20)), positive)
    assert found.positives.tolist() == [2, 0]
    np.testing.assert_allclose(found.average_precision, [(1 / 2 + 2 / 5) / 2, np.nan])
    np.testing.assert_allclose(found.first, [2.0, np.nan])
    # 5 %, 10 % and 30 % of 20 are 1, 2 and 6 features.
    np.testing.assert_allclose(found.top, [[0.0, 0.5, 1.0], [np.nan] * 3])


def test_shares_are_rounded_down():
    """5, 10 and 30 % of 784 are 39, 78 and 235."""
    positive = np.zeros((1, 784), dtype=bool)
    positive[0, [38, 39, 77, 78, 234, 235]] = True
    np.testing.assert_allclose(binary_grades(np.zeros((1, 784)), positive).top * 6, [[1.0, 3.0, 5.0]])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_random_order_by_counting_all_orders(count):
    positive = np.arange(6) < count
    gains = np.array([4.0, 1.0, 0.5, 0.0, 0.0, 2.0])
    orders = np.array(list(permutations(range(6))), dtype=float)
    every = np.broadcast_to(positive, orders.shape)
    found, expected = binary_grades(orders, every), random_grades(positive[None])
    np.testing.assert_allclose(found.average_precision.mean(), expected.average_precision)
    np.testing.assert_allclose(found.first.mean(), expected.first)
    np.testing.assert_allclose(expected.first, 7 / (count + 1))
    np.testing.assert_allclose(found.top.mean(axis=0), expected.top[0])
    np.testing.assert_allclose(ndcg(orders, np.broadcast_to(gains, orders.shape)).mean(), random_ndcg(gains[None]))


def some_truth(rng, items=4, features=10, *, open_=()):
    margins = rng.normal(size=(items, features))
    is_open = np.isin(np.arange(items), open_)
    return Truth(margins, np.maximum(margins + 1, 0), margins > 0.5, is_open, {"paths": "all"}, "all paths")


def test_open_images_have_no_grades_against_yes_or_no():
    rng = np.random.default_rng(0)
    found = graded(rng.normal(size=(4, 10)), some_truth(rng, open_=(1,)))
    assert np.isnan(found.average_precision).tolist()[1]
    assert np.isnan(found.random["first"][1])
    assert not np.isnan(found.spearman).any()
    summary = found.summary
    assert (summary["images"], summary["open"]) == (4, 1)
    assert summary["grades"]["spearman"]["images"] == 4
    text = json.dumps(found.to_json(), allow_nan=False)
    assert json.loads(text)["images"]["first"][1] is None
    lines = str(found).splitlines()
    assert lines[0].startswith("graded on 4 images (")
    assert len(lines) == 2 + len(NAMES)


def test_a_feature_that_is_left_out_leaves_no_image_open():
    """At a tie the first input is undecided, the second attacks: ``f1 - f0 = min(x0, 0) + x1 - 1/2``."""
    program = deepcheck.load(dense_network([([[-1, 0], [0, 1]], [0, 0]), ([[0, -1], [0, 1]], [0, -0.5])]))
    truth = deepcheck.worst_margins(program, np.float32([[0.5, 0.5]]))
    assert (truth.undecided.tolist(), truth.attackable.tolist()) == ([[True, False]], [[False, True]])
    scores = np.array([[2.0, 1.0]])
    assert deepcheck.grade(scores, truth=truth).open.tolist() == [True]
    alone = deepcheck.grade(scores, truth=truth, among=np.array([[False, True]]))
    assert (alone.open.tolist(), alone.first.tolist(), alone.average_precision.tolist()) == ([False], [1.0], [1.0])


def test_among_some_features_is_as_if_there_were_no_others():
    rng = np.random.default_rng(3)
    scores, truth = rng.normal(size=(3, 12)), some_truth(rng, 3, 12)
    among = np.zeros((3, 12), dtype=bool)
    among[:, ::2] = True
    among[1, 1] = True
    found = graded(scores, truth, among)
    for image in range(3):
        kept = among[image]
        own = Truth(
            truth.margins[[image]][:, kept], truth.gains[[image]][:, kept], truth.attackable[[image]][:, kept],
            truth.open[[image]], {}, "",
        )  # fmt: skip
        alone = graded(scores[[image]][:, kept], own)
        for name in NAMES:
            np.testing.assert_allclose(found.by_name[name][image], alone.by_name[name][0])
    whole = graded(scores, truth, np.ones((3, 12), dtype=bool))
    np.testing.assert_array_equal(whole.spearman, graded(scores, truth).spearman)


def small():
    """Scores ``x0 + x1`` and ``2 x2 + 3/4``, on inputs ``(1, 2, 2)``; the last element does nothing."""
    return deepcheck.load(dense_network([([[1, 0], [1, 0], [0, 2], [0, 0]], [0, 0.75])], input_shape=(1, 2, 2)))


def test_a_ranking_is_graded_by_hand():
    """At ``(1/2, 1/2, 0, 0)`` label 0 leads by 1/4: lowering x0 or x1 gives 1/4, raising x2 gives 7/4."""
    x = np.array([[[0.5, 0.5], [0, 0]]], np.float32)
    program = small()
    truth = deepcheck.worst_margins(program, x)
    np.testing.assert_allclose(truth.margins, [[0.25, 0.25, 1.75, -0.25]], atol=1e-9)
    best = deepcheck.grade(np.array([[0.2, 0.2], [0.9, 0.0]]), program, x)
    assert (best.first.tolist(), best.average_precision.tolist(), best.attackable.tolist()) == ([1.0], [1.0], [3])
    np.testing.assert_allclose([best.ndcg[0], best.spearman[0]], [1.0, 1.0])
    worst = deepcheck.grade(np.array([0, 0, -1.0, 5.0]), truth=truth)
    assert worst.first.tolist() == [2.0]
    np.testing.assert_allclose(worst.average_precision, [(1 / 2 + 2 / 3 + 3 / 4) / 3])
    assert worst.scope == truth.scope
    coi = deepcheck.importance(program, x, metric="coi")
    for shape in ((2, 2), (4,), (1, 4), (1, 1, 2, 2), (1, 2, 2)):
        assert deepcheck.grade(coi.reshape(shape), truth=truth).first.shape == (1,)


def test_the_public_benchmark_needs_scores_alone(monkeypatch):
    rng = np.random.default_rng(0)
    levels = (rng.integers(0, 256, (30, 28, 28)) * (rng.random((30, 28, 28)) < 0.2)).astype(np.uint8)
    names = tuple("0123456789")
    images = deepcheck.datasets.images.ImageSet("mnist", "test", levels, np.zeros(30, np.int64), names)
    monkeypatch.setattr(grading, "mnist", lambda split, data: images)
    scores = rng.random((5, 28, 28))
    found = deepcheck.grade(scores)
    assert (len(found), found.scope["model"]["name"], found.scope["features"]) == (5, "mnist_10x4", 784)
    program = deepcheck.load(deepcheck.zoo.path("mnist_10x4"))
    x = images.pixels(slice(0, 5))
    np.testing.assert_array_equal(found.spearman, deepcheck.grade(scores, program, x).spearman)
    levels_too = deepcheck.grade(scores, domain=Pixels(levels=256), paths="same")
    assert (levels_too.scope["domain"]["levels"], levels_too.scope["paths"]) == (256, "same")
    with pytest.raises(InputError, match="at most the 30 test images of MNIST, got 31"):
        deepcheck.grade(rng.random((31, 784)))


def test_what_is_refused():
    program, x = small(), np.full((2, 1, 2, 2), 0.5, np.float32)
    good = np.zeros((2, 2, 2))
    with pytest.raises(InputError, match=r"of shape \(2, 2\) or \(4,\), or a batch of them, got \(2, 3\)"):
        deepcheck.grade(np.zeros((2, 3)), program, x)
    with pytest.raises(InputError, match="one ranking for each of 2 inputs, got 3"):
        deepcheck.grade(np.zeros((3, 4)), program, x)
    with pytest.raises(InputError, match="without NaN, got NaN in row 1"):
        deepcheck.grade(np.array([[0, 0, 0, 0], [0, 0, np.nan, 0]]), program, x)
    with pytest.raises(InputError, match="as numbers, got"):
        deepcheck.grade(np.full((2, 4), "a"), program, x)
    with pytest.raises(InputError, match="at least 1 inputs, got 0"):
        deepcheck.grade(np.zeros((0, 4)), program, x)
    with pytest.raises(OptionError, match="both a program and its inputs"):
        deepcheck.grade(good, program)
    truth = deepcheck.worst_margins(program, x)
    assert len(deepcheck.grade(good, program, x, truth=truth)) == 2
    with pytest.raises(InputError, match="worst margins of 1 inputs, got those of 2"):
        deepcheck.grade(good, program, x[:1], truth=truth)
    with pytest.raises(OptionError, match="expected worst margins of digits_10x4, got those of net"):
        deepcheck.grade(good, deepcheck.load(deepcheck.zoo.path("digits_10x4")), truth=truth)
    with pytest.raises(OptionError, match="leave them out"):
        deepcheck.grade(good, truth=truth, paths="same")
    with pytest.raises(OptionError, match="leave them out"):
        deepcheck.grade(good, truth=truth, domain=Pixels(0, 2))
    with pytest.raises(InputError, match="keeps none of some"):
        deepcheck.grade(good, truth=truth, among=np.zeros((2, 4), dtype=bool))
    with pytest.raises(InputError, match="for 2 inputs, got 1"):
        deepcheck.grade(good[0], truth=truth)


def test_truth_of_other_inputs_or_another_preprocessing_is_refused() -> None:
    import deepcheck
    from deepcheck import zoo
    from deepcheck.errors import InputError

    program, rng = deepcheck.load(zoo.path("digits_10x4")), np.random.default_rng(0)
    x, other = rng.random((2, 3, *program.input_shape)).astype(np.float32)
    truth = deepcheck.worst_margins(program, x)
    scores = rng.random((3, 64))
    assert deepcheck.grade(scores, program, x, truth=truth).summary
    scaled = deepcheck.load(zoo.path("digits_10x4"), mean=0.5, std=0.25)
    for asked, inputs in ((program, other), (scaled, x)):
        with pytest.raises(InputError, match="these inputs and this preprocessing"):
            deepcheck.grade(scores, asked, inputs, truth=truth)
    free = next(label for label in range(10) if label not in truth.own_labels)
    aimed = deepcheck.worst_margins(program, x, target=free)
    assert deepcheck.grade(scores, program, x, truth=aimed).summary
