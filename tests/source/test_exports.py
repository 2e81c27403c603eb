"""Exported questions read back by others (Z3, cvc5, HiGHS, the vnnlib package), against fractions and onnxruntime."""

import re
from fractions import Fraction

import numpy as np
import pytest
from exported import assertions, cvc5_answer, declared, forms, highs_optimum, satisfied, value, z3_answer
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from oracles import label_of, label_scores, onnx_label, onnx_outputs, run_exactly, session_of
from requirements import require
from set_oracle import Sets
from strategies import DEGENERATE, ORDINARY, Graph, dense_network, networks

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import InputError, NoDecision, OptionError
from deepcheck.source.smtlib import digits, rational

BOUNDS = {"unit": (0.0, 1.0), "wide": (-1.0, 2.0), "unbounded": (None, None)}
SHARES = (Fraction(0), Fraction(1, 7), Fraction(1, 2), Fraction(1))


def relaxed(examples):
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
    )


def domain_of(lower, upper):
    return Pixels(unbounded=True) if lower is None else Pixels(lower, upper)


def chosen(draw, count, most=5):
    return sorted(draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=min(most, count))))


def target_of(draw, sets):
    others = [j for j in range(sets.scores.shape[1]) if j != sets.label]
    return draw(st.sampled_from([None, *others])) if others else None


def points(rng, sets, features):
    """Random values of some elements, inside and outside of their spans, some on ends and at the input."""
    for _ in range(8):
        steps = {}
        for i in sets.elements(features):
            low = sets.spans[i].low if sets.spans[i].low is not None else Fraction(-3)
            high = sets.spans[i].high if sets.spans[i].high is not None else Fraction(3)
            share = Fraction(int(rng.integers(-2, 11)), 8)
            steps[i] = Fraction(0) if rng.random() < 0.2 else low + share * (high - low)
            if sets.table and rng.random() < 0.8:
                steps[i] = sets.table[int(rng.integers(len(sets.table)))] - sets.origins[i]
        yield steps


def is_attack(sets, steps, target):
    """By the oracle's own forms: in the domain, on the path, and another label (or the target) by DESIGN.md, 4.5."""

    def at(row):
        return row[0] + sum((row[1 + i] * d for i, d in steps.items()), Fraction(0))

    if any(d not in sets.spans[i] or (sets.table and d + sets.origins[i] not in sets.table) for i, d in steps.items()):
        return False
    if any(at(guard) < 0 for guard in sets.guards):
        return False
    scores = [at(sets.scores[:, j]) for j in range(sets.scores.shape[1])]
    label = max(range(len(scores)), key=lambda j: (scores[j], -j))
    return label != sets.label if target is None else label == target


def check_smtlib(text, sets, features, target, rng):
    """Every point means what the oracle says; both solvers say what it says of all points."""
    elements = sets.elements(features)
    assert declared(text) == [f"x{i}" for i in elements]
    for steps in points(rng, sets, features):
        point = {f"x{i}": sets.origins[i] + d for i, d in steps.items()}
        assert satisfied(text, point) == is_attack(sets, steps, target)
    expected = "sat" if sets.labels(features, target, won=False) else "unsat"
    assert z3_answer(text) == expected
    assert cvc5_answer(text) == expected
    return expected


def check_attack(program, sets, features, target, domain, expected):
    """DeepCheck's verdict about the same question."""
    result = deepcheck.attack(
        program, sets.x, features=features, size="all", target=target, domain=domain, features_as="element"
    )
    event(f"{expected}, {result.verdict}")
    if "label depends on rounding" in result.reason:
        return
    if expected == "unsat":
        assert result.verdict == "proved"
        return
    assert result.verdict != "proved"
    won = sets.labels(features, target, won=True)
    if any(sets.table or sets.roomy(features, j) for j in won) and "does not replay" not in result.reason:
        assert result.verdict == "attack"


