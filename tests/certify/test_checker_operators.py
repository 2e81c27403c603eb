"""The checker's own arithmetic: operators against fractions and onnxruntime, forms and guards, widths of fields."""

import ast
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from certifiable import certifiable, inner_tensor
from forged import claim_about, relaxed
from hypothesis import event, given
from oracles import onnx_outputs, run_exactly
from strategies import DEGENERATE, ORDINARY

from deepcheck.certify import checker

FILE = Path(checker.__file__)


@relaxed(400)
@given(certifiable(ORDINARY + DEGENERATE))
def test_operators_forms_and_guards_are_those_of_fractions(network):
    """Every operator in its variants: value and slopes of each score, and of each guard, as whole numbers over one."""
    expected = run_exactly(network.model, network.x)
    path = checker.SamePath(claim_about(network), network.model)
    path.follow(path.claim.features)
    scale, net = path.claim.scale, path.net
    for k, row in enumerate(path.outputs):
        below = net.scales[net.output]
        assert Fraction(row[0], below) == expected.outputs[0, k]
        assert [Fraction(c * scale, below) for c in row[1:]] == list(expected.outputs[1:, k])
    found = []
    for at, (value, *_) in enumerate(path.guards):
        row, below = path.guard(at), net.scales[value]
        found.append((Fraction(row[0], below), *(Fraction(c * scale, below) for c in row[1:])))
    assert sorted(found) == sorted(map(tuple, expected.guards.T))
    for word in set(network.description.split(": ")[1].split()):
        event(word)


@relaxed(250)
@given(certifiable(ORDINARY, final=False))
def test_operators_are_those_of_onnxruntime(network):
    """Up to rounding: what the operators mean is not only our reading of the standard."""
    name = network.model.graph.output[0].name
    x, scale = checker.exactly(network.x.ravel().tolist())
    net = checker.Net(network.model, name, scale)
    values, _ = net.forward(x)
    mine = np.array([float(Fraction(v, net.scales[net.output])) for v in values[net.output]])
    (theirs,) = onnx_outputs(network.model, network.x[None])
    largest = 1 + max(abs(float(Fraction(v, s))) for own, s in zip(values, net.scales, strict=True) for v in own)
    assert np.abs(mine - theirs).max() <= 1e-3 * largest


def test_the_file_computes_with_whole_numbers_alone():
    """No float is written or made but from an exact text; nothing is divided but fractions; nothing of ours is used."""
    tree = ast.parse(FILE.read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Constant):
            assert not isinstance(node.value, float | complex)
        elif isinstance(node, ast.BinOp | ast.AugAssign):
            assert not isinstance(node.op, ast.Div)
            negative = isinstance(node.op, ast.Pow) and not isinstance(node.right, ast.Constant)
            assert not negative
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"float", "complex", "round", "pow", "divmod", "eval", "exec", "__import__"}
        elif isinstance(node, ast.Attribute):
            assert not (getattr(node.value, "id", "") == "float" and node.attr != "fromhex")
        elif isinstance(node, ast.Assert):
            assert isinstance(node.test, ast.Compare)  # for types only: what is checked must hold under -O as well
            assert isinstance(node.test.ops[0], ast.IsNot)
    assert imported <= {*sys.stdlib_module_names, "onnx"}
    assert not imported & {"cmath", "statistics", "random", "decimal", "pickle", "subprocess", "importlib", "ctypes"}
    calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _of(node, "onnx")}
    assert calls <= {"helper", "load_model_from_string"}


def _of(node, name):
    return isinstance(node.value, ast.Name) and node.value.id == name


def test_inner_tensors_are_forms_of_the_input():
    """What no choice precedes: the tree's own first layers, element by element."""

    @relaxed(30)
    @given(certifiable(ORDINARY, final=False))
    def test(network):
        tree = checker.AllPaths(claim_about(network, "all paths"), network.model)
        tree.prepare()
        names = {at: name for name, at in tree.net.names.items()}
        for at, rows in tree.before.items():
            if at == 0:
                continue
            exact = run_exactly(inner_tensor(network.model, names[at]), network.x).outputs
            for k, (value, slopes) in enumerate(rows):
                below = tree.net.scales[at]
                assert Fraction(value, below) == exact[0, k]
                own = {e: Fraction(c * tree.claim.scale, below) for e, c in slopes.items() if c}
                assert own == {e: c for e, c in enumerate(exact[1:, k]) if c}

    test()
