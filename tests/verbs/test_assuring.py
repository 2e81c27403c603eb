"""``deepcheck.assert_robust``: what passes, what fails, and what a failure says; by hand, and against brute force."""

import pickle

import numpy as np
import onnx
import onnxruntime
import pytest
from requirements import require

import deepcheck
from deepcheck import datasets, zoo
from deepcheck.errors import InputError, NotRobust, OptionError

STRONG = np.float32([0.5, 0.5, 0.4, 0.2])


@pytest.fixture
def program() -> deepcheck.Program:
    """Scores ``relu(x0 + x1 + 1)`` and ``relu(x2 + x3)``: label 1 iff x2 + x3 > x0 + x1 + 1."""
    info = onnx.helper.make_tensor_value_info
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "w"], ["s"]),
        onnx.helper.make_node("Add", ["s", "b"], ["t"]),
        onnx.helper.make_node("Relu", ["t"], ["y"]),
    ]
    stored = [
        onnx.numpy_helper.from_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]), "w"),
        onnx.numpy_helper.from_array(np.float32([1, 0]), "b"),
    ]
    graph = onnx.helper.make_graph(nodes, "sums", [info("x", 1, ["n", 4])], [info("y", 1, ["n", 2])], stored)
    return deepcheck.load(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8))


def test_a_proof_gives_the_result_with_its_scope(program):
    found = deepcheck.assert_robust(program, STRONG, label=0)  # one of them reaches at most x2 + x3 = 1.2 < 2
    assert (found.verdict, found.scope, found.size) == ("proved", "all paths", 1)
    along = deepcheck.assert_robust(program, STRONG, paths="same")
    assert (along.verdict, along.scope) == ("proved", "this path")


def test_a_batch_gives_all_results(program):
    found = deepcheck.assert_robust(program, np.stack([STRONG, STRONG]), label=[0, 0])
    assert [result.verdict for result in found] == ["proved", "proved"]
    with pytest.raises(InputError, match="empty batch"):  # a test of nothing must not pass
        deepcheck.assert_robust(program, np.zeros((0, 4), np.float32))


def test_an_attack_says_everything_that_there_is_to_know(program):
    x = np.float32([0.25, 0.125, 0.75, 0.25])  # 1.375 against 1; x3 at 1 gives 1.75
    with pytest.raises(AssertionError) as caught:
        deepcheck.assert_robust(program, x, names=["a", "b", "c", "d"], label_names=["no", "yes"])
    said = str(caught.value)
    assert isinstance(caught.value, NotRobust)
    assert isinstance(caught.value, deepcheck.DeepCheckError)
    head, *lines = said.splitlines()
    assert head == (
        "1 of 1 inputs failed: the label was to stay with any single one of 4 features changed, values in [0, 1], "
        "along any path"
    )
    assert lines[0].startswith("  attack (all paths, values in [0, 1], one of 4 features): 1 attackable, 3 proved")
    assert lines[1].startswith("    feature 3 (d) from 0.25 to ")
    assert "turns the label 0 (no) into 1 (yes)" in lines[1]
    assert lines[1].endswith(", 1])")
    assert program.origin.sha256 in lines[2]
    assert "deepcheck.attack(program, x, size=1, paths='all')" in lines[3]
    assert [result.verdict for result in caught.value.results] == ["attack"]


def test_two_features_fail_where_one_does_not(program):
    with pytest.raises(
        NotRobust, match=r"at most 2 of 4 features(.|\n)*feature 2 from 0.4 to .*feature 3 from 0.2 to "
    ):
        deepcheck.assert_robust(program, STRONG - np.float32([0.25, 0.25, 0, 0]), size=2)


def test_the_witness_shown_is_one_of_the_fewest_features(program):
    x = np.float32([0.25, 0.125, 0.75, 0.25])  # x3 alone; x0 and x2; x1 and x2: 1.25 against 1.25 only ties
    with pytest.raises(NotRobust, match=r"\n    feature 3 from 0.25 to [0-9.]+ turns") as caught:
        deepcheck.assert_robust(program, x, size=2)
    assert {attack.features for attack in caught.value.results[0].attacks} == {(3,), (0, 2)}


def test_only_the_features_asked_about_count(program):
    x = np.float32([0.25, 0.125, 0.75, 0.25])
    assert deepcheck.assert_robust(program, x, features=[0, 1, 2]).verdict == "proved"
    assert deepcheck.assert_robust(program, x, exclude=[3]).verdict == "proved"
    assert (
        deepcheck.assert_robust(program, x, domain=deepcheck.Pixels(np.zeros(4), np.array([1, 1, 1, 0.5]))).verdict
        == "proved"
    )


def test_which_inputs_of_a_batch_failed_and_how_many_more(program):
    weak = np.float32([0.25, 0.125, 0.75, 0.25])
    with pytest.raises(NotRobust) as caught:
        deepcheck.assert_robust(program, np.stack([STRONG, *[weak] * 7]), label=0)
    said = str(caught.value)
    assert said.startswith("7 of 8 inputs failed")
    assert [f"input {i}:" in said for i in range(8)] == [False, True, True, True, True, True, False, False]
    assert "  and 2 more\n" in said
    assert "deepcheck.attack(program, x[1]," in said


def test_another_label_than_expected_fails_though_it_is_proved(program):
    with pytest.raises(NotRobust, match="labelled 0, expected 1, before anything is changed"):
        deepcheck.assert_robust(program, STRONG, label=1)
    with pytest.raises(NotRobust, match=r"1 of 2 inputs failed(.|\n)*input 1: labelled 0, expected 1"):
        deepcheck.assert_robust(program, np.stack([STRONG, STRONG]), label=np.array([0, 1]))


