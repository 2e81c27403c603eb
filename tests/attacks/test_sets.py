"""Sets of features of small networks against an exact answer for every set, by Z3 or by counting levels."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from set_oracle import Sets, check_sets
from strategies import DEGENERATE, FLOAT32, ORDINARY, dense_network, networks

import deepcheck
from deepcheck import Pixels, zoo
from deepcheck.attacks import Outcome, enumeration, exact_sets, pair_search, pruning, question
from deepcheck.constraints import Inequalities, Undecided
from deepcheck.solvers import lattice, milp, polygon, simplex

FLOAT64 = np.dtype(np.float64)
KERNELS = (polygon._KERNEL, lattice._KERNEL, simplex._KERNEL, pruning._PAIRS, enumeration._KERNEL)
KINDS = ("integers", "floats", "sparse", "eighths", "mixed", "close")
BOUNDS = {"unit": (0.0, 1.0), "wide": (-1.0, 2.0), "unbounded": (None, None)}


def relaxed(examples):
    """Settings with so many examples."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def numbers(rng, kind, shape):
    """Weights: integers tie, close ones differ in their last bits."""
    whole = rng.integers(-2, 3, size=shape)
    normal = rng.normal(size=shape)
    return {
        "integers": whole,
        "floats": normal,
        "sparse": normal * (rng.random(shape) < 0.5),
        "eighths": np.round(normal * 8) / 8,
        "mixed": normal * 10.0 ** rng.integers(-6, 7, size=shape),
        "close": whole * (1 + rng.integers(-2, 3, size=shape) * 2.0**-51) / 3,
    }[kind]


