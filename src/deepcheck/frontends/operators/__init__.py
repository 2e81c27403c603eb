"""Which ONNX operators are understood, and what each becomes: a few lines an operator."""

from deepcheck.frontends.operators import branches, linear, moves, pooling, products, reductions, resizing
from deepcheck.frontends.operators.refusals import SQUASHING, refuse, refused
from deepcheck.frontends.operators.registry import OPERATORS, Result, supported_operators

__all__ = [
    "OPERATORS",
    "SQUASHING",
    "Result",
    "branches",
    "linear",
    "moves",
    "pooling",
    "products",
    "reductions",
    "refuse",
    "refused",
    "resizing",
    "supported_operators",
]
