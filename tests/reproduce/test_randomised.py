"""Random weights: the same numbers elsewhere, PyTorch's first numbers, and what such a network computes."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from deepcheck import load, zoo
from deepcheck.errors import OptionError
from deepcheck.program import Program
from deepcheck.reproduce.randomised import fresh, permuted, randomised, redrawn


@pytest.fixture(scope="module")
def trained() -> Program:
    return load(zoo.path("mnist_10x4"))


def tensors(program: Program) -> dict[str, np.ndarray]:
    graph = onnx.load_model_from_string(program.origin.model).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


def layers_of(program: Program) -> list[tuple[str, str]]:
    """The names of each layer's weights and biases."""
    graph = onnx.load_model_from_string(program.origin.model).graph
    return [(node.input[1], node.input[2]) for node in graph.node if node.op_type == "Gemm"]


def test_permuted_weights_are_the_same_numbers_elsewhere(trained: Program) -> None:
    before = tensors(trained)
    for program in randomised(trained)["permuted"]:
        after = tensors(program)
        for weights, biases in layers_of(trained):
            for name in (weights, biases):
                assert np.array_equal(np.sort(before[name].ravel()), np.sort(after[name].ravel()))
            assert np.mean(before[weights] == after[weights]) < 0.2
            rows = np.sort(before[weights], axis=1), np.sort(after[weights], axis=1)
            assert not np.array_equal(*rows)  # not within rows only


def test_fresh_weights_are_uniform_within_pytorchs_bound(trained: Program) -> None:
    for program in randomised(trained)["fresh"]:
        after = tensors(program)
        for (weights, biases), reads in zip(layers_of(trained), (784, 10, 10, 10), strict=True):
            bound = 1 / np.sqrt(reads)
            assert np.abs(after[weights]).max() <= bound * (1 + 1e-6)
            assert np.abs(after[biases]).max() <= bound * (1 + 1e-6)
            assert np.abs(after[weights]).max() > 0.9 * bound
            assert np.abs(after[biases]).max() > 0.5 * bound
            assert after[weights].dtype == np.float32
        first = after[layers_of(trained)[0][0]]
        assert first.std() == pytest.approx(1 / np.sqrt(3 * 784), rel=0.03)


def test_random_networks_differ_and_come_again(trained: Program) -> None:
    once, again = randomised(trained), randomised(trained)
    sums = {kind: [program.origin.sha256 for program in programs] for kind, programs in once.items()}
    assert {kind: len(found) for kind, found in sums.items()} == {"permuted": 5, "fresh": 5}
    assert sums == {kind: [program.origin.sha256 for program in programs] for kind, programs in again.items()}
    assert len({name for found in sums.values() for name in found} | {trained.origin.sha256}) == 11


def test_a_random_network_computes_what_its_weights_say(trained: Program) -> None:
    program = redrawn(trained, permuted, np.random.default_rng(9))
    x = np.random.default_rng(0).random((20, 1, 28, 28), np.float32)
    value, stored = x.reshape(20, 784).astype(np.float64), tensors(program)
    for index, (weights, biases) in enumerate(layers_of(trained)):
        value = value @ stored[weights].T.astype(np.float64) + stored[biases]
        value = value if index == 3 else np.maximum(value, 0)
    np.testing.assert_allclose(program(x), value, rtol=1e-6, atol=1e-6)
    session = onnxruntime.InferenceSession(program.origin.model, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"input": x})[0], value, rtol=1e-4, atol=1e-4)


def small_model() -> onnx.ModelProto:
    """A convolution of 2 x 3 x 3 numbers, then a product with weights ``(in, out)``."""
    rng = np.random.default_rng(1)
    constants = {"k": rng.random((4, 2, 3, 3)), "kb": rng.random(4), "w": rng.random((4, 3)), "b": rng.random(3)}
    nodes = [
        helper.make_node("Conv", ["input", "k", "kb"], ["c"]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 2, 3, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def test_a_neuron_of_a_convolution_reads_all_of_its_kernel_and_preprocessing_stays() -> None:
    program = load(small_model(), mean=0.5, std=2.0)
    seen: list[tuple[tuple[int, ...], int]] = []

    def noted(old: np.ndarray, fan_in: int, rng: np.random.Generator) -> np.ndarray:
        seen.append((old.shape, fan_in))
        return fresh(old, fan_in, rng)

    other = redrawn(program, noted, np.random.default_rng(0))
    assert seen == [((4, 2, 3, 3), 18), ((4,), 18), ((4, 3), 4), ((3,), 4)]
    assert other.preprocessing == program.preprocessing
    assert other.preprocessing.mean == (0.5,)


def test_a_model_without_layers_is_refused() -> None:
    model = small_model()
    del model.graph.node[:]
    model.graph.node.append(helper.make_node("Flatten", ["input"], ["scores"]))
    del model.graph.initializer[:]
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 18
    with pytest.raises(OptionError, match="with a layer of Gemm, Conv"):
        redrawn(load(model), fresh, np.random.default_rng(0))