@st.composite
def dense(draw, kinds=KINDS, sizes=(3, 4, 5), outputs=(1, 2, 3, 4)):
    """A small dense network and an input for it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind, count, width = draw(st.sampled_from(kinds)), draw(st.sampled_from(sizes)), draw(st.sampled_from(outputs))
    dtype = FLOAT64 if kind == "close" or draw(st.integers(0, 5)) == 0 else FLOAT32
    widths = [count, *(draw(st.integers(2, 5)) for _ in range(draw(st.integers(0, 2)))), width]
    layers = [(numbers(rng, kind, (a, b)), numbers(rng, kind, (b,)) / 2) for a, b in itertools.pairwise(widths)]
    final = "Sigmoid" if width == 1 else draw(st.sampled_from(["", "Softmax"]))
    inputs = [rng.random(count), rng.integers(0, 5, count) / 4, rng.integers(0, 2, count), np.full(count, 0.5)]
    x = draw(st.sampled_from(inputs)).astype(dtype)
    return dense_network(layers, dtype=dtype, final=final), x


def asked(model, x, size, **options):
    return deepcheck.attack(deepcheck.load(model), x, size=size, features_as="element", **options)


def domain_of(name):
    lower, upper = BOUNDS[name]
    return Pixels(unbounded=True) if lower is None else Pixels(lower, upper)


def on_levels(x, levels):
    """An input moved to levels, and the numbers that the model receives for them."""
    table = [Fraction(float(x.dtype.type(v) / x.dtype.type(levels - 1))) for v in range(levels)]
    moved = np.array([float(table[round(v * (levels - 1))]) for v in x.ravel().tolist()], x.dtype)
    return moved.reshape(x.shape), table


@relaxed(120)
@given(dense(), st.sampled_from([2, 2, 3, 4]), st.sampled_from(sorted(BOUNDS)))
def test_dense_networks(case, size, bounds):
    model, x = case
    assume(size < x.size)
    sets = Sets(model, x, *BOUNDS[bounds])
    event(check_sets(asked(model, x, size, domain=domain_of(bounds)), sets, size))


@relaxed(60)
@given(networks(ORDINARY + DEGENERATE), st.sampled_from([2, 2, 3]), st.sampled_from(sorted(BOUNDS)))
def test_networks_of_every_layer(network, size, bounds):
    assume(size <= network.x.size <= (16 if size == 2 else 9))
    sets = Sets(network.model, network.x, *BOUNDS[bounds])
    event(check_sets(asked(network.model, network.x, size, domain=domain_of(bounds)), sets, size))


@relaxed(50)
@given(dense(), st.sampled_from([2, 3]), st.integers(0, 2**32 - 1))
def test_bounds_of_each_element_some_frozen(case, size, seed):
    model, x = case
    assume(size < x.size)
    rng = np.random.default_rng(seed)
    steps = rng.choice([0, 0.25, 0.5], size=(2, x.size)).astype(x.dtype)
    lower, upper = (x - steps[0]).astype(np.float64), (x + steps[1]).astype(np.float64)
    result = asked(model, x, size, domain=Pixels(lower, upper))
    event(check_sets(result, Sets(model, x, lower, upper), size))


@relaxed(60)
@given(dense(), st.sampled_from([2, 3]), st.sampled_from(["coi", "co", "abs", "reach"]), st.booleans(), st.data())
def test_in_an_order_shortlisted_to_the_first(case, size, order, first, data):
    model, x = case
    assume(size < x.size)
    tried = data.draw(st.integers(size, x.size))
    program = deepcheck.load(model)
    result = asked(model, x, size, order=order, shortlist=tried, first=first)
    scores = deepcheck.importance(program, x, metric=order, features_as="element")
    ranked = sorted(range(x.size), key=lambda i: (-scores.ravel()[i], i))
    event(check_sets(result, Sets(model, x), size, order=ranked, tried=tried, first=first))


@relaxed(50)
@given(dense(outputs=(2, 3, 4)), st.sampled_from([2, 3]), st.integers(0, 3), st.sampled_from(sorted(BOUNDS)))
def test_with_a_target(case, size, choice, bounds):
    model, x = case
    assume(size < x.size)
    sets = Sets(model, x, *BOUNDS[bounds])
    others = [j for j in range(sets.scores.shape[1]) if j != sets.label]
    target = others[choice % len(others)]
    result = asked(model, x, size, target=target, domain=domain_of(bounds))
    event(check_sets(result, sets, size, target=target))


@relaxed(60)
@given(dense(), st.sampled_from([(2, 2), (2, 3), (2, 5), (2, 256), (3, 2), (3, 3), (3, 5), (4, 3)]))
def test_on_levels(case, numbers):
    size, levels = numbers
    model, x = case
    assume(size < x.size and (levels < 256 or x.size == 3))
    x, table = on_levels(x, levels)
    result = asked(model, x, size, domain=Pixels(levels=levels))
    event(check_sets(result, Sets(model, x, table=table), size, floats=False))


@relaxed(40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3]), st.sampled_from(["integers", "floats", "eighths"]))
def test_features_of_several_elements(seed, size, kind):
    rng = np.random.default_rng(seed)
    layers = [(numbers(rng, kind, (12, 4)), numbers(rng, kind, (4,))), (numbers(rng, kind, (4, 3)), np.zeros(3))]
    model = dense_network(layers, input_shape=(3, 2, 2))
    x = (rng.integers(0, 5, (3, 2, 2)) / 4).astype(np.float32)
    result = deepcheck.attack(deepcheck.load(model), x, size=size, features_as="pixel")
    members = [(i, 4 + i, 8 + i) for i in range(4)]
    event(check_sets(result, Sets(model, x, members=members), size))


@relaxed(25)
@given(dense(kinds=("floats", "eighths")), st.sampled_from(["l1", "linf"]), st.sampled_from(["unit", "wide"]))
def test_the_nearest_pair_is_near_the_optimum(case, objective, bounds):
    model, x = case
    sets = Sets(model, x, *BOUNDS[bounds])
    result = asked(model, x, 2, objective=objective, domain=domain_of(bounds))
    check_sets(result, sets, 2)
    for attack in list(result.attacks)[:4]:
        if len(attack.labels) > 1 or not sets.roomy(attack.features, attack.labels[0]):
            continue
        best = sets.nearest(attack.features, attack.labels[0], objective)
        step = np.abs(attack.witness.model_input.astype(float) - x.astype(float)).ravel()
        length = step.sum() if objective == "l1" else step.max()
        # The pull inside is at most 1/1024 of the way to the middle where that holds, else more: thin regions.
        widest = 6 if objective == "l1" else 3
        assert float(best) - 1e-6 <= length <= float(best) + widest * 2.0**-4 + 1e-6
        event("within 1/1024" if length <= float(best) + widest * 2.0**-10 + 1e-6 else "farther")


@relaxed(30)
@given(dense(), st.sampled_from([2, 3]), st.sampled_from(sorted(BOUNDS)), st.sampled_from([None, 3]))
def test_interpreted_and_compiled_kernels_agree(case, size, bounds, levels):
    model, x = case
    assume(size < x.size and not (levels and bounds != "unit"))
    domain = domain_of(bounds)
    if levels:
        x, domain = on_levels(x, levels)[0], Pixels(levels=levels)
    for kernel in KERNELS:
        kernel.compile()
    answers = []
    compiled = [kernel._compiled for kernel in KERNELS]
    for run in range(2):
        for kernel, made in zip(KERNELS, compiled, strict=True):
            kernel._compiled = kernel._function if run else made
        try:
            answers.append(asked(model, x, size, domain=domain))
        finally:
            for kernel, made in zip(KERNELS, compiled, strict=True):
                kernel._compiled = made
    one, other = answers
    assert (one.counts, one.attackable, one.new) == (other.counts, other.attackable, other.new)
    assert one.labels_reached == other.labels_reached
    for a, b in zip(one.attacks, other.attacks, strict=True):
        assert a.labels == b.labels
        assert a.witness.model_input.tobytes() == b.witness.model_input.tobytes()


@pytest.mark.parametrize("capacity", [1, 7])
@relaxed(20)
@given(case=dense(kinds=("integers", "floats")), size=st.sampled_from([3, 4]))
def test_blocks_of_the_enumeration_do_not_matter(capacity, case, size):
    model, x = case
    assume(size < x.size)
    whole = asked(model, x, size)
    before = enumeration.CAPACITY
    enumeration.CAPACITY = capacity
    try:
        parts = asked(model, x, size)
    finally:
        enumeration.CAPACITY = before
    assert (whole.counts, whole.attackable, whole.new) == (parts.counts, parts.attackable, parts.new)


@pytest.mark.parametrize("size", [2, 3])
def test_how_inputs_share_passes_and_memory_does_not_matter(size, monkeypatch):
    program = deepcheck.load(zoo.path("digits_10x4"))
    images = np.random.default_rng(5).random((6, *program.input_shape)).astype(program.dtype)
    usual = deepcheck.attack(program, images, size=size)
    monkeypatch.setattr(pair_search, "WAITING", 0)
    for other in (deepcheck.attack(program, images, size=size, memory_bytes=60_000), [
        deepcheck.attack(program, image, size=size) for image in images
    ]):  # fmt: skip
        for one, same in zip(usual, other, strict=True):
            assert (one.counts, one.attackable, one.new) == (same.counts, same.attackable, same.new)


def test_every_exact_question_looks_at_the_clock(monkeypatch):
    """A chunk of columns can hold very many questions."""
    program = deepcheck.load(zoo.path("digits_10x4"))
    image = np.float32(np.random.default_rng(2).integers(0, 17, program.input_shape)) / np.float32(16)
    asked = []

    def slow(*_):
        asked.append(1)
        return exact_sets.Settled(Outcome.SOLVER)

    monkeypatch.setattr(question, "settle", slow)
    monkeypatch.setattr(question.Question, "late", lambda self: len(asked) >= 3)
    result = deepcheck.attack(program, image, size=3, domain=Pixels(levels=17), timeout=1000)
    assert len(asked) == 3
    assert result.counts["untried"] > 0
    assert result.tried + result.counts["untried"] == result.asked


def test_branch_and_bound_leaves_a_question_open_after_so_many_boxes(monkeypatch):
    monkeypatch.setattr(milp, "NODES", 2)
    grid = [Fraction(level) for level in range(9)]
    thin = Inequalities(
        ((Fraction(1), Fraction(-1)), (Fraction(-1), Fraction(1))), (-Fraction(1, 3), Fraction(1, 2)), (True, True)
    )
    assert isinstance(milp._branch(thin, [grid, grid], None), Undecided)
