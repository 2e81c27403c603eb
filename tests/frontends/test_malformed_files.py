"""Files that are no model, or hostile: one `DeepCheckError`, never another exception, never a read elsewhere."""

import copy

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from strategies import Graph, dense_network, networks

import deepcheck
from deepcheck.errors import DeepCheckError, MalformedModel

MODEL = dense_network([(np.eye(3), np.zeros(3)), (np.ones((3, 2)), np.zeros(2))])
CONTENT = MODEL.SerializeToString()


def load(content, folder):
    file = folder / "model.onnx"
    file.write_bytes(content)
    return deepcheck.load(file)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"PK\x03\x04", b"not a model at all", b"\x08\x08"])
def test_what_is_no_onnx_file(content, tmp_path):
    with pytest.raises(MalformedModel, match=r"model\.onnx"):
        load(content, tmp_path)


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.onnx", tmp_path, str(tmp_path / "none.onnx")):
        with pytest.raises(MalformedModel, match="no file"):
            deepcheck.load(path)


def test_every_truncation_is_malformed(tmp_path):
    for length in range(0, len(CONTENT) - 1, 3):
        with pytest.raises(DeepCheckError):
            load(CONTENT[:length], tmp_path)


FOLDER = pytest.StashKey()


def try_to_use(content, folder):
    """Load it and, where that works, run and attack: only errors of ours may come out."""
    try:
        program = load(content, folder)
        if program.size < 100:
            x = np.full(program.input_shape, 0.5, program.dtype)
            with np.errstate(all="ignore"):
                program(x)
                deepcheck.attack(program, x, features_as="element")
    except DeepCheckError:
        pass


@settings(max_examples=250)
@given(flips=st.lists(st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_raise_only_our_errors(tmp_path_factory, flips):
    content = bytearray(CONTENT)
    for position, mask in flips:
        content[position] ^= mask
    try_to_use(bytes(content), tmp_path_factory.getbasetemp())


@settings(max_examples=100)
@given(network=networks(), position=st.floats(0, 1), byte=st.integers(0, 255))
def test_any_changed_byte_of_any_model_raises_only_our_errors(tmp_path_factory, network, position, byte):
    content = bytearray(network.model.SerializeToString())
    content[int(position * (len(content) - 1))] = byte
    try_to_use(bytes(content), tmp_path_factory.getbasetemp())


@settings(max_examples=100)
@given(content=st.binary(max_size=300))
def test_random_bytes_raise_only_our_errors(tmp_path_factory, content):
    with pytest.raises(DeepCheckError):
        load(content, tmp_path_factory.getbasetemp())


def external(location, **more):
    """The model with its first weight in another file."""
    model = copy.deepcopy(MODEL)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=str(value))
    return model


def test_weights_beside_the_model_are_read(tmp_path):
    (tmp_path / "weights.bin").write_bytes(np.eye(3, dtype=np.float32).tobytes())
    program = load(external("weights.bin").SerializeToString(), tmp_path)
    x = np.array([1.0, 2.0, 3.0], np.float32)
    assert program(x).tolist() == deepcheck.load(MODEL)(x).tolist()
    # Replay needs the same weights, wherever the program is used.
    result = deepcheck.attack(program, x / 4)
    assert sum(result.counts.values()) - result.counts["replayed"] == 3


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "sub/../../secret.bin", "", "none.bin", "."])
def test_weights_outside_the_folder_are_not_read(location, tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(36))
    folder = tmp_path / "models"
    folder.mkdir()
    with pytest.raises(MalformedModel, match="folder"):
        load(external(location).SerializeToString(), folder)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(36))
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "weights.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(MalformedModel, match="folder"):
        load(external("weights.bin").SerializeToString(), folder)


@pytest.mark.parametrize("more", [{"offset": 1000}, {"offset": -1}, {"length": 10**12}, {"length": 4}, {"offset": "x"}])
def test_weights_that_are_not_all_there(more, tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(36))
    with pytest.raises(MalformedModel):
        load(external("weights.bin", **more).SerializeToString(), tmp_path)


