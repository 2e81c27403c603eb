"""Worst margins: by hand, against exact pieces in fractions, by brute force over all levels, and against attacks."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from all_paths_checks import questions
from all_paths_oracle import AllPaths
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from oracles import Span, label_scores, run_exactly
from plain_networks import RELU, Net, dense
from strategies import dense_network
from test_line_search import MNIST, brute_force, valley

import deepcheck
from deepcheck import Pixels
from deepcheck.attacks.worst_along import _between
from deepcheck.errors import InputError, NoDecision, OptionError
from deepcheck.explore import worst_lines
from deepcheck.symbolic import concrete

DIGITS = Path(deepcheck.__file__).parent / "zoo" / "networks" / "digits_10x4.onnx"
PATIENT = settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
LEVELS = [Fraction(float(np.float32(v) / np.float32(8))) for v in range(9)]
WIDE = Fraction(2**60)


def test_by_hand_over_all_paths_and_along_one():
    """Label 1 leads by ``1/4 - |x - 1/2|``; the second input does nothing."""
    program, _ = valley()
    x = np.array([0.625, 0.5], np.float32)
    found = deepcheck.worst_margins(program, x)
    np.testing.assert_allclose(found.margins, [[0.25, -0.125]], atol=1e-12)
    assert (found.errors <= 1e-12).all()
    assert found.labels.tolist() == [[0, 0]]
    assert found.values[0, 0] in (0.0, 1.0)
    assert (found.current.tolist(), found.own_labels.tolist()) == ([-0.125], [1])
    assert found.attackable.tolist() == [[True, False]]
    narrow = deepcheck.worst_margins(program, x, domain=Pixels(0.25, 0.75))
    np.testing.assert_allclose(narrow.margins[0, 0], 0.0, atol=1e-12)
    assert (narrow.attackable.any(), narrow.undecided.tolist()) == (False, [[True, False]])
    # On the path of x the first input is at least 1/2.
    along = deepcheck.worst_margins(program, x, paths="same", domain=Pixels(0, 0.75))
    np.testing.assert_allclose(along.margins, [[0.0, -0.125]], atol=1e-9)
    assert along.values[0, 0] == 0.75
    both = deepcheck.worst_margins(program, x, domain=Pixels(0, 0.75))
    np.testing.assert_allclose(both.margins[0, 0], 0.25, atol=1e-12)
    assert both.values[0, 0] == 0.0
    words = "2 features of 1 inputs over all paths, values in [0, 0.75], rounded outward: 1 of 1 inputs have an attack"
    assert words in str(both)
    assert both.scope["domain"] == {"lower": 0.0, "upper": 0.75, "levels": None}


def test_a_margin_without_end_and_one_that_levels_off():
    """Scores ``relu(x0)``, ``2 relu(-x0) - relu(-x0 - 3)`` less 1 and a bound on the side that flattens."""
    layers = [([[1, -1, -1], [0, 0, 0]], [0, 0, -3]), ([[1, 0], [0, 2], [0, -2]], [0, -1])]
    program = deepcheck.load(dense_network(layers))
    x = np.array([1.0, 0.0], np.float32)
    found = deepcheck.worst_margins(program, x, domain=Pixels(unbounded=True))
    # Label 1: at -3 and below it is 2 * 3 - 1 ahead, for ever.
    np.testing.assert_allclose(found.margins, [[5.0, -2.0]], atol=1e-9)
    assert found.labels.tolist() == [[1, 1]]
    turned = deepcheck.worst_margins(program, np.array([-1.0, 0.0], np.float32), domain=Pixels(unbounded=True))
    assert np.isposinf(turned.margins[0, 0])
    assert (turned.errors[0, 0], turned.labels[0, 0], np.isnan(turned.values[0, 0])) == (0.0, 0, True)
    along = deepcheck.worst_margins(program, x, paths="same", domain=Pixels(unbounded=True))
    np.testing.assert_allclose(along.margins, [[-1.0, -2.0]], atol=1e-9)


def test_a_slope_that_is_exactly_zero_is_settled_exactly():
    """Scores ``b relu(a x)`` and ``a relu(b x) - 1``: the lead is -1 everywhere, but no float knows that for ever."""
    a, b = float(np.float32(1 / 3)), float(np.float32(0.7))
    program = deepcheck.load(dense_network([([[a, b]], [0, 0]), ([[b, 0], [0, a]], [0, -1])]))
    found = deepcheck.worst_margins(program, np.array([0.5], np.float32), domain=Pixels(unbounded=True))
    np.testing.assert_allclose(found.margins, [[-1.0]], atol=1e-9)
    for paths in ("all", "same"):
        settled = deepcheck.worst_margins(program, np.array([0.5], np.float32), paths=paths)
        np.testing.assert_allclose(settled.margins, [[-1.0]], atol=1e-9)


def by_pieces(oracle, element, target=None, table=None):
    """The largest margin on exact pieces, at their corners or on levels."""
    best = None
    others = [j for j in oracle.others if target in (None, j)]
    for piece in oracle.pieces((element,)):
        at = [corner[1] for corner in piece.corners]
        if table is not None:
            at = [level for level in table if min(at) <= level <= max(at)]
        for value in at:
            scores = piece.scores[0] + piece.scores[1] * value
            for j in others:
                best = max(x for x in (best, scores[j] - scores[oracle.label]) if x is not None)
    return best


def along_path(net, x, element, lower, upper, *, table=None):
    """The largest margin on the path of ``x``; None: without end."""
    exact = run_exactly(net.model, x)
    origin = Fraction(float(x.reshape(-1)[element]))
    span = Span(None if lower is None else lower - origin, None if upper is None else upper - origin)
    for value, slope in exact.guards[[0, 1 + element]].T:
        span = span.cut(value, slope, strict=False)
    scores, slopes = label_scores(exact.outputs)[[0, 1 + element]]
    label = max(range(len(scores)), key=lambda j: (scores[j], -j))
    ends = [end for end in (span.low, span.high) if end is not None] or [Fraction(0)]
    if table is not None:
        ends = [level - origin for level in table if level - origin in span]
    rates = {j: slopes[j] - slopes[label] for j in range(len(scores)) if j != label}
    if any((span.high is None and r > 0) or (span.low is None and r < 0) for r in rates.values()):
        return None
    return max(scores[j] - scores[label] + rate * end for j, rate in rates.items() for end in ends)


def check(found, element, exact):
    """A margin is within its error of the truth, and that is small."""
    margin, error = float(found.margins[0, element]), float(found.errors[0, element])
    if exact is None:
        assert (margin, error) == (math.inf, 0.0)
        return
    assert abs(Fraction(margin) - exact) <= Fraction(error), (margin, float(exact), error)
    assert error <= 1e-6 * max(1.0, abs(margin))


@PATIENT
@given(questions(labels=(1, 2, 3)), st.sampled_from(["box", "narrow", "levels", "exactly"]), st.booleans())
def test_all_paths_against_exact_pieces(case, kind, targeted):
    net, x = case
    assume(x.size <= 9)
    program, table = deepcheck.load(net.model), None
    lower, upper = Fraction(0), Fraction(1)
    domain = Pixels(0, 1)
    if kind == "narrow":
        domain = Pixels(-1 / 3, 1.1)
        lower, upper = (Fraction(float(end)) for end in ends_within(domain))
    if kind == "levels":
        x = (np.rint(x * 8) / 8).astype(np.float32)
        table, domain = LEVELS, Pixels(0, 1, levels=9)
    oracle = AllPaths(net, x, lower, upper)
    target = oracle.others[0] if targeted else None
    with pytest.MonkeyPatch.context() as patch:
        if kind == "exactly":
            patch.setattr("deepcheck.attacks.peaks.PRECISION", -1.0)
        found = deepcheck.worst_margins(program, x, domain=domain, target=target, features_as="element")
    for element in range(x.size):
        check(found, element, by_pieces(oracle, element, target, table))
        scores = net.outputs(changed(x, element, found.values[0, element]))
        best = max(scores[j] - scores[oracle.label] for j in oracle.others if target in (None, j))
        near = Fraction(2) ** -30 * net.steepest
        assert abs(best - Fraction(float(found.margins[0, element]))) <= near + Fraction(
            float(found.errors[0, element])
        )
    event(f"attackable: {bool(found.attackable.any())}")


def ends_within(domain):
    """The outermost numbers of the model's type within bounds."""
    low, high = np.float32(domain.lower), np.float32(domain.upper)
    low = low if float(low) >= domain.lower else np.nextafter(low, np.float32(np.inf))
    high = high if float(high) <= domain.upper else np.nextafter(high, np.float32(-np.inf))
    return low, high


