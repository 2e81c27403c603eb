"""The table of operator mappings."""

from collections.abc import Callable

from deepcheck.frontends.node import Node, Value
from deepcheck.program import Array

Result = Value | Array | tuple[Value | Array, ...]
"""What a node becomes: a value, a constant, or one of them per output."""

Mapping = Callable[[Node], Result]
OPERATORS: dict[str, Mapping] = {}


def operator(*names: str) -> Callable[[Mapping], Mapping]:
    """Register a mapping for ONNX operators."""

    def register(mapping: Mapping) -> Mapping:
        OPERATORS.update(dict.fromkeys(names, mapping))
        return mapping

    return register


def supported_operators() -> tuple[str, ...]:
    """The names of the supported ONNX operators, sorted."""
    last = [f"{name} (last)" for name in ("LogSoftmax", "Sigmoid", "Softmax")]
    return tuple(sorted([*OPERATORS, "Constant", "If (constant condition)", "Shape", "Size", *last]))
