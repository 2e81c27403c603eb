"""An exhibit is looked at from end to end before it is shown: whatever is wrong with it is one clear line."""

import base64
import copy
import json

import numpy as np
import onnx
import pytest

import deepcheck
from deepcheck.errors import DataError
from deepcheck.report.exhibit import Exhibit
from deepcheck.report.exhibit_keeping import merged
from deepcheck.report.page_parts import Section
from deepcheck.report.page_whole import report_html
from deepcheck.verbs.exhibiting import Said, exhibits


def network():
    """Scores ``relu(x0 + x1)`` and ``relu(x2 + x3)`` of four pixels."""
    info = onnx.helper.make_tensor_value_info
    nodes = [
        onnx.helper.make_node("Flatten", ["x"], ["f"]),
        onnx.helper.make_node("MatMul", ["f", "w"], ["s"]),
        onnx.helper.make_node("Relu", ["s"], ["y"]),
    ]
    weight = onnx.numpy_helper.from_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]), "w")
    graph = onnx.helper.make_graph(nodes, "sums", [info("x", 1, [1, 1, 2, 2])], [info("y", 1, [1, 2])], [weight])
    opset = [onnx.helper.make_opsetid("", 17)]
    return deepcheck.load(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8))


X = np.float32([0.5, 0.125, 0.25, 0.0]).reshape(1, 2, 2)


@pytest.fixture(scope="module")
def held():
    program = network()
    found = [deepcheck.attack(program, X), deepcheck.attack(program, X, paths="all")]
    certificate = {"file": "certificates/a.json.gz", "sha256": "0", "bytes": 1, "said": "s", "command": "c"}
    (made,) = exhibits([found], names=["x"], said=[[Said("deepcheck attack", 3.0, certificate), Said()]])
    return json.loads(json.dumps(made.as_json(), allow_nan=False))


@pytest.fixture(scope="module")
def text_held():
    return {
        "schema": 1,
        "kind": "text",
        "name": "a film",
        "made": {"command": "", "versions": {}, "platform": "", "seeds": {}, "date": "", "seconds": 0.5},
        "model": {"name": "m", "sha256": "0"},
        "label": 1,
        "labels": ["negative", "positive"],
        "outputs": [1.5],
        "text": "A fine film!",
        "words": [
            {"position": 1, "word": "a", "known": True, "start": 0, "end": 1},
            {"position": 2, "word": "fine", "known": True, "start": 2, "end": 6},
            {"position": 3, "word": "film", "known": False, "start": 7, "end": 11},
        ],
        "scores": {"coi": [0.0, 1.0, -1.0], "co": [0, 0, 0], "abs": [1, 2, 3]},
        "answers": [
            {
                "label": 1, "size": 1, "paths": "all", "verdict": "attack", "reason": "", "scope": "all paths",
                "counted": "places", "asked": 3, "said": "", "domain_said": "", "command": "", "timeout": None,
                "counts": {"attackable": 1, "proved": 2, "undecided": 0, "untried": 0}, "found": 1, "seconds": 1.0,
                "attacks": [
                    {
                        "words": [{"position": 2, "before": "fine", "after": "bad", "similarity": 0.5}],
                        "label": 0, "margin": 0.5, "replayed": True,
                    }
                ],
            }
        ],
    }  # fmt: skip


def test_it_comes_back_as_it_was(held, text_held):
    for each in (held, text_held):
        assert Exhibit.from_json(copy.deepcopy(each)).as_json() == each


def test_typed_access(held, text_held):
    found = Exhibit.from_json(held)
    assert (found.kind, found.name, found.label, found.count, found.elements, found.grid) == (
        "features", "x", 0, 4, 1, (2, 2)
    )  # fmt: skip
    np.testing.assert_array_equal(found.values(), X.reshape(4, 1))
    np.testing.assert_array_equal(found.bound("upper"), np.ones((4, 1)))
    np.testing.assert_array_equal(found.scores("coi"), [0.5, 0.125, 0, 0])
    labels, coefficients = found.coefficients()
    np.testing.assert_array_equal(labels, [0, 1])
    np.testing.assert_array_equal(coefficients, [[1, 1, 0, 0], [0, 0, 1, 1]])
    with pytest.raises(DataError, match="expected a metric of coi, co, abs, reach"):
        found.scores("best")
    text = Exhibit.from_json(text_held)
    assert (text.count, text.grid) == (3, None)
    np.testing.assert_array_equal(text.scores("abs"), [1, 2, 3])


def numbers(*values):
    return base64.b64encode(np.array(values, dtype="<f4").tobytes()).decode()


