"""Which words may stand where, against sets that are worked out here."""

import numpy as np
import pytest
from text_oracle import Network

import deepcheck
from deepcheck.errors import InputError, OptionError
from deepcheck.text import Choices, TextModel, Vocabulary, stop_words

WORDS = ("<PAD>", "<UNK>", "the", "good", "great", "bad", "awful", "film", "movie", "don't", "not")
TEXT = "The GOOD film, don\u2019t you zzz?"


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(5)
    net = Network(rng, 8, 3)
    net.dense(net.bend("relu", net.dense(net.flat("input"), 24, 2)), 2, 2)
    vectors = rng.normal(size=(len(WORDS), 3)).astype(np.float32)
    vectors[0] = 0
    vectors[WORDS.index("great")] = 2 * vectors[WORDS.index("good")]
    return TextModel.of(deepcheck.load(net.model()), Vocabulary.of(WORDS, vectors))


def asked(model, **given):
    """The words that may be replaced, each with the set of those that may be put in."""
    choices, sentence = Choices(**given), model.sentence(TEXT)
    places = choices.places(sentence)
    mask = choices.mask(sentence, places)
    return [
        (sentence.written(at), {WORDS[row] for row in np.flatnonzero(may)})
        for at, may in zip(places.tolist(), mask, strict=True)
    ]


def cosine(model, one, other):
    a, b = (model.vocabulary.vectors[WORDS.index(word)].astype(np.float64) for word in (one, other))
    return a @ b / np.sqrt((a @ a) * (b @ b))


def known(word):
    return word if word in WORDS else "<UNK>"


def test_without_constraints_every_other_word_but_padding_may_be_put_in(model):
    words = ["the", "good", "film", "don't", "you", "zzz"]
    assert asked(model) == [(word, set(WORDS) - {"<PAD>", known(word)}) for word in words]
    assert Choices().describe() == ""


def test_keep_leaves_words_wherever_they_stand_in_any_case(model):
    for keep in (("Film", "THE"), ("film", "the", "not there")):
        assert [word for word, _ in asked(model, keep=keep)] == ["good", "don't", "you", "zzz"]
    assert [word for word, _ in asked(model, keep=("don't",))] == ["the", "good", "film", "you", "zzz"]
    assert [word for word, _ in asked(model, keep=("don\u2019t",))] == ["the", "good", "film", "you", "zzz"]
    assert [word for word, _ in asked(model, keep=("<UNK>",))] == ["the", "good", "film", "don't"]
    assert [word for word, _ in asked(model, keep=("you",))] == ["the", "good", "film", "don't", "zzz"]


def test_positions_count_from_1_along_the_words_that_are_read(model):
    assert [word for word, _ in asked(model, positions=(2, 6))] == ["good", "zzz"]
    assert [word for word, _ in asked(model, positions=(3, 3, 1))] == ["the", "film"]
    for wrong in (0, 7, -1):
        with pytest.raises(OptionError, match=f"positions from 1 to 6.*got {wrong}"):
            asked(model, positions=(1, wrong))
    long = model.sentence("one two the good film " * 3)
    assert Choices(positions=(1, 8)).places(long).tolist() == [0, 7]


def test_unknown_and_stop_words(model):
    assert all("<UNK>" not in may for _, may in asked(model, unknown=False))
    rows = asked(model, stop_words=False)
    assert [word for word, _ in rows] == ["good", "film", "zzz"]
    stops = {"the", "don't", "not"}
    assert stops <= stop_words()
    assert not stop_words() & (set(WORDS) - stops)
    assert all(may == set(WORDS) - stops - {"<PAD>", known(word)} for word, may in rows)


def test_only_given_words_are_put_in(model):
    assert asked(model, only=("bad", "good"))[1] == ("good", {"bad"})
    assert asked(model, only=("bad", "<PAD>"))[0] == ("the", {"bad"})
    assert asked(model, only=())[0] == ("the", set())
    with pytest.raises(OptionError, match="'horrid', which it does not have"):
        asked(model, only=("bad", "horrid"))


@pytest.mark.parametrize("similar", [-1.0, -0.2, 0.0, 0.5, 0.9])
def test_similar_words_have_at_least_that_cosine(model, similar):
    for word, may in asked(model, similar=similar):
        expected = {w for w in WORDS[1:] if w != known(word) and cosine(model, known(word), w) >= similar}
        assert may == expected


@pytest.mark.parametrize("nearest", [1, 3, 20])
@pytest.mark.parametrize("unknown", [True, False])
def test_nearest_words_are_those_of_the_largest_cosines_among_the_usable(model, nearest, unknown):
    for word, may in asked(model, nearest=nearest, unknown=unknown):
        usable = [w for w in WORDS[1:] if w != known(word) and (unknown or w != "<UNK>")]
        ranked = sorted(usable, key=lambda w: -cosine(model, known(word), w))
        assert may == set(ranked[:nearest])
    if nearest == 1:
        assert dict(asked(model, nearest=1))["good"] == {"great"}


def test_the_nearest_of_few_given_words(model):
    for word, may in asked(model, nearest=2, only=("bad", "film", "awful", "not"), similar=-0.5):
        usable = [w for w in ("bad", "film", "awful", "not") if w != known(word)]
        ranked = sorted(usable, key=lambda w: -cosine(model, known(word), w))[:2]
        assert may == {w for w in ranked if cosine(model, known(word), w) >= -0.5}


def test_a_word_without_a_vector_is_near_to_none(model):
    vectors = np.array(model.vocabulary.vectors)
    vectors[WORDS.index("bad")] = 0
    sentence = TextModel.of(model.program, Vocabulary.of(WORDS, vectors)).sentence("bad film")
    mask = Choices(similar=0.1).mask(sentence, sentence.places)
    assert not mask[0].any()
    assert not mask[:, WORDS.index("bad")].any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"nearest": 0}, "nearest 1 or more words, got 0"),
        ({"nearest": -3}, "got -3"),
        ({"nearest": True}, "got True"),
        ({"nearest": 2.5}, "got 2.5"),
        ({"nearest": float("nan")}, "got nan"),
        ({"similar": 1.5}, "cosine from -1 to 1, got 1.5"),
        ({"similar": float("nan")}, "got nan"),
        ({"keep": "good"}, "got 'good'"),
        ({"only": "good"}, "got 'good'"),
    ],
)
def test_what_has_no_meaning_is_refused(given, said):
    with pytest.raises(OptionError, match=said):
        Choices(**given)


def test_a_sentence_of_which_all_is_kept_is_refused(model):
    with pytest.raises(InputError, match="at least one word that may change, but all 6 are kept"):
        asked(model, keep=("the", "good", "film", "don't", "<UNK>"))
    with pytest.raises(InputError, match="all 6 are kept"):
        asked(model, positions=())


def test_constraints_are_told_in_words():
    said = Choices(("a", "b"), (1, 2), 5, 0.25, False, False, ("x", "y", "z")).describe()
    assert said == (
        "kept: a, b; only words 1, 2; the 5 nearest words; cosine at least 0.25; no stop words; no <UNK>; "
        "only 3 given words put in"
    )
