"""All words at all places of the shipped networks, against plain float64 runs that are written here."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import deepcheck
from deepcheck import zoo
from deepcheck.attacks.outcome import Outcome
from deepcheck.text import Choices, Question, TextModel, every_word, read_vocabulary

TEXT = (
    "The plot never gets going, but the two old sailors are a delight and I wasn't bored for a minute; a warm, odd "
    "little comedy with a weak ending and lovely music by the sea."
)
MARGIN = 1e-9
"""Plain float64 sums here are off by about 1e-13; what comes nearer than this to 0 would have to be told by hand."""


@pytest.fixture(scope="module", params=["imdb_frozen", "imdb_tuned"])
def shipped(request):
    files = zoo.text_files(request.param)
    program = deepcheck.load(files.model)
    vocabulary = read_vocabulary(files.vocabulary, files.vectors, program.dtype)
    stored = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in onnx.load(files.model).graph.initializer}
    return (
        TextModel.of(program, vocabulary, ("negative", "positive")),
        stored,
        np.load(files.vectors).astype(np.float64),
    )


def operands(stored, vectors, rows):
    """What the ReLUs of some sentences read, ``(items, filters, windows)``."""
    weight = stored["convolution.weight"][:, 0]
    windows = np.lib.stride_tricks.sliding_window_view(vectors[rows], 3, axis=1)
    return np.einsum("nldk,fkd->nfl", windows, weight) + stored["convolution.bias"][:, None]


def replaced(stored, vectors, rows, place):
    """Logits with every word at a place, and the distance of every unit from 0 on the side where it was."""
    before = operands(stored, vectors, rows[None])[0]
    dense, logit = stored["dense.weight"].reshape(before.shape), np.zeros(len(vectors))
    side, least = np.where(before > 0, 1.0, -1.0), np.full(len(vectors), np.inf)
    total = (np.maximum(before, 0) * dense).sum() + stored["dense.bias"][0]
    for window in range(max(0, place - 2), min(before.shape[1], place + 1)):
        slot = stored["convolution.weight"][:, 0, place - window]
        units = before[:, window] + (vectors - vectors[rows[place]]) @ slot.T
        logit += (np.maximum(units, 0) - np.maximum(before[:, window], 0)) @ dense[:, window]
        least = np.minimum(least, (units * side[:, window]).min(axis=1))
    return total + logit, least


def question_of(model, along):
    sentence, choices = model.sentence(TEXT), Choices()
    places = choices.places(sentence)
    return Question(model, sentence, places, choices.mask(sentence, places), along)


def test_the_runs_here_are_the_network(shipped):
    model, stored, vectors = shipped
    rows = model.sentence(TEXT).rows
    changed = np.repeat(rows[None], 50, axis=0)
    changed[:, 7] = np.arange(50) * 100
    units = operands(stored, vectors, changed)
    logits = np.maximum(units, 0).reshape(50, -1) @ stored["dense.weight"][0] + stored["dense.bias"]
    np.testing.assert_allclose(replaced(stored, vectors, rows, 7)[0][np.arange(50) * 100], logits, atol=1e-10)


@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
def test_every_replacement_of_one_word(shipped, along):
    model, stored, vectors = shipped
    question = question_of(model, along)
    rows, singles = question.sentence.rows, every_word(question)
    assert len(question.places) == model.length == 30
    label = int(replaced(stored, vectors, rows, 0)[0][rows[0]] > 0)
    assert question.label == label
    seen = {}
    for row, place in enumerate(question.places.tolist()):
        logits, least = replaced(stored, vectors, rows, place)
        assert not (np.abs(logits) < MARGIN).any()
        changes, kept = (logits > 0) != label, least > 0
        clear = np.abs(least) > MARGIN
        allowed = np.arange(len(vectors)) != rows[place]
        allowed[model.vocabulary.padding] = False
        np.testing.assert_array_equal(question.allowed[row], allowed)
        expected = np.where(changes & (kept | ~np.bool_(along)), Outcome.ATTACKABLE, Outcome.PROVED)
        expected[~allowed] = Outcome.UNTRIED
        told = clear | (not along)
        np.testing.assert_array_equal(singles.outcomes[row][told], expected[told])
        assert (~told & allowed).sum() == 0
        np.testing.assert_allclose(
            singles.gains[row, 0][allowed & (kept | (not along))],
            ((logits - logits[rows[place]]) * (2 - 4 * label))[allowed & (kept | (not along))],
            atol=1e-10,
        )
        for outcome in np.unique(expected):
            seen[outcome] = seen.get(outcome, 0) + int((expected == outcome).sum())
    assert seen[Outcome.PROVED] + seen.get(Outcome.ATTACKABLE, 0) == question.allowed.sum() == singles.allowed.sum()
    assert singles.counts["proved"] == seen[Outcome.PROVED]
    assert along or singles.counts["attackable"] > 0