NAN = float("nan")
HOSTILE = [
    ((), None),
    (("answers", 0, "scope"), "all paths"),
    (("answers", 1, "scope"), "this path"),
    (("answers", 0, "attackable"), [[]]),
    (("answers", 0, "attackable"), [[0], [0]]),
    (("answers", 0, "attackable"), [[0], [1], [2], [3]]),
    (("answers", 0, "domain", "levels"), NAN),
    ((), [1, 2]),
    (("schema",), 2),
    (("schema",), True),
    (("kind",), "picture"),
    (("name",), 7),
    (("name",), "\ud800"),
    (("name",), "x" * 2_000_000),
    (("made", "seconds"), NAN),
    (("made", "seconds"), 10**400),
    (("made", "versions"), ["deepcheck"]),
    (("model", "decision"), "guess"),
    (("model", "rounded_constants"), [1]),
    (("model", "mean"), [NAN]),
    (("model",), "m"),
    (("label",), 2),
    (("label",), -1),
    (("label",), True),
    (("true_label",), "7"),
    (("labels",), ["0"]),
    (("labels",), [0, 1]),
    (("labels",), ["0", "1", "2"]),
    (("outputs",), [1.0]),
    (("outputs",), [1.0, float("inf")]),
    (("features", "count"), 0),
    (("features", "count"), 5),
    (("features", "count"), 4.0),
    (("features", "count"), 2**40),
    (("features", "elements"), 2**40),
    (("features", "elements"), 3),
    (("features", "shape"), [2, 3]),
    (("features", "shape"), [1] * 100),
    (("features", "grid"), [4]),
    (("features", "grid"), [1, 3]),
    (("features", "grid"), None),
    (("features", "grouping"), "row"),
    (("features", "names"), ["a"]),
    (("features", "names"), [1, 2, 3, 4]),
    (("values",), numbers(1, 2, 3)),
    (("values",), numbers(1, 2, 3, NAN)),
    (("values",), "!" * 24),
    (("values",), [1, 2, 3, 4]),
    (("values",), "A" * 10_000_000),
    (("picture", "channels"), 2),
    (("picture", "channels"), 3),
    (("picture", "white"), NAN),
    (("bounds", "lower"), NAN),
    (("bounds", "lower"), numbers(0, 0, 0)),
    (("bounds", "lower"), numbers(0, 0, 0, NAN)),
    (("scores", "coi"), numbers(1)),
    (("scores", "abs"), None),
    (("scores", "reach"), numbers(1, 2, 3, float("inf"))),
    (("coefficients", "labels"), [0, 0]),
    (("coefficients", "labels"), [0, 2]),
    (("coefficients", "labels"), [0]),
    (("coefficients", "values"), None),
    (("answers",), {}),
    (("answers",), [{}] * 2000),
    (("answers", 0, "label"), 1),
    (("answers", 0, "verdict"), "robust"),
    (("answers", 0, "verdict"), "proved"),
    (("answers", 0, "verdict"), "undecided"),
    (("answers", 0, "scope"), None),
    (("answers", 0, "asked"), 5),
    (("answers", 0, "counts", "proved"), 3),
    (("answers", 0, "counts", "proved"), -1),
    (("answers", 0, "counts", "replayed"), 0),
    (("answers", 0, "size"), 9),
    (("answers", 0, "paths"), "some"),
    (("answers", 0, "timeout"), "3"),
    (("answers", 0, "features_asked"), [4]),
    (("answers", 0, "attackable"), [[4]]),
    (("answers", 0, "attackable"), [0]),
    (("answers", 0, "attacks", 0, "features"), [-1]),
    (("answers", 0, "attacks", 0, "labels"), [2]),
    (("answers", 0, "attacks", 0, "intervals"), {"2": [[0, 1]]}),
    (("answers", 0, "attacks", 0, "intervals"), {"x": [[0, 1]]}),
    (("answers", 0, "attacks", 0, "intervals"), {"1": [[0]]}),
    (("answers", 0, "attacks", 0, "levels"), {"1": [[0, 65_536]]}),
    (("answers", 0, "attacks", 0, "witness", "values"), [[]]),
    (("answers", 0, "attacks", 0, "witness", "values"), [[1, 2]]),
    (("answers", 0, "attacks", 0, "witness", "values"), [["1"]]),
    (("answers", 0, "attacks", 0, "witness", "replayed"), 1),
    (("answers", 0, "attacks", 0, "witness", "label"), 2),
    (("answers", 0, "certificate"), {}),
    (("answers", 0, "certificate", "file"), "../../etc/passwd"),
    (("answers", 0, "certificate", "file"), "/etc/passwd"),
    (("answers", 0, "certificate", "file"), "certificates//a"),
    (("answers", 0, "certificate", "file"), "javascript:alert(1)"),
    (("answers", 0, "certificate", "file"), "a\\..\\b"),
    (("answers", 0, "certificate", "bytes"), -1),
    (("remarks",), "no"),
]
TEXTS = [
    (("text",), None),
    (("words", 1, "start"), 0),
    (("words", 1, "end"), 2),
    (("words", 2, "end"), 13),
    (("words", 1, "position"), 3),
    (("words", 1, "known"), "fine"),
    (("words",), [{}]),
    (("scores", "coi"), [1.0]),
    (("scores", "coi"), [1.0, NAN, 2.0]),
    (("outputs",), [1.0, 2.0, 3.0]),
    (("answers", 0, "verdict"), "proved"),
    (("answers", 0, "counts", "untried"), 1),
    (("answers", 0, "found"), None),
    (("answers", 0, "attacks", 0, "words", 0, "position"), 0),
    (("answers", 0, "attacks", 0, "words", 0, "position"), 4),
    (("answers", 0, "attacks", 0, "words", 0, "after"), 5),
    (("answers", 0, "attacks", 0, "label"), 2),
]


