"""Front ends: ONNX is the one door."""

from deepcheck.frontends.graph import program_from_onnx
from deepcheck.frontends.model_file import read_model
from deepcheck.frontends.operators import supported_operators

__all__ = ["program_from_onnx", "read_model", "supported_operators"]
