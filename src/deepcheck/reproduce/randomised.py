"""Control networks that have learned nothing: the same layers with weights that no training put in their places.

What an order does as well on these as on the trained network, it does not owe to training.
"""

from collections.abc import Callable, Iterator

import numpy as np
import onnx
from onnx import numpy_helper

from deepcheck.errors import OptionError
from deepcheck.program import Array, Program
from deepcheck.verbs import load

SEEDS = range(5)
LAYERS = ("Gemm", "Conv")

Draw = Callable[[Array, int, np.random.Generator], Array]
"""New values for a layer's weights or biases, given the old ones and how many values a neuron reads."""


def permuted(old: Array, fan_in: int, rng: np.random.Generator) -> Array:
    """The same numbers in another order: each layer keeps its weights, and its biases, as a set."""
    return rng.permutation(old.ravel()).reshape(old.shape)


def fresh(old: Array, fan_in: int, rng: np.random.Generator) -> Array:
    """Numbers as PyTorch draws them before training: uniform within ``1 / sqrt(fan_in)``, biases as well.

    Source: ``torch.nn.Linear.reset_parameters`` (Kaiming's uniform rule with ``a = sqrt(5)``).
    """
    bound = 1 / np.sqrt(fan_in)
    return rng.uniform(-bound, bound, old.shape).astype(old.dtype)


KINDS: dict[str, Draw] = {"permuted": permuted, "fresh": fresh}


def randomised(program: Program) -> dict[str, tuple[Program, ...]]:
    """The network with other weights: of each of `KINDS`, one for each of `SEEDS`.

    Raises:
        OptionError: If the model has no layer of `LAYERS`.
    """
    return {
        kind: tuple(redrawn(program, draw, np.random.default_rng(seed)) for seed in SEEDS)
        for kind, draw in KINDS.items()
    }


def redrawn(program: Program, draw: Draw, rng: np.random.Generator) -> Program:
    """The network with the weights and biases of its dense and convolutional layers drawn anew, in their order."""
    model = onnx.load_model_from_string(program.origin.model)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    known = list(_read(model, stored))
    if not known:
        raise OptionError(f"expected a model with a layer of {', '.join(LAYERS)} whose weights are constants")
    for name, fan_in in known:
        new = draw(numpy_helper.to_array(stored[name]), fan_in, rng)
        stored[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(new), name))
    outside = program.preprocessing
    return load(model, mean=outside.mean, std=outside.std)


def _read(model: onnx.ModelProto, stored: dict[str, onnx.TensorProto]) -> Iterator[tuple[str, int]]:
    """The constants that layers read, each once, and how many values a neuron of the layer reads."""
    seen: set[str] = set()
    for node in model.graph.node:
        if node.op_type not in LAYERS or node.input[1] not in stored:
            continue
        shape = tuple(stored[node.input[1]].dims)
        flipped = node.op_type == "Conv" or any(a.name == "transB" and a.i for a in node.attribute)
        fan_in = int(np.prod(shape[1:])) if flipped else shape[0]
        for name in node.input[1:]:
            if name in stored and name not in seen:
                seen.add(name)
                yield name, fan_in
