"""Read a ``.nnet`` file (Stanford's NNet format, of ACAS Xu and of Marabou's networks) as an ONNX model.

The text holds numbers only: layer sizes, the least and largest value of each input, means and ranges of the inputs
and of the output, then each layer's weights row by row and its biases. The ONNX model takes inputs in their own units:
``(x - mean) / range``, the layers with a ReLU between them, ``y * range + mean``, all in float64, so that each decimal
is read to the nearest number once. Inputs are *not* clipped to their least and largest values (NNet's own evaluator
does that): these are bounds for the analysis, kept in the model's metadata, see `input_ranges`.
"""

import hashlib
import json
from math import isclose, pi
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from deepcheck.errors import MalformedModel
from deepcheck.frontends.budget import Budget
from deepcheck.frontends.messages import clear_errors
from deepcheck.frontends.model_file import read_file
from deepcheck.frontends.nnet_text import Numbers, Text, read_text
from deepcheck.program import Array

LOWER, UPPER, DECISION = "deepcheck.input_lower", "deepcheck.input_upper", "deepcheck.decision"


def read_nnet(path: Path, budget: Budget | None = None) -> tuple[onnx.ModelProto, str, str | None]:
    """Read a ``.nnet`` file as if it were hostile.

    Args:
        path: The file.
        budget: What the file and its weights may take, asked before they are read; by default 2 GiB.

    Returns:
        The model; the sha256 of the file; and the file's decision: "arg min" for an ACAS Xu network (5 inputs and 5
        outputs, the inputs a distance up to some 60 000 feet and two angles between -pi and pi), else None.

    Raises:
        MalformedModel: If the file is missing, too large, or not a whole ``.nnet`` file; the message names the line.
    """
    with clear_errors(path):
        budget = budget or Budget()
        content = read_file(path, budget, "a .nnet file")
        numbers = read_text(Text(content, str(path)), budget)
        decision = "arg min" if _is_acas_xu(numbers) else None
        return _model(numbers, path.stem, decision), hashlib.sha256(content).hexdigest(), decision


def input_ranges(model: onnx.ModelProto) -> tuple[Array, Array] | None:
    """The least and largest value of each input, ``(inputs,)`` each, if the model is from a ``.nnet`` file.

    Raises:
        MalformedModel: If the model's metadata holds something else in their place.
    """
    kept = {entry.key: entry.value for entry in model.metadata_props}
    if LOWER not in kept or UPPER not in kept:
        return None
    try:
        return np.asarray(json.loads(kept[LOWER]), np.float64), np.asarray(json.loads(kept[UPPER]), np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise MalformedModel(f"expected lists of numbers as metadata {LOWER} and {UPPER}, got something else") from None


def _is_acas_xu(numbers: Numbers) -> bool:
    lower, upper = numbers.lower, numbers.upper
    return (
        len(lower) == 5
        and len(numbers.layers[-1][1]) == 5
        and 60_000 <= upper[0] <= 63_000
        and all(isclose(-low, pi, abs_tol=1e-3) for low in lower[1:3])
        and all(isclose(high, pi, abs_tol=1e-3) for high in upper[1:3])
    )


def _model(numbers: Numbers, name: str, decision: str | None) -> onnx.ModelProto:
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def add(operator: str, label: str, *values: Array, **attributes: Any) -> None:
        stored = [numpy_helper.from_array(value, f"{label}_{i}") for i, value in enumerate(values)]
        constants.extend(stored)
        before = nodes[-1].output[0] if nodes else "input"
        names = [before, *(tensor.name for tensor in stored)]
        nodes.append(helper.make_node(operator, names, [label], name=label, **attributes))

    if (numbers.mean[:-1] != 0).any() or (numbers.range[:-1] != 1).any():
        add("Sub", "centred", numbers.mean[:-1])
        add("Div", "normalised", numbers.range[:-1])
    for i, (weight, bias) in enumerate(numbers.layers):
        if i:
            add("Relu", f"relu{i}")
        add("Gemm", f"layer{i + 1}", weight, bias, transB=1)
    if numbers.mean[-1] != 0 or numbers.range[-1] != 1:
        add("Mul", "scaled", numbers.range[-1:])
        add("Add", "scores", numbers.mean[-1:])
    source = helper.make_tensor_value_info("input", TensorProto.DOUBLE, [1, len(numbers.lower)])
    target = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.DOUBLE, [1, len(numbers.layers[-1][1])])
    graph = helper.make_graph(nodes, name, [source], [target], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.doc_string = "From a .nnet file. The metadata holds the least and largest value of each input."
    kept = {LOWER: json.dumps(numbers.lower.tolist()), UPPER: json.dumps(numbers.upper.tolist())}
    helper.set_model_props(model, kept | ({DECISION: decision} if decision else {}))
    return model
