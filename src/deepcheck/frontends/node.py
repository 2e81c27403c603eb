"""One ONNX node, as the operator mappings see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import helper

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.program import Array


@dataclass(frozen=True)
class Value:
    """A value of the program: its index and its shape without the batch axis."""

    index: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """A node with its operands resolved.

    Attributes:
        name: The node's name, or its first output's where it has none.
        operands: Each input: a `Value`, a constant array, or None where it is left out.
        attributes: The node's attributes as Python values.
        inputs: The names of the input tensors.
        opset: The version of the operator set.
        rounded: Names of constants that the mapping rounded; it appends to this.
    """

    name: str
    operands: tuple[Value | Array | None, ...]
    attributes: Mapping[str, Any]
    inputs: tuple[str, ...]
    opset: int
    rounded: list[str] = field(default_factory=list)

    @staticmethod
    def read(
        proto: onnx.NodeProto, values: Mapping[str, Value], constants: Mapping[str, Array], model: onnx.ModelProto
    ) -> "Node":
        """Resolve a node's operands by name."""
        unknown = [name for name in proto.input if name and name not in values and name not in constants]
        if unknown:
            raise MalformedModel(
                f"node '{proto.name or proto.output[0]}' ({proto.op_type}) reads '{unknown[0]}', which nothing computes"
            )
        found = tuple(values[name] if name in values else constants.get(name) for name in proto.input)
        attributes = {a.name: helper.get_attribute_value(a) for a in proto.attribute}
        opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 1)
        return Node(proto.name or proto.output[0], found, attributes, tuple(proto.input), opset)

    @property
    def values(self) -> tuple[Value, ...]:
        """The operands that are values, in order."""
        return tuple(operand for operand in self.operands if isinstance(operand, Value))

    def value(self, position: int = 0) -> Value:
        """An operand that must be a value."""
        operand = self.operands[position]
        if not isinstance(operand, Value):
            raise UnsupportedOperator(f"expected input {position} ('{self.inputs[position]}') to depend on the input")
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
        return default if found is None else found.tolist()