def changed(x, element, value):
    """An input with one other value, in float64: a value may lie between two numbers of the model's type."""
    other = x.astype(np.float64).ravel()
    other[element] = value
    return other.reshape(x.shape)


@PATIENT
@given(questions(labels=(1, 2, 3)))
def test_unbounded_against_exact_pieces(case):
    net, x = case
    assume(x.size <= 6)
    program = deepcheck.load(net.model)
    oracle = AllPaths(net, x, -WIDE, WIDE)
    found = deepcheck.worst_margins(program, x, domain=Pixels(unbounded=True), features_as="element")
    for element in range(x.size):
        pieces = oracle.pieces((element,))
        endless = False
        for piece in pieces:
            at = [corner[1] for corner in piece.corners]
            for end, sign in ((-WIDE, -1), (WIDE, 1)):
                rates = [sign * (piece.scores[1, j] - piece.scores[1, oracle.label]) for j in oracle.others]
                endless |= end in at and max(rates) > 0
        event(f"endless: {endless}")
        check(found, element, None if endless else by_pieces(oracle, element))


@PATIENT
@given(questions(labels=(1, 2, 3)), st.sampled_from(["box", "levels", "unbounded"]), st.booleans())
def test_along_the_path_against_exact_guards(case, kind, exactly):
    net, x = case
    assume(x.size <= 9)
    program, table, ends, domain = deepcheck.load(net.model), None, (Fraction(0), Fraction(1)), Pixels(0, 1)
    if kind == "levels":
        x = (np.rint(x * 8) / 8).astype(np.float32)
        table, domain = LEVELS, Pixels(0, 1, levels=9)
    if kind == "unbounded":
        ends, domain = (None, None), Pixels(unbounded=True)
    with pytest.MonkeyPatch.context() as patch:
        if exactly:
            patch.setattr("deepcheck.attacks.peaks.PRECISION", -1.0)
        found = deepcheck.worst_margins(program, x, paths="same", domain=domain, features_as="element")
    for element in range(x.size):
        check(found, element, along_path(net, x, element, *ends, table=table))


