"""What an independent review found, one test each: every one of these was answered wrongly once."""

import hashlib
import os
import signal
import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import deepcheck
from deepcheck.errors import InputError, OptionError, UnsupportedOperator
from deepcheck.program import chunks_of, in_parallel


def network(nodes, constants, shape, *, dtype=np.float32, sparse=()):
    kind = TensorProto.FLOAT if dtype == np.float32 else TensorProto.DOUBLE
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", kind, [1, *shape])],
        [helper.make_tensor_value_info("y", kind, ["n", "m"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
        sparse_initializer=list(sparse),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def gemm(source="x", weight="W", offset=None, out="y"):
    return helper.make_node("Gemm", [source, weight, *([offset] if offset else [])], [out])


def identity(offset=(0, 0)):
    weights = {"W": np.eye(2, dtype=np.float32), "b": np.array(offset, np.float32)}
    return deepcheck.load(network([gemm(offset="b")], weights, (2,)))


def test_a_max_pool_window_of_more_elements_than_a_short_integer_counts():
    n = 200
    nodes = [helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[n, n]), helper.make_node("Flatten", ["p"], ["f"])]
    weights = {"W": np.array([[1.0, -1.0]], np.float32), "b": np.array([0, 1], np.float32)}
    program = deepcheck.load(network([*nodes, gemm("f", offset="b")], weights, (1, n, n)))
    x = np.zeros((1, n, n), np.float32)
    x[0, 190, 190] = 0.3
    result = deepcheck.attack(program, x, features=[190 * n + 190])
    assert result.verdict == "attack"
    ((low, high),) = result.attacks[0].intervals[0]
    assert (low, high) == (pytest.approx(0.5), 1.0)


def test_a_sparse_constant_is_refused_and_not_left_out():
    values = numpy_helper.from_array(np.array([0.3], np.float32), "b")
    offset = helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([1], np.int64), "at"), [2])
    weights = {"W": np.array([[1.0, 0], [0, 0.3]], np.float32)}
    with pytest.raises(UnsupportedOperator, match="sparse"):
        deepcheck.load(network([gemm(offset="b")], weights, (2,), sparse=[offset]))


def test_overflow_before_a_branch_is_overflow_even_where_nothing_reads_it():
    weight = np.zeros((7, 2))
    weight[:6, 1] = [0, 0, -1.5e308, -1.5e308, 1.6e308, 1.6e308]
    weight[2, 0] = 1
    nodes = [
        helper.make_node("Gemm", ["x", "W"], ["a"]),
        helper.make_node("Reshape", ["a", "s"], ["r"]),
        helper.make_node("Relu", ["r"], ["u"]),
        helper.make_node("MaxPool", ["u"], ["p"], kernel_shape=[1], strides=[2]),
        helper.make_node("Flatten", ["p"], ["f"]),
        gemm("f", "V", "b"),
    ]
    constants = {"W": weight, "s": np.array([1, 1, 2]), "V": np.array([[1.0, 0.0]]), "b": np.array([0, 0.5])}
    program = deepcheck.load(network(nodes, constants, (7,), dtype=np.float64))
    result = deepcheck.attack(program, np.ones(7), features=[2])
    assert (result.verdict, result.reason) == ("undecided", "overflow")
    with pytest.raises(InputError, match="overflows"):
        deepcheck.conditions(program, np.ones(7), 2)


@pytest.mark.parametrize("target", [0, 1.5, -1, 2])
def test_a_target_must_be_another_label(target):
    with pytest.raises(OptionError, match="target"):
        deepcheck.attack(identity(), np.array([0.6, 0.5], np.float32), target=target)


def test_dead_branches_do_not_cut_the_path_wherever_they_stand():
    dead = [helper.make_node("Sub", ["x", "c"], ["q"]), helper.make_node("Relu", ["q"], ["dead"])]
    alive, last = [helper.make_node("Gemm", ["x", "W"], ["z"])], [helper.make_node("Identity", ["z"], ["y"])]
    constants = {"W": np.eye(2, dtype=np.float32), "c": np.float32(0.45)}
    x = np.array([0.5, 0.4], np.float32)
    for nodes in (dead + alive + last, alive + dead + last):
        program = deepcheck.load(network(nodes, constants, (2,)))
        assert not program.branches
        assert deepcheck.attack(program, x).attackable == ((0,), (1,))


