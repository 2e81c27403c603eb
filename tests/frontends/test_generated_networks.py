import numpy as np
import pytest
from hypothesis import given, settings
from oracles import onnx_outputs, run_exactly, session_of
from strategies import DEGENERATE, FLOAT32, ORDINARY, networks

import deepcheck
from deepcheck.symbolic import exact_outputs

FLOAT64 = np.dtype(np.float64)


def scores_of(network):
    """onnxruntime's scores: what stands before a final softmax or sigmoid."""
    model = type(network.model)()
    model.CopyFrom(network.model)
    last = model.graph.node[-1]
    if last.op_type in ("Softmax", "LogSoftmax", "Sigmoid"):
        model.graph.output[0].name = last.input[0]
        del model.graph.node[-1]
    return onnx_outputs(model, network.x[None])[0]


@settings(max_examples=400)
@given(networks())
def test_a_program_computes_what_onnxruntime_computes(network):
    expected = scores_of(network)
    found = deepcheck.load(network.model)(network.x).reshape(-1)
    assert np.all(np.abs(found - expected) <= 1e-4 * (1 + np.abs(expected)))


@settings(max_examples=100)
@given(networks(dtypes=(FLOAT64,), opsets=(13, 17), ranks=(1,)))
def test_a_program_of_float64_computes_what_onnxruntime_computes(network):
    expected = scores_of(network)
    found = deepcheck.load(network.model)(network.x).reshape(-1)
    assert np.all(np.abs(found - expected) <= 1e-12 * (1 + np.abs(expected)))


@settings(max_examples=250)
@given(networks(ORDINARY + DEGENERATE, dtypes=(FLOAT32, FLOAT64)))
def test_the_program_is_the_graph_in_real_arithmetic(network):
    program = deepcheck.load(network.model)
    (found,) = exact_outputs(program, network.x[None]).fractions()
    assert list(found) == list(run_exactly(network.model, network.x, slopes=False).outputs[0])


@given(networks(ORDINARY))
def test_a_batch_is_its_items(network):
    program = deepcheck.load(network.model)
    batch = np.stack([network.x, network.x / 2, 1 - network.x])
    together = program(batch)
    assert together.shape == (3, *program.shapes[-1])
    for item, outputs in zip(batch, together, strict=True):
        np.testing.assert_allclose(program(item), outputs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("ceil", [0, 1])
@pytest.mark.parametrize("counted", [0, 1])
@pytest.mark.parametrize("length", range(3, 9))
def test_average_pooling_divides_as_onnxruntime_does(length, counted, ceil):
    from strategies import Graph

    for kernel, stride, before, after in [(2, 2, 0, 0), (3, 2, 1, 1), (3, 2, 0, 1), (2, 3, 1, 0), (3, 3, 2, 2)]:
        net = Graph(np.random.default_rng(0), "normal", (1, length))
        net.node(
            "AveragePool",
            kernel_shape=[kernel],
            strides=[stride],
            pads=[before, after],
            count_include_pad=counted,
            ceil_mode=ceil,
        )
        model = net.model((1, length))
        x = np.random.default_rng(length).random((1, length)).astype(np.float32)
        (expected,) = session_of(model).run(None, {"input": x[None]})
        found = deepcheck.load(model)(x)
        assert found.shape == expected.shape[1:], (kernel, stride, before, after)
        np.testing.assert_allclose(found, expected[0], rtol=1e-6, err_msg=str((kernel, stride, before, after)))
