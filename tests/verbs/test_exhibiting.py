"""What an exhibit says is what the verbs say, and what plain arithmetic says of the network."""

import base64

import numpy as np
import onnx
import pytest

import deepcheck
from deepcheck.errors import DataError, OptionError
from deepcheck.report.exhibit import Exhibit
from deepcheck.verbs import exhibit_heads
from deepcheck.verbs.exhibit_heads import Names
from deepcheck.verbs.exhibiting import LISTED, exhibit_of, exhibits


def onnx_model(weights, shape, bias=None):
    """Dense layers with ReLU between them, on a flattened input."""
    nodes, stored, name = [onnx.helper.make_node("Flatten", ["x"], ["v0"])], [], "v0"
    for at, weight in enumerate(weights):
        stored.append(onnx.numpy_helper.from_array(np.asarray(weight, np.float32), f"w{at}"))
        nodes.append(onnx.helper.make_node("MatMul", [name, f"w{at}"], [f"m{at}"]))
        name = f"m{at}"
        if at + 1 < len(weights):
            nodes.append(onnx.helper.make_node("Relu", [name], [f"r{at}"]))
            name = f"r{at}"
    outputs = np.shape(weights[-1])[1]
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(nodes, "net", [info("x", 1, [1, *shape])], [info(name, 1, [1, outputs])], stored)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


def random_net(shape, labels=4, seed=3):
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    weights = [rng.normal(size=(size, 8)), rng.normal(size=(8, 6)), rng.normal(size=(6, labels))]
    return [weight.astype(np.float32) for weight in weights]


def plain(weights, x):
    """The outputs, in float64."""
    value = np.asarray(x, np.float64).ravel()
    for weight in weights[:-1]:
        value = np.maximum(value @ weight.astype(np.float64), 0)
    return value @ weights[-1].astype(np.float64)


def slopes_of(weights, x):
    """Coefficients of each output, ``(outputs, size)``, by multiplying the weights of the units that are on."""
    value, chain = np.asarray(x, np.float64).ravel(), np.eye(np.size(x))
    for weight in weights[:-1]:
        before = value @ weight.astype(np.float64)
        chain = (chain @ weight.astype(np.float64)) * (before > 0)
        value = np.maximum(before, 0)
    return (chain @ weights[-1].astype(np.float64)).T