@relaxed(150)
@given(networks(ORDINARY + DEGENERATE, most=3), st.sampled_from(list(BOUNDS)), st.data())
def test_smtlib_of_any_network(network, bounds, data):
    lower, upper = BOUNDS[bounds]
    sets = Sets(network.model, network.x, lower, upper)
    features = chosen(data.draw, network.x.size)
    target = target_of(data.draw, sets)
    program = deepcheck.load(network.model)
    domain = domain_of(lower, upper)
    text = deepcheck.translate(
        program, "smtlib", network.x, features=features, target=target, domain=domain, features_as="element"
    )
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    expected = check_smtlib(text, sets, features, target, rng)
    check_attack(program, sets, features, target, domain, expected)


@relaxed(60)
@given(networks((*ORDINARY, "integers", "ties"), most=2), st.data())
def test_smtlib_on_levels(network, data):
    levels = data.draw(st.sampled_from([2, 3, 5]))
    values = np.arange(levels).astype(np.float32) / np.float32(levels - 1)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = values[rng.integers(0, levels, network.x.shape)]
    sets = Sets(network.model, x, table=[Fraction(float(v)) for v in values])
    features = chosen(data.draw, x.size, most=3)
    target = target_of(data.draw, sets)
    program, domain = deepcheck.load(network.model), Pixels(levels=levels)
    text = deepcheck.translate(
        program, "smtlib", x, features=features, target=target, domain=domain, features_as="element"
    )
    expected = check_smtlib(text, sets, features, target, rng)
    check_attack(program, sets, features, target, domain, expected)


def best_margin(sets, features, target):
    """The exact optimum of the linear program, by Z3's optimiser; None where it is unbounded."""
    import z3

    mine = sets.elements(features)
    d, margin = {i: z3.Real(f"d{i}") for i in mine}, z3.Real("margin")

    def exactly(number):
        return z3.RealVal(f"{number.numerator}/{number.denominator}")

    def form(row):
        return z3.Sum([exactly(row[0]), *(exactly(row[1 + i]) * d[i] for i in mine)])

    optimiser = z3.Optimize()
    for i in mine:
        for end, sign in ((sets.spans[i].low, 1), (sets.spans[i].high, -1)):
            if end is not None:
                optimiser.add(sign * (d[i] - exactly(end)) >= 0)
    optimiser.add(*(form(guard) >= 0 for guard in sets.guards))
    optimiser.add(*(form(row) >= margin for row, _ in sets.goals(target)))
    found = optimiser.maximize(margin)
    assert optimiser.check() == z3.sat
    upper = optimiser.upper(found)
    return None if "oo" in str(upper) else Fraction(str(upper))


def scale_of(text):
    """The power of 2 that the header names."""
    return int(re.search(r"in\s+\\?\s*scores times 2\^(-?\d+)\.", text).group(1))


@relaxed(150)
@given(
    networks(("normal", "integers", "zeros", "ties", "huge", "tiny"), most=3), st.sampled_from(list(BOUNDS)), st.data()
)
def test_lp_of_any_network(tmp_path_factory, network, bounds, data):
    lower, upper = BOUNDS[bounds]
    assume(bounds != "unbounded" or not network.description.startswith(("huge", "tiny")))  # beyond what floats can say
    sets = Sets(network.model, network.x, lower, upper)
    features, others = chosen(data.draw, network.x.size), [j for j in range(sets.scores.shape[1]) if j != sets.label]
    assume(others)
    target = data.draw(st.sampled_from(others))
    program = deepcheck.load(network.model)
    domain = domain_of(lower, upper)
    text = deepcheck.translate(
        program, "lp", network.x, features=features, target=target, domain=domain, features_as="element"
    )
    file = tmp_path_factory.mktemp("lp") / "question.lp"
    file.write_text(text, encoding="ascii")
    optimum, exact = highs_optimum(file), best_margin(sets, features, target)
    if exact is None:
        event("unbounded")
        assert optimum == float("inf") or optimum > 1e6
        return
    exact *= Fraction(2) ** scale_of(text)
    event("attack" if exact > 0 else "none" if exact < 0 else "tie")
    assert abs(optimum - exact) <= 1e-5 * max(1, abs(exact))
    if abs(optimum) > 1e-5 * max(1, *(abs(float(end)) for end in re.findall(r">= (\S+)$", text, flags=re.MULTILINE))):
        assert (optimum > 0) == sets.can(features, target, won=True)
        result = deepcheck.attack(
            program, network.x, features=features, size="all", target=target, domain=domain, features_as="element"
        )
        if "label depends on rounding" not in result.reason:
            assert (result.verdict == "proved") == (optimum < 0)


