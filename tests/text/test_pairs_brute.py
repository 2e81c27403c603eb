"""Single words and pairs of places in small networks, against every sentence there is."""

import numpy as np
import onnxruntime
import pytest
from text_oracle import ATTACK, DEEPER, ONE_LAYER, SAME, network
from trials import SEEDS, trial

from deepcheck.attacks.outcome import Outcome
from deepcheck.text import every_pair, every_word

KINDS = ONE_LAYER + DEEPER


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_is_the_model(kind):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        net = network(kind, rng)
        session = onnxruntime.InferenceSession(net.model().SerializeToString())
        x = (rng.integers(-3, 4, size=(5, net.length, net.dimensions)) / 2).astype(np.float32)
        given = x.transpose(0, 2, 1) if net.first else x
        (found,) = session.run(None, {"input": np.ascontiguousarray(given)})
        expected = net.run(x)[0]
        if net.sigmoid:
            assert ((found[:, 0] > 0.5) == (expected.argmax(axis=1) == 1)).all()
        else:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_word_is_decided_as_trying_it_says(kind, along):
    seen = set()
    for seed in range(70 if kind == "classes" else SEEDS):  # ties of the two others are rare
        made = trial(kind, seed, along)
        question, truth = made.question, made.truth
        singles = every_word(question)
        assert sum(singles.counts.values()) == int(question.allowed.sum())
        for place, word in np.argwhere(question.allowed).tolist():
            way, outcome = truth.of({place: word}), Outcome(singles.outcomes[place, word])
            wanted, at = truth.kinds[way], (seed, place, word, outcome)
            seen.add((int(wanted), outcome))
            if wanted == ATTACK:
                assert outcome == Outcome.ATTACKABLE, at
            elif wanted == SAME:
                assert outcome == Outcome.PROVED or (along and truth.edge[way] and outcome.undecided), at
            else:
                assert outcome.undecided, at
        assert (singles.outcomes[~question.allowed] == Outcome.UNTRIED).all()
    assert {ATTACK, SAME} <= {wanted for wanted, _ in seen} or (along and not made.complete)


@pytest.mark.parametrize("along", [False, True], ids=["all paths", "this path"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_pair_of_places_is_decided_as_trying_all_words_says(kind, along):
    found, settled = [], 0
    for seed in range(SEEDS):
        made = trial(kind, seed, along)
        question, truth = made.question, made.truth
        singles = every_word(question)
        pairs = every_pair(question, singles)
        count = len(question.places)
        assert sum(pairs.counts.values()) == count * (count - 1) // 2
        best = -np.inf
        for i in range(count):
            for j in range(i + 1, count):
                outcome = Outcome(pairs.outcomes[i, j])
                kinds, leads = truth.kinds[truth.within((i, j))], truth.leads[truth.within((i, j))]
                found.append(outcome)
                ways = truth.within((i, j))
                plain = made.complete and kind != "classes" and not (truth.edge[ways].any() or (leads == 0).any())
                if plain:  # nothing at an edge, no tie: floats decide, over all paths and along the path
                    assert outcome == (Outcome.ATTACKABLE if (kinds == ATTACK).any() else Outcome.PROVED), (seed, i, j)
                    settled += 1
                if outcome == Outcome.PROVED:
                    assert (kinds == SAME).all(), (seed, i, j)
                elif outcome == Outcome.ATTACKABLE:
                    assert (kinds == ATTACK).any(), (seed, i, j)
                    alone = truth.within((i,)) | truth.within((j,))
                    if not (truth.kinds[alone] == ATTACK).any():
                        best = max(best, leads[kinds == ATTACK].max())
                elif made.complete and not along and kind != "classes":
                    assert not (kinds == ATTACK).any(), (seed, i, j)
                    assert leads.max(initial=-np.inf) == 0 or not (kinds == SAME).all(), (seed, i, j)
        assert (pairs.best is None) == (best == -np.inf)
        if pairs.best is not None:
            way = truth.of(made.words(pairs.best))
            assert truth.kinds[way] == ATTACK
            assert truth.changed[way].sum() == 2
            assert pairs.gain == pytest.approx(truth.leads[way], abs=1e-9)
            if not along and kind != "classes":
                assert pairs.gain == pytest.approx(best, abs=1e-9)
    if made.complete:
        assert {Outcome.PROVED, Outcome.ATTACKABLE} <= set(found)
        assert settled or kind == "classes"


@pytest.mark.parametrize("kind", ["conv2", "skip", "classes"])
def test_the_first_pair_found_is_one_that_neither_word_does_alone(kind):
    stopped = 0
    for seed in range(SEEDS):
        made = trial(kind, seed)
        singles = every_word(made.question)
        pairs = every_pair(made.question, singles, first=True)
        if pairs.best is None:
            continue
        stopped += 1
        way = made.truth.of(made.words(pairs.best))
        assert made.truth.kinds[way] == ATTACK
        alone = [made.truth.of({place: row}) for place, row in made.words(pairs.best).items()]
        assert (made.truth.kinds[alone] != ATTACK).all()
    assert stopped
