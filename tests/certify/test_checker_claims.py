"""Claims that are false or malformed, written by hand, with a hash that fits: each must be rejected."""

import numpy as np
import pytest
from forged import CLOSE, array, changed, claimed, model, plain, sealed, serialized

from deepcheck.certify.checker import Rejected, check


def rejected(held, net):
    with pytest.raises(Rejected):
        check(sealed(held), net)


def witness(features, values, label=1, dtype="float32"):
    return {"features": features, "label": label, "values": array(values, dtype)}


@pytest.mark.parametrize("evidence", [{"refutations": []}, {"tree": CLOSE}])
@pytest.mark.parametrize(
    "attack",
    [
        witness([0, 1], [1.0, 0.0]),  # a tie
        witness([0, 1], [0.75, 0.5], label=0),
        witness([0, 1], [0.75, 0.5], label=-1),
        witness([0, 1], [0.75, 0.5], label=2),
        witness([0, 1], [0.75, 0.5], label="1"),
        witness([0, 1], [0.75, 0.5], label=None),
        witness([0, 1], [0.75, 0.5], label=True),
        witness([0, 1], [1.5, 0.5]),
        witness([0, 1], [-0.5, 1.75]),
        witness([0, 1], [0.75, np.nan]),
        witness([0, 1], [0.75, np.inf]),
        witness([0, 1], [0.75]),
        witness([0, 1], [0.75, 0.5, 0.5]),
        witness([0], [1.0]),
        witness([0, 0], [0.75, 0.75]),
        witness([0, 1, 1], [0.75, 0.5, 0.5]),
        witness([], []),
        witness([0, 2], [0.75, 0.5]),
        witness([0, -1], [0.75, 0.5]),
        {"features": [0, 1], "label": 1, "values": {"dtype": "float32", "base64": "AABAPwAAAD8"}},
        {"features": [0, 1], "label": 1, "values": {"dtype": "float32", "base64": "AABAPwAAAA=="}},
        {"features": [0, 1], "label": 1, "values": {"dtype": "float8", "base64": "AABAPwAAAD8="}},
        {"features": [0, 1], "label": 1},
    ],
)
def test_no_attack_that_is_none(attack, evidence):
    net, given = plain(), {"label": 0, "lower": 0, "upper": 1, "size": 2}
    held = claimed(net, [0, 0], **given, **evidence)
    held["claim"]["verdict"], held["attacks"] = "attack", [witness([0, 1], [0.75, 0.5])]
    assert check(sealed(held), net).startswith("verified: attack")
    held["attacks"] = [attack]
    rejected(held, net)


@pytest.mark.parametrize("evidence", [{"refutations": []}, {"tree": CLOSE}])
def test_an_attack_is_not_counted_twice_nor_on_another_level(evidence):
    net, given = plain(), {"label": 0, "lower": 0, "upper": 1, "size": 2}
    held = claimed(net, [0, 0], **given, **evidence)
    held["claim"]["verdict"] = "attack"
    held["attacks"] = [witness([0, 1], [0.75, 0.5]), witness([1, 0], [0.75, 0.5])]
    rejected(held, net)
    held["attacks"], held["undecided"] = [witness([0, 1], [0.75, 0.5])], [[0, 1]]
    rejected(held, net)
    held = claimed(net, [0, 0], levels=[0, 0.5, 1], **given, **evidence)
    held["claim"]["verdict"], held["attacks"] = "attack", [witness([0, 1], [0.75, 0.5])]
    rejected(held, net)
    held["attacks"] = [witness([0, 1], [1, 0.5])]
    assert "on its levels" in check(sealed(held), net)


