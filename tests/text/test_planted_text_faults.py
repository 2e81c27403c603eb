"""Faults put in on purpose: the comparison with every sentence there is sees each of them."""

import dataclasses

import numpy as np
import pytest
from text_oracle import ATTACK, SAME
from trials import SEEDS, trial

from deepcheck.attacks.outcome import Outcome
from deepcheck.text import every_pair, every_word
from deepcheck.text.couples import Shared
from deepcheck.text.effects import State
from deepcheck.text.tables import Tables


def wrong(kind):
    """How many words or pairs of places are proved though they change the label, or attackable though they do not."""
    count = 0
    for seed in range(SEEDS):
        made = trial(kind, seed)
        question, truth = made.question, made.truth
        singles = every_word(question)
        pairs = every_pair(question, singles)
        for place, word in np.argwhere(question.allowed).tolist():
            kind_of = truth.kinds[truth.of({place: word})]
            count += singles.outcomes[place, word] == (Outcome.PROVED if kind_of != SAME else Outcome.ATTACKABLE)
        for i, j in np.argwhere(pairs.asked).tolist():
            kinds = truth.kinds[truth.within((i, j))]
            count += pairs.outcomes[i, j] == Outcome.PROVED and bool((kinds != SAME).any())
            count += pairs.outcomes[i, j] == Outcome.ATTACKABLE and not (kinds == ATTACK).any()
    return count


def a_rate_of_the_wrong_sign(monkeypatch):
    right = State.rates
    monkeypatch.setattr(State, "rates", lambda state, units: (-right(state, units)[0], right(state, units)[1]))


def places_apart_too_soon(monkeypatch):
    right = Tables.gap.func
    monkeypatch.setattr(Tables, "gap", property(lambda tables: right(tables) - 1))


def what_only_one_place_sees_is_forgotten(monkeypatch):
    right = Shared._parts

    def without_own(shared, row, words, form):
        side = right(shared, row, words, form)
        return dataclasses.replace(side, own=0 * side.own, bound=side.bound - side.own)

    monkeypatch.setattr(Shared, "_parts", without_own)


def a_bound_that_no_second_word_exceeds(monkeypatch):
    right = Shared._parts

    def without_rises(shared, row, words, form):
        side = right(shared, row, words, form)
        return dataclasses.replace(side, bound=side.own)

    monkeypatch.setattr(Shared, "_parts", without_rises)


FAULTS = (
    a_rate_of_the_wrong_sign,
    places_apart_too_soon,
    what_only_one_place_sees_is_forgotten,
    a_bound_that_no_second_word_exceeds,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_seen(fault, monkeypatch):
    fault(monkeypatch)
    assert wrong("conv2")


def test_without_a_fault_nothing_is_wrong():
    assert not wrong("conv2")
