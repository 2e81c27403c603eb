"""How an ONNX pooling or convolution slides: its attributes, in every spelling."""

from math import prod

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.model_file import BUDGET_BYTES
from deepcheck.frontends.node import Node
from deepcheck.program import Sliding


def sliding_of(node: Node, shape: tuple[int, ...], kernel: tuple[int, ...] | None = None) -> Sliding:
    """Read kernel, strides, dilations and pads of a node over an item of shape ``(channels, *spatial)``."""
    dimensions = len(shape) - 1
    given = node.attributes
    size = tuple(given.get("kernel_shape", kernel or ()))
    strides = tuple(given.get("strides", (1,) * dimensions))
    dilations = tuple(given.get("dilations", (1,) * dimensions))
    pads = tuple(given.get("pads", (0,) * 2 * dimensions))
    if kernel is not None and size != tuple(kernel):
        raise MalformedModel(f"kernel_shape {size} does not fit a weight with kernel {kernel}")
    if not dimensions or {len(size), len(strides), len(dilations)} != {dimensions} or len(pads) != 2 * dimensions:
        raise MalformedModel(f"kernel {size}, strides {strides}, pads {pads} do not fit an operand of shape {shape}")
    if min((*size, *strides, *dilations)) < 1 or min(pads) < 0:
        raise MalformedModel(f"expected positive kernel {size}, strides {strides}, dilations {dilations}, pads {pads}")
    before, after = pads[:dimensions], pads[dimensions:]
    automatic = given.get("auto_pad", b"NOTSET").decode()
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        if kernel is None and (max(dilations) > 1 or any(n < s for n, s in zip(size, strides, strict=True))):
            raise UnsupportedOperator(
                f"expected pooling with {automatic} without dilation and with a kernel as wide as its stride: "
                f"runtimes disagree on kernel {size}, strides {strides}, dilations {dilations}"
            )
        before, after = _same(shape[1:], size, strides, dilations, lower=automatic == "SAME_LOWER")
    elif automatic == "VALID":
        before = after = (0,) * dimensions
    sliding = Sliding(size, strides, dilations, before, after, ceil=bool(given.get("ceil_mode", 0)))
    if shape[0] * prod(sliding.outputs(shape[1:])) * prod(size) * 8 > BUDGET_BYTES:
        raise MalformedModel(f"kernel {size} over {shape} with pads {pads} needs over {BUDGET_BYTES} bytes")
    return sliding


def _same(
    spatial: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    *,
    lower: bool,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    before, after = [], []
    for length, taps, stride, dilation in zip(spatial, kernel, strides, dilations, strict=True):
        total = max((-(-length // stride) - 1) * stride + dilation * (taps - 1) + 1 - length, 0)
        small = total // 2
        before.append(total - small if lower else small)
        after.append(small if lower else total - small)
    return tuple(before), tuple(after)
