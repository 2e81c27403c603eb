"""Programs, paths, constants, decisions: shapes are checked, text is explicit, numbers are exact."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions_of
from strategies import FLOAT32, Graph, dense_network, networks

import deepcheck
from deepcheck.errors import InputError, MalformedModel, NoDecision, OptionError
from deepcheck.program import (
    Constant,
    Decision,
    Exact,
    Largest,
    Origin,
    Piecewise,
    Preprocessing,
    Program,
    affine,
    from_floats,
)
from deepcheck.program.maps import ABSENT, Gather
from deepcheck.program.rationals import from_fractions

ORIGIN = Origin(name="made", model=b"", sha256="", input_name="input", output_name="scores", input_shape=(1, 2))


def program(*instructions, shape=(3,), decision=None):
    return Program(instructions, shape, FLOAT32, decision, ORIGIN)


def relu(operand, size):
    zero, one = Fraction(0), Fraction(1)
    return Piecewise(operand, size, "relu", (zero,), (zero, one), (zero, zero))


WEIGHT = np.arange(6.0).reshape(3, 2)


def test_shapes_are_checked_when_a_program_is_built():
    dense = affine.dense(0, (3,), WEIGHT, None)
    assert program(dense, relu(1, (2,))).shapes == ((3,), (2,), (2,))
    with pytest.raises(MalformedModel, match=r"shape \(3,\), got \(4,\)"):
        program(dense, shape=(4,))
    with pytest.raises(MalformedModel, match="not computed yet"):
        program(affine.dense(1, (3,), WEIGHT, None))
    with pytest.raises(MalformedModel, match=r"relu.*\(3,\), got \(2,\)"):
        program(dense, relu(1, (3,)))
    with pytest.raises(MalformedModel, match="cannot add"):
        affine.dense(0, (3,), WEIGHT, Constant(np.zeros((4, 2))))
    with pytest.raises(MalformedModel, match="reshape"):
        affine.dense(0, (4,), WEIGHT, None)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_constants_must_be_finite(bad):
    with pytest.raises(MalformedModel, match="finite"):
        affine.dense(0, (3,), np.full((3, 2), bad), None)
    with pytest.raises(MalformedModel, match="finite"):
        affine.scale_and_shift(0, (3,), None, Constant(np.array([bad])), kind="shift")
    with pytest.raises(MalformedModel, match="finite"):
        affine.scale_and_shift(0, (3,), Constant(np.ones(1), np.array([1e-320])), None, kind="scale")


@pytest.mark.parametrize(
    ("shape", "weight", "sliding", "groups"),
    [
        ((2, 4, 4), (3, 1, 2, 2), affine.Sliding((2, 2), (1, 1), (1, 1), (0, 0), (0, 0)), 1),
        ((2, 4, 4), (3, 1, 2, 2), affine.Sliding((2, 2), (1, 1), (1, 1), (0, 0), (0, 0)), 2),
        ((1, 4, 4), (1, 1, 5, 5), affine.Sliding((5, 5), (1, 1), (1, 1), (0, 0), (0, 0)), 1),
        ((1, 4, 4), (1, 1, 3, 3), affine.Sliding((3, 3), (1, 1), (2, 2), (0, 0), (0, 0)), 1),
    ],
)
def test_a_convolution_that_does_not_fit(shape, weight, sliding, groups):
    with pytest.raises(MalformedModel):
        affine.convolution(0, shape, np.ones(weight), None, sliding=sliding, groups=groups)


def test_a_function_that_jumps_is_refused():
    zero, one = Fraction(0), Fraction(1)
    with pytest.raises(MalformedModel, match="jumps at 0"):
        Piecewise(0, (1,), "sign", (zero,), (zero, zero), (-one, one))
    with pytest.raises(MalformedModel, match="jumps"):
        Piecewise(0, (1,), "thresholded", (one,), (zero, one), (zero, zero))
    with pytest.raises(MalformedModel, match="increasing"):
        Piecewise(0, (1,), "flat", (one, one), (zero, zero, zero), (zero, zero, zero))


def test_a_window_of_padding_alone_has_no_largest():
    index = np.array([[0, 1], [ABSENT, ABSENT]])
    with pytest.raises(MalformedModel, match="padding"):
        Largest(0, Gather(index, (2,)))


def test_padding_can_never_win():
    largest = Largest(0, Gather(np.array([[ABSENT, 0, 1]]), (2,)))
    assert largest.decide(Exact(), from_floats(np.array([[-5.0, -3.0], [-3.0, -5.0]]))).ravel().tolist() == [2, 1]


@pytest.mark.parametrize(
    ("z", "arm"), [(-1.0, 0), (-0.0, 0), (0.0, 0), (5e-324, 1), (5.999, 1), (6.0, 1), (6.0000001, 2), (1e300, 2)]
)
def test_on_a_breakpoint_the_lower_arm_is_taken(z, arm):
    zero, one, six = Fraction(0), Fraction(1), Fraction(6)
    relu6 = Piecewise(0, (1,), "relu6", (zero, six), (zero, one, zero), (zero, zero, six))
    assert relu6.decide(Exact(), from_floats(np.array([[z]]))).ravel().tolist() == [arm]


def test_the_largest_of_equals_is_the_first():
    largest = Largest(0, Gather(np.array([[0, 1, 2]]), (3,)))
    values = np.array([[1.0, 1, 1], [0, 2, 2], [3, 1, 3], [-1, -1, -2]])
    assert largest.decide(Exact(), from_floats(values)).ravel().tolist() == [0, 1, 0, 0]


def test_quotients_are_exact():
    ninth = Constant(np.ones(1, np.float32), np.array([9.0]))
    assert ninth.exact.fractions().tolist() == [Fraction(1, 9)]
    assert ninth.floats(np.dtype(np.float64))[0] == 1 / 9
    tenth = Constant(np.array([1.0, 2.0]), np.array([np.float32(0.1)]))
    assert tenth.exact.fractions().tolist() == [n / Fraction(float(np.float32(0.1))) for n in (1, 2)]
    assert tenth.shape == (2,)
    assert tenth.broadcast((3, 2)).exact.fractions().tolist() == [tenth.exact.fractions().tolist()] * 3


@settings(max_examples=200)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=6))
def test_floats_become_exact_rationals(values):
    found = from_floats(np.array(values))
    assert found.fractions().tolist() == [Fraction(v) for v in values]
    assert found.floats().tolist() == values
    assert all(type(n) is int for n in found.numerators)


@pytest.mark.parametrize("value", [0.1, 1e300, 5e-324, -3.0, 0.0])
def test_a_scalar_becomes_an_exact_rational(value):
    found = from_floats(np.float64(value))
    assert found.shape == ()
    assert found.fractions().item() == Fraction(value)
    assert type(found.numerators.item()) is int


@given(st.lists(st.fractions(max_denominator=1000), min_size=1, max_size=6))
def test_fractions_over_one_denominator(values):
    found = from_fractions(values, (len(values),))
    assert found.fractions().tolist() == values
    assert found.floats().tolist() == [v.numerator / v.denominator for v in values]


@pytest.mark.parametrize(
    ("kind", "outputs", "expected"),
    [
        ("arg max", [[1, 2, 2], [0, 0, 0], [3, 1, 3]], [1, 0, 0]),
        ("arg min", [[1, 2, 1], [0, 0, 0], [3, 1, 3]], [0, 0, 1]),
        ("sign", [[0.0], [-0.0], [5e-324], [-1.0]], [0, 0, 1, 0]),
    ],
)
def test_decisions_and_their_ties(kind, outputs, expected):
    outputs = np.array(outputs, dtype=np.float64)
    decision = Decision(kind, outputs.shape[1])
    assert decision.labels_of(outputs).tolist() == expected
    assert decision.labels_of(fractions_of(outputs)).tolist() == expected
    assert (outputs @ decision.matrix.T == decision.scores(outputs)).all()
    assert decision.labels == (2 if kind == "sign" else 3)


def test_preprocessing_is_run_in_the_type_of_the_model():
    """float32(v)/255 and the normalisation in float32: not the rounding of the float64 result."""
    model = dense_network([(np.eye(3), np.zeros(3))])
    normalised = deepcheck.load(model, mean=0.1307, std=0.3081)
    x = np.random.default_rng(0).random((500, 3), np.float32)
    expected = (x - np.float32(0.1307)) / np.float32(0.3081)
    assert normalised.model_input(x).tobytes() == expected.tobytes()
    in_doubles = ((x.astype(np.float64) - 0.1307) / 0.3081).astype(np.float32)
    assert (in_doubles != expected).any()
    np.testing.assert_allclose(normalised(x), expected, rtol=1e-6)
    assert Preprocessing().model_input(x, FLOAT32) is not None
    assert deepcheck.load(model).model_input(x).tobytes() == x.tobytes()


def test_preprocessing_by_channel():
    preprocessing = Preprocessing((0.5, 0.25), (0.5, 2.0))
    pixels = np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2)
    found = preprocessing.model_input(pixels, FLOAT32)
    assert found[0, 0].ravel().tolist() == [-1, 1, 3, 5]
    assert found[0, 1].ravel().tolist() == [1.875, 2.375, 2.875, 3.375]
    assert preprocessing.pixels(found).tolist() == pixels.tolist()
    assert preprocessing.slopes((2, 2, 2)).ravel().tolist() == [2] * 4 + [0.5] * 4
    with pytest.raises(OptionError, match="numbers for mean"):
        preprocessing.check((3, 2, 2), FLOAT32)
    preprocessing.check((2, 2, 2), FLOAT32)


def test_preprocessing_by_feature_of_a_vector():
    preprocessing = Preprocessing((1.0, 10.0), (0.5, 4.0))
    preprocessing.check((2,), FLOAT32)
    found = preprocessing.model_input(np.array([[2.0, 12.0]], dtype=np.float32), FLOAT32)
    assert found.tolist() == [[2.0, 0.5]]
    assert preprocessing.pixels(found).tolist() == [[2.0, 12.0]]
    assert preprocessing.slopes((2,)).tolist() == [2.0, 0.25]
    with pytest.raises(OptionError, match="expected 1 or 3 numbers for mean, got 2"):
        preprocessing.check((3,), FLOAT32)


def test_a_listing_shows_loops_and_explicit_branches():
    net = Graph(np.random.default_rng(0), "normal", (1, 4, 4))
    net.node("Conv", net.store(net.numbers(2, 1, 3, 3)), shape=(2, 2, 2)).node("Relu")
    net.node("MaxPool", kernel_shape=[2, 2], shape=(2, 1, 1)).node("LeakyRelu", alpha=0.5)
    net.clip(0.0, 6.0)
    net.node("Flatten", shape=(2,))
    net.node("Gemm", net.store(net.numbers(2, 3)), net.store(net.numbers(3)), shape=(3,))
    text = str(deepcheck.load(net.model((1, 4, 4)), mean=0.5, std=0.25))
    for words in ("if ", "else:", "elif ", "for ", "val := val + ", "win := j", "return ", "arg max", "0.5 * "):
        assert words in text, words
    assert "x := (x - 0.5) / 0.25" in text
    assert str(deepcheck.load(dense_network([([[1.0]], [0.0])]))).count("regression") == 1


@settings(max_examples=60)
@given(networks())
def test_every_program_prints_one_block_an_instruction(network):
    program = deepcheck.load(network.model)
    text = str(program)
    assert text.count("\n# s") == len(program.instructions)
    assert text.rstrip().endswith(f"return s{len(program.instructions)}")
    assert ("else:" in text) == any(isinstance(b, Piecewise) for b in program.branches)


def test_a_batch_or_one_input():
    program = deepcheck.load(dense_network([(WEIGHT, np.zeros(2))]))
    assert program(np.ones(3)).shape == (2,)
    assert program(np.ones((1, 3))).shape == (1, 2)
    assert program(np.ones((5, 3))).tolist() == [[6.0, 9.0]] * 5
    with pytest.raises(InputError):
        program(np.ones((5, 4)))


def test_values_are_freed_after_their_last_use():
    net = Graph(np.random.default_rng(0), "normal", (3,))
    kept = net.current
    net.node("Relu").node("Add", kept).node("Relu")
    net.node("MatMul", net.store(net.numbers(3, 2)), shape=(2,))
    program = deepcheck.load(net.model((3,)))
    assert [sorted(spent) for spent in program.spent_after] == [[], [0], [], [1, 2], [3], [4]]


def test_a_hash_is_that_of_the_file(tmp_path):
    import hashlib

    content = dense_network([(WEIGHT, np.zeros(2))]).SerializeToString()
    (tmp_path / "some.onnx").write_bytes(content)
    program = deepcheck.load(tmp_path / "some.onnx")
    assert program.origin.sha256 == hashlib.sha256(content).hexdigest()
    assert program.origin.name == "some"


def test_without_a_decision_there_is_no_label():
    program = deepcheck.load(dense_network([([[1.0]], [0.0])]))
    assert program.decision is None
    with pytest.raises(NoDecision, match="regression"):
        program.decided()
