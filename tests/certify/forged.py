"""Certificates written by hand, line by line as the checker's page says; nothing here uses DeepCheck."""

import base64
import hashlib
import json
import math

import numpy as np
import onnx
from hypothesis import HealthCheck, settings
from onnx import TensorProto, helper, numpy_helper
from oracles import label_of, label_scores, run_exactly

CLOSE = ["close", []]


def array(values, dtype="float32"):
    """An array as it is written."""
    return {"dtype": dtype, "base64": base64.b64encode(np.asarray(values, dtype).tobytes()).decode()}


def sealed(held):
    """The bytes of a certificate with the hash of what it says, whatever it says."""
    rest = {key: value for key, value in held.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return json.dumps({**rest, "digest": hashlib.sha256(text.encode()).hexdigest()}).encode()


def claimed(model, x, *, label, lower, upper, dtype="float32", size=1, features=None, levels=None, **others):
    """A claim that all sets are proved, without evidence; ``others`` overwrite what is at the top."""
    features = {i: [i] for i in range(len(x))} if features is None else features
    domain = {"lower": array(np.atleast_1d(lower), dtype), "upper": array(np.atleast_1d(upper), dtype)}
    if levels is not None:
        domain |= {"tables": [array(levels, dtype)], "channel": [0]}
    held = {
        "certificate": "deepcheck",
        "version": 1,
        "model": {"name": "forged", "sha256": hashlib.sha256(model).hexdigest(), "output": "out"},
        "decision": "arg max",
        "input": array(x, dtype),
        "label": label,
        "claim": {
            "verdict": "proved",
            "scope": "all paths" if "tree" in others else "this path",
            "size": size,
            "features": [[f, list(elements)] for f, elements in features.items()],
            "target": None,
            "left": 0,
            "domain": domain,
        },
        "attacks": [],
        "undecided": [],
    }
    return {**held, **others}


def model(nodes, shape, constants=(), *, opset=17, outputs=("out",), kind=TensorProto.FLOAT):
    """A model of nodes ``(operator, inputs, output, attributes)`` from "x"; constants by name. It may be invalid."""
    made = [helper.make_node(operator, inputs, [output], **given) for operator, inputs, output, given in nodes]
    graph = helper.make_graph(
        made,
        "forged",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(name, kind, ["m", "n"]) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in dict(constants).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def serialized(made: onnx.ModelProto):
    return made.SerializeToString()


SUM = {"w": np.array([[0, 1], [0, 1]], np.float32), "b": np.array([1, 0], np.float32)}
"""Label 1 leads by x0 + x1 - 1."""


def plain():
    return serialized(model([("Gemm", ["x", "w", "b"], "out", {})], [1, 2], SUM))


def changed(place, value, **given):
    """A true claim about `plain` with one entry replaced."""
    held = claimed(plain(), [0, 0], **{"label": 0, "lower": 0, "upper": 0.75, "refutations": [], **given})
    *path, last = place
    inner = held
    for key in path:
        inner = inner[key]
    inner[last] = value
    return held


F = np.float32
TWO = {"w": np.array([[1, 0], [0, 1]], F), "b": np.array([0.5, 0], F)}
END = ("Gemm", ["h", "w", "b"], "out", {})


def claim_of(made):
    """Nothing changes the label of zeros where the only value of the domain is 0: true of any model."""
    dims = made.graph.input[0].type.tensor_type.shape.dim if made.graph.input else ()
    size = max(min(abs(math.prod(d.dim_value or 1 for d in dims)), 100), 1)
    return claimed(serialized(made), [0] * size, label=0, lower=0, upper=0, features={0: [0]}, refutations=[])


def image(operator, attributes=None, *, inputs=(), constants=None, shape=(1, 2, 4, 4), size=None, **others):
    """One operator on an image, flattened, and the first two numbers of it."""
    size = size or 1
    last = np.zeros((size, 2), F)
    nodes = [
        (operator, ["x", *inputs], "h", attributes or {}),
        ("Flatten", ["h"], "f", {}),
        ("MatMul", ["f", "last"], "out", {}),
    ]
    return model(nodes, list(shape), {"last": last, **(constants or {})}, **others)


def flat(nodes, constants=None, shape=(1, 2), **others):
    return model(nodes, list(shape), {**TWO, **(constants or {})}, **others)


RELU = ("Relu", ["x"], "h", {})


def relaxed(examples):
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


def claim_about(network, scope="this path", **options):
    """A claim about all elements of a network's input, in [0, 1] and with its label, without evidence."""
    outputs = run_exactly(network.model, network.x, slopes=False).outputs
    scores = label_scores(outputs)[0]
    made = network.model.SerializeToString()
    given = {"label": label_of(scores), "lower": 0, "upper": 1, "dtype": str(network.x.dtype), **options}
    held = claimed(made, network.x.ravel(), **given)
    held["claim"]["scope"], held["decision"] = scope, "sign" if outputs.shape[1] == 1 else "arg max"
    held["model"]["output"] = network.model.graph.output[0].name
    return held
