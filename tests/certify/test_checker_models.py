"""Model files that an attacker writes: what ONNX forbids, or says otherwise than the checker reads it, is refused.

A file whose meaning is open (a name written twice, an attribute that is not known) could be read one way here and
another way by whoever runs it.
"""

import numpy as np
import onnx
import onnxruntime
import pytest
from forged import END, RELU, F, claim_of, claimed, flat, image, sealed, serialized
from onnx import TensorProto, helper, numpy_helper

from deepcheck.certify.checker import Rejected, check


def verified(made):
    return check(sealed(claim_of(made)), serialized(made))


def refused(made, match):
    with pytest.raises(Rejected, match=match):
        verified(made)


def test_the_plain_ones_are_verified():
    """Controls, and onnxruntime agrees that they are models."""
    for made in (
        flat([RELU, END]),
        image("MaxPool", {"kernel_shape": [2, 2]}, size=18),
        image("Conv", {"pads": [1, 1, 1, 1]}, inputs=["k"], constants={"k": np.ones((3, 2, 3, 3), F)}, size=48),
    ):
        assert verified(made).startswith("verified: proved")
        onnxruntime.InferenceSession(serialized(made), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    "nodes",
    [
        [RELU, ("Sub", ["h", "b"], "h", {}), END],
        [("Relu", ["x"], "x", {}), ("Gemm", ["x", "w", "b"], "out", {})],
        [("Relu", ["x"], "w", {}), ("Gemm", ["w", "w", "b"], "out", {})],
        [("Constant", [], "h", {"value": numpy_helper.from_array(np.zeros((1, 2), F))}), RELU, END],
        [("Constant", [], "w", {"value": numpy_helper.from_array(np.ones((2, 2), F))}), RELU, END],
        [RELU, ("Constant", [], "h", {"value": numpy_helper.from_array(np.zeros((1, 2), F))}), END],
        [("Relu", ["x"], "", {}), ("Gemm", ["", "w", "b"], "out", {})],
    ],
)
def test_a_name_is_written_once(nodes):
    refused(flat(nodes), "a name of its own")


@pytest.mark.parametrize(
    "nodes",
    [
        [END, RELU],
        [("Gemm", ["nothing", "w", "b"], "out", {})],
        [("Gemm", ["w", "w", "b"], "out", {})],
        [("Gemm", ["", "w", "b"], "out", {})],
    ],
)
def test_what_is_read_was_computed_before(nodes):
    refused(flat(nodes), "computed from the input")


INTERNAL = "Linear New Same Value Windows Columns Product Pooled Sizes Fitting Elementwise joined forward backward"


@pytest.mark.parametrize(
    "operator", ["relu", "RELU", "gemm", *INTERNAL.split(), "LeakyRelu", "If", "_init__", "", "Clip", "Identity"]
)
def test_only_operators_of_the_list_by_their_own_names(operator):
    refused(flat([(operator, ["x"], "h", {}), END]), "is not supported by this checker")


def test_other_domains_functions_and_subgraphs():
    made = flat([RELU, END])
    made.graph.node[0].domain = "com.microsoft"
    refused(made, "Relu is not supported")
    for domain in ("", "local"):
        made = flat([RELU, END])
        negative = helper.make_node("Neg", ["a"], ["c"])
        made.functions.append(
            helper.make_function(domain, "Relu", ["a"], ["c"], [negative], [helper.make_opsetid("", 17)])
        )
        refused(made, "functions are not supported")
    made = flat([RELU, END])
    made.graph.node[0].attribute.append(helper.make_attribute("body", made.graph))
    refused(made, "body is not supported")


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes"),
    [
        ("Relu", [], {"alpha": 0.5}),
        ("Gemm", ["w", "b"], {"transC": 1}),
        ("Gemm", ["w", "b"], {"broadcast": 1}),
        ("MatMul", ["w"], {"transB": 1}),
        ("MatMul", ["w"], {"alpha": 2.0}),
        ("Add", ["b"], {"axis": 1, "broadcast": 1}),
        ("Div", ["shape"], {"mode": "floor"}),
        ("Flatten", [], {"start": 1}),
        ("Transpose", [], {"axes": [1, 0]}),
        ("Reshape", ["shape"], {"shape": [2, 1]}),
        ("Softmax", [], {"temperature": 2.0}),
    ],
)
def test_attributes_that_are_not_known(operator, inputs, attributes):
    constants = {"shape": np.array([1, 2])}
    refused(flat([(operator, ["x", *inputs], "out", attributes)], constants), f"{operator}: .* is not supported")


@pytest.mark.parametrize(("operator", "more"), [("Conv", ["k"]), ("MaxPool", []), ("AveragePool", [])])
def test_attributes_of_windows_that_are_not_known(operator, more):
    given = {"kernel_shape": [3, 3], "p": 2}
    constants = {"k": np.ones((1, 2, 3, 3), F)}
    refused(image(operator, given, inputs=more, constants=constants), f"{operator}: p is not supported")


