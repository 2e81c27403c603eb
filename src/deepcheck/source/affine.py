"""Affine instructions as loops over their output."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deepcheck.program import Affine, Array, Constant
from deepcheck.program.maps import ABSENT
from deepcheck.source.detect import detect
from deepcheck.source.forms import Scalar
from deepcheck.source.layout import Digit, Fitted, Linear, Read, broadcast_strides, row_major
from deepcheck.source.loops import Parts, nest_of
from deepcheck.source.nest import Finish, Listed, Names, Piece, statements
from deepcheck.source.stages import Stage, stages_of, without_fold
from deepcheck.source.syntax import Buffer, For, Form, Statement, Store
from deepcheck.source.tables import Tables, floats_of, uniform


@dataclass
class AffineWriter:
    """Writes one affine instruction.

    Attributes:
        number: The instruction's number; its tables are named by it.
        tables: Where constants go.
        live: Arrays of which some elements are 0 on the path: the table that lists the others.
        names: The variable names of the function.
    """

    number: int
    tables: Tables
    live: dict[str, tuple[str, int]]
    names: Names = field(default_factory=Names)

    def body(
        self, instruction: Affine, operands: Sequence[tuple[str, tuple[int, ...]]], finish: Finish
    ) -> list[Statement]:
        """The whole instruction; ``finish`` says what is done with each output element."""
        lines: list[Statement] = []
        ends = []
        for term, (array, shape) in zip(instruction.terms, operands, strict=True):
            stages = stages_of(term, shape)
            last = stages[-1]
            if last.product is not None and (len(instruction.terms) > 1 or not _folds(last)):
                stages[-1:] = without_fold(last)
            for stage in stages[:-1]:
                array = self._buffered(stage, array, lines)
            ends.append((array, stages[-1]))
        only = ends[0]
        if only[1].product is not None:
            parts = self._product(*only, instruction.offset)
        else:
            parts = self._moves(ends, instruction.shape, instruction.offset)
        return lines + statements(nest_of(parts, self.names, self.live), self.names, finish)

    def _buffered(self, stage: Stage, array: str, lines: list[Statement]) -> str:
        """Compute a stage into an array of its own."""
        target = self.names.fresh("part")
        lines.append(Buffer(target, int(np.prod(stage.shape))))
        makes = stage.product is not None
        parts = self._product(array, stage, None) if makes else self._moves([(array, stage)], stage.shape, None)
        names = Names()
        nest = nest_of(parts, names, self.live)
        body = statements(nest, names, lambda place, value: [Store(target, place, value)])
        # A single element needs no loop, but its variables need a block of their own.
        lines += body if nest.outer else [For("once", Form(), Form(1), tuple(body))]
        return target

    def _product(self, array: str, stage: Stage, offset: Constant | None) -> Parts:
        """Loops over the output and over what is contracted."""
        assert stage.product is not None
        assert stage.after is not None
        shape, width = stage.shape, stage.product.source_shape[2]
        found = detect(shape, [Read(stage.after, stage.product.shape, by_axis=True)])
        assert found is not None, "a product as it comes is arithmetic"
        where = found.reads[0].forms
        lengths = (*(digit.length for digit in found.digits), width)
        index = _read_by(where, lengths[:-1], stage.before)
        inner = detect(lengths, [Read(index, stage.source)])
        digits = _axes(lengths) if inner is None else inner.digits
        place: Fitted | Listed
        if inner is None:
            place = self._listed(index, lengths).split(digits)
        else:
            place = inner.reads[0]
        own = _joined(where, width, stage.product.shape[2]).split(digits)
        weight = self._scalar("W", stage.product.weight, floats_of(stage.product.weight).transpose(0, 2, 1), own)
        factor, added = (self._over(name, c, shape) for name, c in (("F", stage.factor), ("B", offset)))
        twice = [_resplit(scalar, found.digits, digits) for scalar in (factor, added)]
        store = Linear(np.zeros(1, np.int64), row_major(shape)[None]).split(found.digits)
        store = Linear(store.constants, np.pad(store.coefficients, ((0, 0), (0, 1)))).split(digits)
        outer = sum(digit.axis < len(found.digits) for digit in digits)
        axes = [found.digits[digit.axis].axis if digit.axis < len(found.digits) else None for digit in digits]
        piece = Piece(array, place, weight, twice[0])
        return Parts(digits, outer, axes, store, (piece,), twice[1], shape, stage.source)

    def _moves(self, ends: Sequence[tuple[str, Stage]], shape: tuple[int, ...], offset: Constant | None) -> Parts:
        """Loops over the output; each element is a sum of elements."""
        ends = [(array, stage) for array, stage in ends if (stage.before != ABSENT).any()]
        reads = [Read(stage.before, stage.source) for _, stage in ends]
        alone = [detect(shape, [read]) is not None for read in reads]
        joint = detect(shape, [read for read, good in zip(reads, alone, strict=True) if good])
        if joint is None:
            alone, joint = [False] * len(reads), detect(shape, [])
        assert joint is not None
        fitted, pieces = iter(joint.reads), []
        for (array, stage), good in zip(ends, alone, strict=True):
            place = next(fitted) if good else self._listed(stage.before, shape).split(joint.digits)
            factor = _split(self._over("F", stage.factor, shape), joint.digits)
            pieces.append(Piece(array, place, None, factor))
        store = Linear(np.zeros(1, np.int64), row_major(shape)[None]).split(joint.digits)
        added = _split(self._over("B", offset, shape), joint.digits)
        axes: list[int | None] = [digit.axis for digit in joint.digits]
        return Parts(joint.digits, len(joint.digits), axes, store, tuple(pieces), added, shape, shape)

    def _listed(self, index: Array, lengths: tuple[int, ...]) -> "_Listing":
        name = self.tables.add(f"AT{self.number}", index.astype(np.int64), "where each element is read; -1 is padding")
        form = Linear(np.zeros(1, np.int64), broadcast_strides(index.shape, lengths)[None])
        return _Listing(name, form, bool((index == ABSENT).any()))

    def _over(self, letter: str, constant: Constant | None, shape: tuple[int, ...]) -> Scalar | None:
        """A constant that is broadcast over a shape; its form is over the shape's axes."""
        if constant is None:
            return None
        strides = broadcast_strides(constant.shape, shape)
        return self._scalar(letter, constant, floats_of(constant), Linear(np.zeros(1, np.int64), strides[None]))

    def _scalar(self, letter: str, constant: Constant, values: Array, form: Linear) -> Scalar:
        same = uniform(values)
        if same is not None:
            return Scalar(number=same)
        words = {"W": "weights", "B": "offsets", "F": "factors"}[letter]
        comment = f"{words}, {' x '.join(str(n) for n in values.shape)}"
        return Scalar(table=self.tables.add(f"{letter}{self.number}", values, comment), form=form)


