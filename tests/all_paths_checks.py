"""Every claim of a result over all paths, against an exact oracle; and small random networks to make claims about."""

import itertools
from fractions import Fraction

import numpy as np
from all_paths_oracle import AllPaths
from hypothesis import event
from hypothesis import strategies as st
from oracles import fractions_of, label_of, onnx_label
from plain_networks import FLATTEN, RELU, Net, add, clip, convolve, dense, pool
from strategies import FLOAT32

KINDS = ("eighths", "integers", "floats", "sparse", "close")
NEAR = 1e-6
COUNTED = ("attackable", "proved", "undecided", "untried")


def weights(rng, kind, shape):
    normal = rng.normal(size=shape)
    return {
        "eighths": np.round(normal * 8) / 8,
        "integers": rng.integers(-2, 3, shape).astype(np.float64),
        "floats": normal,
        "sparse": normal * (rng.random(shape) < 0.5),
        "close": rng.integers(-2, 3, shape) * (1 + rng.integers(-2, 3, shape) * 2.0**-23) / 3,
    }[kind].astype(np.float32)


def dense_steps(draw, rng, kind, count):
    """Layers with a ReLU or a clip, and perhaps a residual around one of them."""
    steps, width = [], draw(st.integers(3, 5))
    steps += [dense(weights(rng, kind, (count, width)), weights(rng, kind, (width,)))]
    steps += [draw(st.sampled_from([RELU, RELU, clip(0.0, 1.0)]))]
    if draw(st.booleans()):
        steps += [dense(weights(rng, kind, (width, width)), weights(rng, kind, (width,))), RELU]
        if draw(st.booleans()):
            steps.append(add(2))
    return (count,), steps, width


def image_steps(draw, rng, kind, _count):
    """A convolution, a ReLU, perhaps a max pool, on one or two channels."""
    channels = draw(st.integers(1, 2))
    shape = (2, 2, 2) if channels == 2 else (1, 2, 3)
    steps = [convolve(weights(rng, kind, (2, channels, 2, 2)), weights(rng, kind, (2,)), pad=draw(st.integers(0, 1)))]
    steps += [RELU]
    if draw(st.booleans()):
        steps += [pool(2, 1)] if min(Net(shape, tuple(steps)).shapes[-1][1:]) > 1 else []
    steps.append(FLATTEN)
    return shape, steps, Net(shape, tuple(steps)).shapes[-1][0]