def changes(outputs, label, target, *, sigmoid, lowest, closed):
    """Is the goal reached by a model's own outputs, as VNN-LIB (closed) or DESIGN.md says it?"""
    if len(outputs) == 1:
        limit = 0.5 if sigmoid else 0.0
        if label == 1:
            return outputs[0] <= limit
        return outputs[0] >= limit if closed else outputs[0] > limit
    scores = [-v for v in outputs] if lowest else list(outputs)

    def beats(j, k):
        return scores[j] >= scores[k] if closed or j < k else scores[j] > scores[k]

    others = range(len(scores))
    if target is not None:
        return all(beats(target, k) for k in others if k != target)
    return any(beats(j, label) for j in others if j != label)


def named(name, array, version):
    """A tensor's elements as names of VNN-LIB, with exact values."""
    places = np.ndindex(array.shape) if version == "2.0" else range(array.size)
    flat = array.astype(np.float64).ravel().tolist()
    spelled = (f"{name}[{','.join(map(str, p))}]" if version == "2.0" else f"{name}_{p}" for p in places)
    return dict(zip(spelled, map(Fraction, flat), strict=True))


@relaxed(150)
@given(
    networks(("normal", "integers", "ties", "zeros"), most=3),
    st.sampled_from(["1.0", "2.0"]),
    st.booleans(),
    st.data(),
)
def test_vnnlib_of_any_network(network, version, lowest, data):
    package, x = require("vnnlib"), network.x
    lowest = lowest and not network.sigmoid
    program = deepcheck.load(network.model, decision="arg min" if lowest else None)
    features = chosen(data.draw, x.size)
    scores = label_scores(run_exactly(network.model, x, slopes=False).outputs)[0]
    label = label_of(-scores if lowest else scores)
    labels = program.decision.labels
    target = data.draw(st.sampled_from([None, *(j for j in range(labels) if j != label)]))
    lower, upper = BOUNDS[data.draw(st.sampled_from(["unit", "wide"]))]
    text = deepcheck.translate(
        program, "vnnlib", x, features=features, target=target, domain=Pixels(lower, upper), version=version,
        features_as="element",
    )  # fmt: skip
    assert f"label     {label} of" in text
    session, rng = session_of(network.model), np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    seen = set()
    for at in range(10):
        changed = x.copy()
        changed.reshape(-1)[features] = rng.uniform(lower - 0.1 * (at == 9), upper, len(features))
        if at == 8:
            changed.reshape(-1)[features] = [lower] * len(features)
        elsewhere = at == 7 and x.size > len(features)
        if elsewhere:
            free = [i for i in range(x.size) if i not in features]
            changed.reshape(-1)[free[0]] = np.nextafter(changed.reshape(-1)[free[0]], x.dtype.type(9))
        output = session.run(None, {"input": changed[None]})[0]
        inside = not elsewhere and bool(((changed >= lower) & (changed <= upper)).reshape(-1)[features].all())
        reached = changes(
            output.ravel().tolist(), label, target, sigmoid=network.sigmoid, lowest=lowest, closed=version == "1.0"
        )
        point = {**named("X", changed[None], version), **named("Y", output, version)}
        assert satisfied(text, point) == (inside and reached)
        seen.add((inside, reached))
    event(f"{len(seen)} kinds of points")
    if version == "1.0":
        check_nice(text)
        return
    query = package.parse_query_string(text)
    (net,) = query.networks
    assert net.inputs[0].shape == [1, *x.shape]
    assert net.outputs[0].shape == list(output.shape)
    assert net.inputs[0].dtype == net.outputs[0].dtype == getattr(package.DType, f"F{8 * x.dtype.itemsize}")
    check_compatible(package, query, x, features, lower, upper)


