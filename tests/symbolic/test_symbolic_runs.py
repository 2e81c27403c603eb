"""Path, path condition, forms: against a run in fractions that uses nothing of DeepCheck."""

from fractions import Fraction

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import assert_borders, label_of, label_scores, run_exactly
from strategies import DEGENERATE, ORDINARY, networks

import deepcheck
from deepcheck.program import Path
from deepcheck.symbolic import bounded_columns, exact_columns, exact_outputs, label_differences, run
from deepcheck.symbolic.reverse import bounded_coefficients, coefficients

ALL = ORDINARY + DEGENERATE


class Collected:
    """A sink that keeps every guard."""

    def __init__(self):
        self.blocks = []

    def emit(self, values, slopes, present):
        self.blocks.append((values, slopes, present))


def columns_of(program, x, path):
    """Guards by column and output slopes, in exact arithmetic: ``[(value, slope), ...]`` and ``(n, outputs)``."""
    n, sink = program.size, Collected()
    slopes = exact_columns(program, x[None], path, np.arange(n), sink)
    guards = [[] for _ in range(n)]
    for values, moves, present in sink.blocks:
        for column in range(n):
            for value, move, here in zip(
                values.fractions()[column], moves.fractions()[column], present[column], strict=True
            ):
                if here:
                    guards[column].append((value, move))
    return guards, slopes.fractions().reshape(n, -1)


@settings(max_examples=120)
@given(networks(ALL))
def test_path_label_and_borders_are_those_of_exact_arithmetic(network):
    program = deepcheck.load(network.model)
    found, expected = run(program, network.x[None]), run_exactly(network.model, network.x)
    assert [arms[0].reshape(-1).tolist() for arms in found.path.arms] == [
        arms.reshape(-1).tolist() for arms in expected.arms
    ]
    assert found.labels[0] == label_of(label_scores(expected.outputs)[0])
    assert_borders(
        found.borders[0], expected, pools=any(node.op_type == "MaxPool" for node in network.model.graph.node)
    )
    assert not found.overflow[0]
    errors = np.broadcast_to(found.outputs.element_error, found.outputs.value.shape)[0]
    for value, error, true in zip(found.outputs.value[0], errors, expected.outputs[0], strict=True):
        assert abs(Fraction(value) - true) <= Fraction(error)


@settings(max_examples=80)
@given(networks(ALL))
def test_every_guard_is_emitted_and_every_form_is_exact(network):
    program = deepcheck.load(network.model)
    path = run(program, network.x[None]).path
    guards, slopes = columns_of(program, network.x, path)
    expected = run_exactly(network.model, network.x)
    assert slopes.tolist() == expected.outputs[1:].tolist()
    for column in range(program.size):
        pairs = zip(expected.guards[0].tolist(), expected.guards[1 + column].tolist(), strict=True)
        assert sorted(guards[column]) == sorted(pairs)


@settings(max_examples=80)
@given(networks(ALL), st.integers(0, 2**32 - 1))
def test_the_form_is_the_program_wherever_the_path_holds(network, seed):
    program, rng = deepcheck.load(network.model), np.random.default_rng(seed)
    guards, slopes = columns_of(program, network.x, run(program, network.x[None]).path)
    here = exact_outputs(program, network.x[None]).fractions()[0]
    inside = 0
    for column in range(program.size):
        for step in rng.choice([0.0, 0.125, -0.25, 1.0, -(2.0**-20), 2.0**-30], 3):
            moved = network.x.astype(np.float64).reshape(-1).copy()
            moved[column] += step
            d = Fraction(moved[column]) - Fraction(float(network.x.reshape(-1)[column]))
            if all(value + slope * d >= 0 for value, slope in guards[column]):
                there = exact_outputs(program, moved.reshape(1, *network.x.shape)).fractions()[0]
                assert (there == here + slopes[column] * d).all()
                inside += 1
    assume(inside)


@settings(max_examples=60)
@given(networks(ALL))
def test_reverse_coefficients_are_the_columns(network):
    """The transposed pass and the forward columns give the same coefficients; both within the error bound."""
    program = deepcheck.load(network.model)
    path = run(program, network.x[None]).path
    _, slopes = columns_of(program, network.x, path)
    outputs = program.outputs
    found = bounded_coefficients(program, path, np.eye(outputs), np.zeros(outputs, dtype=np.int64))
    for output in range(outputs):
        for element in range(program.size):
            off = abs(Fraction(found.value[output, element]) - slopes[element, output])
            assert off <= Fraction(float(found.error[output]))


