"""Load a model as a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.errors import OptionError
from deepcheck.frontends import program_from_onnx, read_model
from deepcheck.program import Preprocessing, Program

if TYPE_CHECKING:
    import onnx


def load(
    model: "str | Path | onnx.ModelProto",
    *,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    decision: str | None = None,
) -> Program:
    """Read a trained network as a program.

    Args:
        model: An ONNX file, or a loaded ``onnx.ModelProto``.
        mean: With ``std``: preprocessing outside the model, ``(pixel - mean) / std``; one number or one per channel.
        std: See ``mean``.
        decision: "arg max", "arg min" or "sign"; by default arg max, or sign behind a single sigmoid.

    Raises:
        MalformedModel: If the file is missing, truncated, hostile or not ONNX.
        UnsupportedOperator: If an operator is not piecewise linear or not supported; the message names it.
        OptionError: If mean and std do not fit.
    """
    preprocessing = Preprocessing(_numbers(mean, 0.0), _numbers(std, 1.0))
    if isinstance(model, (str, Path)):
        path = Path(model)
        proto, sha256 = read_model(path)
        return program_from_onnx(proto, name=path.stem, sha256=sha256, preprocessing=preprocessing, decision=decision)
    if type(model).__name__ != "ModelProto":
        raise OptionError(f"expected an ONNX file or an onnx.ModelProto, got {type(model).__name__}: export it to ONNX")
    return program_from_onnx(model, name=model.graph.name or "model", preprocessing=preprocessing, decision=decision)


def _numbers(value: float | Sequence[float] | None, default: float) -> tuple[float, ...]:
    if value is None:
        return (default,)
    try:
        return tuple(float(v) for v in np.atleast_1d(np.asarray(value, dtype=np.float64)))
    except (TypeError, ValueError):
        raise OptionError(f"expected a number or a list of numbers for mean and std, got {value!r}") from None