def check_compatible(package, query, x, features, lower, upper):
    """What the package makes of it for tools that want a box and polytopes."""
    import vnnlib.compat

    assert package.__version__
    box = np.array(vnnlib.compat.transform(query)[0].input_box)
    expected = np.stack([x.ravel(), x.ravel()], axis=1).astype(np.float64)
    expected[features] = lower, upper
    assert np.array_equal(box, expected)


def check_nice(text):
    """The form that the readers of VNN-COMP expect: simple comparisons, one disjunction at most, nothing else."""
    shapes = [
        r"\(declare-const [XY]_\d+ Real\)",
        r"\(assert \((<=|>=) [XY]_\d+ ([XY]_\d+|-?\d+\.\d+)\)\)",
        r"\(assert \(or( \(and \((<=|>=) Y_\d+ Y_\d+\)\))+ \)\)",
    ]
    statements = re.sub(r"\s+", " ", re.sub(r";.*", "", text)).replace(") (assert", ")\n(assert")
    statements = statements.replace(") (declare", ")\n(declare").strip().splitlines()
    assert all(any(re.fullmatch(shape, one.strip()) for shape in shapes) for one in statements)
    assert sum("(or" in one for one in statements) <= 1


def two_sums():
    """Scores relu(x0 + x1) and relu(x2 + x3)."""
    return dense_network([([[1, 0], [1, 0], [0, 1], [0, 1]], [0, 0]), ([[1, 0], [0, 1]], [0, 0])])


X = np.array([0.5, 0.5, 0.25, 0.25], np.float32)


def test_smtlib_by_hand():
    text = deepcheck.translate(deepcheck.load(two_sums()), "smtlib", X, features=[2, 0])
    assert forms(text) == forms("""
        (set-info :smt-lib-version 2.6) (set-logic QF_LRA)
        (declare-const x0 Real) (declare-const x2 Real)
        (assert (>= x0 0)) (assert (<= x0 1)) (assert (>= x2 0)) (assert (<= x2 1))
        (assert (>= (+ (* 2 x0) 1) 0))
        (assert (>= (+ (* 4 x2) 1) 0))
        (assert (> (+ (* (- 4) x0) (* 4 x2) (- 1)) 0))
        (check-sat)""")
    assert z3_answer(text) == cvc5_answer(text) == "sat"
    assert cvc5_answer(text.replace("\n(check-sat)", "\n(assert (>= x0 (/ 3 4)))\n(check-sat)")) == "unsat"


def test_a_tie_goes_to_the_lower_label():
    above = dense_network([([[1, 0]], [0, 1])])  # f = x, 1: label 1 until x = 1, where the tie goes to label 0
    below = dense_network([([[0, 1]], [1, 0])])  # f = 1, x: label 0 for ever
    for model, label, closed in ((above, 1, True), (below, 0, False)):
        program = deepcheck.load(model)
        for target in (None, 1 - label):
            text = deepcheck.translate(program, "smtlib", np.array([0.5], np.float32), features=[0], target=target)
            assert satisfied(text, {"x0": Fraction(1)}) == closed
            assert z3_answer(text) == ("sat" if closed else "unsat")
            box = [
                deepcheck.translate(
                    program, "vnnlib", np.array([0.5], np.float32), features=[0], target=target, version=version
                )
                for version in ("1.0", "2.0")
            ]
            tie = {"X_0": Fraction(1), "Y_0": Fraction(1), "Y_1": Fraction(1)}
            assert satisfied(box[0], tie)
            tie = {"X[0,0]": Fraction(1), "Y[0,0]": Fraction(1), "Y[0,1]": Fraction(1)}
            assert satisfied(box[1], tie) == closed


