"""Attributions of other kinds, for `importance_benchmark.py`: Captum's, occlusion, and gradients of differences.

The network is rebuilt as a torch module from its ONNX file, a chain of Reshape, Flatten, Gemm, MatMul, Add, Conv and
Relu; preprocessing comes first in it, so that it reads pixels in [0, 1]. Everything runs in float64.
"""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

STEPS = 50
BATCH = 2_048
"""Images that one plain run takes."""


class Normalised(nn.Module):
    """What preprocessing does to pixels: ``(pixel - mean) / std``."""

    def __init__(self, mean: float, std: float) -> None:
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return (pixels - self.mean) / self.std


class Added(nn.Module):
    """A constant that is added."""

    def __init__(self, constant: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("constant", constant)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.constant


class Multiplied(nn.Module):
    """A matrix that multiplies from the right."""

    def __init__(self, matrix: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("matrix", matrix)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.matrix


def module_of(path: Path, mean: float = 0.0, std: float = 1.0) -> nn.Sequential:
    """Rebuild a chain of layers as a torch module in float64 that reads pixels ``(n, 1, rows, columns)``.

    Raises:
        ValueError: A node is of another kind, or does not read what the one before it wrote.
    """
    graph = onnx.load(str(path)).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers: list[nn.Module] = [Normalised(mean, std)]
    (last,) = (value.name for value in graph.input if value.name not in stored)
    for node in graph.node:
        read = [name for name in node.input if name not in stored]
        if read != [last]:
            raise ValueError(f"{path}: expected a chain of layers, node '{node.name}' reads {read}")
        constants = [stored[name] for name in node.input if name in stored]
        layers.append(_layer(node, constants, node.input[-1] in stored, path))
        (last,) = node.output
    return nn.Sequential(*layers).double().eval().requires_grad_(False)


def _layer(node: onnx.NodeProto, constants: list[np.ndarray], constant_right: bool, path: Path) -> nn.Module:
    options = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    tensors = [torch.from_numpy(np.array(constant)) for constant in constants]
    if node.op_type == "Relu":
        return nn.ReLU()
    if node.op_type == "Flatten" and options.get("axis", 1) == 1:
        return nn.Flatten()
    if node.op_type == "Reshape" and len(constants[0]) == 2:
        return nn.Flatten()
    if node.op_type == "Add":
        return Added(tensors[0])
    if node.op_type == "MatMul" and constant_right and tensors[0].ndim == 2:
        return Multiplied(tensors[0])
    if node.op_type == "Gemm" and options.get("transA", 0) == 0:
        return _dense(tensors, options)
    if node.op_type == "Conv":
        return _convolution(tensors, options, path)
    raise ValueError(f"{path}: expected Reshape, Flatten, Gemm, MatMul, Add, Conv or Relu, got {node.op_type}")


def _dense(tensors: list[torch.Tensor], options: dict[str, float]) -> nn.Linear:
    weight = tensors[0] if options.get("transB", 0) else tensors[0].T
    layer = nn.Linear(weight.shape[1], weight.shape[0]).double()
    bias = tensors[1].double() * options.get("beta", 1.0) if len(tensors) > 1 else torch.zeros(len(weight))
    layer.weight = nn.Parameter(weight.double() * options.get("alpha", 1.0))
    layer.bias = nn.Parameter(bias.double().expand(len(weight)).clone())
    return layer


def _convolution(tensors: list[torch.Tensor], options: dict[str, list[int]], path: Path) -> nn.Conv2d:
    weight, pads = tensors[0], options.get("pads", [0, 0, 0, 0])
    if pads[:2] != pads[2:] or options.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise ValueError(f"{path}: expected a convolution with equal padding before and behind, got {pads}")
    groups = int(options.get("group", 1))
    layer = nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        tuple(weight.shape[2:]),
        stride=tuple(options.get("strides", [1, 1])),
        padding=tuple(pads[:2]),
        dilation=tuple(options.get("dilations", [1, 1])),
        groups=groups,
        bias=len(tensors) > 1,
    ).double()
    layer.weight = nn.Parameter(weight.double())
    if len(tensors) > 1:
        layer.bias = nn.Parameter(tensors[1].double())
    return layer


def scores_of(module: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """Run the module: ``(n, labels)`` float64."""
    with torch.no_grad():
        parts = [module(torch.from_numpy(part).double()) for part in _parts(pixels)]
    return torch.cat(parts).numpy()


def _parts(pixels: np.ndarray) -> Iterable[np.ndarray]:
    return (np.ascontiguousarray(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH))


def class_difference(module: nn.Module, pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Gradient of the label's score less that of the runner-up: ``(n, size)``."""
    x = torch.from_numpy(pixels).double().requires_grad_(True)
    scores, own = module(x), torch.from_numpy(labels)
    others = scores.detach().clone()
    others[torch.arange(len(x)), own] = -torch.inf
    rows = torch.arange(len(x))
    (scores[rows, own] - scores[rows, others.argmax(dim=1)]).sum().backward()
    return x.grad.reshape(len(x), -1).numpy()


def integrated_in_steps(module: nn.Module, pixels: np.ndarray, labels: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Captum's integrated gradients from black: ``(n, size)``."""
    from captum.attr import IntegratedGradients

    return _by_captum(IntegratedGradients(module).attribute, pixels, labels, n_steps=steps)


def deeplift(module: nn.Module, pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Captum's DeepLIFT (rescale rule) from black: ``(n, size)``."""
    from captum.attr import DeepLift

    return _by_captum(DeepLift(module).attribute, pixels, labels)


def _by_captum(
    attribute: Callable[..., torch.Tensor], pixels: np.ndarray, labels: np.ndarray, **options: int
) -> np.ndarray:
    x = torch.from_numpy(pixels).double()
    with warnings.catch_warnings():  # DeepLift says each time that it sets hooks
        warnings.simplefilter("ignore")
        found = attribute(x, baselines=torch.zeros_like(x), target=torch.from_numpy(labels), **options)
    return found.detach().reshape(len(x), -1).numpy()


def occlusions(
    module: nn.Module, pixels: np.ndarray, labels: np.ndarray, values: Iterable[Callable[[np.ndarray], np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Set each pixel alone to another value.

    Args:
        module: The network.
        pixels: The images, ``(n, 1, rows, columns)``.
        labels: Their labels, ``(n,)``.
        values: Each says what a pixel of some value becomes.

    Returns:
        How much the label's score falls, and the margin of the best other label then, ``(values, n, size)`` each.
    """
    kinds = list(values)
    size = pixels[0].size
    falls, margins = np.empty((2, len(kinds), len(pixels), size))
    for kind, value in enumerate(kinds):
        for item, image in enumerate(pixels):
            flat = image.ravel().astype(np.float64)
            new = value(flat)
            changed = np.repeat(flat[None], size, axis=0)
            np.fill_diagonal(changed, new)
            plain = scores_of(module, pixels[item : item + 1])
            scores = scores_of(module, changed.reshape(size, *image.shape))
            scores[new == flat] = plain  # a run in a larger batch may be rounded otherwise, which would break ties
            own = scores[:, labels[item]].copy()
            scores[:, labels[item]] = -np.inf
            falls[kind, item], margins[kind, item] = plain[0, labels[item]] - own, scores.max(axis=1) - own
    return falls, margins
