"""Models that were exported for a fixed batch of several inputs: the program is what they do to each.

Trusted here: onnxruntime, on random batches. That each output depends on its own input alone, and on each in the same
way, is compared and not proved.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import onnx
from onnx import helper

from deepcheck.errors import MalformedModel
from deepcheck.frontends.apart import run_apart
from deepcheck.frontends.exporting import TOLERANCE
from deepcheck.frontends.node import Node, Value
from deepcheck.program import Array, Program
from deepcheck.program.plain import outputs


def for_one(node: Node, batch: int) -> Node:
    """A node whose target shape names the batch, for a batch of one."""
    if node.operator not in ("Reshape", "Expand") or len(node.operands) < 2 or not isinstance(node.operands[0], Value):
        return node
    target = node.operands[1]
    if not isinstance(target, np.ndarray) or target.size == 0 or target.reshape(-1)[0] != batch:
        return node
    changed: Array = np.array(target)
    changed.reshape(-1)[0] = 1
    return replace(node, operands=(node.operands[0], changed, *node.operands[2:]))


def check_each(program: Program, model: onnx.ModelProto, scores: str) -> None:
    """Raise `MalformedModel` unless the model does to each of a batch of random inputs what the program does to it.

    Args:
        program: The program of one input.
        model: The model, for a batch of several.
        scores: The tensor that the program computes.
    """
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    del opened.graph.output[:]
    opened.graph.output.append(helper.make_empty_tensor_value_info(scores))
    origin = program.origin
    for x in _batches(origin.input_shape, program.dtype):
        try:
            found = run_apart(opened, {**origin.given, origin.input_name: x})
        except ValueError as problem:
            raise MalformedModel(
                f"{origin.name}: onnxruntime cannot run the model, so its batch of {origin.copies} cannot be checked "
                f"({problem}): export it with a batch of 1"
            ) from None
        expected = outputs(program, x).reshape(origin.copies, -1)
        scale = 1 + np.abs(expected).max()
        agrees = found.size == expected.size
        if not agrees or not np.abs(found.reshape(expected.shape) - expected).max() <= TOLERANCE * scale:
            raise MalformedModel(
                f"{origin.name}: expected a model that does the same to each of its batch of {origin.copies} inputs, "
                "but it mixes them or treats them differently: export it with a batch of 1"
            )


def _batches(shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> Iterator[Array]:
    """Random batches of several sizes and both signs, and one whose inputs differ in size."""
    rng = np.random.default_rng(0)
    yield rng.random(shape).astype(dtype)
    for size in (1.0, 10.0, 100.0):
        yield (size * rng.normal(size=shape)).astype(dtype)
    each = 10.0 ** rng.integers(-1, 3, size=(shape[0], *(1,) * (len(shape) - 1)))
    yield (each * rng.normal(size=shape)).astype(dtype)