def test_lp_by_hand(tmp_path):
    file = tmp_path / "two_sums.lp"
    text = deepcheck.translate(deepcheck.load(two_sums()), "lp", X, features=[2], target=1)
    file.write_text(text, encoding="ascii")
    # The lead of label 1 is d2 - 0.5, and d2 is at most 0.75.
    assert highs_optimum(file) == pytest.approx(0.25 * 2 ** scale_of(text))
    assert [line for line in text.splitlines() if not line.startswith("\\")] == [
        "Maximize", " obj: margin", "Subject To", " guard_0: + 1.0 d2 >= -0.5",
        " lead_1_over_0: + 1.0 d2 - 1.0 margin >= 0.5", "Bounds", " -0.25 <= d2 <= 0.75", " margin free", "End",
    ]  # fmt: skip


def test_vnnlib_by_hand():
    program = deepcheck.load(two_sums())
    text = deepcheck.translate(program, "vnnlib", X, features=[2], domain=Pixels(0.1, 1))
    tenth = "0.100000001490116119384765625"  # the float32 next above 0.1
    fixed = "".join(f"(assert (<= X_{i} {v})) (assert (>= X_{i} {v}))" for i, v in ((0, 0.5), (1, 0.5)))
    assert forms(text) == forms(
        "".join(f"(declare-const {n} Real)" for n in ("X_0", "X_1", "X_2", "X_3", "Y_0", "Y_1"))
        + fixed
        + f"(assert (<= X_2 1.0)) (assert (>= X_2 {tenth}))"
        + "(assert (<= X_3 0.25)) (assert (>= X_3 0.25)) (assert (>= Y_1 Y_0))"
    )
    newer = deepcheck.translate(program, "vnnlib", X, features=[2], version="2.0")
    assert "(declare-input X float32 [1,4])" in newer
    assert assertions(newer)[-1] == [">", "Y[0,1]", "Y[0,0]"]


def test_a_witness_over_all_paths_satisfies_the_box():
    rng, version = np.random.default_rng(5), "1.0"
    model = dense_network(
        [(rng.normal(size=(6, 5)), rng.normal(size=5)), (rng.normal(size=(5, 3)), rng.normal(size=3))]
    )
    program, found = deepcheck.load(model), 0
    for x in rng.random((6, 6)).astype(np.float32):
        features = [1, 4]
        result = deepcheck.attack(program, x, features=features, size=2, paths="all")
        text = deepcheck.translate(program, "vnnlib", x, features=features, version=version)
        for attack in result.attacks:
            changed = attack.witness.model_input
            output = onnx_outputs(model, changed[None])
            assert satisfied(text, {**named("X", changed[None], version), **named("Y", output, version)})
            found += 1
        still = {**named("X", x[None], version), **named("Y", onnx_outputs(model, x[None]), version)}
        assert not satisfied(text, still)
    assert found > 1