def sparse_images(program, count, seed=3):
    """Images on 256 levels, mostly black."""
    table = np.arange(256, dtype=np.float32) / np.float32(255)
    rng = np.random.default_rng(seed)
    shape = (count, *program.input_shape)
    return table[rng.integers(0, 256, shape) * (rng.random(shape) < 0.2)], table


def test_every_level_of_every_pixel():
    program = deepcheck.load(MNIST)
    images, table = sparse_images(program, 3)
    found = deepcheck.worst_margins(program, images, domain=Pixels(levels=256))
    for image, margins, errors, values in zip(images, found.margins, found.errors, found.values, strict=True):
        scores = brute_force(onnx.load(MNIST), image, table)
        label = brute_force(onnx.load(MNIST), image, image.ravel()[:1])[0, 0].argmax()
        lead = np.delete(scores, label, axis=2).max(axis=2) - scores[..., label]
        assert (np.abs(lead.max(axis=1) - margins) <= errors + 1e-10).all()
        assert errors.max() < 1e-7
        reached = table.astype(np.float64)[lead.argmax(axis=1)]
        other = np.abs(values - reached) > 1e-12
        tied = lead[np.arange(784), np.searchsorted(table, values)]
        assert (np.abs(tied - lead.max(axis=1))[other] <= 1e-9).all()


