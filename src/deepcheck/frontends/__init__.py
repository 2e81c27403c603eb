"""Front ends: ONNX is the one door."""

from deepcheck.frontends.budget import Budget
from deepcheck.frontends.graph import Reading, program_from_onnx
from deepcheck.frontends.keras_model import is_keras_model, onnx_from_keras, rerun_keras
from deepcheck.frontends.model_file import read_model
from deepcheck.frontends.nnet import input_ranges, read_nnet
from deepcheck.frontends.operators import supported_operators
from deepcheck.frontends.torch_module import is_torch_module, onnx_from_torch, rerun_torch

__all__ = [
    "Budget",
    "Reading",
    "input_ranges",
    "is_keras_model",
    "is_torch_module",
    "onnx_from_keras",
    "onnx_from_torch",
    "program_from_onnx",
    "read_model",
    "read_nnet",
    "rerun_keras",
    "rerun_torch",
    "supported_operators",
]
