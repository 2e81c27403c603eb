"""One ONNX node, as the operator mappings see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import helper

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.folding import Folder
from deepcheck.frontends.sizes import FEW
from deepcheck.program import Array, Instruction


@dataclass(frozen=True)
class Value:
    """A value of the program.

    Attributes:
        index: Which value it is.
        shape: Its shape in the model, batch axis included.
        squashed: The softmax or sigmoid that the model applies to it, and which analysis leaves out; "" if none.
            Nothing but a new shape may follow.
        by: The name of that node.
    """

    index: int
    shape: tuple[int, ...]
    squashed: str = ""
    by: str = ""

    @property
    def size(self) -> int:
        """How many elements it has."""
        return prod(self.shape)

    def numbered(self, first: int = 0) -> Array:
        """Its elements' positions, in its shape."""
        return np.arange(first, first + self.size).reshape(self.shape)


Operand = Value | Array | None
Emit = Callable[[Instruction], Value]


@dataclass(frozen=True)
class Node:
    """A node with its operands resolved.

    Attributes:
        proto: The node in the model.
        name: The node's name, or its first output's where it has none.
        operands: Each input: a `Value`, a constant array, or None where it is left out.
        attributes: The node's attributes as Python values.
        opset: The version of the operator set.
        emit: Appends an instruction to the program and gives its result.
        folder: Evaluates nodes whose operands are all known, within the memory budget.
        rounded: Names of constants that the mapping rounded; it appends to this.
    """

    proto: onnx.NodeProto
    name: str
    operands: tuple[Operand, ...]
    attributes: Mapping[str, Any]
    opset: int
    emit: Emit
    folder: Folder
    rounded: list[str] = field(default_factory=list)

    @staticmethod
    def read(
        proto: onnx.NodeProto,
        known: Mapping[str, Value | Array],
        opset: int,
        emit: Emit,
        folder: Folder,
    ) -> "Node":
        """Resolve a node's operands by name."""
        name = proto.name or (proto.output[0] if proto.output else "")
        unknown = [tensor for tensor in proto.input if tensor and tensor not in known]
        if unknown:
            raise MalformedModel(
                f"node '{name}' ({proto.op_type}) reads '{unknown[0]}', which nothing computes before it"
            )
        operands = tuple(known[tensor] if tensor else None for tensor in proto.input)
        attributes = {a.name: helper.get_attribute_value(a) for a in proto.attribute if not a.ref_attr_name}
        return Node(proto, name, operands, attributes, opset, emit, folder)

    @property
    def operator(self) -> str:
        """The operator's name."""
        return str(self.proto.op_type)

    @property
    def key(self) -> str:
        """The operator's name, with its domain where that is not ONNX's own."""
        domain = str(self.proto.domain)
        return self.operator if domain in ("", "ai.onnx") else f"{domain}.{self.operator}"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the input tensors."""
        return tuple(self.proto.input)

    @property
    def values(self) -> tuple[Value, ...]:
        """The operands that are values, in order."""
        return tuple(operand for operand in self.operands if isinstance(operand, Value))

    @property
    def constants(self) -> tuple[Array, ...]:
        """The operands that are constants, in order."""
        return tuple(operand for operand in self.operands if isinstance(operand, np.ndarray))

    def value(self, position: int = 0) -> Value:
        """An operand that must be a value."""
        operand = self.operands[position] if position < len(self.operands) else None
        if not isinstance(operand, Value):
            raise UnsupportedOperator(f"expected input {position} to depend on the model's input: it is a constant")
        return operand

    def constant(self, position: int) -> Array | None:
        """An operand that must be a constant, or None where it is left out."""
        operand = self.operands[position] if position < len(self.operands) else None
        if isinstance(operand, Value):
            raise UnsupportedOperator(
                f"expected input {position} ('{self.inputs[position]}') to be a constant: it depends on the input"
            )
        return operand

    def required(self, position: int) -> Array:
        """An operand that must be a constant and must be there."""
        found = self.constant(position)
        if found is None:
            raise MalformedModel(f"input {position} is missing")
        return found

    def setting(self, name: str, position: int, default: Any) -> Any:
        """What older opsets give as an attribute and newer ones as an input."""
        if name in self.attributes:
            return self.attributes[name]
        found = self.constant(position)
        if found is not None and found.size > FEW:
            raise MalformedModel(f"expected at most {FEW} numbers for {name}, got {found.size}")
        return default if found is None else found.tolist()

    def axis(self, rank: int, default: int = 0, name: str = "axis") -> int:
        """An axis attribute, counted from the front."""
        return within(int(self.attributes.get(name, default)), rank)

    def allow(self, *shapes: Sequence[float]) -> None:
        """Raise `MalformedModel` if arrays of these shapes would be too much; asked before they are made."""
        entries = sum(prod(map(float, shape)) for shape in shapes)
        self.folder.budget.allow(8.0 * entries, "its result")

    def emits(self, *instructions: Instruction) -> Value:
        """Append instructions; the result of the last."""
        return [self.emit(instruction) for instruction in instructions][-1]


def within(axis: int, rank: int) -> int:
    """An axis counted from the front; `MalformedModel` where there is none such."""
    if not -rank <= axis < max(rank, 1):
        raise MalformedModel(f"expected an axis from {-rank} to {rank - 1}, got {axis}")
    return axis % max(rank, 1)