def test_a_pool_and_a_convolution_in_onnxruntime():
    """Dense sampling gives lower bounds, and where the best one is close the margin is there."""
    from plain_networks import FLATTEN, convolve, pool

    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    steps = (
        convolve(normal(3, 1, 3, 3), normal(3), pad=1), RELU, pool(2, 1), convolve(normal(3, 3, 2, 2), normal(3)), RELU,
        FLATTEN, dense(normal(48, 4), normal(4)),
    )  # fmt: skip
    net = Net((1, 6, 6), steps)
    program, x = deepcheck.load(net.model), rng.random((1, 6, 6)).astype(np.float32)
    session = onnxruntime.InferenceSession(net.model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = deepcheck.worst_margins(program, x, domain=Pixels(-1, 2))
    grid = np.linspace(-1, 2, 601, dtype=np.float32)
    for element in range(36):
        batch = np.repeat(x[None], len(grid), axis=0)
        batch.reshape(len(grid), -1)[:, element] = grid
        scores = session.run(None, {"input": batch})[0]
        label = found.own_labels[0]
        lead = (np.delete(scores, label, axis=1).max(axis=1) - scores[:, label]).astype(np.float64)
        assert lead.max() <= found.margins[0, element] + found.errors[0, element] + 1e-4
        step = np.abs(np.diff(lead)).max()
        assert lead.max() >= found.margins[0, element] - step - 1e-4


@pytest.mark.parametrize("levels", [None, 256])
@pytest.mark.parametrize("paths", ["all", "same"])
def test_attackable_iff_the_worst_margin_is_above_zero(paths, levels):
    program = deepcheck.load(MNIST)
    images, _ = sparse_images(program, 6, seed=1)
    domain = Pixels(levels=levels)
    found = deepcheck.worst_margins(program, images, paths=paths, domain=domain)
    claimed = np.zeros(found.margins.shape, dtype=bool)
    for item, result in enumerate(deepcheck.attack(program, images, paths=paths, domain=domain)):
        claimed[item, [features[0] for features in result.attackable]] = True
        assert result.counts["undecided"] == 0
    assert claimed.any()
    assert not claimed.all()
    assert (claimed == found.attackable).all()
    assert not found.undecided.any()


def test_worst_along_the_path_is_at_most_that_over_all_and_levels_at_most_a_continuum():
    program = deepcheck.load(DIGITS)
    rng = np.random.default_rng(2)
    images = rng.integers(0, 17, (10, *program.input_shape)).astype(np.float32) / np.float32(16)
    every, along = (deepcheck.worst_margins(program, images, paths=paths) for paths in ("all", "same"))
    levels = deepcheck.worst_margins(program, images, domain=Pixels(levels=17))
    free = deepcheck.worst_margins(program, images, domain=Pixels(unbounded=True))
    for less, more in ((along, every), (levels, every), (every, free)):
        assert (less.margins <= more.margins + less.errors + more.errors).all()
    for found in (every, along, levels, free):
        assert (found.margins >= found.current[:, None]).all()
        np.testing.assert_array_equal(found.gains, np.maximum(found.margins - found.current[:, None], 0))
    assert (along.margins < every.margins - 1e-3).any()
    half = every.take(np.arange(5))
    np.testing.assert_array_equal(half.margins, every.margins[:5])


def test_chunks_and_progress_change_nothing(monkeypatch):
    program = deepcheck.load(DIGITS)
    images = np.random.default_rng(0).random((7, *program.input_shape)).astype(np.float32)
    whole = deepcheck.worst_margins(program, images)
    monkeypatch.setattr(worst_lines, "VALUE_BYTES", 4096)
    monkeypatch.setattr(worst_lines, "MANY", 1)
    said = []
    parts = deepcheck.worst_margins(program, images, progress=said.append)
    assert (np.abs(parts.margins - whole.margins) <= parts.errors + whole.errors).all()
    assert said == sorted(said)
    assert (len(said) > 3, said[-1]) == (True, 7)


def test_ends_that_floats_cannot_subtract():
    """A value of 1e-20 under bounds of thirds: no displacement to an end is a float, and errors say so."""
    program = deepcheck.load(dense_network([([[3.0, 0.5]], [0.0, 0.0]), ([[-7.0, 0.3], [-0.5, 1.0]], [1.0, 0.0])]))
    x = np.array([1e-20], np.float32)
    for domain in (Pixels(-1, 1), Pixels(0, 0.7)):
        ends = [float(end) for end in ends_within(domain)]
        found = deepcheck.worst_margins(program, x, domain=domain)
        weight = [Fraction(float(np.float32(w))) for w in (3.0, 0.5, -7.0, 0.3, -0.5, 1.0)]
        best = []
        for end in (*ends, 0.0):
            hidden = [max(w * Fraction(end), 0) for w in weight[:2]]
            scores = [hidden[0] * weight[2] + hidden[1] * weight[4] + 1, hidden[0] * weight[3] + hidden[1] * weight[5]]
            best.append(scores[1] - scores[0])
        check(found, 0, max(best))


def test_levels_behind_a_preprocessing_that_rounds():
    """Levels near the mean are tiny numbers: they lie where floats cannot tell them from the ends of pieces."""
    mean = float(np.float32(100) / np.float32(255)) + 1e-9
    program = deepcheck.load(
        dense_network([([[1.0, -1.0]], [0.0, 0.0]), ([[1, 0], [1, 0]], [0, 0.1])]), mean=mean, std=0.3
    )
    pixel = np.array([np.float32(101) / np.float32(255)], np.float32)
    found = deepcheck.worst_margins(program, pixel, domain=Pixels(levels=256))
    received = program.preprocessing.model_input(
        (np.arange(256, dtype=np.float32) / np.float32(255))[:, None], np.float32
    )
    exact = [abs(Fraction(float(v))) - Fraction(float(np.float32(0.1))) for v in received[:, 0]]
    check(found, 0, max(exact))


def test_preprocessing_keeps_values_in_pixels():
    program = deepcheck.load(DIGITS, mean=0.5, std=0.25)
    plain = deepcheck.load(DIGITS)
    x = np.random.default_rng(0).integers(0, 17, program.input_shape).astype(np.float32) / np.float32(16)
    found = deepcheck.worst_margins(program, x, domain=Pixels(0, 1))
    other = deepcheck.worst_margins(plain, (x - 0.5) / 0.25, domain=Pixels(-2, 2))
    np.testing.assert_allclose(found.margins, other.margins, atol=1e-9)
    np.testing.assert_allclose(found.values, other.values * 0.25 + 0.5, atol=1e-9)


def test_what_overflows_or_depends_on_rounding_is_not_a_number(monkeypatch):
    huge = deepcheck.load(dense_network([([[1e38] * 2], [0, 0])] + [(np.full((2, 2), 1e38), [0, 0])] * 8))
    found = deepcheck.worst_margins(huge, np.array([1.0], np.float32))
    assert np.isnan(found.margins).all()
    assert (found.undecided.all(), found.attackable.any(), found.labels[0, 0]) == (True, False, -1)
    assert np.isnan(found.current).all()
    thirds = deepcheck.load(dense_network([([[1 / 3, 1.0], [-1 / 3, 1.0]], [0.0, 0.0]), (np.eye(2), [0.0, 0.0])]))
    x = np.float32([0.7, 0.7])
    assert not np.isnan(deepcheck.worst_margins(thirds, x).margins).any()
    monkeypatch.setattr(concrete, "EXACT_PRODUCTS", -1)
    assert np.isnan(deepcheck.worst_margins(thirds, x).margins).all()


def test_a_value_attains_its_margin_where_floats_lose_the_path():
    """The lead is ``-1 - |x| / 3``: the path at 0 goes on to the left, past a guard that is 0 but for rounding."""
    hidden = [([[1 / 3, 1 / 3, -1 / 3, -1 / 3]], [0] * 4), ([[0.7, 1], [-0.7, 0], [0.7, 1], [-0.7, 0]], [0, 0])]
    program = deepcheck.load(dense_network([*hidden, ([[0, 1], [1, 0]], [1, 0])]))
    for paths in ("same", "all"):
        for domain in (Pixels(-0.25, 1), Pixels(-1, 0.25), Pixels(unbounded=True)):
            found = deepcheck.worst_margins(program, np.zeros(1, np.float32), paths=paths, domain=domain)
            np.testing.assert_allclose((found.margins, found.values), [[[-1.0]], [[0.0]]], atol=1e-9)


def test_an_end_that_floats_do_not_know_is_the_inner_one():
    """Half-way to where a path may end, a value may lie off it; for what differs by rounding alone it is better."""
    ends = np.array([0.0, 0.5, -np.inf]), np.array([-0.25, 0.5 + 2.0**-40, -np.inf])
    with np.errstate(invalid="ignore"):
        found = _between(*ends)
    assert found.tolist() == [0.0, 0.5 + 2.0**-41, -np.inf]


@pytest.mark.parametrize("domain", [Pixels(), Pixels(levels=3)])
def test_what_no_float_holds_on_the_way(domain):
    """Nine products of 1e38 are too large, nine of 1e-45 too small: neither is an error, a warning or a false claim."""
    zero = np.zeros(1, np.float32)
    huge, tiny = (
        deepcheck.load(dense_network([([[w]], [0])] * 9 + [([[-1, 1]], [0, last])]))
        for w, last in ((1e38, -1), (1e-45, 0))
    )
    over = deepcheck.worst_margins(huge, zero, domain=domain)
    assert (np.isnan(over.margins).all(), np.isnan(over.values).all(), over.labels.tolist()) == (True, True, [[-1]])
    assert (over.undecided.all(), over.current.tolist()) == (True, [-1.0])
    under = deepcheck.worst_margins(tiny, zero, domain=domain)
    exact = 2 * Fraction(float(np.float32(1e-45))) ** 9
    assert 0 < abs(Fraction(float(under.margins[0, 0])) - exact) <= Fraction(float(under.errors[0, 0]))
    assert under.undecided.all()


def test_what_is_refused():
    program, x = valley()
    with pytest.raises(OptionError, match="expected paths='same' or 'all', got 'some'"):
        deepcheck.worst_margins(program, x, paths="some")
    with pytest.raises(OptionError, match="target"):
        deepcheck.worst_margins(program, x, target=1)
    with pytest.raises(OptionError, match="memory_bytes"):
        deepcheck.worst_margins(program, x, memory_bytes=0)
    with pytest.raises(InputError, match="within 0:1"):
        deepcheck.worst_margins(program, x + 2)
    colour = deepcheck.load(dense_network([(np.ones((12, 2)), [0, 0])], input_shape=(3, 2, 2)))
    with pytest.raises(OptionError, match=r"one input element each.*3 channels.*features_as='element'"):
        deepcheck.worst_margins(colour, np.zeros((3, 2, 2), np.float32))
    price = deepcheck.load(dense_network([([[1.0]], [0.0])]))
    if price.decision is None:
        with pytest.raises(NoDecision):
            deepcheck.worst_margins(price, np.zeros(1, np.float32))