@dataclass(frozen=True, eq=False)
class _Listing:
    """A table of positions over axes, before they are split."""

    table: str
    form: Linear
    padded: bool

    def split(self, digits: Sequence[Digit]) -> Listed:
        return Listed(self.table, self.form.split(digits), self.padded)


def _folds(stage: Stage) -> bool:
    """Is every output element one element of the product, found by arithmetic?"""
    assert stage.product is not None
    assert stage.after is not None
    found = detect(stage.shape, [Read(stage.after, stage.product.shape, by_axis=True)])
    return found is not None and not found.reads[0].tested


def _axes(lengths: tuple[int, ...]) -> tuple[Digit, ...]:
    return tuple(Digit(axis, length, 1) for axis, length in enumerate(lengths) if length > 1)


def _read_by(where: Linear, lengths: tuple[int, ...], before: Array) -> Array:
    """What is read over the digits of the output, and over what is contracted; idle digits have length 1."""
    grid = []
    for row in (0, 1):
        total = np.full((1,) * len(lengths), where.constants[row])
        for axis, length in enumerate(lengths):
            if where.coefficients[:2, axis].any():
                line = np.arange(length) * where.coefficients[row, axis]
                total = total + line.reshape([-1 if other == axis else 1 for other in range(len(lengths))])
        grid.append(total)
    return np.asarray(before[tuple(np.broadcast_arrays(*grid))])


def _joined(where: Linear, width: int, columns: int) -> Linear:
    """Where a weight lies in ``(groups, columns, width)``, over the output's digits and the contracted axis."""
    times = np.array([columns * width, 0, width], dtype=np.int64)
    coefficients = np.append(times @ where.coefficients, 1)
    return Linear(np.array([times @ where.constants]), coefficients[None])


def _split(scalar: Scalar | None, digits: Sequence[Digit]) -> Scalar | None:
    if scalar is None or scalar.form is None:
        return scalar
    return Scalar(table=scalar.table, form=scalar.form.split(digits))


def _resplit(scalar: Scalar | None, first: Sequence[Digit], second: Sequence[Digit]) -> Scalar | None:
    """Over axes, then digits, then a contracted axis too, then digits of those."""
    scalar = _split(scalar, first)
    if scalar is None or scalar.form is None:
        return scalar
    wider = Linear(scalar.form.constants, np.pad(scalar.form.coefficients, ((0, 0), (0, 1))))
    return Scalar(table=scalar.table, form=wider.split(second))
