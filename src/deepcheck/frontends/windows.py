"""How an ONNX pooling or convolution slides: its attributes, in every spelling."""

from math import prod

from deepcheck.errors import MalformedModel, UnsupportedOperator
from deepcheck.frontends.node import Node
from deepcheck.program import Sliding


def sliding_of(node: Node, shape: tuple[int, ...], kernel: tuple[int, ...] | None = None) -> Sliding:
    """Read kernel, strides, dilations and pads of a node over a value of shape ``(n, channels, *spatial)``."""
    dimensions = len(shape) - 2
    given = node.attributes
    size = tuple(given.get("kernel_shape", kernel or ()))
    strides = tuple(given.get("strides", (1,) * dimensions))
    dilations = tuple(given.get("dilations", (1,) * dimensions))
    pads = tuple(given.get("pads", (0,) * 2 * dimensions))
    if kernel is not None and size != tuple(kernel):
        raise MalformedModel(f"kernel_shape {size} does not fit a weight with kernel {kernel}")
    if dimensions < 1 or {len(size), len(strides), len(dilations)} != {dimensions} or len(pads) != 2 * dimensions:
        raise MalformedModel(f"kernel {size}, strides {strides}, pads {pads} do not fit an operand of shape {shape}")
    if min((*size, *strides, *dilations)) < 1 or min(pads) < 0:
        raise MalformedModel(f"expected positive kernel {size}, strides {strides}, dilations {dilations}, pads {pads}")
    before, after = pads[:dimensions], pads[dimensions:]
    automatic = _automatic(node)
    if automatic.startswith("SAME"):
        if kernel is None and (max(dilations) > 1 or any(n < s for n, s in zip(size, strides, strict=True))):
            raise UnsupportedOperator(
                f"expected pooling with {automatic} without dilation and with a kernel as wide as its stride: "
                f"runtimes disagree on kernel {size}, strides {strides}, dilations {dilations}"
            )
        before, after = _same(shape[2:], size, strides, dilations, lower=automatic == "SAME_LOWER")
    elif automatic == "VALID":
        before = after = (0,) * dimensions
    reach = [n + b + a + 1 for n, b, a in zip(shape[2:], before, after, strict=True)]
    # A stride beyond the input and a dilation of nothing mean no more than these.
    strides = tuple(min(stride, most) for stride, most in zip(strides, reach, strict=True))
    dilations = tuple(dilation if taps > 1 else 1 for dilation, taps in zip(dilations, size, strict=True))
    sliding = Sliding(size, strides, dilations, before, after, ceil=bool(given.get("ceil_mode", 0)))
    taps = prod(map(float, sliding.outputs(shape[2:]))) * prod(map(float, size))
    larger = max(taps, prod(map(float, reach))) * prod(map(float, shape[:2]))
    node.folder.budget.allow(8.0 * larger, f"kernel {size} over {shape} with pads {pads}")
    return sliding


def transposed_sliding(node: Node, shape: tuple[int, ...], kernel: tuple[int, ...]) -> Sliding:
    """How the kernel of a transposed convolution slides; the pads after are less its output padding."""
    dimensions, given = len(kernel), node.attributes
    strides = tuple(given.get("strides", (1,) * dimensions))
    dilations = tuple(given.get("dilations", (1,) * dimensions))
    extra = tuple(given.get("output_padding", (0,) * dimensions))
    pads = tuple(given.get("pads", (0,) * 2 * dimensions))
    if tuple(given.get("kernel_shape", kernel)) != tuple(kernel):
        raise MalformedModel(f"kernel_shape {given['kernel_shape']} does not fit a weight with kernel {kernel}")
    if {len(shape) - 2, len(strides), len(dilations), len(extra)} != {dimensions} or len(pads) != 2 * dimensions:
        raise MalformedModel(f"strides {strides}, pads {pads} do not fit an operand of shape {shape}")
    if min((*strides, *dilations)) < 1 or min((*pads, *extra)) < 0:
        raise MalformedModel(f"expected positive strides {strides}, dilations {dilations}, pads {pads}")
    full = [
        stride * (n - 1) + more + (taps - 1) * dilation + 1
        for stride, n, more, taps, dilation in zip(strides, shape[2:], extra, kernel, dilations, strict=True)
    ]
    before, after = pads[:dimensions], pads[dimensions:]
    automatic, wanted = _automatic(node), given.get("output_shape")
    if automatic.startswith("SAME") and wanted is None:
        wanted = [n * stride for n, stride in zip(shape[2:], strides, strict=True)]
    if wanted is not None:
        total = [max(size - int(want), 0) for size, want in zip(full, wanted[-dimensions:], strict=True)]
        small = [pad // 2 for pad in total]
        large = [pad - half for pad, half in zip(total, small, strict=True)]
        before, after = (tuple(small), tuple(large)) if automatic == "SAME_UPPER" else (tuple(large), tuple(small))
        missing = [max(int(want) - size, 0) for size, want in zip(full, wanted[-dimensions:], strict=True)]
        if automatic.startswith("SAME") and "output_shape" not in given and any(missing):
            raise UnsupportedOperator(
                f"expected a kernel as wide as its stride with {automatic}: runtimes disagree on kernel {kernel}, "
                f"strides {strides}"
            )
        extra = tuple(more + gap for more, gap in zip(extra, missing, strict=True))
    after = tuple(pad - more for pad, more in zip(after, extra, strict=True))
    return Sliding(tuple(kernel), strides, dilations, before, after)


def _automatic(node: Node) -> str:
    found = str(node.attributes.get("auto_pad", b"NOTSET").decode("utf-8", "replace"))
    if found not in ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"):
        raise MalformedModel(f"expected an auto_pad of NOTSET, SAME_UPPER, SAME_LOWER or VALID, got '{found}'")
    return found


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
