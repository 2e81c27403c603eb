"""Certificates as a user meets them: what is certified agrees with the result, whatever the model and the question."""

import json
from fractions import Fraction

import numpy as np
import onnx
import pytest
from oracles import fractions_of
from plain_networks import FLATTEN, RELU, Net, add, convolve, dense, pool
from requirements import require

import deepcheck
from deepcheck import Certificate, Pixels, datasets, zoo
from deepcheck.certify import checker as independent
from deepcheck.certify import tree
from deepcheck.errors import CertificateRejected, InputError, OptionError

PATHS = ("same", "all")


def weights(rng, *shape):
    return rng.integers(-8, 9, shape).astype(np.float32) / 8


def network(seed, *, classes=3):
    rng = np.random.default_rng(seed)
    steps = (dense(weights(rng, 5, 6), weights(rng, 6)), RELU, dense(weights(rng, 6, 6), weights(rng, 6)), RELU)
    return Net((5,), (*steps, dense(weights(rng, 6, classes), weights(rng, classes)))), rng


def asked(net, x, **options):
    return deepcheck.attack(deepcheck.load(net.model), x, features_as="element", **options)


def check(made, net, tmp_path):
    """Verified against the model's file, and again from a compressed file."""
    model = tmp_path / "model.onnx"
    model.write_bytes(net.model.SerializeToString())
    deepcheck.save_certificate(made, tmp_path / "c.json.gz")
    assert deepcheck.check(tmp_path / "c.json.gz", model) == deepcheck.check(made, model)
    return deepcheck.check(made, model)


@pytest.mark.parametrize("paths", PATHS)
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("levels", [None, 5])
def test_what_is_decided_is_certified(paths, size, levels, tmp_path):
    """Every set that the result proves is proved by the certificate; every attack is listed; nothing else."""
    verdicts = set()
    for seed in range(6):
        net, rng = network(seed)
        x = rng.integers(0, 5, 5).astype(np.float32) / np.float32(4)
        result = asked(net, x, size=size, paths=paths, domain=Pixels(levels=levels))
        made = deepcheck.certificate(result)
        text = check(made, net, tmp_path)
        assert made.attacks == len(result.attacks)
        assert made.undecided <= result.counts["undecided"]
        if not result.counts["undecided"]:
            assert (made.verdict == "attack") == bool(result.counts["attackable"])
        assert f"verified: {made.verdict} ({'all paths' if paths == 'all' else 'this path'}" in text
        verdicts.add(made.verdict)
    assert {"attack", "proved"} <= verdicts or size > 1


def image_network(kind):
    rng = np.random.default_rng(3)
    first = convolve(weights(rng, 4, 1, 3, 3), weights(rng, 4), stride=1, pad=1)
    if kind == "pool":
        steps = (first, RELU, pool(2, 2), FLATTEN, dense(weights(rng, 16, 3), weights(rng, 3)))
    else:
        second = convolve(weights(rng, 4, 4, 3, 3), weights(rng, 4), stride=1, pad=1)
        steps = (first, RELU, second, RELU, add(2), RELU, FLATTEN, dense(weights(rng, 64, 3), weights(rng, 3)))
    return Net((1, 4, 4), steps), rng


@pytest.mark.parametrize("paths", PATHS)
@pytest.mark.parametrize("kind", ["pool", "residual"])
@pytest.mark.parametrize("size", [1, 2])
def test_convolutions_pools_and_residuals(kind, paths, size, tmp_path):
    net, rng = image_network(kind)
    x = rng.random((1, 4, 4), np.float32)
    result = asked(net, x, size=size, paths=paths)
    made = deepcheck.certificate(result, timeout=60)
    check(made, net, tmp_path)
    assert made.attacks == len(result.attacks)
    assert made.undecided == 0


@pytest.mark.parametrize("paths", PATHS)
def test_a_target_a_shortlist_and_the_first_attack(paths, tmp_path):
    for seed in range(4):
        net, rng = network(seed)
        x = rng.random(5, np.float32)
        for options in ({"target": 1}, {"order": "coi", "shortlist": 3}, {"first": True}, {"features": [0, 3]}):
            if options.get("target") == int(np.argmax(deepcheck.load(net.model)(x))):
                continue
            result = asked(net, x, paths=paths, **options)
            made = deepcheck.certificate(result)
            check(made, net, tmp_path)
            features = [feature for feature, _ in made.held["claim"]["features"]]
            if options.get("first") and result.attackable:
                assert features == list(result.attackable[0])
            elif "features" in options:
                assert features == [0, 3]
            elif "shortlist" in options:
                assert features == result.order[:3].tolist()


