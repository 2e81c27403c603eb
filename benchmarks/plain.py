"""The paper-shaped network in plain NumPy, read from its ONNX file without DeepCheck: oracle and rival."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


@dataclass(frozen=True)
class Plain:
    """Dense layers with ReLU between them, in float64.

    Attributes:
        weights: Each ``(inputs, outputs)``.
        offsets: Each ``(outputs,)``.
    """

    weights: list[np.ndarray]
    offsets: list[np.ndarray]

    @staticmethod
    def of(path: Path) -> "Plain":
        """Read the Gemm nodes of a file."""
        model = onnx.load(path)
        constants = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in model.graph.initializer}
        gemms = [node for node in model.graph.node if node.op_type == "Gemm"]
        transposed = [{a.name: a.i for a in node.attribute}.get("transB", 0) for node in gemms]
        weights = [
            constants[n.input[1]].T if t else constants[n.input[1]] for n, t in zip(gemms, transposed, strict=True)
        ]
        return Plain(weights, [constants[node.input[2]] for node in gemms])

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Scores of images of any shape, ``(items, 10)``."""
        x = images.reshape(-1, self.weights[0].shape[0]).astype(np.float64)
        for weight, offset in zip(self.weights[:-1], self.offsets[:-1], strict=True):
            x = np.maximum(x @ weight + offset, 0)
        return x @ self.weights[-1] + self.offsets[-1]

    def forms(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Guards (all ``>= 0``), their slopes ``(m, 784)``, and scores with theirs."""
        value, slopes = image.ravel().astype(np.float64), np.eye(self.weights[0].shape[0])
        guards, guard_slopes = [], []
        for weight, offset in zip(self.weights[:-1], self.offsets[:-1], strict=True):
            value, slopes = value @ weight + offset, weight.T @ slopes
            sign = np.where(value > 0, 1.0, -1.0)
            guards.append(sign * value)
            guard_slopes.append(sign[:, None] * slopes)
            value, slopes = np.maximum(value, 0), slopes * (value > 0)[:, None]
        scores, rates = value @ self.weights[-1] + self.offsets[-1], self.weights[-1].T @ slopes
        return np.concatenate(guards), np.concatenate(guard_slopes), scores, rates

    def brute_force(self, image: np.ndarray) -> np.ndarray:
        """Try all 256 values of every pixel, the first layer reused: ``(784, 256)``, same path and another label."""
        x = image.ravel().astype(np.float64)
        levels = (np.arange(256, dtype=np.float32) / np.float32(255)).astype(np.float64)
        first = x @ self.weights[0] + self.offsets[0]
        step = levels[None, :] - x[:, None]
        z = first + step[:, :, None] * self.weights[0][:, None, :]
        same = ((z > 0) == (first > 0)).all(axis=2)
        origin, moved = np.maximum(first, 0), np.maximum(z, 0)
        for weight, offset in zip(self.weights[1:-1], self.offsets[1:-1], strict=True):
            origin_z, z = origin @ weight + offset, moved @ weight + offset
            same &= ((z > 0) == (origin_z > 0)).all(axis=2)
            origin, moved = np.maximum(origin_z, 0), np.maximum(z, 0)
        scores = moved @ self.weights[-1] + self.offsets[-1]
        label = int((origin @ self.weights[-1] + self.offsets[-1]).argmax())
        return same & (scores.argmax(axis=2) != label)
