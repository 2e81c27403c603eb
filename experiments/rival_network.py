"""What every rival is given and judged by: a torch network that counts what is asked of it, and onnxruntime.

A query is one image through the network: a batch of n costs n, and a pass back through the scores costs as many again.
The counted network refuses what goes beyond its budget. The judge never asks it: it asks the untouched ONNX file.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

SAME = 1e-6
"""A pixel that moved by no more than this has not changed: libraries that rescale pixels round them."""


class BudgetSpent(Exception):
    """A question that the budget no longer covers."""


def module_of(model: onnx.ModelProto) -> nn.Sequential:
    """Rebuild a chain of Gemm and Relu that reads ``(n, 1, rows, columns)``, in float32.

    Raises:
        ValueError: If a node is of another kind.
    """
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    layers: list[nn.Module] = [nn.Flatten()]
    for position, node in enumerate(model.graph.node):
        options = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        if node.op_type == "Relu":
            layers.append(nn.ReLU())
        elif node.op_type == "Gemm" and options.get("transB") == 1 and not options.get("transA"):
            if (options.get("alpha", 1.0), options.get("beta", 1.0)) != (1.0, 1.0):
                raise ValueError(f"expected a plain Gemm, got node '{node.name}' with factors: rebuild it by hand")
            layers.append(_dense(*(torch.from_numpy(stored[name].copy()) for name in node.input[1:])))
        elif position > 0 or node.op_type not in ("Reshape", "Flatten"):
            raise ValueError(f"expected Gemm and Relu, got node '{node.name}' of {node.op_type}: rebuild it by hand")
    return nn.Sequential(*layers).eval().requires_grad_(False)


def _dense(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    layer = nn.utils.skip_init(nn.Linear, weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight, bias
    return layer


class Counted(nn.Module):
    """The network's scores, and how many queries they took; beyond the budget it raises `BudgetSpent`.

    Attributes:
        budget: The most queries.
        forward_passes: Of single images.
        backward_passes: Of single images.
    """

    def __init__(self, network: nn.Module, budget: int) -> None:
        super().__init__()
        self.network, self.budget = network, budget
        self.forward_passes = self.backward_passes = 0
        self.eval()

    @property
    def spent(self) -> int:
        """Queries so far."""
        return self.forward_passes + self.backward_passes

    @property
    def left(self) -> int:
        """Queries that the budget still covers."""
        return self.budget - self.spent

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self._cover(len(x))
        self.forward_passes += len(x)
        scores = self.network(x)
        if scores.requires_grad:
            scores.register_hook(self._backward)
        return scores

    def _backward(self, gradient: torch.Tensor) -> None:
        self._cover(len(gradient))
        self.backward_passes += len(gradient)

    def _cover(self, queries: int) -> None:
        if queries > self.left:
            raise BudgetSpent(f"{queries} more than the {self.left} queries that are left of {self.budget}")


@dataclass(frozen=True)
class Judge:
    """Decides what an attack has found, in onnxruntime on the model file, one image at a time.

    Attributes:
        session: The model, on one thread of the CPU.
    """

    session: onnxruntime.InferenceSession

    @staticmethod
    def of(model: Path | bytes) -> "Judge":
        """The judge of a file, or of what is in one."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        source = model if isinstance(model, bytes) else str(model)
        return Judge(onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"]))

    @property
    def version(self) -> str:
        """Of onnxruntime."""
        return str(onnxruntime.__version__)

    def label(self, image: np.ndarray) -> int:
        """The label of one image, ``(1, rows, columns)`` float32; ties go to the lowest."""
        return int(self.session.run(None, {self.session.get_inputs()[0].name: image[None]})[0][0].argmax())

    def changed(self, image: np.ndarray, label: int, candidate: np.ndarray) -> int | None:
        """How many pixels a candidate changes, if the label is another one with the other pixels put back.

        Returns:
            None if the label stays, or if the candidate leaves [0, 1] or is no number somewhere.
        """
        proposed = np.asarray(candidate, dtype=np.float32).reshape(image.shape)
        moved = changed_pixels(image, proposed)
        if not np.isfinite(proposed).all() or proposed.min() < -SAME or proposed.max() > 1 + SAME:
            return None
        restored = np.where(moved, np.clip(proposed, 0, 1), image)
        return int(moved.sum()) if self.label(restored) != label else None


def changed_pixels(image: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Which pixels differ by more than `SAME`; one that is no number does."""
    return ~(np.abs(candidate.astype(np.float64) - image) <= SAME)