def test_a_tie_is_refuted_by_exact_multipliers(tmp_path):
    """Label 1 reaches label 0 at the guard of the only activation, and ties go to label 0: floats cannot say so."""
    third = np.float32(1) / np.float32(3)
    first = np.array([[-1, 0], [0, 1]], np.float32)
    last = np.array([[0, -3], [0, 0]], np.float32)
    net = Net((2,), (dense(first, np.array([third, 0], np.float32)), RELU, dense(last, np.zeros(2, np.float32))))
    x = np.array([0.1, 0.5], np.float32)
    result = asked(net, x)
    assert result.verdict == "proved"
    assert check(deepcheck.certificate(result), net, tmp_path).startswith("verified: proved (this path")


def test_colour_pixels_are_features_of_three_elements(tmp_path):
    rng = np.random.default_rng(5)
    first = convolve(weights(rng, 3, 3, 2, 2), weights(rng, 3), stride=1, pad=0)
    net = Net((3, 3, 3), (first, RELU, FLATTEN, dense(weights(rng, 12, 4), weights(rng, 4))))
    x = rng.random((3, 3, 3), np.float32)
    for paths in PATHS:
        result = deepcheck.attack(deepcheck.load(net.model), x, features_as="pixel", paths=paths)
        made = deepcheck.certificate(result, timeout=60)
        check(made, net, tmp_path)
        assert all(len(elements) == 3 for _, elements in made.held["claim"]["features"])
        assert made.attacks == len(result.attacks)


@pytest.mark.parametrize("decision", ["arg min", "sign"])
def test_other_decisions(decision, tmp_path):
    net, rng = network(1, classes=1 if decision == "sign" else 3)
    x = rng.random(5, np.float32)
    program = deepcheck.load(net.model, decision=decision)
    for paths in PATHS:
        made = deepcheck.certificate(deepcheck.attack(program, x, features_as="element", paths=paths))
        assert decision in check(made, net, tmp_path)


def test_a_certificate_is_of_one_model_and_says_so(tmp_path):
    net, rng = network(0)
    other, _ = network(1)
    made = deepcheck.certificate(asked(net, rng.random(5, np.float32)))
    model = tmp_path / "other.onnx"
    model.write_bytes(other.model.SerializeToString())
    with pytest.raises(CertificateRejected, match="another model"):
        deepcheck.check(made, model)
    with pytest.raises(InputError, match="cannot read"):
        deepcheck.check(made, tmp_path / "none.onnx")
    assert "certificate:" in str(made)
    assert "trusted: Python's integers" in check(made, net, tmp_path)


def test_the_model_beside_a_certificate_is_found_by_its_name(tmp_path):
    net, rng = network(0)
    (tmp_path / "net.onnx").write_bytes(net.model.SerializeToString())
    program = deepcheck.load(tmp_path / "net.onnx")
    made = deepcheck.certificate(deepcheck.attack(program, rng.random(5, np.float32), features_as="element"))
    deepcheck.save_certificate(made, tmp_path / "c.json")
    assert deepcheck.check(tmp_path / "c.json") == deepcheck.check(tmp_path / "c.json", tmp_path / "net.onnx")
    (tmp_path / "net.onnx").rename(tmp_path / "other.onnx")
    with pytest.raises(InputError, match="--model"):
        deepcheck.check(tmp_path / "c.json")
    with pytest.raises(InputError, match="in memory"):
        deepcheck.check(made)
    (tmp_path / "c.json").write_bytes(b"\x1f\x8b damaged")
    with pytest.raises(CertificateRejected, match="not a certificate"):
        deepcheck.check(tmp_path / "c.json")