def changed(held, place, value):
    if not place:
        return value
    found = copy.deepcopy(held)
    inner = found
    for name in place[:-1]:
        inner = inner[name]
    assert place[-1] in inner if isinstance(inner, dict) and place != ("remarks",) else True
    inner[place[-1]] = value
    return found


@pytest.mark.parametrize(("place", "value"), HOSTILE)
def test_whatever_is_wrong_is_one_line(held, place, value):
    with pytest.raises(DataError) as caught:
        Exhibit.from_json(changed(held, place, value))
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("place", "value"), TEXTS)
def test_whatever_is_wrong_with_a_text_is_one_line(text_held, place, value):
    with pytest.raises(DataError) as caught:
        Exhibit.from_json(changed(text_held, place, value))
    assert str(caught.value).isprintable()


def leaves(held, place=()):
    """All names and places that an exhibit has."""
    yield place
    if isinstance(held, dict):
        for name, value in held.items():
            yield from leaves(value, (*place, name))
    elif isinstance(held, list) and held:
        yield from leaves(held[0], (*place, 0))


def said(held):
    """What is said against some data; "" where nothing is."""
    try:
        Exhibit.from_json(held)
    except DataError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("value", [None, -1, 1e999, "\ud800<script>", [[]], {"a": {}}, True])
def test_any_value_at_any_place_passes_or_is_one_line(held, text_held, value):
    for each in (held, text_held):
        for place in leaves(each):
            assert said(changed(each, place, value)).isprintable(), place


def test_the_same_question_replaces_and_others_are_added(held):
    first = Exhibit.from_json(held)
    again = copy.deepcopy(held)
    again["answers"] = [again["answers"][0]]
    again["answers"][0] |= {"seconds": 99.0, "certificate": None}
    both = merged(Exhibit.from_json(again), first)
    assert [answer["paths"] for answer in both.answers] == ["same", "all"]
    assert both.answers[0]["seconds"] == 99.0
    assert both.answers[0]["certificate"] == held["answers"][0]["certificate"]  # the answer is the same
    other = copy.deepcopy(again)
    other["answers"][0]["target"] = 1
    assert len(merged(Exhibit.from_json(other), both).answers) == 3
    elsewhere = copy.deepcopy(again)
    elsewhere["input"]["sha256"] = "another"
    assert len(merged(Exhibit.from_json(elsewhere), both).answers) == 1


def test_an_answer_by_other_versions_says_so_beside_a_new_one(held):
    later = copy.deepcopy(held)
    later["answers"] = [later["answers"][0]]
    later["made"]["versions"] = later["made"]["versions"] | {"deepcheck": "9.9.9"}
    both = merged(Exhibit.from_json(later), Exhibit.from_json(held))
    assert "made" not in both.answers[0]
    assert both.answers[1]["made"] == held["made"]
    third = copy.deepcopy(later)
    third["made"]["date"] = "2027-01-01T00:00:00+00:00"
    assert merged(Exhibit.from_json(third), both).answers[1]["made"] == held["made"]  # still those of the first
    assert all("made" not in each for each in merged(Exhibit.from_json(held), Exhibit.from_json(held)).answers)
    page = report_html("", [Section("", {}, [both])]).decode()
    assert f"deepcheck {held['made']['versions']['deepcheck']}, python" in page
    assert "deepcheck 9.9.9, python" in page


@pytest.mark.parametrize("name", ["undecided", "untried"])
def test_a_proof_with_anything_open_is_refused(held, name):
    made = copy.deepcopy(held)
    answer = made["answers"][1]
    for key in ("attackable", "attacks"):
        answer[key] = []
    answer["counts"] = dict.fromkeys(answer["counts"], 0) | {"proved": 3, name: 1}
    answer.pop("open", None)
    answer["verdict"] = "proved"
    assert "the verdict that its counts give, undecided" in said(made)


def test_an_answer_says_its_time_limit_and_command(held):
    assert [(each["timeout"], each["command"]) for each in held["answers"]] == [(3.0, "deepcheck attack"), (None, "")]