@settings(max_examples=60)
@given(networks(ORDINARY))
def test_reverse_coefficients_are_finite_differences(network):
    expected = run_exactly(network.model, network.x)
    assume(all(v > 0 for v in expected.guards[0]))
    program = deepcheck.load(network.model)
    outputs = program.outputs
    path = run(program, network.x[None]).path.take(np.zeros(outputs, dtype=np.int64))
    found = coefficients(program, path, np.eye(outputs))
    # A step so small that no guard can fail: every slope of every guard times the step is below its value.
    for element in range(program.size):
        limits = [v / abs(s) for v, s in zip(expected.guards[0], expected.guards[1 + element], strict=True) if s]
        step = min([Fraction(1), *limits]) / 2
        moved = network.x.reshape(-1).astype(object)
        moved[:] = [Fraction(float(v)) for v in network.x.reshape(-1)]
        moved[element] += step
        there = run_on_fractions(network.model, moved.reshape(network.x.shape))
        slope = (there - expected.outputs[0]) / step
        np.testing.assert_allclose(found[:, element], slope.astype(np.float64), rtol=1e-9, atol=1e-9)


def run_on_fractions(model, x):
    """The exact outputs at a point that is not a float."""
    import oracles

    plain = oracles.fractions_of
    try:
        oracles.fractions_of = lambda array: np.array(array, dtype=object) if array is x else plain(array)
        return run_exactly(model, x, slopes=False).outputs[0]
    finally:
        oracles.fractions_of = plain


@settings(max_examples=40)
@given(networks(ORDINARY, ranks=(1, 3)), st.integers(0, 2**32 - 1))
def test_float_columns_of_a_batch_are_near_the_exact_ones(network, seed):
    """Shared columns, items and distinct units: each column is its own item's."""
    program, rng = deepcheck.load(network.model), np.random.default_rng(seed)
    batch = rng.random((3, *network.x.shape), np.float32)
    items, elements = (v.ravel() for v in np.meshgrid(np.arange(3), np.arange(program.size), indexing="ij"))
    order = rng.permutation(len(items))
    items, elements = items[order], elements[order]
    sink = Collected()
    slopes = bounded_columns(program, batch, run(program, batch).path, items, elements, sink)
    exact = [run_exactly(network.model, x) for x in batch]
    for row, (item, element) in enumerate(zip(items, elements, strict=True)):
        for output, true in enumerate(exact[item].outputs[1 + element]):
            assert abs(Fraction(slopes.value[row, output]) - true) <= Fraction(float(slopes.error[row]))
        found = [
            (value, slope)
            for values, moves, present in sink.blocks
            for value, slope, here in zip(values.value[row], moves.value[row], present[row], strict=True)
            if here and abs(slope) > 1e-12
        ]
        pairs = zip(exact[item].guards[0], exact[item].guards[1 + element], strict=True)
        expected = [(float(v), float(s)) for v, s in pairs if abs(s) > 1e-12]
        assert len(found) == len(expected)
        # Guards may come in any order: compare them as sets, by a few weighted sums.
        for weigh in (lambda v, s: v, lambda v, s: s, lambda v, s: v * s, lambda v, s: np.sin(3 * v + s)):
            sums = [sum(weigh(*pair) for pair in pairs) for pairs in (found, expected)]
            assert abs(sums[0] - sums[1]) <= 1e-8 * (1 + len(found))


@settings(max_examples=60)
@given(networks(ALL))
def test_differences_of_labels_are_differences_of_forms(network):
    program = deepcheck.load(network.model)
    found = run(program, network.x[None])
    differences, others = label_differences(program, found.path, found.labels)
    forms = label_scores(run_exactly(network.model, network.x).outputs)
    label = int(found.labels[0])
    assert others[0].tolist() == [j for j in range(forms.shape[1]) if j != label]
    for row, j in enumerate(others[0]):
        for element in range(program.size):
            true = forms[1 + element, j] - forms[1 + element, label]
            assert abs(Fraction(differences.value[row, element]) - true) <= Fraction(float(differences.error[row]))


def test_a_path_counts_its_differences():
    path = Path((np.array([[0, 1], [1, 1]]), np.array([[[2]], [[0]]])), 2)
    other = Path((np.array([[0, 0], [1, 1]]), np.array([[[1]], [[0]]])), 2)
    assert path.differences(other).tolist() == [2, 0]
    assert path.take(np.array([1, 0, 1])).arms[1].ravel().tolist() == [0, 2, 0]
    assert len(path) == 2
    assert Path((), 4).differences(Path((), 4)).tolist() == [0] * 4
