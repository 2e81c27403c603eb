"""What translated source says and how: numbers, labels, preprocessing, hostile names, wrong use, straight lines."""

import ast
import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from running import answer, compiled, module_of, program_of, run_c, run_python
from strategies import dense_network

import deepcheck
from deepcheck.errors import InputError, OptionError
from deepcheck.program import (
    Affine,
    Constant,
    Contract,
    Decision,
    Gather,
    Largest,
    Piecewise,
    Reshape,
    Term,
    affine,
)

NASTY = [0.0, -0.0, 1 / 3, -7.25, 1e300, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 2.0**-1074 * 3]
SINGLES = np.array([0.1, 3e38, 1e-45, -1e-40, 1 / 3, 16777217.0, -0.0, 2.0], np.float32)
HOSTILE = 'x"""*/ ??/\\\n#include "/etc/passwd"\nimport os # \u202e \x00 é //'


def dense_program(weight, **others):
    weight = np.asarray(weight)
    return program_of(affine.dense(0, (len(weight),), weight, None), shape=(len(weight),), **others)


def relu(operand, size, name="relu"):
    zero, one = Fraction(0), Fraction(1)
    return Piecewise(operand, (size,), name, (zero,), (zero, one), (zero, zero))


@pytest.mark.parametrize("stored", [np.array(NASTY), SINGLES], ids=["float64", "float32"])
def test_weights_read_back_bit_for_bit(stored, tmp_path):
    program = dense_program(np.stack([stored, stored[::-1]], axis=1))
    expected = np.concatenate([stored, stored[::-1]]).astype(np.float64)
    assert np.array(module_of(deepcheck.translate(program))["W1"]).tobytes() == expected.tobytes()
    source = deepcheck.translate(program, "c").replace("int main", "static int unused")
    dump = source + f'int main(void) {{ for (int i = 0; i < {len(expected)}; i++) printf("%a\\n", W1[i]); '
    binary = compiled(dump + "return (int)(0 * (long)&unused); }\n", tmp_path)
    words = subprocess.run([str(binary)], capture_output=True, text=True, check=True).stdout.split()
    assert np.array([float.fromhex(word) for word in words]).tobytes() == expected.tobytes()


@pytest.mark.parametrize("number", [0.1, 1 / 3, 5e-324, -7.25, 1e300, 3.0])
def test_single_numbers_read_back(number, tmp_path):
    program = dense_program([[number]])
    assert run_python(deepcheck.translate(program), [1.0]).tolist() == [number]
    assert run_c(compiled(deepcheck.translate(program, "c"), tmp_path), [1.0])[0].tolist() == [number]


def test_figure_two():
    """One function per layer: initialise, sum, add, branch."""
    layer = affine.dense(0, (3,), np.arange(6.0).reshape(3, 2), Constant(np.array([0.5, 1.5])))
    source = deepcheck.translate(program_of(layer, relu(1, 2), shape=(3,)))
    assert (
        """
    for i in range(2):
        val = 0.0
        for j in range(3):
            val += W1[3*i + j] * s0[j]
        val += B1[i]
        if val > 0.0:
            out[i] = val
        else:
            out[i] = 0.0
    return out
"""
        in source
    )


@pytest.mark.parametrize(
    ("kind", "cases"),
    [
        ("arg max", {(1, 3, 2): 1, (3, 3, 1): 0, (0, 0, 0): 0, (-2, -1, -1): 1}),
        ("arg min", {(1, 3, 2): 0, (3, 1, 1): 1, (0, 0, 0): 0}),
        ("sign", {(0.5,): 1, (0.0,): 0, (-1.0,): 0}),
    ],
)
def test_labels(kind, cases, tmp_path):
    size = len(next(iter(cases)))
    program = dense_program(np.eye(size), decision=Decision(kind, size))
    label = module_of(deepcheck.translate(program))["label"]
    binary = compiled(deepcheck.translate(program, "c"), tmp_path)
    for scores, expected in cases.items():
        assert label(list(scores)) == run_c(binary, scores)[1] == expected


def test_a_regression_has_no_label(tmp_path):
    program = dense_program(np.ones((2, 1)))
    assert "label" not in module_of(deepcheck.translate(program))
    assert run_c(compiled(deepcheck.translate(program, "c"), tmp_path), [1, 2]) == (3.0, None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("mean", "std"), [(0.1307, 0.3081), ((0.1, 0.2, 0.3), 0.7), ((0.5,), (0.1, 0.2, 0.3)), (0, 1)])
def test_preprocessing_is_the_first_instruction(dtype, mean, std, tmp_path):
    """Scores are the received input itself: they must be those of the type's own arithmetic, to the last bit."""
    model = dense_network([(np.eye(60), np.zeros(60))], dtype=np.dtype(dtype), input_shape=(3, 4, 5))
    x = 4 * np.random.default_rng(1).random((3, 4, 5))
    received = (x.astype(dtype) - column(mean, dtype)) / column(std, dtype)
    program = deepcheck.load(model, mean=mean, std=std)
    expected = received.astype(np.float64).ravel().tolist()
    assert run_python(deepcheck.translate(program), x).tolist() == expected
    assert run_c(compiled(deepcheck.translate(program, "c"), tmp_path), x)[0].tolist() == expected


def column(numbers, dtype):
    return np.atleast_1d(np.array(numbers, dtype)).reshape(-1, 1, 1)