def test_a_constant_node_cannot_read_elsewhere_either(tmp_path):
    tensor = numpy_helper.from_array(np.zeros(3, np.float32))
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret.bin")
    net = Graph(np.random.default_rng(0), "normal", (3,))
    net.nodes.append(helper.make_node("Constant", [], ["c"], value=tensor))
    net.node("Add", "c").node("MatMul", net.store(net.numbers(3, 2)), shape=(2,))
    (tmp_path / "secret.bin").write_bytes(bytes(12))
    folder = tmp_path / "models"
    folder.mkdir()
    graph = helper.make_graph(
        net.nodes,
        "net",
        [helper.make_tensor_value_info("input", 1, ["N", 3])],
        [helper.make_tensor_value_info(net.current, 1, ["N", 2])],
        net.stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(MalformedModel):
        load(model.SerializeToString(), folder)
    with pytest.raises(MalformedModel):
        deepcheck.load(model)


def test_huge_dimensions_are_refused_before_anything_is_allocated(tmp_path):
    model = copy.deepcopy(MODEL)
    model.graph.initializer[0].dims[0] = 2**40
    with pytest.raises(MalformedModel):
        load(model.SerializeToString(), tmp_path)
    model = copy.deepcopy(MODEL)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 2**40
    with pytest.raises(MalformedModel):
        load(model.SerializeToString(), tmp_path)


@pytest.mark.parametrize("operator", ["ConstantOfShape", "Expand", "Tile", "Range"])
def test_a_small_file_cannot_ask_for_huge_constants(operator, tmp_path):
    net = Graph(np.random.default_rng(0), "normal", (3,))
    many = np.array([2**31, 2**9], np.int64)
    inputs = {
        "ConstantOfShape": [many],
        "Expand": [np.ones((1, 1), np.float32), many],
        "Tile": [np.ones((1, 1), np.float32), many],
        "Range": [np.int64(0), np.int64(2**40), np.int64(1)],
    }[operator]
    net.nodes.append(helper.make_node(operator, [net.store(np.asarray(a)) for a in inputs], ["huge"], name="bomb"))
    net.node("Add", "huge").node("MatMul", net.store(net.numbers(3, 2)), shape=(2,))
    with pytest.raises(DeepCheckError, match="bomb"):
        load(net.model((3,)).SerializeToString(), tmp_path)


def test_a_convolution_with_a_huge_output_is_refused(tmp_path):
    net = Graph(np.random.default_rng(0), "normal", (1, 3, 3))
    net.node("Conv", net.store(net.numbers(1, 1, 1, 1)), shape=(1, 9, 9), pads=[2**20] * 4)
    net.node("Flatten", shape=(81,))
    net.node("MatMul", net.store(net.numbers(81, 2)), shape=(2,))
    with pytest.raises(DeepCheckError):
        load(net.model((1, 3, 3)).SerializeToString(), tmp_path)


def changed(change):
    model = copy.deepcopy(MODEL)
    change(model.graph)
    return model


def two_inputs(graph):
    graph.input.append(helper.make_tensor_value_info("second", 1, ["N", 3]))


def two_outputs(graph):
    graph.output.append(helper.make_tensor_value_info(graph.node[0].output[0], 1, ["N", 3]))


def batch_of_five(graph):
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 5


def free_size(graph):
    graph.input[0].type.tensor_type.shape.dim[1].dim_param = "any"


def no_axes(graph):
    del graph.input[0].type.tensor_type.shape.dim[:]


def integers(graph):
    graph.input[0].type.tensor_type.elem_type = TensorProto.INT64


def halves(graph):
    graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16


def unused_input(graph):
    graph.node[0].input[0] = graph.initializer[0].name


def unknown_tensor(graph):
    graph.node[1].input[0] = "nowhere"


def wrong_order(graph):
    nodes = list(graph.node)[::-1]
    del graph.node[:]
    graph.node.extend(nodes)


def wrong_shape(graph):
    graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((5, 3), np.float32), graph.initializer[0].name))


def nothing(graph):
    del graph.node[:]


def not_finite(graph):
    graph.initializer[0].CopyFrom(
        numpy_helper.from_array(np.full((3, 3), np.nan, np.float32), graph.initializer[0].name)
    )


def infinite(graph):
    graph.initializer[1].CopyFrom(numpy_helper.from_array(np.full(3, np.inf, np.float32), graph.initializer[1].name))


CHANGES = [two_inputs, two_outputs, batch_of_five, free_size, no_axes, integers, halves, unused_input, unknown_tensor]
CHANGES += [wrong_order, wrong_shape, nothing, not_finite, infinite]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_graphs_that_do_not_fit_are_malformed(change, tmp_path):
    model = changed(change)
    with pytest.raises(MalformedModel) as caught:
        load(model.SerializeToString(), tmp_path)
    assert len(str(caught.value)) < 1000
    with pytest.raises(DeepCheckError):
        deepcheck.load(model)


def test_an_input_that_is_also_an_initializer_is_a_constant(tmp_path):
    """Files of older versions list their weights among the inputs."""
    model = changed(
        lambda graph: graph.input.append(helper.make_tensor_value_info(graph.initializer[0].name, 1, [3, 3]))
    )
    assert load(model.SerializeToString(), tmp_path).size == 3
    assert onnx.load_model_from_string(model.SerializeToString()).graph.input[1].name == model.graph.initializer[0].name
