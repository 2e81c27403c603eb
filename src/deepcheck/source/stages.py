"""A chain of maps as stages: move, contract, move, scale; each is one nest of loops."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from deepcheck.program import Array, Constant, Contract, Reshape, Scale, Term, parts_of
from deepcheck.program.maps import ABSENT, Gather


@dataclass(frozen=True, eq=False)
class Stage:
    """What one nest of loops computes.

    Attributes:
        source: The shape of what is read.
        before: The position read for each element that is contracted, or for each output element.
        product: The contraction, or nothing.
        after: The element of the product for each output element.
        factor: What each output element is multiplied by.
    """

    source: tuple[int, ...]
    before: Array
    product: Contract | None = None
    after: Array | None = None
    factor: Constant | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what is made."""
        return tuple((self.before if self.after is None else self.after).shape)

    @property
    def is_renaming(self) -> bool:
        """Does it give the same numbers in the same order?"""
        ids = np.arange(prod(self.source))
        return self.product is None and self.factor is None and np.array_equal(self.before.ravel(), ids)


def positions(shape: tuple[int, ...]) -> Array:
    """Every element's own position."""
    return np.arange(prod(shape)).reshape(shape)


def stages_of(term: Term, shape: tuple[int, ...]) -> list[Stage]:
    """The stages of a term whose operand has a shape; at least one."""
    done: list[Stage] = []
    current = Stage(shape, positions(shape))
    for linear in parts_of(term.maps):
        full = current.factor is not None or (isinstance(linear, Contract) and current.product is not None)
        if full:
            done.append(current)
            current = Stage(linear.source_shape, positions(linear.source_shape))
        match linear:
            case Gather() | Reshape():
                current = _moved(current, linear)
            case Contract():
                current = replace(current, product=linear, after=positions(linear.shape))
            case Scale():
                current = replace(current, factor=linear.factor)
    return [*done, current]


def without_fold(stage: Stage) -> tuple[Stage, Stage]:
    """A stage with a contraction as two: up to the product as it comes, and what is done with it."""
    assert stage.product is not None
    assert stage.after is not None
    plain = replace(stage, after=positions(stage.product.shape), factor=None)
    return plain, Stage(stage.product.shape, stage.after, factor=stage.factor)


def _moved(stage: Stage, linear: Gather | Reshape) -> Stage:
    known = stage.before if stage.after is None else stage.after
    if isinstance(linear, Reshape):
        moved = known.reshape(linear.shape)
    else:
        index = np.asarray(linear.index)
        moved = np.where(index == ABSENT, ABSENT, known.ravel()[np.maximum(index, 0)])
        if stage.after is None and stage.is_renaming:
            # The gather's own axes of its source are those that its padding belongs to.
            return replace(stage, source=linear.source_shape, before=moved)
    return replace(stage, before=moved) if stage.after is None else replace(stage, after=moved)