def test_hostile_names_stay_in_their_comments(tmp_path):
    names = dict.fromkeys(("name", "input_name", "output_name", "sha256", "stripped"), HOSTILE)
    layer = affine.dense(0, (2,), np.ones((2, 1)), None)
    program = program_of(layer, relu(1, 1, HOSTILE), shape=(2,), **names)
    for x in (None, np.ones(2)):
        python, c = (deepcheck.translate(program, to, x) for to in ("python", "c"))
        for source in (python, c):
            assert source.isascii()
            assert not re.search(r"[^\n -~]", source)
            assert not any(word in source for word in ("??", "/etc", "\\\n", "//"))
            assert not re.search(r"^\W*(#include \"|import os)", source, re.MULTILINE)
        tree = ast.parse(python)
        assert [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names] == ["sys"]
        assert run_python(python, [1, 2]).tolist() == [3.0]
        (tmp_path / f"{x is None}").mkdir()
        assert run_c(compiled(c, tmp_path / f"{x is None}"), [1, 2])[0].tolist() == [3.0]


def test_a_long_name_is_cut():
    assert len(deepcheck.translate(dense_program(np.ones((2, 1)), name="n" * 100_000))) < 5_000


def test_wrong_use():
    program = dense_program(np.ones((2, 1)))
    with pytest.raises(OptionError, match="language of python, c, smtlib, lp, vnnlib, got 'rust'"):
        deepcheck.translate(program, "rust")
    with pytest.raises(InputError, match="expected one input of shape"):
        deepcheck.translate(program, x=np.ones((1, 2)))
    with pytest.raises(InputError, match="finite"):
        deepcheck.translate(program, x=np.array([1.0, np.nan]))


def test_python_takes_flat_and_nested_lists_of_the_right_length():
    names = module_of(deepcheck.translate(dense_program(np.ones((2, 1)))))
    assert names["run"]([1, 2]) == names["run"]([[1], [2]]) == [3.0]
    with pytest.raises(ValueError, match="expected 2 numbers, got 3"):
        names["run"]([1, 2, 3])


def test_as_commands(tmp_path):
    program = dense_program(np.ones((2, 2)), decision=Decision("arg max", 2))
    (tmp_path / "net.py").write_text(deepcheck.translate(program), encoding="ascii")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", str(tmp_path / "net.py")],
        input="1 2\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "3.0 3.0\nlabel 0\n"
    binary = compiled(deepcheck.translate(program, "c"), tmp_path)
    assert answer(binary, [1, 2]).stdout == "3 3\nlabel 0\n"
    short = answer(binary, [1])
    assert (short.returncode, short.stdout, short.stderr) == (2, "", "expected 2 numbers, got 1\n")


def test_c_goes_into_another_program(tmp_path):
    program = dense_program(np.ones((2, 1)), decision=Decision("sign", 1))
    (tmp_path / "inner.c").write_text(deepcheck.translate(program, "c"), encoding="ascii")
    outer = """#define DEEPCHECK_NO_MAIN
#include "inner.c"
int main(void) { const double x[2] = {1, 2}; double s[1]; run(x, s); printf("%g %d\\n", s[0], label(s)); return 0; }
"""
    assert answer(compiled(outer, tmp_path), []).stdout == "3 1\n"


def test_a_path_sums_over_live_neurons_alone():
    """Along x = (1, 1) the second of three neurons is dead: the next layer does not read it."""
    first = affine.dense(0, (2,), np.array([[1.0, -1.0, 2.0], [1.0, -1.0, 0.5]]), None)
    second = affine.dense(2, (3,), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), None)
    source = deepcheck.translate(program_of(first, relu(1, 3), second, shape=(2,)), x=np.ones(2))
    names = module_of(source)
    assert names["ARM2_1"] == [0, 2]
    assert "for j in ARM2_1:" in source
    assert names["run"]([1.0, 1.0]) == [2.0 + 12.5, 4.0 + 15.0]
    assert names["run"]([0.0, 0.0]) == [0.0, 0.0]
    with pytest.raises(AssertionError):
        names["run"]([-1.0, 0.5])


def test_a_path_reads_a_part_of_a_value_plainly():
    """The next layer reads two of three neurons: the list of live ones does not fit its sum."""
    first = affine.dense(0, (1,), np.array([[1.0, -1.0, 2.0]]), None)
    part = Gather(np.array([[[0, 1]]]), (3,), rows=True)
    product = Contract(Constant(np.array([[[5.0], [7.0]]])), (1, 1, 2))
    second = Affine("dense", (Term(2, (part, product, Reshape((1, 1, 1), (1,)))),), (1,))
    program = program_of(first, relu(1, 3), second, shape=(1,))
    assert run_python(deepcheck.translate(program, x=np.ones(1)), [3.0]).tolist() == [15.0]


def test_a_path_has_one_assertion_per_loser():
    """Windows {0, 1, 2} and {2}: two losers in all, and no test on a value."""
    windows = Gather(np.array([[0, 1, 2], [2, -1, -1]]), (3,))
    source = deepcheck.translate(program_of(Largest(0, windows), shape=(3,)), x=np.array([1.0, 5.0, 2.0]))
    names = module_of(source)
    assert (names["WINNER1"], names["LOSER1"], names["FIRST1"]) == ([1, 2], [0, 2], [0, 2, 2])
    assert names["run"]([4.0, 4.0, -1.0]) == [4.0, -1.0]
    with pytest.raises(AssertionError):
        names["run"]([4.1, 4.0, -1.0])


def test_irregular_moves_read_a_table():
    order = np.array([3, 0, 0, -1, 2, 1, 3])
    program = program_of(affine.move(0, (4,), order, kind="move"), shape=(4,))
    source = deepcheck.translate(program)
    assert module_of(source)["AT1"] == order.tolist()
    assert run_python(source, [1.0, 2.0, 3.0, 4.0]).tolist() == [4, 1, 1, 0, 3, 2, 4]