def test_an_attribute_given_twice():
    made = flat([("Gemm", ["x", "w", "b"], "out", {"alpha": 1.0})])
    made.graph.node[0].attribute.append(helper.make_attribute("alpha", -1.0))
    refused(made, "given twice")
    made = flat([("Gemm", ["x", "w", "b"], "out", {})])
    made.graph.node[0].attribute.add(name="alpha", ref_attr_name="outer", type=onnx.AttributeProto.FLOAT)
    refused(made, ".")


def test_other_inputs_and_outputs_of_a_node():
    made = image("MaxPool", {"kernel_shape": [2, 2]}, size=18)
    made.graph.node[0].output.append("places")
    refused(made, "other inputs or outputs")
    refused(flat([("Relu", ["x", "w"], "h", {}), END]), "other inputs or outputs")
    refused(flat([("Add", ["x", "b", "b"], "h", {}), END]), "other inputs or outputs")
    refused(flat([("Gemm", ["x", "w", "b", "b"], "out", {})]), "other inputs or outputs")
    refused(flat([("Relu", [], "h", {}), END]), "other inputs or outputs")


def edited(edit):
    made = flat([RELU, END])
    edit(made)
    return made


def external(made):
    made.graph.initializer[0].data_location = TensorProto.EXTERNAL


def sparse(made):
    values, places = helper.make_tensor("w", 1, [1], [9.0]), helper.make_tensor("at", 7, [1], [0])
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [4]))


def twice(made):
    made.graph.initializer.append(numpy_helper.from_array(np.array([[0, 9], [9, 0]], F), "w"))


def second_input(made):
    made.graph.input.append(helper.make_tensor_value_info("y", 1, [1, 2]))


def opsets(*versions):
    def edit(made):
        del made.opset_import[:]
        made.opset_import.extend(helper.make_opsetid("", v) for v in versions)

    return edit


def constant_of(**fields):
    def edit(made):
        tensor = made.graph.initializer[0]
        tensor.Clear()
        tensor.name = "w"
        for key, value in fields.items():
            if isinstance(value, list):
                getattr(tensor, key).extend(value)
            else:
                setattr(tensor, key, value)

    return edit


def input_of(kind, dims):
    def edit(made):
        made.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", kind, dims))

    return edit


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (external, "another file"),
        (sparse, "sparse"),
        (twice, "one name"),
        (second_input, "malformed"),
        (lambda made: made.graph.input.pop(), "malformed"),
        (opsets(), "opset"),
        (opsets(6), "opset"),
        (opsets(13, 17), "opset"),
        (constant_of(dims=[2, 2], data_type=TensorProto.BFLOAT16, raw_data=bytes(8)), "data type"),
        (constant_of(dims=[2, 2], data_type=TensorProto.STRING, raw_data=bytes(8)), "data type"),
        (constant_of(dims=[2, 2], data_type=TensorProto.UINT8, raw_data=bytes(4)), "data type"),
        (constant_of(dims=[2, 2], data_type=TensorProto.FLOAT, raw_data=bytes(12)), "expected 4 numbers"),
        (constant_of(dims=[2, 2], data_type=TensorProto.FLOAT, raw_data=bytes(15)), "cut short"),
        (constant_of(dims=[2, 2], data_type=TensorProto.FLOAT, float_data=[1.0] * 5), "expected 4 numbers"),
        (constant_of(dims=[-2, -2], data_type=TensorProto.FLOAT, raw_data=bytes(16)), "no such shape"),
        (input_of(TensorProto.INT32, [1, 2]), "input of floats"),
        (input_of(TensorProto.INT64, [1, 2]), "input of floats"),
        (input_of(TensorProto.FLOAT, [-1, -2]), "no elements"),
        (input_of(TensorProto.FLOAT, [1 << 20, 1 << 20]), "too many"),
        (input_of(TensorProto.FLOAT, [1, 3]), "shapes"),
        (lambda made: made.graph.input[0].type.Clear(), "input of floats"),
    ],
)
def test_constants_inputs_and_opsets(edit, match):
    refused(edited(edit), match)


def test_bytes_that_are_no_model():
    for content in (b"", b"\x00", b"onnx", b"{}", b"\xff" * 100, serialized(flat([RELU, END]))[:-7]):
        with pytest.raises(Rejected):
            check(sealed(claimed(content, [0, 0], label=0, lower=0, upper=0, refutations=[])), content)


def test_a_tensor_inside_the_model_is_called_so():
    made = flat([RELU, END])
    held = claim_of(made)
    held["model"]["output"] = "h"
    assert "of 'h' (not an output of the model)" in check(sealed(held), serialized(made))
    assert "not an output" not in verified(made)


def test_the_same_weights_under_another_hash_and_other_weights_under_this_one():
    """Alter weights and hash alike, and the claim is about the other model: there it is checked anew."""
    made, other = flat([RELU, END]), flat([RELU, END], {"b": np.array([0, 0.5], F)})
    held = claim_of(made)
    with pytest.raises(Rejected, match="another model file"):
        check(sealed(held), serialized(other))
    held["model"]["sha256"] = claim_of(other)["model"]["sha256"]
    with pytest.raises(Rejected, match="another label"):
        check(sealed(held), serialized(other))
