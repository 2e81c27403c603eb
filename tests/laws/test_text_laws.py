"""Text: word scores are Captum's, small word sets are Z3's, and few choices are brute force's."""

import itertools

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from requirements import require

import deepcheck
from deepcheck import zoo
from deepcheck.attacks import Outcome
from deepcheck.text import Choices, TextModel, Vocabulary, fewest_words
from deepcheck.text.answers import Asked
from deepcheck.text.dynamic import Chain
from deepcheck.text.vectors import VectorSearch

SENTENCE = "The acting is dull, but a lovely little film; I'd gladly see its second half again and again."


@pytest.fixture(scope="module")
def shipped():
    return deepcheck.load_text("imdb_frozen")


def weights(name):
    model = onnx.load(zoo.text_files(name).model)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    (conv,) = (node for node in model.graph.node if node.op_type == "Conv")
    (dense,) = (node for node in model.graph.node if node.op_type == "Gemm")
    return [stored[name].astype(np.float64) for name in (*conv.input[1:], *dense.input[1:])]


@pytest.mark.filterwarnings("ignore")  # Captum's and torch's own
@pytest.mark.parametrize("name", zoo.text_names())
def test_word_scores_are_captum_s_summed_over_the_vectors(name):
    torch, attr = require("torch"), require("captum.attr")
    filters, bias, rates, constant = (torch.tensor(each) for each in weights(name))

    class Twin(torch.nn.Module):
        def forward(self, x):
            hidden = torch.relu(torch.nn.functional.conv2d(x.unsqueeze(1), filters, bias)).flatten(1)
            logit = hidden @ rates.reshape(-1, 1) + constant
            return torch.cat([-logit, logit], dim=1)

    model, twin = deepcheck.load_text(name), Twin()
    sentence = model.sentence(SENTENCE)
    x = torch.tensor(model.inputs(sentence.rows[None]).astype(np.float64), requires_grad=True)
    target = int(twin(x).argmax(1))
    expected = {
        "abs": attr.Saliency(twin).attribute(x, target=target, abs=True),
        "co": attr.Saliency(twin).attribute(x, target=target, abs=False),
        "coi": attr.InputXGradient(twin).attribute(x, target=target),
    }
    for metric, theirs in expected.items():
        ours = deepcheck.word_importance(model, SENTENCE, metric)
        assert ours.label == target
        np.testing.assert_allclose(ours.scores, theirs.detach().numpy()[0].sum(1)[sentence.places], rtol=0, atol=1e-6)
        assert np.abs(ours.scores).max() > 0.01


def small(seed):
    """A little convolution over 4 places of vectors of 3 numbers, in quarters, with 5 words."""
    rng = np.random.default_rng(seed)

    def numbers(*shape):
        return (rng.integers(-8, 9, shape) / 4).astype(np.float32)

    nodes = [
        helper.make_node("Unsqueeze", ["x", "one"], ["image"]),
        helper.make_node("Conv", ["image", "w", "b"], ["conv"]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("Flatten", ["relu"], ["flat"]),
        helper.make_node("Gemm", ["flat", "a", "c"], ["scores"]),
    ]
    constants = {
        "one": np.array([1]), "w": numbers(3, 1, 2, 3), "b": numbers(3), "a": numbers(9, 2), "c": numbers(2),
    }  # fmt: skip
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    vocabulary = Vocabulary.of(("<PAD>", "<UNK>", "a", "b", "c", "d", "e"), numbers(7, 3))
    return TextModel.of(deepcheck.load(model), vocabulary), constants


@pytest.mark.parametrize("seed", range(12))
def test_linear_programs_over_word_sets_agree_with_z3(seed):
    require("z3")
    model, _ = small(seed)
    question = Asked().question(model, "a c b e")
    search = VectorSearch(question)
    x = model.inputs(question.sentence.rows[None])[0]
    seen = set()
    for size in (1, 2, 4):
        for places in itertools.combinations(range(4), size):
            theirs = deepcheck.attack(
                model.program, x, size="all", features=places, features_as="word", domain=model.range_of(), solver="smt"
            )
            ours = search.attempt(places).outcome
            seen.add(ours)
            if theirs.verdict == "undecided":
                assert ours not in (Outcome.PROVED, Outcome.ATTACKABLE)
            else:
                assert (ours == Outcome.ATTACKABLE) == (theirs.verdict == "attack"), places
    assert seen


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("paths", ["all", "same"])
def test_every_sentence_of_few_choices(seed, paths):
    model, layers = small(seed)
    question = Asked(paths=paths).question(model, "a c b e")
    gains = [Chain(question, 4).best(form).gains for form in range(1)]
    vectors = model.vocabulary.vectors.astype(np.float64)
    sentences = np.array(list(itertools.product(*(np.append(row, np.flatnonzero(may)) for row, may in zip(
        question.sentence.rows, question.allowed, strict=True)))))  # fmt: skip
    x = vectors[sentences]
    filters, bias, rates, constant = (layers[name].astype(np.float64) for name in "wbac")
    units = np.stack([np.einsum("nij,fij->nf", x[:, at : at + 2], filters[:, 0]) + bias for at in range(3)], axis=2)
    scores = np.maximum(units, 0).reshape(len(x), -1) @ rates + constant
    own = int(scores[0].argmax())
    lead = scores[:, 1 - own] - scores[:, own]
    on_path = ((units > 0) == (units[0] > 0)).reshape(len(x), -1).all(axis=1)
    closed = (np.where(units[0] > 0, units, -units) >= 0).reshape(len(x), -1).all(axis=1)
    changed = (sentences != sentences[0]).sum(axis=1)
    kept = closed if paths == "same" else np.ones(len(x), dtype=bool)
    for count in range(5):
        some = kept & (changed == count)
        expected = (lead - lead[0])[some].max() if some.any() else -np.inf
        assert gains[0][count] == pytest.approx(expected, abs=1e-9)
    found = fewest_words(question)
    wins = (kept if paths == "all" else kept & on_path) & (lead > 0)
    ties = kept & (lead >= 0)
    least = changed[wins].min(initial=99)
    assert found.bound <= min(changed[ties].min(initial=5), 5)
    if found.words is not None:
        assert len(found.words) == least
    elif found.optimal:
        assert not ties.any()


def test_words_apart_are_decided_for_any_number(shipped):
    together = deepcheck.attack_text(shipped, SENTENCE)
    apart = deepcheck.attack_text(shipped, SENTENCE, apart=3)
    assert apart.optimal
    assert apart.found >= together.found
    places = [change.position for change in apart.replacements[0].changes]
    assert all(b - a >= 3 for a, b in itertools.pairwise(places))
    assert all(each.replayed for each in apart.replacements + together.replacements)


def test_a_proof_over_every_sentence_of_near_words(shipped):
    asked = Choices(nearest=3)
    result = deepcheck.attack_text(shipped, SENTENCE, choices=asked)
    assert result.reason == ""
    assert result.verdict in ("attack", "proved")
    assert sum(result.counts.values()) == result.places
    question = Asked(asked).question(shipped, SENTENCE)
    rng, best = np.random.default_rng(0), 0
    for _ in range(200):  # random sentences never need fewer words than the proved bound
        rows = question.sentence.rows.copy()
        chosen = rng.choice(len(question.places), result.bound - 1, replace=False) if result.bound > 1 else []
        for at in chosen:
            rows[question.places[at]] = rng.choice(np.flatnonzero(question.allowed[at]))
        logit = float(shipped.program(shipped.inputs(rows[None])).reshape(-1)[0])
        best += (logit > 0) != bool(result.label)
    assert best == 0