@pytest.mark.parametrize("operator", ["MaxPool", "AveragePool"])
def test_pooling_on_which_runtimes_disagree_is_refused(operator):
    settings = {"auto_pad": "SAME_UPPER", "kernel_shape": [1, 1], "strides": [3, 3]}
    pool = helper.make_node(operator, ["x"], ["p"], **settings)
    nodes = [pool, helper.make_node("Flatten", ["p"], ["f"]), gemm("f")]
    with pytest.raises(UnsupportedOperator, match="SAME_UPPER"):
        deepcheck.load(network(nodes, {"W": np.ones((4, 2), np.float32)}, (1, 6, 6)))


def test_levels_that_the_model_cannot_tell_apart_are_refused():
    weights = {"W": np.eye(2, dtype=np.float32)}
    program = deepcheck.load(network([gemm()], weights, (2,)), mean=1e6, std=1.0)
    with pytest.raises(OptionError, match="different levels"):
        deepcheck.attack(program, np.zeros(2, np.float32), domain=deepcheck.Pixels(levels=256))


def test_a_bound_that_is_no_float32_is_never_exceeded():
    below = float(np.nextafter(np.float32(0.1), np.float32(0)))
    weights = {"W": np.array([[0.0, 1e9]], np.float32), "b": np.array([below * 1e9 + 4, 0], np.float32)}
    program = deepcheck.load(network([gemm(offset="b")], weights, (1,)))
    result = deepcheck.attack(program, np.array([0.05], np.float32), domain=deepcheck.Pixels(0, 0.1))
    assert result.study.box.upper[0] == below
    assert result.verdict == "proved"
    assert deepcheck.Pixels(0, 1e39).box(program).upper[0] == np.finfo(np.float32).max
    with pytest.raises(OptionError, match="bounds"):
        deepcheck.Pixels(1e38, 1.0000000001e38).box(program)


@pytest.mark.parametrize("objective", ["l1", "linf"])
def test_the_smallest_change_on_levels_is_the_nearest_attacking_level(objective):
    x = np.array([128, 51], np.float32) / np.float32(255)
    result = deepcheck.attack(identity(), x, domain=deepcheck.Pixels(levels=256), objective=objective)
    levels = [round(255 * attack.witness.values[0]) for attack in result.attacks]
    assert levels == [50, 129]


@pytest.mark.parametrize("features", [[99999999999999999999999], [1.7], ["a"], [], [-1], [2]])
def test_features_that_do_not_exist_get_one_line(features):
    with pytest.raises(OptionError, match="features from 0 to 1"):
        deepcheck.attack(identity(), np.array([0.6, 0.5], np.float32), features=features)


def test_outputs_beyond_float64_are_overflow():
    weights = {"W": np.array([[1e308, 1.0], [1e308, 2]])}
    program = deepcheck.load(network([gemm()], weights, (2,), dtype=np.float64))
    assert deepcheck.attack(program, np.ones(2)).reason == "overflow"


def test_the_hash_is_that_of_what_was_loaded(tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(network([gemm()], {"W": np.eye(2, dtype=np.float32)}, (2,)), path)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    program = deepcheck.load(path)
    path.write_bytes(b"something else")
    result = deepcheck.attack(program, np.array([0.6, 0.5], np.float32))
    assert deepcheck.as_json(result)["model"]["sha256"] == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_threads_work_in_a_forked_child():
    in_parallel(lambda part: part.sum(), chunks_of(200, 1, 50))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forking with threads, our very case
        child = os.fork()
    if child == 0:
        signal.alarm(10)
        in_parallel(lambda part: part.sum(), chunks_of(200, 1, 50))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
