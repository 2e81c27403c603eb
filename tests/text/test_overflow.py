"""Words so large that no bound on rounding is left: nothing is proved from floats then."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import deepcheck
from deepcheck.attacks.outcome import Outcome
from deepcheck.text import Question, TextModel, Vocabulary, every_pair, every_word, fewest_words


def together_only():
    """Two places and one number a word: label 1 wins where both words are "yes"; a second unit counts nothing."""
    weight = np.array([[1.0, 1e10], [1.0, 1e10]])
    stored = [(weight, "w"), (np.array([-1.0, 0.0]), "b"), (np.array([[-1.0, 1.0], [0.0, 0.0]]), "v"),
              (np.array([0.5, -0.5]), "c")]  # fmt: skip
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["z"]),
        helper.make_node("Relu", ["z"], ["y"]),
        helper.make_node("Gemm", ["y", "v", "c"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "together",
        [helper.make_tensor_value_info("input", TensorProto.DOUBLE, ["batch", 2, 1])],
        [helper.make_tensor_value_info("scores", TensorProto.DOUBLE, ["batch", 2])],
        [numpy_helper.from_array(array, name) for array, name in stored],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


@pytest.mark.parametrize("vast", [5.0, 1e300])
@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
def test_a_pair_is_not_proved_where_its_bound_is_no_number(vast, along):
    vectors = np.array([[0.0], [0.0], [0.0], [1.0], [vast]])
    model = TextModel.of(
        deepcheck.load(together_only()), Vocabulary.of(("<PAD>", "<UNK>", "no", "yes", "vast"), vectors)
    )
    sentence = model.sentence("no no")
    question = Question(model, sentence, sentence.places, np.array([[0, 0, 0, 1, 0]] * 2, bool), along)
    singles = every_word(question)
    assert (singles.outcomes[:, 3] == Outcome.PROVED).all()
    outcome = every_pair(question, singles).outcomes[0, 1]
    if along:  # "yes yes" turns the first unit on
        assert outcome == Outcome.PROVED if vast == 5 else outcome != Outcome.ATTACKABLE
        return
    assert outcome == Outcome.ATTACKABLE if vast == 5 else Outcome(outcome).undecided
    assert fewest_words(question).bound <= 2