def test_preprocessing_and_groups():
    rng = np.random.default_rng(3)
    model = dense_network([(rng.normal(size=(12, 3)), np.zeros(3))], input_shape=(3, 2, 2))
    mean, std = [0.5, 0.25, 0.125], [0.5, 0.25, 2.0]
    program = deepcheck.load(model, mean=mean, std=std)
    x = (rng.integers(0, 5, (3, 2, 2)) / 4).astype(np.float32)
    text = deepcheck.translate(program, "smtlib", x, features=[1])
    assert declared(text) == ["x1", "x5", "x9"]
    expected = [[(end - m) / s for end in (0, 1)] for m, s in zip(mean, std, strict=True)]
    bounds = [value(form[2], {}) for form in assertions(text) if form[1] in ("x1", "x5", "x9")]
    assert bounds == [Fraction(end) for pair in expected for end in pair]
    sets = Sets(
        model, ((x - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))).astype(np.float32),
        np.broadcast_to(np.reshape([low for low, _ in expected], (3, 1, 1)), x.shape),
        np.broadcast_to(np.reshape([high for _, high in expected], (3, 1, 1)), x.shape),
    )  # fmt: skip
    assert z3_answer(text) == ("sat" if sets.labels([1, 5, 9], None, won=False) else "unsat")
    box = deepcheck.translate(program, "vnnlib", x, features=[1])
    assert satisfied_box(box, {1: expected[0], 5: expected[1], 9: expected[2]}, sets.x)


def satisfied_box(text, free, x):
    """Is the box of a VNN-LIB file what it should be?"""
    ends = {}
    for form in assertions(text):
        if isinstance(form[1], str) and form[1].startswith("X_"):
            ends.setdefault(form[1], {})[form[0]] = Fraction(form[2])
    expected = {f"X_{i}": (v, v) for i, v in enumerate(map(Fraction, x.astype(np.float64).ravel().tolist()))}
    expected |= {f"X_{i}": tuple(map(Fraction, pair)) for i, pair in free.items()}
    return {name: (pair[">="], pair["<="]) for name, pair in ends.items()} == expected


def test_an_element_that_stays():
    program = deepcheck.load(two_sums())
    bounds = Pixels(np.array([0, 0, 0.25, 0]), np.array([1, 1, 0.25, 1]))
    text = deepcheck.translate(program, "smtlib", X, features=[2], domain=bounds)
    assert z3_answer(text) == cvc5_answer(text) == "unsat"
    assert " 0.0 <= d2 <= 0.0\n" in deepcheck.translate(program, "lp", X, features=[2], target=1, domain=bounds)


def test_features_that_reach_nothing(tmp_path):
    model = dense_network([([[0, 0], [1, 0]], [1, 0]), ([[1, 0], [0, 1]], [0, 0])])
    program, x = deepcheck.load(model), np.array([0.5, 0.5], np.float32)
    text = deepcheck.translate(program, "smtlib", x, features=[0])
    assert "(> (- 1) 0)" in text or "(> (- 3) 0)" in text
    assert z3_answer(text) == cvc5_answer(text) == "unsat"
    (tmp_path / "dead.lp").write_text(deepcheck.translate(program, "lp", x, features=[0], target=1))
    assert highs_optimum(tmp_path / "dead.lp") < 0


def test_integers_of_any_length():
    assert digits(10**9000 + 7) == "1" + "0" * 8999 + "7"
    assert digits(10**8000) == "1" + "0" * 8000
    assert digits(0) == "0"
    assert rational(Fraction(-(10**5000), 3)) == f"(- (/ 1{'0' * 5000} 3))"
    # Scores 1/2 - x and x - 1/2 + x * 1e-250 ** 20: label 0 below about 1/2, label 1 above.
    deep = [([[1, 0], [0, 1e-250]], [0, 0])] * 20
    layers = [([[1, 1]], [0, 0]), *deep, ([[-1, 1], [0, 1]], [0.5, -0.5])]
    program = deepcheck.load(dense_network(layers, dtype=np.dtype(np.float64)))
    for highest, expected in ((1.0, "sat"), (0.49, "unsat")):
        text = deepcheck.translate(program, "smtlib", np.array([0.25]), features=[0], domain=Pixels(0, highest))
        assert max(map(len, re.findall(r"\d+", text))) > 4300
        assert z3_answer(text) == cvc5_answer(text) == expected