def test_what_cannot_be_certified_is_refused_in_one_line():
    net, rng = network(0)
    x = rng.random(5, np.float32)
    for options in ({"domain": Pixels(unbounded=True)},):
        with pytest.raises(OptionError, match="bounded"):
            deepcheck.certificate(asked(net, x, **options))
    with pytest.raises(OptionError, match="one of the batch"):
        deepcheck.certificate(asked(net, np.stack([x, x])))
    with pytest.raises(OptionError, match="smallest"):
        deepcheck.certificate(deepcheck.smallest(deepcheck.load(net.model), x, features_as="element"))
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("LeakyRelu", ["x"], ["y"])],
        "leaky",
        [onnx.helper.make_tensor_value_info("x", 1, [1, 3])],
        [onnx.helper.make_tensor_value_info("y", 1, [1, 3])],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    result = deepcheck.attack(deepcheck.load(model), np.array([0.1, 0.5, 0.2], np.float32))
    with pytest.raises(OptionError, match="LeakyRelu is not supported"):
        deepcheck.certificate(result)


def test_a_model_in_several_files_is_certified_as_one(tmp_path):
    """Constants in a file of their own: refused, with the way out; written as one file it has a certificate."""
    net, rng = network(0)
    onnx.save_model(net.model, tmp_path / "two.onnx", save_as_external_data=True, size_threshold=0, location="two.bin")
    program, x = deepcheck.load(tmp_path / "two.onnx"), rng.random(5, np.float32)
    with pytest.raises(OptionError, match="one ONNX file that holds all"):
        deepcheck.certificate(deepcheck.attack(program, x, features_as="element"))
    (tmp_path / "one.onnx").write_bytes(program.origin.model)
    again = deepcheck.load(tmp_path / "one.onnx")
    made = deepcheck.certificate(deepcheck.attack(again, x, features_as="element"))
    assert deepcheck.check(made, tmp_path / "one.onnx").startswith("verified")


def test_time_that_runs_out_leaves_sets_undecided_not_proved(tmp_path):
    net, rng = network(2)
    x = rng.random(5, np.float32)
    result = asked(net, x, size=2, paths="all")
    hasty = deepcheck.certificate(result, timeout=1e-9)
    assert "10 more are left undecided" in check(hasty, net, tmp_path)
    assert hasty.undecided == 10 > deepcheck.certificate(result).undecided
    assert hasty.verdict == ("attack" if result.counts["attackable"] else "undecided")
    for entry, value in (("left", 9), ("left", 0), ("verdict", "proved")):
        claim = {**hasty.held["claim"], entry: value}
        forged = {**hasty.held, "claim": claim, "attacks": []}
        forged = {**forged, "digest": independent.digest(forged)}
        with pytest.raises(CertificateRejected, match="10 are left"):
            deepcheck.check(Certificate(forged), tmp_path / "model.onnx")


def test_a_line_with_more_kinks_than_evidence_may_be_deep(monkeypatch, tmp_path):
    """Walked whole, it would be nested too deeply for whoever reads it: then it is undecided; in parts it is proved."""
    count = 156
    last = np.zeros((count, 2), np.float32)
    last[:, 1] = np.where(np.arange(count) % 2, -1, 1)
    first = dense(np.ones((1, count), np.float32), -np.arange(count, dtype=np.float32) / count)
    net = Net((1,), (first, RELU, dense(last, np.array([0.6, 0], np.float32))))
    x = np.array([0.5], np.float32)
    result = asked(net, x, paths="all")
    assert result.verdict == "proved"
    made = deepcheck.certificate(result)
    check(made, net, tmp_path)
    assert made.verdict == "proved"
    assert "walk" in json.dumps(made.held["tree"])
    monkeypatch.setattr(tree, "CUTS", 0)
    assert deepcheck.certificate(result).verdict == "undecided"


def test_every_pair_of_digits_along_any_path(tmp_path):
    """A shipped network: the certificate has what the search found, and its file is small."""
    require("sklearn")
    digits = datasets.digits("test").pixels()[:3]
    program = deepcheck.load(zoo.path("digits_10x4"))
    for x in digits:
        result = deepcheck.attack(program, x, size=2, paths="all")
        made = deepcheck.certificate(result, timeout=20)
        assert deepcheck.check(made, zoo.path("digits_10x4")).startswith("verified")
        assert made.attacks == len(result.attacks)


def test_numbers_are_written_exactly():
    net, rng = network(4)
    x = rng.random(5, np.float32)
    result = asked(net, x, size=1)
    held = deepcheck.certificate(result).held
    numbers, scale = independent.array(held["input"])
    assert [Fraction(n, scale) for n in numbers] == list(fractions_of(x).reshape(-1))
    assert json.loads(json.dumps(held)) == held
