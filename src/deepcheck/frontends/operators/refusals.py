"""Why an operator is refused: what is not piecewise linear is named, with the reason."""

from deepcheck.errors import UnsupportedOperator
from deepcheck.frontends.folding import RANDOM
from deepcheck.frontends.node import Node
from deepcheck.frontends.operators.registry import supported_operators

SQUASHING = ("Softmax", "LogSoftmax", "Sigmoid")
"""Left out where they are last, since they keep the order of the scores."""

_JUMPS = (
    *("Sign", "Round", "Floor", "Ceil", "ArgMax", "ArgMin", "Hardmax", "Mod", "TopK", "NonZero", "Unique", "IsNaN"),
    *("IsInf", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "Not", "And", "Or", "Xor", "Where"),
    *("QuantizeLinear", "DynamicQuantizeLinear", "NonMaxSuppression", "MaxRoiPool", "RoiAlign", "If", "Binarizer"),
    *("ArrayFeatureExtractor", "LabelEncoder", "TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"),
    *("BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "BitCast"),
)
_CURVES = (
    *("Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softplus", "Softsign", "Elu", "Selu", "Celu", "Gelu", "Mish"),
    *("HardSwish", "Swish", "SwiGLU", "Erf", "Exp", "Log", "Sqrt", "Reciprocal", "Pow", "Sin", "Cos", "Tan", "Asin"),
    *(
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Asinh",
        "Acosh",
        "Atanh",
        "Det",
        "GridSample",
        "LSTM",
        "GRU",
        "RNN",
        "ReduceProd",
    ),
    *("ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare", "CumProd", "Attention", "LinearAttention"),
    *("SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss", "Inverse", "FlexAttention", "CausalConvWithState"),
)
_DIVIDES = (
    *("LRN", "InstanceNormalization", "LayerNormalization", "GroupNormalization", "MeanVarianceNormalization"),
    *("RMSNormalization", "LpNormalization", "ReduceL2", "LpPool", "GlobalLpPool", "Normalizer"),
)
_REASONS = (
    dict.fromkeys(_JUMPS, "it jumps, so it is not continuous piecewise linear")
    | dict.fromkeys(_CURVES, "it is not piecewise linear")
    | dict.fromkeys(RANDOM, "it draws random numbers")
    | dict.fromkeys(_DIVIDES, "it takes a power of the values or divides by one, so it is not piecewise linear")
)
_ACTIVATIONS = ("Tanh", "Softplus", "Softsign", "Elu", "Selu", "Celu", "Gelu", "Mish", "HardSwish", "Swish", "SwiGLU")
_HINTS = dict.fromkeys(_ACTIVATIONS, "; a network trained with ReLU, LeakyReLU or PReLU in its place is") | {
    "ArgMax": "; to analyse the scores, name them with output= (--output-tensor)",
    "ArgMin": "; to analyse the scores, name them with output= (--output-tensor), and decision='arg min'",
    "ZipMap": "; export with options={'zipmap': False}, or name the probabilities with output= (--output-tensor)",
}


def refuse(node: Node) -> UnsupportedOperator:
    """The error that names a node, its operator, the reason, and what is supported."""
    domain = node.proto.domain
    where = "" if domain in ("", "ai.onnx") else f" of domain '{domain}'"
    reason = _REASONS.get(node.operator, "it is not one of the supported operators")
    if where:
        reason = "it is not an operator of ONNX itself"
    reason += f"{_HINTS.get(node.operator, '')}: supported are {', '.join(supported_operators())}"
    return refused(node.name, f"{node.operator}{where}", reason)


def refused(name: str, operator: str, reason: str) -> UnsupportedOperator:
    """The error that names a node, its operator and the reason."""
    message = f"operator {operator} of node '{name}' is refused: {reason}"
    return UnsupportedOperator(message, operator=operator, reason=reason.partition(": supported are")[0])