def test_numbers_of_a_batch_are_those_of_the_verbs_and_of_plain_arithmetic():
    weights = random_net((1, 3, 3))
    program = deepcheck.load(onnx_model(weights, (1, 3, 3)))
    x = np.random.default_rng(5).uniform(0.1, 0.9, (6, 1, 3, 3)).astype(np.float32)
    same, anywhere = deepcheck.attack(program, x), deepcheck.attack(program, x, paths="all")
    found = exhibits(list(zip(same, anywhere, strict=True)), names=list("abcdef"), true_labels=[0, 1, 2, 3, None, -1])
    assert [each.held["true_label"] for each in found] == [0, 1, 2, 3, None, None]
    for at, each in enumerate(found):
        outputs = plain(weights, x[at])
        np.testing.assert_allclose(each.held["outputs"], outputs, rtol=1e-12)
        assert each.label == int(np.argmax(outputs)) == same[at].label
        np.testing.assert_array_equal(each.values().ravel(), x[at].ravel())
        slopes = slopes_of(weights, x[at])
        labels, coefficients = each.coefficients()
        np.testing.assert_array_equal(labels, range(4))
        np.testing.assert_allclose(coefficients, slopes, rtol=1e-5, atol=1e-6)
        own = slopes[each.label]
        np.testing.assert_allclose(each.scores("co"), own, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(each.scores("abs"), np.abs(own), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(each.scores("coi"), own * x[at].ravel(), rtol=1e-5, atol=1e-6)
        for metric in ("coi", "co", "abs", "reach"):
            expected = deepcheck.importance(program, x[at], metric=metric).ravel()
            np.testing.assert_allclose(each.scores(metric), expected, rtol=1e-5, atol=1e-6)
        for answer, result in zip(each.answers, (same[at], anywhere[at]), strict=True):
            expected = deepcheck.as_json(deepcheck.attack(program, x[at], paths=answer["paths"]))
            for name in ("verdict", "counts", "attackable", "attacks", "scope", "labels_reached", "domain"):
                assert answer[name] == expected[name], name
            assert (answer["said"], answer["asked"], answer["features_asked"]) == (str(result), 9, None)


def test_coefficients_are_finite_differences():
    weights = random_net((5,), seed=8)
    program = deepcheck.load(onnx_model(weights, (5,)))
    x = np.float32([0.5, 0.25, 0.75, 0.125, 0.5])
    _, coefficients = exhibit_of(deepcheck.attack(program, x), name="x").coefficients()
    step = 1e-6
    for feature in range(5):
        moved = np.eye(5)[feature] * step
        difference = (plain(weights, x + moved) - plain(weights, x - moved)) / (2 * step)
        np.testing.assert_allclose(coefficients[:, feature], difference, rtol=1e-4, atol=1e-5)


def test_colours_and_preprocessing_are_in_the_users_units():
    shape, mean, std = (3, 2, 2), (0.5, 0.25, 0.125), (0.5, 0.25, 2.0)
    weights = random_net(shape)
    program = deepcheck.load(onnx_model(weights, shape), mean=mean, std=std)
    x = np.random.default_rng(1).integers(1, 255, shape).astype(np.float32) / np.float32(255)
    found = exhibit_of(deepcheck.attack(program, x, size=1), name="x")
    assert (found.count, found.elements, found.grid) == (4, 3, (2, 2))
    assert found.held["picture"] == {"channels": 3, "black": 0.0, "white": 1.0}
    assert (found.held["model"]["mean"], found.held["model"]["std"]) == (list(mean), list(std))
    np.testing.assert_allclose(found.values(), x.reshape(3, 4).T, rtol=1e-6)
    received = (x - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    slopes = (slopes_of(weights, received).reshape(4, 3, 4) / np.reshape(std, (1, 3, 1))).sum(axis=1)
    _, coefficients = found.coefficients()
    np.testing.assert_allclose(coefficients, slopes, rtol=1e-4, atol=1e-5)


def test_bounds_of_each_element_and_none():
    weights = random_net((4,))
    program = deepcheck.load(onnx_model(weights, (4,)))
    x = np.float32([0.5, 3.0, -2.0, 0.25])
    lower, upper = np.float32([0, 3, -5, 0.25]), np.float32([1, 3, -1, 0.5])
    found = exhibit_of(deepcheck.attack(program, x, domain=deepcheck.Pixels(lower, upper)), name="x")
    np.testing.assert_array_equal(found.bound("lower").ravel(), lower)
    np.testing.assert_array_equal(found.bound("upper").ravel(), upper)
    free = exhibit_of(deepcheck.attack(program, x, domain=deepcheck.Pixels(unbounded=True)), name="x")
    assert free.held["bounds"] == {"lower": None, "upper": None}
    np.testing.assert_array_equal(free.bound("lower").ravel(), -np.inf)
    assert "reach" not in free.held["scores"]
    assert free.held["picture"] is None


def test_sets_and_the_smallest_set_and_some_features():
    weights = random_net((6,), seed=2)
    program = deepcheck.load(onnx_model(weights, (6,)))
    x = np.full(6, 0.5, np.float32)
    some = deepcheck.attack(program, x, features=[1, 4], target=(deepcheck.attack(program, x).label + 1) % 4)
    pairs, least = deepcheck.attack(program, x, size=2), deepcheck.smallest(program, x)
    (found,) = exhibits([[some, pairs, least]], names=["x"])
    assert [answer["features_asked"] for answer in found.answers] == [[1, 4], None, None]
    assert (
        found.answers[1]["asked"]
        == 15
        == sum(found.answers[1]["counts"][name] for name in ("attackable", "proved", "undecided", "untried"))
    )
    assert found.answers[2]["smallest"]["bound"] == least.bound


def test_very_many_sets_are_counted_and_not_all_listed():
    program = deepcheck.load(onnx_model([np.stack([np.ones(80), -np.ones(80)], axis=1)], (80,)))
    x = np.full(80, 0.01, np.float32)
    result = deepcheck.attack(program, x, size=2, domain=deepcheck.Pixels(-2.0, 2.0))
    found = exhibit_of(result, name="x")
    (answer,) = found.answers
    assert answer["counts"]["attackable"] == 80 * 79 // 2 > LISTED
    assert (len(answer["attackable"]), len(answer["attacks"])) == (LISTED, min(LISTED, result.replays))


def test_an_input_that_overflows_is_shown_as_undecided():
    big = np.float32(3e38)
    program = deepcheck.load(onnx_model([np.full((2, 2), big)] * 9 + [np.float32([[big, 1], [1, big]])], (2,)))
    result = deepcheck.attack(program, np.float32([0.5, 0.5]))
    found = exhibit_of(result, name="x")
    assert found.answers[0]["verdict"] == "undecided"
    assert found.answers[0]["counts"]["undecided"] == 2
    assert "overflows" in found.held["remarks"][0]
    assert found.coefficients()[1].shape == (0, 2)
    assert found.held["outputs"] == [None, None]


def test_coefficients_of_most_labels_are_left_out_where_they_are_too_many(monkeypatch):
    monkeypatch.setattr(exhibit_heads, "MOST_COEFFICIENTS", 30)
    weights = random_net((10,), labels=7)
    program = deepcheck.load(onnx_model(weights, (10,)))
    x = np.full(10, 0.5, np.float32)
    found = exhibit_of(deepcheck.attack(program, x), name="x")
    labels, coefficients = found.coefficients()
    best = np.argsort(-plain(weights, x))[:3]
    np.testing.assert_array_equal(labels, np.sort(best))
    np.testing.assert_allclose(coefficients, slopes_of(weights, x)[labels], rtol=1e-4, atol=1e-5)
    assert "3 of 7 labels" in found.held["remarks"][0]


def test_one_output_has_two_labels():
    weights = random_net((4,), labels=1)
    program = deepcheck.load(onnx_model(weights, (4,)), decision="sign")
    x = np.full(4, 0.5, np.float32)
    found = exhibit_of(deepcheck.attack(program, x), name="x")
    _, coefficients = found.coefficients()
    slope = slopes_of(weights, x)[0]
    np.testing.assert_allclose(coefficients, [-slope, slope], rtol=1e-4, atol=1e-5)
    assert len(found.held["outputs"]) == 1


def test_names_are_kept_and_must_fit():
    program = deepcheck.load(onnx_model(random_net((3,)), (3,)))
    result = deepcheck.attack(program, np.full(3, 0.5, np.float32))
    named = exhibit_of(result, name="x", called=Names(["a", "<b>", "c"], list("wxyz")))
    assert (named.held["features"]["names"], named.held["labels"]) == (["a", "<b>", "c"], list("wxyz"))
    with pytest.raises(OptionError, match="expected 4 names of labels, got 1"):
        exhibit_of(result, name="x", called=Names(labels=["a"]))
    with pytest.raises(OptionError, match="expected 3 names of features, got 1"):
        exhibit_of(result, name="x", called=Names(["a"]))


def test_a_text_and_its_words():
    model = deepcheck.load_text("imdb_tuned")
    text = "A  truly FINE film -- xyzzy!"
    result = deepcheck.attack_text(model, text, most=1)
    found = exhibit_of(result, name="t")
    assert [text[w["start"] : w["end"]] for w in found.held["words"]] == ["A", "truly", "FINE", "film", "xyzzy"]
    assert [w["known"] for w in found.held["words"]] == [True, True, True, True, False]
    for metric in ("coi", "co", "abs"):
        np.testing.assert_array_equal(found.scores(metric), deepcheck.word_importance(model, text, metric).scores)
    answer = found.answers[0]
    assert (answer["verdict"], answer["asked"], answer["found"]) == (result.verdict, result.asked, result.found)
    scores = exhibit_of(deepcheck.word_importance(model, text), name="t")
    assert scores.answers == ()
    assert scores.held["words"] == found.held["words"]


def test_arrays_are_little_endian_float32():
    assert base64.b64decode(exhibit_heads.packed(np.array([1.0, -2.5]))) == b"\x00\x00\x80\x3f\x00\x00\x20\xc0"


def test_which_features_are_open_is_told():
    weights = random_net((5,), seed=8)
    program = deepcheck.load(onnx_model(weights, (5,)))
    x = np.float32([0.5, 0.25, 0.75, 0.125, 0.5])
    order = np.argsort(-np.abs(slopes_of(weights, x)[int(np.argmax(plain(weights, x)))]), kind="stable")
    result = deepcheck.attack(program, x, order="abs", shortlist=2)
    held = exhibit_of(result, name="x").answers[0]
    assert held["open"] == {"untried": order[2:].tolist()}
    assert exhibit_of(deepcheck.attack(program, x), name="x").answers[0]["open"] == {}
    damaged = exhibit_of(result, name="x").as_json()
    damaged["answers"][0]["open"] = {"untried": order[1:].tolist()}
    with pytest.raises(DataError, match=r"expected 3 features, each once as the .*open, got '4'"):
        Exhibit.from_json(damaged)


def test_members_are_those_of_all_attackable_sets(monkeypatch):
    monkeypatch.setattr("deepcheck.verbs.exhibiting.LISTED", 1)
    weights = random_net((5,), seed=8)
    x, wide = np.full(5, 0.5, np.float32), deepcheck.Pixels(-20, 20)
    result = deepcheck.attack(deepcheck.load(onnx_model(weights, (5,))), x, size=2, domain=wide, paths="all")
    held = exhibit_of(result, name="x").answers[0]
    assert len(held["attackable"]) == 1 < result.counts["attackable"]
    assert held["members"] == sorted({feature for features in result.attackable for feature in features})
    smallest = deepcheck.smallest(result.study.program, x, domain=wide, paths="all")
    assert exhibit_of(smallest, name="x").answers[0]["members"] == sorted(smallest.features)