@pytest.mark.parametrize(
    "undecided",
    [
        [[]],
        [[0, 1], []],
        [[0, 1], [2]],
        [[0, 1], [0, 0]],
        [[2]],
        [[-1]],
        [[0, 0]],
        [[0, 1, 0]],
        [["0"]],
        ["01"],
        [0],
        None,
        {},
    ],
)
def test_what_is_undecided_is_a_set(undecided):
    net = plain()
    held = claimed(net, [0, 0], label=0, lower=0, upper=1, size=2, refutations=[], undecided=undecided)
    held["claim"]["verdict"] = "undecided"
    rejected(held, net)
    held["claim"]["size"] = 1
    rejected({**held, "undecided": [[0, 1]]}, net)
    held["claim"]["size"] = 2
    for good in ([[0, 1]], [[1, 0]], [[0]]):
        text = check(sealed({**held, "undecided": good}), net)
        assert text.startswith("verified: undecided")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["claim", "size"], 2),
        (["claim", "size"], 0),
        (["claim", "size"], -1),
        (["claim", "size"], 3),
        (["claim", "size"], "1"),
        (["claim", "size"], None),
        (["claim", "size"], True),
        (["claim", "size"], 1.0),
        (["claim", "size"], [1]),
        (["claim", "scope"], "all paths"),
        (["claim", "scope"], "every path"),
        (["claim", "scope"], ["this path"]),
        (["claim", "verdict"], "attack"),
        (["claim", "verdict"], "undecided"),
        (["claim", "verdict"], "robust"),
        (["claim", "left"], 1),
        (["claim", "left"], -1),
        (["claim", "left"], None),
        (["claim", "target"], 0),
        (["claim", "target"], 2),
        (["claim", "target"], -1),
        (["claim", "target"], "1"),
        (["claim", "features"], []),
        (["claim", "features"], [[0, []]]),
        (["claim", "features"], [[0, [0]], [0, [1]]]),
        (["claim", "features"], [[0, [0]], [1, [0]]]),
        (["claim", "features"], [[0, [0, 0]]]),
        (["claim", "features"], [[0, [0, 1]]]),
        (["claim", "features"], [[0, [2]]]),
        (["claim", "features"], [[0, [-1]]]),
        (["claim", "features"], [[0, ["0"]]]),
        (["claim", "features"], [[0, [True]]]),
        (["claim", "features"], [["0", [0]]]),
        (["claim", "features"], [[[0], [0]]]),
        (["claim", "features"], {"0": [0]}),
        (["claim", "domain", "upper"], array([1.5])),
        (["claim", "domain", "upper"], array([0.75, 1.5])),
        (["claim", "domain", "upper"], array([0.75] * 3)),
        (["claim", "domain", "upper"], array([])),
        (["claim", "domain", "upper"], array([np.inf])),
        (["claim", "domain", "upper"], array([np.nan])),
        (["claim", "domain", "upper"], 0.75),
        (["claim", "domain", "upper"], array([-1.0])),
        (["claim", "domain", "lower"], array([0.5])),
        (["claim", "domain", "tables"], [array([0, 0.5])]),
        (["claim", "domain", "tables"], [array([0.5])]),
        (["decision"], "arg min"),
        (["decision"], "sign"),
        (["decision"], "argmax"),
        (["decision"], None),
        (["label"], 1),
        (["label"], -2),
        (["label"], 2),
        (["label"], "0"),
        (["label"], False),
        (["label"], 0.0),
        (["label"], None),
        (["input"], array([0])),
        (["input"], array([0, 0, 0])),
        (["input"], array([0.75, 0.75])),
        (["input"], array([0, np.nan])),
        (["input"], array([0, np.inf])),
        (["input"], [0, 0]),
        (["model", "output"], "none"),
        (["model", "output"], ""),
        (["model", "output"], "w"),
        (["model", "sha256"], "0" * 64),
        (["version"], 2),
        (["version"], True),
        (["version"], 1.0),
        (["certificate"], "other"),
        (["attacks"], None),
        (["refutations"], None),
    ],
)
def test_a_false_or_malformed_claim_is_rejected(place, value):
    """Size 1 up to 3/4 is proved without evidence; each of these is false, or says nothing."""
    assert check(sealed(changed(["label"], 0)), plain()).startswith("verified: proved")
    rejected(changed(place, value), plain())


@pytest.mark.parametrize(
    ("tables", "channel"),
    [(1, [-1]), (1, [1]), (1, [0, -1]), (1, [0]), (2, [0, 1, 0]), (2, [0, 2]), (1, []), (1, None), (1, ["0", "0"])],
)
def test_levels_belong_to_elements(tables, channel):
    """Two tables; with the second, whose levels exceed what is proved, the claim would be false."""
    held = changed(["claim", "domain", "tables"], [array([0, 0.5]), array([0, 0.5, 2])][:tables], upper=2)
    held["claim"]["domain"]["channel"] = channel
    if (tables, channel) == (1, [0]):
        assert check(sealed(held), plain()).startswith("verified: proved")
    else:
        rejected(held, plain())


@pytest.mark.parametrize("evidence", [{"refutations": []}, {"tree": CLOSE}])
def test_a_set_is_covered_by_what_it_contains_and_by_nothing_else(evidence):
    """Label 1 leads by 2 x0 + x1 + x2 - 9/4: with x0 and either of the others, 3/4 more than the label."""
    constants = {"w": np.array([[0, 2], [0, 1], [0, 1]], np.float32), "b": np.array([2.25, 0], np.float32)}
    net = serialized(model([("Gemm", ["x", "w", "b"], "out", {})], [1, 3], constants))
    held = claimed(net, [0] * 3, label=0, lower=0, upper=1, size=2, **evidence)
    for undecided in ([], [[0, 1]], [[0, 2]], [[1, 2]], [[1]], [[2]], [[1, 2], [0, 1]], [[2, 1], [2]]):
        held["undecided"], held["claim"]["verdict"] = undecided, "undecided" if undecided else "proved"
        rejected(held, net)
    held["undecided"], held["claim"]["verdict"] = [], "attack"
    first, second = (witness([0, k], [1, 0.5]) for k in (1, 2))
    for attacks in ([first], [second]):
        rejected({**held, "attacks": attacks}, net)
    assert check(sealed({**held, "attacks": [first, second]}), net).startswith("verified: attack")
    for undecided in ([[0]], [[0, 1], [0, 2]], [[1], [2]]):
        held["undecided"], held["claim"]["verdict"] = undecided, "undecided"
        assert check(sealed(held), net).startswith("verified: undecided")
