"""The fewest words that change a label in small networks, against every sentence there is."""

import pytest
from text_oracle import ATTACK, BORDER, DEEPER, ONE_LAYER, TIE
from trials import SEEDS, trial

import deepcheck
from deepcheck.errors import OptionError
from deepcheck.text import fewest_words
from deepcheck.text.dynamic import Chain


def search_only(monkeypatch):
    monkeypatch.setattr(Chain, "feasible", property(lambda chain: False))


@pytest.mark.parametrize("most", [None, 1, 2, 3])
@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", ONE_LAYER)
def test_the_fewest_words_anywhere(kind, along, most):
    assert checked(kind, along, most)


@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", DEEPER)
def test_the_fewest_words_by_runs(kind, along):
    found = [checked(kind, along, most) for most in (None, 1, 2)]
    assert along or all(found)


@pytest.mark.parametrize("most", [None, 2, 3])
@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", ONE_LAYER)
def test_the_fewest_words_where_there_are_too_many_choices(kind, along, most, monkeypatch):
    search_only(monkeypatch)
    assert checked(kind, along, most)


@pytest.mark.parametrize("further", [0, 1])
@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", ONE_LAYER)
def test_the_fewest_words_at_places_apart(kind, along, further):
    assert checked(kind, along, None, further)


def checked(kind, along, most, further=None):
    """Ask about many sentences; how many of the answers leave nothing open."""
    optimal = 0
    for seed in range(100 if kind == "max pool" else SEEDS):  # few sentences with nothing left to put in
        made = trial(kind, seed, along, further)
        truth = made.truth
        found = fewest_words(made.question, most)
        smallest, any_change = truth.smallest([ATTACK]), truth.smallest([ATTACK, TIE, BORDER])
        limit = min(most or 99, len(made.question.places))
        assert found.bound <= (limit + 1 if any_change is None else any_change), seed
        if found.words is not None:
            way = truth.of(made.words(found.words))
            assert truth.kinds[way] == ATTACK, seed
            assert smallest <= len(found.words) <= limit, seed
            assert truth.changed[way].sum() == len(found.words), seed
        if found.optimal and found.words is not None:
            assert len(found.words) == smallest == found.bound, seed
        elif found.optimal:
            assert any_change is None or any_change > limit, seed
            assert found.bound == limit + 1, seed
        assert found.optimal == (found.why == "")
        if made.complete and not along and kind != "classes" and smallest is not None and smallest == any_change <= 2:
            assert found.optimal or limit < smallest, seed
        optimal += found.optimal
    return optimal


@pytest.mark.parametrize("most", [0, -1, True, 1.5])
def test_a_most_without_meaning_is_refused(most):
    model = deepcheck.load_text("imdb_frozen")
    with pytest.raises(OptionError, match="expected at most 1 or more words"):
        deepcheck.attack_text(model, "a dull film", most=most)