def test_an_open_question_fails_unless_it_is_allowed(program):
    tied = np.float32([0, 0, 1, 0.5])  # 1 against 1.5, label 1; x0 at 0.5 only ties, and a tie goes to label 0
    domain = deepcheck.Pixels(np.zeros(4), np.array([0.5, 1, 1, 1]))
    with pytest.raises(NotRobust, match=r"undecided: tie(.|\n)*undecided='allow'"):
        deepcheck.assert_robust(program, tied, features=[0], domain=domain, paths="same")
    found = deepcheck.assert_robust(program, tied, features=[0], domain=domain, paths="same", undecided="allow")
    assert (found.verdict, found.reason) == ("undecided", "tie")


def test_out_of_time_says_what_to_do():
    program = deepcheck.load(zoo.path("mnist_10x4"))
    with pytest.raises(NotRobust, match=r"untried(.|\n)*a longer timeout= \(now 1e-09 s\)"):
        deepcheck.assert_robust(program, np.full(program.input_shape, 0.5, np.float32), size=2, timeout=1e-9)


def test_an_attack_fails_though_open_questions_are_allowed(program):
    with pytest.raises(NotRobust):
        deepcheck.assert_robust(program, np.float32([0.25, 0.125, 0.75, 0.25]), undecided="allow")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": 2}, "labels from 0 to 1, got 2"),
        ({"label": -1}, "labels from 0 to 1"),
        ({"label": [0, 1]}, "one for each of 1 inputs"),
        ({"label": 0.5}, "expected one label"),
        ({"label": True}, "expected one label"),
        ({"undecided": "ignore"}, "'fail' or 'allow', got 'ignore'"),
        ({"names": ["a"]}, "4 names of features, or none, got 1"),
        ({"label_names": ["a"]}, "2 names of labels, or none, got 1"),
        ({"size": 0}, "size of 1 or more"),
        ({"paths": "some"}, "paths"),
    ],
)
def test_bad_options_are_refused_and_no_assertion(program, options, message):
    with pytest.raises(OptionError, match=message):
        deepcheck.assert_robust(program, STRONG, **options)
    with pytest.raises(InputError):
        deepcheck.assert_robust(program, STRONG + 1)


def test_hostile_names_stay_on_their_line(program):
    with pytest.raises(NotRobust) as caught:
        deepcheck.assert_robust(
            program, np.float32([0.25, 0.125, 0.75, 0.25]), names=["", "", "", "x\n\x1b[31m\u202ey" + "z" * 200]
        )
    said = str(caught.value)
    assert said.count("\n") == 4
    assert not set(said) & {"\x1b", "\u202e"}
    assert "(x [31m yzz" in said


def test_it_can_be_sent_between_processes(program):
    with pytest.raises(NotRobust) as caught:
        deepcheck.assert_robust(program, STRONG, label=1)
    assert str(pickle.loads(pickle.dumps(NotRobust(str(caught.value))))) == str(caught.value)


def test_pytest_shows_the_line_of_the_caller(program):
    with pytest.raises(NotRobust) as caught:
        deepcheck.assert_robust(program, STRONG, label=1)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert [entry.path.name for entry in shown] == ["test_assuring.py"]


def test_brute_force_agrees_on_the_table_network():
    """Where onnxruntime finds a value of one measurement, on a grid, that changes the label, the assertion fails."""
    require("sklearn")
    samples = datasets.breast_cancer("test")
    program = deepcheck.load(zoo.path("cancer_16x2"))
    session = onnxruntime.InferenceSession(zoo.path("cancer_16x2").read_bytes(), providers=["CPUExecutionProvider"])
    lower, upper = samples.range_holding(samples.rows)
    grid = np.linspace(lower, upper, 65, dtype=np.float32)
    failed = []
    for x in samples.values(slice(0, 40)):
        tried = np.repeat(x[None], 30 * 65, axis=0)
        for feature in range(30):
            tried[feature * 65 : (feature + 1) * 65, feature] = grid[:, feature]
        labels = session.run(None, {"input": np.concatenate([x[None], tried])})[0].argmax(axis=1)
        failed.append(bool((labels[1:] != labels[0]).any()))
    domain = deepcheck.Pixels(lower, upper)
    with pytest.raises(NotRobust) as caught:
        deepcheck.assert_robust(program, samples.values(slice(0, 40)), domain=domain)
    verdicts = [result.verdict for result in caught.value.results]
    assert 0 < sum(failed) < 40
    # A finer grid may find more than this one; for these samples it finds all.
    assert verdicts == ["attack" if hit else "proved" for hit in failed]


def test_labels_of_several_lengths_are_one_line(program):
    with pytest.raises(OptionError, match="expected one label, or one for each of 2 inputs"):
        deepcheck.assert_robust(program, np.stack([STRONG, STRONG]), label=[[0], [0, 1]])


def test_a_failure_about_one_new_label_says_which(program):
    with pytest.raises(NotRobust, match="inputs failed: the label was not to become 1 with any single one of 4"):
        deepcheck.assert_robust(program, np.float32([0.25, 0.125, 0.75, 0.25]), target=1)


def test_label_zero_is_a_label_that_can_be_asked_for(program):
    with pytest.raises(NotRobust, match="labelled 1, expected 0, before anything is changed"):
        deepcheck.assert_robust(program, np.float32([0, 0, 1, 1]), label=0)