def test_guards_out_of_reach_are_left_out_of_the_lp(tmp_path):
    model = dense_network([([[1e-30, 1], [0, 1]], [1, 0]), ([[1, 0], [0, 1]], [0, 0])])
    text = deepcheck.translate(deepcheck.load(model), "lp", np.array([0.5, 0.25], np.float32), features=[0], target=1)
    assert "1 guards are too far away" in text
    (tmp_path / "far.lp").write_text(text, encoding="ascii")
    assert highs_optimum(tmp_path / "far.lp") == pytest.approx(0.25 * 2 ** scale_of(text))


def test_guards_far_away_are_kept_in_the_lp(tmp_path):
    # Scores 1 and x / 2 ** 40, and a unit that is on until x = 2 ** 42.
    layers = [([[-(2.0**-40), 2.0**-40]], [4, 0]), ([[0, 0], [0, 1]], [1, 0])]
    program, x = deepcheck.load(dense_network(layers)), np.array([2**20], np.float32)
    text = deepcheck.translate(program, "lp", x, features=[0], target=1, domain=Pixels(0, 2.0**44))
    (tmp_path / "wide.lp").write_text(text, encoding="ascii")
    assert highs_optimum(tmp_path / "wide.lp") == pytest.approx(3 * 2.0 ** scale_of(text))


def test_the_header_says_what_was_asked():
    model = two_sums()
    program = deepcheck.load(model)
    for to, options in (("smtlib", {}), ("lp", {"target": 1}), ("vnnlib", {})):
        text = deepcheck.translate(program, to, X, features=[3, 2], **options)
        header = [line[2:] for line in text.splitlines() if line[:2] in ("; ", "\\ ")]
        told = dict(line.split(maxsplit=1) for line in header if line[:1].islower() and "  " in line)
        assert program.origin.sha256 in told["model"]
        assert told["label"].startswith("0 of 2")
        assert told["features"] == "2, 3"
        assert told["domain"] == "values in [0, 1]"
        assert told["goal"] == ("label 1" if options else "any other label")
        assert told["scope"] == ("all paths" if to == "vnnlib" else "this path")
        assert "\n".join(header).isascii()
    border = deepcheck.translate(program, "smtlib", np.zeros(4, np.float32), features=[0])
    assert "this path (one of several through the input, which lies on 2 borders)" in border


@pytest.mark.parametrize("to", ["smtlib", "lp", "vnnlib"])
def test_what_no_question_can_be(to):
    program, target = deepcheck.load(two_sums()), 1

    def ask(**options):
        return deepcheck.translate(program, to, **{"x": X, "features": [0], "target": target, **options})

    assert ask()
    with pytest.raises(OptionError, match="expected features for"):
        ask(features=None)
    with pytest.raises(OptionError, match="from 0 to 3"):
        ask(features=[4])
    with pytest.raises(OptionError, match="a target label from 0 to 1, got 2"):
        ask(target=2)
    with pytest.raises(OptionError, match="a target label from 0 to 1, got \\[0, 1\\]"):
        ask(target=[0, 1])
    with pytest.raises(OptionError, match="has label 0 already"):
        ask(target=0)
    with pytest.raises(InputError, match="expected one input of shape"):
        ask(x=None)
    with pytest.raises(InputError, match="expected one input of shape"):
        ask(x=X[None])
    with pytest.raises(InputError, match="outside"):
        ask(x=X + 2)
    with pytest.raises(OptionError, match="version"):
        ask(version="3.0")
    with pytest.raises(OptionError, match="expected a domain such as"):
        ask(domain=(0, 1))
    with pytest.raises(NoDecision, match="regression"):
        deepcheck.translate(deepcheck.load(dense_network([([[1]], [0])])), to, np.zeros(1, np.float32), features=[0])


