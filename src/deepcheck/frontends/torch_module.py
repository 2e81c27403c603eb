"""A PyTorch module as an ONNX model, and as it was afterwards.

torch is imported only when a module is handed in. Nothing is unpickled and nothing is written.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import onnx

from deepcheck.errors import MalformedModel, OptionError
from deepcheck.frontends.budget import BUDGET_BYTES
from deepcheck.frontends.exporting import TOLERANCE, check_agreement, reason, silent
from deepcheck.frontends.torch_export import exported
from deepcheck.program import Array, Rerun

if TYPE_CHECKING:
    import torch


def is_torch_module(model: object) -> bool:
    """Is it a ``torch.nn.Module``? Never imports torch: without it nothing can be one."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def onnx_from_torch(module: "torch.nn.Module", example: object) -> onnx.ModelProto:
    """Export a module as it is in eval mode, for inputs one at a time (batch 1).

    The module comes back as it was: the training flag of every submodule, parameters, and the random generators.
    (Flags are set one by one, so ``train()`` and ``eval()`` of the module's own are not called.)

    Args:
        module: A module that takes one tensor and returns one tensor; on another device, a copy is moved to the CPU.
        example: A tensor or array: one input, or a batch of which the first is taken; where the module does not take
            it so, a batch axis is put first. An array takes the type of the module's parameters.

    Raises:
        OptionError: If there is no example, or the module does not take it.
        MalformedModel: If torch cannot export the module, or the exported model computes something else.
        UnsupportedOperator: If torch has no ONNX operator for one of the module's.
        MissingExtra: If onnxscript is not installed.
    """
    import torch

    name = type(module).__name__
    _check_size(module, name)
    module = _on_cpu(module, name)
    given = _tensor(module, example, name)
    with evaluated(module), torch.no_grad(), silent():
        x, y = _one_input(module, given, name)
        model = exported(module, x, name)
        pairs = [(x.numpy(), y.numpy()), *_another(module, x)]
    check_agreement(model, name, pairs)
    return model


def rerun_torch(module: "torch.nn.Module") -> Rerun:
    """Run inputs through the module itself, in eval mode, one by one: ``(items, 1, ...)`` to ``(items, outputs)``."""
    import torch

    def rerun(inputs: Array) -> Array:
        device = next((t.device for t in (*module.parameters(), *module.buffers())), torch.device("cpu"))
        with evaluated(module), torch.no_grad():
            outputs = [module(torch.tensor(x, device=device)).cpu().numpy().reshape(-1) for x in inputs]
        return np.stack(outputs)

    return rerun


@contextmanager
def evaluated(module: "torch.nn.Module") -> Iterator[None]:
    """Every submodule in eval mode inside, as it was behind; so are the random generators."""
    import torch

    flags = [(part, part.training) for part in module.modules()]
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  (put back, not used)
    with torch.random.fork_rng(devices=[]):
        try:
            for part, _ in flags:
                part.training = False
            yield
        finally:
            for part, flag in flags:
                part.training = flag
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def _check_size(module: "torch.nn.Module", name: str) -> None:
    size = sum(t.numel() * t.element_size() for t in (*module.parameters(), *module.buffers()))
    if size >= BUDGET_BYTES:
        raise MalformedModel(
            f"{name}: expected less than {BUDGET_BYTES} bytes of parameters, got {size}: ONNX holds no more"
        )


def _on_cpu(module: "torch.nn.Module", name: str) -> "torch.nn.Module":
    devices = {str(t.device) for t in (*module.parameters(), *module.buffers())} - {"cpu"}
    if "meta" in devices:
        raise OptionError(f"{name}: expected parameters with numbers, got some on the meta device: load its weights")
    return deepcopy(module).cpu() if devices else module


def _tensor(module: "torch.nn.Module", example: object, name: str) -> "torch.Tensor":
    import torch

    if example is None:
        raise OptionError(
            f"expected example_input= beside a torch module, got none: pass one input of {name} as it receives it, "
            "with its batch axis, such as example_input=torch.zeros(1, 3, 32, 32)"
        )
    if isinstance(example, torch.Tensor):
        return _floating(example.detach().cpu(), "an example_input", name)
    array = np.array(example)
    if array.dtype.kind not in "fiub":
        raise OptionError(f"expected a tensor or an array of numbers as example_input, got {type(example).__name__}")
    found = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.get_default_dtype())
    return _floating(torch.tensor(array).to(found), "parameters", name)


def _floating(found: "torch.Tensor", what: str, name: str) -> "torch.Tensor":
    import torch

    if found.dtype not in (torch.float32, torch.float64):
        raise OptionError(f"{name}: expected {what} of float32 or float64, got {found.dtype}: convert with .float()")
    return found


def _one_input(module: "torch.nn.Module", given: "torch.Tensor", name: str) -> "tuple[torch.Tensor, torch.Tensor]":
    """The example as a batch of 1 that the module takes, and what it gives."""
    import torch

    problems = []
    for x in (given[:1], given[None]) if given.ndim else (given[None],):
        try:
            y, again = module(x.clone()), module(x.clone())
        except Exception as problem:  # a module may raise anything
            problems.append(reason(problem))
            continue
        if not isinstance(y, torch.Tensor):
            raise OptionError(
                f"{name}: expected a module that returns one tensor, got {type(y).__name__}: wrap it in a module that "
                "returns the scores"
            )
        _floating(y, "outputs", name)
        if y.shape != again.shape or not torch.allclose(y, again, TOLERANCE, TOLERANCE, equal_nan=True):
            raise MalformedModel(
                f"{name}: expected the same output for the same input in eval mode, got two: take the randomness out "
                "(a functional dropout needs training=self.training)"
            )
        if y.ndim and len(y) == 1:
            return x.contiguous(), y
        problems.append(f"the output has shape {tuple(y.shape)}, without a batch axis of 1")
    raise OptionError(
        f"{name} does not take example_input of shape {tuple(given.shape)} and {given.dtype} ({problems[0]}): expected "
        "one input as the module receives it, with its batch axis"
    )


def _another(module: "torch.nn.Module", x: "torch.Tensor") -> list[tuple[Array, Array]]:
    """One more input and output, always the same, so that an example of zeros hides nothing."""
    import torch

    other = (
        torch.rand(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype) if x.is_floating_point() else x
    )
    try:
        return [(other.numpy(), module(other.clone()).numpy())]
    except Exception:  # a module may refuse inputs that are not like the example
        return []
