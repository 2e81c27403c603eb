"""A trained network as a program: instructions in static single assignment."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

from deepcheck.errors import InputError, MalformedModel, NoDecision
from deepcheck.program.affine import Affine
from deepcheck.program.branches import Branch
from deepcheck.program.decision import Decision
from deepcheck.program.given import as_array, shape_hint
from deepcheck.program.listing import listing
from deepcheck.program.maps import Contract, parts_of
from deepcheck.program.plain import outputs
from deepcheck.program.preprocessing import Preprocessing
from deepcheck.program.rationals import Array
from deepcheck.program.windowed import Windows

Instruction = Affine | Branch
Rerun = Callable[[Array], Array]
"""Inputs ``(items, *model shape)`` to outputs ``(items, outputs)``, in a network's own framework."""


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a program came from.

    Attributes:
        name: A name for people.
        model: The untouched ONNX model, serialized; replay runs this.
        sha256: The hash of the model file, taken when it was read.
        input_name: The model's input tensor.
        output_name: The tensor that is the output.
        input_shape: The shape that the model receives, its batch axis included.
        copies: How many inputs the model receives at once; a single one is given to it so many times.
        tensors: Which tensor of the graph each value of the program is; "" where it is none.
        graph: The serialized model that was translated, where that is not ``model`` itself (functions inlined).
        given: Constants for other inputs of the model.
        rerun: Runs inputs in the framework that the model came from; None where it came as ONNX.
        stripped: Operator removed behind the scores for analysis ("Softmax", ...), or "".
        rounded: Constants that loading rounded to float64, once; they define the program.
        folded: How many nodes were computed on loading, since they depend on constants alone.
    """

    name: str
    model: bytes = field(repr=False)
    sha256: str
    input_name: str
    output_name: str
    input_shape: tuple[int, ...]
    copies: int = 1
    tensors: tuple[str, ...] = ()
    graph: bytes = field(default=b"", repr=False)
    given: Mapping[str, Array] = field(default_factory=dict, repr=False)
    rerun: Rerun | None = field(default=None, repr=False)
    stripped: str = ""
    rounded: tuple[str, ...] = ()
    folded: int = 0


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions, in order; value 0 is the model's input, value ``i`` the result of instruction ``i - 1``.

    Shapes are checked here, once, and never include the batch axis. Calling a program on pixels runs it in float64.

    Raises:
        MalformedModel: If an instruction reads a value that is not there yet, or one of another shape.
    """

    instructions: tuple[Instruction, ...]
    input_shape: tuple[int, ...]
    dtype: np.dtype[np.floating]
    decision: Decision | None
    origin: Origin
    preprocessing: Preprocessing = Preprocessing()  # noqa: RUF009  (frozen)

    def __post_init__(self) -> None:
        shapes = [self.input_shape]
        for instruction in self.instructions:
            for operand, expected in _expected_shapes(instruction):
                if not 0 <= operand < len(shapes):
                    raise MalformedModel(f"{instruction.kind}: reads value {operand}, which is not computed yet")
                if shapes[operand] != expected:
                    raise MalformedModel(
                        f"{instruction.kind}: expected an operand of shape {expected}, got {shapes[operand]}"
                    )
            shapes.append(instruction.shape)
        object.__setattr__(self, "_shapes", tuple(shapes))

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of every value."""
        found: tuple[tuple[int, ...], ...] = object.__getattribute__(self, "_shapes")
        return found

    @property
    def output(self) -> int:
        """Which value is the output: the last."""
        return len(self.instructions)

    @property
    def outputs(self) -> int:
        """How many numbers the output has."""
        return prod(self.shapes[self.output])

    @property
    def size(self) -> int:
        """How many elements the input has."""
        return prod(self.input_shape)

    @cached_property
    def products(self) -> int:
        """How many multiplications with weights one run takes."""
        contractions = [
            linear
            for instruction in self.instructions
            if isinstance(instruction, Affine)
            for term in instruction.terms
            for linear in parts_of(term.maps)
            if isinstance(linear, Contract)
        ]
        return sum(prod(linear.source_shape) * linear.shape[2] for linear in contractions)

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The branch instructions, in order."""
        return tuple(i for i in self.instructions if isinstance(i, Branch))

    @cached_property
    def spent_after(self) -> tuple[tuple[int, ...], ...]:
        """For each value: which values are dead once it has been computed."""
        last: dict[int, int] = {0: 0}
        for result, instruction in enumerate(self.instructions, start=1):
            last[result] = result
            for operand in instruction.operands:
                last[operand] = result
        dead = defaultdict(list)
        for value, at in last.items():
            if value != self.output and at > 0:
                dead[at].append(value)
        return tuple(tuple(dead[at]) for at in range(len(self.instructions) + 1))

    def windows(self, elements: Array) -> Windows:
        """The windows of a set of symbolic elements; the last set asked for is found worked out."""
        key = elements.tobytes()
        found = self._windows.get(key)
        if found is None:
            found = Windows(elements, self.input_shape)
            self._windows.clear()
            self._windows[key] = found
        return found

    @cached_property
    def _windows(self) -> dict[bytes, Windows]:
        return {}

    def decided(self) -> Decision:
        """The decision.

        Raises:
            NoDecision: If the model's outputs are not class scores.
        """
        if self.decision is None:
            raise NoDecision(
                f"{self.origin.name} has no decision: its single output is not a sigmoid's, so it looks like a "
                "regression; if its sign is the label, load it with decision='sign'"
            )
        return self.decision

    def batch(self, x: Array) -> Array:
        """Pixels as a batch in the model's input type, ``(items, *input_shape)``.

        Raises:
            InputError: If the shape or type is wrong or a number is not finite.
        """
        x = as_array(x)
        if x.dtype.kind not in "fiu":
            raise InputError(f"expected numbers, got an array of {x.dtype}")
        if x.ndim == len(self.input_shape):
            x = x[None]
        if x.shape[1:] != self.input_shape:
            given = x.shape[1:] if x.ndim == len(self.input_shape) + 1 else x.shape
            raise InputError(
                f"expected an input of shape {self.input_shape} (or a batch of them), got "
                f"{tuple(int(length) for length in given)}{shape_hint(given, self.input_shape)}"
            )
        if len(x) == 0:
            raise InputError("expected at least one input, got an empty batch")
        with np.errstate(over="ignore"):
            converted = x.astype(self.dtype, copy=False)
        if not np.isfinite([converted.min(), converted.max()]).all():
            raise InputError(f"expected finite numbers in the range of {self.dtype}, got NaN, infinity or overflow")
        return converted

    def model_input(self, x: Array) -> Array:
        """What the model receives for pixels: a batch, preprocessed in the model's own type."""
        return self.preprocessing.model_input(self.batch(x), self.dtype)

    def __call__(self, x: Array) -> Array:
        """The output of one input ``(*output,)``, or of a batch ``(items, *output)``, in float64."""
        single = np.ndim(x) == len(self.input_shape)
        out = outputs(self, self.model_input(x))
        return out[0] if single else out

    def __str__(self) -> str:
        return listing(self)

    def __repr__(self) -> str:
        decision = "a regression" if self.decision is None else f"{self.decision.kind} of {self.decision.labels} labels"
        return (
            f"<Program {self.origin.name}: {self.dtype} {self.input_shape}, {len(self.instructions)} instructions, "
            f"{decision}>"
        )

    def _repr_html_(self) -> str:
        from deepcheck.program.markup import program_html

        return program_html(self)


def _expected_shapes(instruction: Instruction) -> list[tuple[int, tuple[int, ...]]]:
    if isinstance(instruction, Branch):
        return [(instruction.operand, instruction.source_shape)]
    return [(term.operand, term.maps[0].source_shape if term.maps else instruction.shape) for term in instruction.terms]
