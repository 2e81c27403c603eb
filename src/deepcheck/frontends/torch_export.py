"""torch's own exporters: the one that captures, and where that fails the older one, which traces.

Weights stay as the module stores them: nothing is fused, and only integers (shapes) are computed beforehand.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import onnx

from deepcheck.errors import MalformedModel, MissingExtra, UnsupportedOperator
from deepcheck.frontends.exporting import reason

if TYPE_CHECKING:
    import torch


def exported(module: "torch.nn.Module", x: "torch.Tensor", name: str) -> onnx.ModelProto:
    """The module as an ONNX model for inputs shaped like ``x``, without the exporter's notes on where code lies.

    Raises:
        MalformedModel: If torch cannot export the module.
        UnsupportedOperator: If torch has no ONNX operator for one of the module's.
        MissingExtra: If onnxscript is not installed.
    """
    try:
        import onnxscript  # noqa: F401
    except ImportError:
        raise MissingExtra("expected onnxscript, which torch exports with: pip install 'deepcheck-nn[torch]'") from None
    try:
        return _without_notes(_captured(module, x))
    except Exception as problem:  # the exporter raises many classes
        first = problem
    try:
        return _without_notes(_traced(module, x))
    except Exception as second:
        # The older exporter is the only one for TorchScript; else the newer one's reason is the one to tell.
        told = second if _is_script(module) else first
        missing = any(word in type(told).__name__ for word in ("Conversion", "UnsupportedOperator"))
        kind = UnsupportedOperator if missing else MalformedModel
        raise kind(
            f"torch cannot export {name} to ONNX ({reason(told)}): rewrite that part of the module, without branches "
            "on values"
        ) from None


def _captured(module: "torch.nn.Module", x: "torch.Tensor") -> onnx.ModelProto:
    import torch
    from onnxscript import optimizer

    program: Any = torch.onnx.export(module, (x,), dynamo=True, verbose=False, optimize=False)
    optimizer.inline(program.model)
    optimizer.fold_constants(program.model, should_fold=_only_integers)
    optimizer.remove_unused_nodes(program.model)
    model: onnx.ModelProto = program.model_proto
    return model


def _only_integers(node: Any) -> bool | None:
    """May the exporter compute a node beforehand? Not with floats: their rounding is ours to list."""
    constants = [value.const_value for value in node.inputs if value is not None and value.const_value is not None]
    return False if any(constant.dtype.is_floating_point() for constant in constants) else None


def _traced(module: "torch.nn.Module", x: "torch.Tensor") -> onnx.ModelProto:
    import torch

    content = io.BytesIO()
    jit: Any = torch.jit
    exporter: Any = torch.onnx  # its types leave out a file in memory
    with warnings.catch_warnings(), _graphs_unprinted():
        # The warning says that a branch on a value is taken as it falls for the example: that is another network.
        warnings.simplefilter("error", jit.TracerWarning)
        exporter.export(module, (x,), content, dynamo=False, verbose=False)
    return onnx.load_model_from_string(content.getvalue())


@contextmanager
def _graphs_unprinted() -> Iterator[None]:
    """The older exporter prints the graph that it fails on, from C++, past any redirection, and switches that on."""
    import torch

    core: Any = torch._C
    log = core._jit_onnx_log
    core._jit_onnx_log = lambda *_: None
    try:
        yield
    finally:
        core._jit_onnx_log = log


def _is_script(module: "torch.nn.Module") -> bool:
    import torch

    return isinstance(module, torch.jit.ScriptModule)


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The exporter notes file names and source lines; without them a model has one hash on every machine."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    return model
