"""Pooling: averages and largest elements of windows."""

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.node import Node
from deepcheck.frontends.operators.registry import Result, operator
from deepcheck.frontends.windows import sliding_of
from deepcheck.program import Largest, Sliding, affine


def _whole(shape: tuple[int, ...]) -> Sliding:
    """One window over all positions."""
    spatial = shape[2:]
    ones, none = (1,) * len(spatial), (0,) * len(spatial)
    return Sliding(spatial, ones, ones, none, none)


@operator("AveragePool", "GlobalAveragePool")
def _average_pool(node: Node) -> Result:
    x = node.value()
    sliding = _whole(x.shape) if node.operator == "GlobalAveragePool" else sliding_of(node, x.shape)
    counted = bool(node.attributes.get("count_include_pad", 0))
    return node.emit(affine.average_pool(x.index, x.shape, sliding, count_padding=counted))


@operator("MaxPool", "GlobalMaxPool")
def _max_pool(node: Node) -> Result:
    x = node.value()
    if len(node.proto.output) > 1 and node.proto.output[1]:
        raise UnsupportedOperator("expected a max pooling without its indices: they jump")
    sliding = _whole(x.shape) if node.operator == "GlobalMaxPool" else sliding_of(node, x.shape)
    return node.emit(Largest(x.index, affine.windows(x.shape, sliding)))
