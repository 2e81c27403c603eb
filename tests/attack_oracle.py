"""Compare a result with an exact answer for every single feature, in fractions."""

from fractions import Fraction

import numpy as np
from oracles import (
    answers,
    assert_borders,
    box_spans,
    fractions_of,
    holds_a_number,
    label_of,
    label_scores,
    onnx_label,
    run_exactly,
)

from deepcheck.attacks import Outcome

NEAR = Fraction(2) ** -19
LARGEST = Fraction(np.finfo(np.float64).max)


def expected_outcome(answer, origin, dtype, target, table):
    """What may be said of one feature, and for each label the levels (or None) that reach it."""
    wanted = [j for j in answer.reached if target in (None, j)]
    levels = {}
    if table:
        for j in wanted:
            span = answer.reached[j]
            levels[j] = [] if span.empty else [v for v, p in enumerate(table) if p - origin in span]
        won = [j for j in wanted if any(table[v] - origin in answer.won[j] for v in levels[j])]
        reached = [j for j in wanted if levels[j]]
    else:
        won = [j for j in wanted if holds_a_number(answer.won[j], origin, dtype)]
        reached = [j for j in wanted if not answer.reached[j].empty]
    return won, reached, levels


def check_result(result, model, received, *, lower=0.0, upper=1.0, target=None, table=None, exact=None, units=(1, 0)):
    """Every claim of a result about one input, against fractions and onnxruntime.

    Args:
        result: What DeepCheck says.
        model: The untouched ONNX model.
        received: What the model receives, without batch axis.
        lower: The least value of an element of it, or None; likewise upper.
        target: The only label that counts.
        table: The values that an element may take, as fractions, or None.
        exact: The exact run, where it was made already.
        units: Factor and offset from what the model receives to pixels.
    """
    exact = exact or run_exactly(model, received)
    label, found = answers(exact, box_spans(received, lower, upper))
    sigmoid = exact.outputs.shape[1] == 1
    assert result.label == label
    assert_borders(result.borders, exact, pools=any(node.op_type == "MaxPool" for node in model.graph.node))
    assert ("several" in result.scope) == (result.borders > 0)
    count = received.size
    assert len(result.outcomes) == count
    counts = result.counts
    assert counts["attackable"] + counts["proved"] + counts["undecided"] + counts["untried"] == count
    if onnx_label(model, received, sigmoid=sigmoid) != label:
        assert set(result.outcomes) == {Outcome.LABEL}
        assert (result.verdict, result.reason) == ("undecided", "label depends on rounding")
        assert counts["undecided"] == count
        return "label"
    attacks = {attack.features[0]: attack for attack in result.attacks}
    origins = fractions_of(received).ravel()
    for feature in range(count):
        won, reached, levels = expected_outcome(found[feature], origins[feature], received.dtype, target, table)
        outcome = Outcome(result.outcomes[feature])
        if won:
            assert outcome == Outcome.ATTACKABLE, (feature, outcome, won)
            attack = attacks.pop(feature)
            assert attack.labels == tuple(won)
            for j in won:
                if table:
                    assert attack.levels[j] == ((levels[j][0], levels[j][-1]),)
                    assert levels[j] == list(range(levels[j][0], levels[j][-1] + 1))
                check_interval(attack.intervals[j], found[feature].reached[j], origins[feature], units)
            check_witness(attack, model, received, feature, found[feature], exact, sigmoid, table)
        elif reached:
            assert outcome in (Outcome.TIE, Outcome.NO_VALUE), (feature, outcome)
            assert outcome == Outcome.TIE or not all(found[feature].won[j].empty for j in reached)
        else:
            assert outcome == Outcome.PROVED, (feature, outcome)
    assert not attacks
    hits = np.flatnonzero(result.outcomes == Outcome.ATTACKABLE)
    assert result.attackable == tuple((int(i),) for i in hits)
    assert result.first == (int(hits[0]) + 1 if len(hits) else None)
    assert counts["replayed"] == sum(attack.witness.replayed for attack in result.attacks)
    if counts["replayed"]:
        assert result.verdict == "attack"
    elif counts["proved"] == count:
        assert result.verdict == "proved"
    else:
        assert result.verdict == "undecided"
        assert result.reason
    return result.verdict


def check_interval(intervals, span, origin, units):
    """The closed hull of the attacking values, rounded to nearby floats."""
    ((low, high),) = intervals
    for given, end, side in ((low, span.low, -1), (high, span.high, 1)):
        if end is None:
            assert given == side * np.inf
        else:
            true = (origin + end) * units[0] + units[1]
            if abs(true) > LARGEST:
                true = LARGEST if true > 0 else -LARGEST
                given = min(max(given, -float(LARGEST)), float(LARGEST))
            assert np.isfinite(given)
            assert abs(Fraction(given) - true) <= NEAR * max(1, abs(true), abs(end))


def check_witness(attack, model, received, feature, answer, exact, sigmoid, table):
    witness = attack.witness
    changed = witness.model_input
    assert changed.dtype == received.dtype
    assert changed.shape == received.shape
    others = np.arange(received.size) != feature
    assert changed.reshape(-1)[others].tobytes() == received.reshape(-1)[others].tobytes()
    value = Fraction(float(changed.reshape(-1)[feature]))
    step = value - Fraction(float(received.reshape(-1)[feature]))
    if table:
        assert value in table
    assert step in answer.won[witness.label]
    guards = exact.guards[0] + exact.guards[1 + feature] * step
    assert all(guard >= 0 for guard in guards)
    assert witness.same_path
    again = label_scores(run_exactly(model, changed, slopes=False).outputs)[0]
    assert label_of(again) == witness.label
    margin = min(again[witness.label] - s for j, s in enumerate(again) if j != witness.label)
    assert margin > 0
    assert abs(Fraction(witness.margin) - margin) <= margin * NEAR
    assert witness.replayed == (onnx_label(model, changed, sigmoid=sigmoid) == witness.label)