def test_what_one_format_cannot_say():
    program = deepcheck.load(two_sums())
    whole = np.array([1, 1, 0, 0], np.float32)
    with pytest.raises(OptionError, match="one target for lp"):
        deepcheck.translate(program, "lp", X, features=[0])
    with pytest.raises(OptionError, match="got levels: use smtlib"):
        deepcheck.translate(program, "lp", whole, features=[0], target=1, domain=Pixels(levels=2))
    with pytest.raises(OptionError, match="got levels"):
        deepcheck.translate(program, "vnnlib", whole, features=[0], domain=Pixels(levels=2))
    with pytest.raises(OptionError, match="bounded domain"):
        deepcheck.translate(program, "vnnlib", X, features=[0], domain=Pixels(unbounded=True))
    with pytest.raises(OptionError, match="expected no version for smtlib"):
        deepcheck.translate(program, "smtlib", X, features=[0], version="1.0")
    for name, asked in (("features", [0]), ("target", 1), ("domain", Pixels(0, 1)), ("version", "1.0")):
        with pytest.raises(OptionError, match=f"expected no {name} for python"):
            deepcheck.translate(program, "python", X, **{name: asked})


def test_models_that_a_verifier_would_read_otherwise():
    program = deepcheck.load(two_sums(), output="t1", decision="arg max")
    with pytest.raises(OptionError, match="whose only output are the scores"):
        deepcheck.translate(program, "vnnlib", X, features=[0])
    assert deepcheck.translate(program, "smtlib", X, features=[0])
    net = Graph(np.random.default_rng(0), "normal", (4,))
    net.node("MatMul", net.store(np.eye(4, 2, dtype=np.float32)), shape=(2,))
    pairs = deepcheck.load(net.model((4,), batch=2), batch_axis=True)
    assert deepcheck.translate(pairs, "smtlib", X, features=[0])
    with pytest.raises(OptionError, match="one of 2"):
        deepcheck.translate(pairs, "vnnlib", X, features=[0])


def test_large_networks_are_not_asked_exactly(monkeypatch):
    program = deepcheck.load(two_sums())
    monkeypatch.setattr("deepcheck.verbs.exporting.EXACT_PRODUCTS", 3)
    with pytest.raises(InputError, match="too large for exact arithmetic"):
        deepcheck.translate(program, "smtlib", X, features=[0])
    assert deepcheck.translate(program, "vnnlib", X, features=[0])


def test_elements_of_float64():
    model = dense_network([([[1, 0], [0, 1]], [0, 0])], dtype=np.dtype(np.float64))
    x = np.array([0.1, 1e-300])
    text = deepcheck.translate(deepcheck.load(model), "vnnlib", x, features=[0], version="2.0")
    assert "(declare-input X float64 [1,2])" in text
    tiny = {form[0]: Fraction(form[2]) for form in assertions(text) if form[1] == "X[0,1]"}
    assert tiny == {">=": Fraction(1e-300), "<=": Fraction(1e-300)}
    assert require("vnnlib").parse_query_string(text).networks[0].inputs[0].dtype.name == "F64"


def test_a_label_of_a_sigmoid():
    model = dense_network([([[1]], [-0.5])], final="Sigmoid")
    program = deepcheck.load(model)
    assert assertions(deepcheck.translate(program, "vnnlib", np.ones(1, np.float32), features=[0]))[-1] == [
        "<=", "Y_0", "0.5"
    ]  # fmt: skip
    low = np.zeros(1, np.float32)
    assert onnx_label(model, low, sigmoid=True) == 0
    assert assertions(deepcheck.translate(program, "vnnlib", low, features=[0]))[-1] == [">=", "Y_0", "0.5"]
    newer = deepcheck.translate(program, "vnnlib", low, features=[0], version="2.0")
    assert assertions(newer)[-1] == [">", "Y[0,0]", "0.5"]
    signed = deepcheck.load(dense_network([([[1]], [-0.5])]), decision="sign")
    assert assertions(deepcheck.translate(signed, "vnnlib", low, features=[0]))[-1] == [">=", "Y_0", "0.0"]