@st.composite
def questions(draw, makers=(dense_steps, dense_steps, image_steps), kinds=KINDS, sizes=(3, 4, 5, 6), labels=(1, 2, 3)):
    """A network and an input for it whose label may lead by a little or a lot."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(kinds))
    shape, steps, width = draw(st.sampled_from(makers))(draw, rng, kind, draw(st.sampled_from(sizes)))
    x = draw(st.sampled_from([rng.random(shape), rng.integers(0, 5, shape) / 4, np.full(shape, 0.5)]))
    outputs = draw(st.sampled_from(labels))
    last = weights(rng, kind, (width, outputs)), weights(rng, kind, (outputs,))
    scores = Net(shape, (*steps, dense(*last))).float_outputs(x.astype(FLOAT32).reshape(1, -1))[0]
    ahead = np.float32(draw(st.sampled_from([0.0, 0.0, 0.25, 1.0, 4.0])))
    if outputs > 1:
        last[1][int(np.argmax(scores))] += ahead
    else:
        last[1][0] += np.sign(np.float32(scores[1])) * ahead
    final = "Sigmoid" if outputs == 1 else draw(st.sampled_from(["", "Softmax"]))
    return Net(shape, (*steps, dense(*last)), final=final), x.astype(FLOAT32)


def check_all_paths(result, oracle, size, *, members=None, features=None, target=None, complete=True):
    """Every claim of one result about sets of ``size`` features.

    Args:
        result: What DeepCheck says.
        oracle: The exact answers.
        size: How many features a set has.
        members: The elements of each feature; by default one each.
        features: The features asked about; by default all.
        target: The only label that counts.
        complete: Must every set be decided that can be? Without, some may stay undecided or untried.
    """
    members = members or [(i,) for i in range(oracle.x.size)]
    asked = list(itertools.combinations(range(len(members)) if features is None else features, size))
    counts = result.counts
    assert sum(counts[name] for name in COUNTED) == len(asked), counts
    assert "all paths" in result.scope
    assert "this path" not in result.scope
    assert result.label == oracle.label
    if not oracle.agrees:
        assert (result.verdict, result.attackable) == ("undecided", ())
        assert "label depends on rounding" in result.reason
        return "label"
    of = {s: tuple(element for feature in s for element in members[feature]) for s in asked}
    attackable = [s for s in asked if oracle.attackable(of[s], target)]
    robust = [s for s in asked if oracle.robust(of[s], target)]
    listed = list(result.attackable)
    assert len(set(listed)) == len(listed)
    for features in listed:
        assert 1 <= len(features) <= size
        assert oracle.attackable([e for f in features for e in members[f]], target), ("no attack", features)
    claimed = [s for s in asked if any(set(features) <= set(s) for features in listed)]
    assert counts["attackable"] == len(claimed)
    assert counts["proved"] <= len(robust), ("proved too much", counts, len(robust), set(asked) - set(robust))
    assert not complete or counts["untried"] == 0 or size > 1
    if complete and counts["untried"] == 0:  # a few exact ties take a search longer than tests may take
        # Where another label comes up to the input's own without changing it, bounds may never tell.
        least = len(robust) if size == 1 else sum(not oracle.touches(of[s], target) for s in robust)
        assert counts["proved"] >= least, ("left open", counts, len(robust), result.reason)
        event(f"{len(robust) - counts['proved']} sets left open beside ties" * (counts["proved"] < len(robust)))
        missed = sorted(set(attackable) - set(claimed))
        for s in missed:
            assert oracle.table is None, ("missed", s)
            assert not oracle.roomy(of[s], target), ("missed", s)
    check_verdict(result, len(asked))
    assert [attack.features for attack in result.attacks] == listed
    for attack in result.attacks:
        check_witness(attack, oracle, [e for f in attack.features for e in members[f]], target)
        if complete and len(attack.features) == 1 and len(members[0]) == 1 and size == 1:
            check_values(attack, oracle, target)
    return result.verdict


def check_verdict(result, asked):
    counts = result.counts
    if counts["replayed"]:
        assert result.verdict == "attack"
    elif counts["proved"] == asked:
        assert result.verdict == "proved"
    else:
        assert result.verdict == "undecided"
        assert result.reason


def check_witness(attack, oracle, elements, target=None):
    """What is claimed of a witness: in its domain, nothing else changed, its label, its margin, its replay."""
    witness, x = attack.witness, oracle.x
    changed = witness.model_input
    assert (changed.dtype, changed.shape) == (x.dtype, x.shape)
    others = np.setdiff1d(np.arange(x.size), elements)
    assert changed.reshape(-1)[others].tobytes() == x.reshape(-1)[others].tobytes()
    values = fractions_of(changed).ravel()
    for i in elements:
        assert oracle.low[i] <= values[i] <= oracle.high[i]
        assert oracle.table is None or values[i] in oracle.table
    scores = oracle.net.outputs(changed)
    assert label_of(scores) == witness.label != oracle.label
    assert target in (None, witness.label)
    margin = min(scores[witness.label] - s for j, s in enumerate(scores) if j != witness.label)
    assert margin > 0
    assert abs(Fraction(witness.margin) - margin) <= NEAR * max(margin, max(map(abs, scores)) / 1000)
    assert witness.label in attack.labels
    for j in attack.labels:
        assert target in (None, j)
        assert oracle.can(elements, j, won=True)
    assert witness.replayed == (onnx_label(oracle.net.model, changed, sigmoid=oracle.sigmoid) == witness.label)


def check_values(attack, oracle, target=None):
    """The attacking values of one feature, label by label: intervals, and levels where there are some."""
    (element,) = attack.features
    for j in oracle.others:
        if target not in (None, j):
            assert j not in attack.labels
            continue
        if oracle.table is not None:
            expected = runs([k for k, v in enumerate(oracle.table) if level_label(oracle, element, v) == j])
            assert tuple(map(tuple, attack.levels.get(j, ()))) == expected
        elif oracle.can((element,), j, won=True):  # where it only ties, nothing needs to be listed
            check_intervals(attack.intervals.get(j, ()), oracle.intervals(element, j))


def level_label(oracle, element, value):
    if not oracle.low[element] <= value <= oracle.high[element]:
        return None
    changed = oracle.origins.copy()
    changed[element] = value
    return label_of(oracle.net.outputs(changed))


def runs(numbers):
    """First and last of each run of consecutive numbers."""
    starts = [n for n in numbers if n - 1 not in numbers]
    return tuple((n, next(m for m in itertools.count(n) if m + 1 not in numbers)) for n in starts)


def check_intervals(given, expected):
    """Those that are not tiny, joined where no gap is seen."""
    given, expected = (joined([(float(a), float(b)) for a, b in each]) for each in (given, expected))
    assert len(given) == len(expected), (given, expected)
    for (a, b), (low, high) in zip(given, expected, strict=True):
        assert abs(a - low) <= NEAR * max(1, abs(low)), (given, expected)
        assert abs(b - high) <= NEAR * max(1, abs(high)), (given, expected)


def joined(intervals):
    out = []
    for low, high in sorted(intervals):
        if out and low - out[-1][1] <= 10 * NEAR:
            out[-1][1] = max(high, out[-1][1])
        else:
            out.append([low, high])
    return [ends for ends in out if ends[1] - ends[0] > 10 * NEAR]


def oracle_of(case, **options):
    net, x = case
    return AllPaths(net, x, **options)
