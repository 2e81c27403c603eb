"""Laws of answers over all paths, on networks of every layer: lines in fractions, samples in onnxruntime, sizes."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from all_paths_checks import check_intervals, questions, weights
from all_paths_oracle import intervals_of, pieces_along, won_in
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from oracles import fractions_of, label_of, label_scores, onnx_label, onnx_outputs, run_exactly
from plain_networks import RELU, Net, dense
from strategies import DEGENERATE, ORDINARY, networks

import deepcheck
from deepcheck import Pixels

EVERY_KIND = networks(ORDINARY + DEGENERATE)


def relaxed(examples):
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def ask(network, size, **options):
    return deepcheck.attack(
        deepcheck.load(network.model), network.x, size=size, paths="all", features_as="element", **options
    )


def exact_label(network, x):
    return label_of(label_scores(run_exactly(network.model, x, slopes=False).outputs)[0])


def settled(network):
    """Is the input's label the same in exact arithmetic and in the model's own?"""
    return onnx_label(network.model, network.x, sigmoid=network.sigmoid) == exact_label(network, network.x)


@relaxed(60)
@given(EVERY_KIND)
def test_single_features_are_those_of_exact_lines(network):
    """Attackable: some piece has a margin. Proved: no piece reaches another label, not even by a tie."""
    assume(network.x.size <= 6 and settled(network))
    result = ask(network, 1)
    label, listed = exact_label(network, network.x), {attack.features[0]: attack for attack in result.attacks}
    closed = 0
    for element in range(network.x.size):
        pieces = pieces_along(network.model, network.x, element, Fraction(0), Fraction(1))
        others = [j for j in range(pieces[0].scores.shape[1]) if j != label]
        won = any(won_in(piece, j, True) for piece in pieces for j in others)
        closed += not any(won_in(piece, j, False) for piece in pieces for j in others)
        assert won or element not in listed
        for j in others if element in listed else ():
            if not any(won_in(piece, j, True) for piece in pieces):
                continue  # where it only ties, nothing needs to be listed
            check_intervals(listed[element].intervals.get(j, ()), intervals_of(pieces, j))
        assert not won or element in listed or result.counts["undecided"]
    event(result.verdict)
    assert "all paths" in result.scope
    assert result.label == label
    assert result.counts["proved"] <= closed
    if "overflow" not in result.reason:
        assert result.counts["proved"] == closed
    assert result.counts["untried"] == 0


def samples(rng, x, features, count):
    """Copies of an input with values of a few features: corners, the middle of nowhere, and beside the input."""
    low, high = np.zeros(len(features)), np.ones(len(features))
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    drawn = rng.random((count, len(features)))
    near = np.clip(x.reshape(-1)[list(features)] + rng.normal(size=drawn.shape) / 64, 0, 1)
    values = np.concatenate([corners, drawn, near]).astype(x.dtype)
    batch = np.repeat(x.reshape(1, -1), len(values), axis=0)
    batch[:, list(features)] = values
    return batch.reshape(-1, *x.shape)


@pytest.mark.parametrize(("size", "examples"), [(1, 20), (2, 15), (3, 8)])
def test_a_sample_with_another_label_is_never_proved_away(size, examples):
    @relaxed(examples)
    @given(EVERY_KIND, st.integers(0, 2**32 - 1))
    def check(network, seed):
        assume(size <= network.x.size <= 12 and settled(network))
        rng = np.random.default_rng(seed)
        result = ask(network, size, timeout=0.5)
        listed = [set(features) for features in result.attackable]
        found = set()
        for _ in range(6):
            features = sorted(rng.choice(network.x.size, size, replace=False).tolist())
            batch = samples(rng, network.x, features, 12)
            outputs = onnx_outputs(network.model, batch)
            labels = outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(int)
            for at in np.flatnonzero(labels != result.label)[:2]:
                if exact_label(network, batch[at]) != result.label:
                    found.add(tuple(features))
        total = sum(result.counts[name] for name in ("attackable", "proved", "undecided", "untried"))
        event(f"{result.verdict}, {'another label' if found else 'the same label'} sampled")
        assert result.counts["proved"] <= total - len(found), (found, result.attackable)
        assert not found or result.verdict != "proved"
        closed = all(any(features <= set(s) for features in listed) for s in found)
        assert closed or result.counts["undecided"] or result.counts["untried"]
        for attack in result.attacks:
            changed = attack.witness.model_input
            assert (fractions_of(changed) != fractions_of(network.x)).sum() <= size
            assert exact_label(network, changed) == attack.witness.label != result.label

    check()


@pytest.mark.parametrize("size", [1, 2])
def test_all_paths_contain_the_path_of_the_input(size):
    @relaxed(15)
    @given(EVERY_KIND)
    def check(network):
        assume(size <= network.x.size <= 9 and settled(network))
        program = deepcheck.load(network.model)
        same = deepcheck.attack(program, network.x, size=size, features_as="element")
        every = ask(network, size, timeout=0.5)
        listed = [set(features) for features in every.attackable]
        complete = not every.counts["untried"]
        assert not complete or all(any(found <= set(f) for found in listed) for f in same.attackable)
        assert every.counts["proved"] <= same.counts["proved"]

    check()


@pytest.mark.parametrize("wide", [False, True])
def test_the_smallest_size_is_attackable_and_one_less_is_proved(wide):
    @relaxed(8)
    @given(EVERY_KIND)
    def check(network):
        assume(2 <= network.x.size <= 4 and settled(network))
        domain = Pixels(-1.0, 2.0) if wide else Pixels(0.0, 1.0)
        program = deepcheck.load(network.model)
        found = deepcheck.smallest(program, network.x, paths="all", domain=domain, features_as="element", timeout=1)
        assert "all paths" in found.scope
        by_size = {size: ask(network, size, domain=domain, timeout=0.5) for size in range(1, network.x.size + 1)}
        for size, result in by_size.items():
            if size < found.bound:
                assert result.counts["attackable"] == 0, (size, found.bound)
            if result.verdict == "proved" and found.features is not None:
                assert len(found.features) > size
            if found.features is not None and size >= len(found.features):
                assert result.counts["proved"] < result.asked
        if found.features is not None and found.optimal:
            attack = found.attacks[0]
            assert exact_label(network, attack.witness.model_input) == attack.witness.label != found.label
        if all(result.verdict == "proved" for result in by_size.values()):
            assert found.features is None
        event(f"{found.verdict}, {found.features and len(found.features)}")

    check()


def rewritten(net, rng, most):
    """The same function, exactly: neurons scaled by powers of two, permuted, doubled in halves, with dead ones."""
    first, relu, last = net.steps
    count = len(first.arrays[1])
    scale = 2.0 ** rng.integers(-most, most + 1, count)
    order = [*rng.permutation(count).tolist(), *rng.integers(0, count, 2).tolist()]
    shares = np.array([1.0 / (1 if order.count(i) == 1 else 2 if order.count(i) == 2 else 3) for i in order])
    if (shares == 1 / 3).any():
        return rewritten(net, rng, most)
    first_weights = np.concatenate([(first.arrays[0] * scale)[:, order], np.zeros((len(first.arrays[0]), 1))], axis=1)
    first_bias = np.append((first.arrays[1] * scale)[order], -1.0)
    last_weights = np.concatenate([(last.arrays[0] / scale[:, None])[order] * shares[:, None], last.arrays[0][:1]])
    steps = (dense(first_weights.astype(np.float32), first_bias.astype(np.float32)), relu)
    return Net(net.shape, (*steps, dense(last_weights.astype(np.float32), last.arrays[1])), final=net.final)


@pytest.mark.parametrize(("size", "most"), [(1, 5), (1, 100), (2, 8), (2, 100), (3, 8)])
def test_neurons_written_otherwise_change_nothing(size, most):
    @relaxed(8)
    @given(questions(makers=(one_layer,), kinds=("eighths", "integers"), sizes=(3, 4)), st.integers(0, 2**32 - 1))
    def check(case, seed):
        net, x = case
        other = rewritten(net, np.random.default_rng(seed), most)
        assert (net.outputs(x) == other.outputs(x)).all()
        before, after = (
            deepcheck.attack(deepcheck.load(n.model), x, size=size, paths="all", features_as="element", timeout=1)
            for n in (net, other)
        )
        if not any(result.counts["untried"] or "label" in result.reason for result in (before, after)):
            # Bounds by norms cannot tell much of scales that are very far apart; lines can.
            if size == 1 or most < 10:
                assert before.counts["proved"] == after.counts["proved"]
                assert set(before.attackable) == set(after.attackable)
            assert before.counts["proved"] + after.counts["attackable"] <= before.asked
            assert after.counts["proved"] + before.counts["attackable"] <= before.asked

    check()


def one_layer(draw, rng, kind, count):
    width = draw(st.integers(2, 5))
    return (count,), [dense(weights(rng, kind, (count, width)), weights(rng, kind, (width,))), RELU], width
