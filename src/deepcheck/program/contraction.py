"""The product of a value and a constant over shared axes, in Einstein's notation: dense layers of every kind."""

from math import prod

import numpy as np

from deepcheck.errors import MalformedModel
from deepcheck.program.affine import Affine, Term
from deepcheck.program.constants import Constant
from deepcheck.program.maps import Contract, gather
from deepcheck.program.rationals import Array


def contraction(
    operand: int,
    source: tuple[int, ...],
    weight: Array,
    *,
    axes: tuple[str, str, str],
    offset: Constant | None = None,
    kind: str = "dense",
) -> Affine:
    """``numpy.einsum("axes[0],axes[1]->axes[2]", value, weight)`` plus an offset, as gather, contract, gather.

    Args:
        operand: The value, of shape ``source``.
        source: Its shape; axes of length 1 do not broadcast.
        weight: The constant. Axes that it alone has must be in the result.
        axes: One letter per axis of the value, of the weight, and of the result.
        offset: What is added.
        kind: A word for people.

    Raises:
        MalformedModel: If the letters do not fit the shapes.
    """
    mine, theirs, result = axes
    length = _lengths(source, mine, weight, theirs)
    # A letter twice in one operand is its diagonal; a letter of the value alone that the result lacks is summed.
    distinct = "".join(dict.fromkeys(mine))
    positions = np.einsum(f"{mine}->{distinct}", np.arange(prod(source)).reshape(source))
    unique = "".join(dict.fromkeys(theirs))
    weight = np.einsum(f"{theirs}->{unique}", weight)
    groups = [a for a in distinct if a in unique and a in result]
    summed = [a for a in distinct if a not in result]
    kept = [a for a in distinct if a in result and a not in unique]
    added = [a for a in unique if a not in distinct]
    lost, unknown = set(added) - set(result), set(result) - set(distinct) - set(unique)
    if lost or unknown or len(set(result)) < len(result):
        raise MalformedModel(f"expected axes that some operand has, each once, got {mine},{theirs}->{result}")
    rows, columns = (prod(length[a] for a in letters) for letters in (kept, added))
    width, count = prod(length[a] for a in summed), prod(length[a] for a in groups)
    order = [distinct.index(a) for a in (*groups, *kept, *summed)]
    index = positions.transpose(order).reshape(count, rows, width)
    sizes = [length[a] for a in (*groups, *summed, *added)]
    full = np.broadcast_to(_expanded(weight, unique, groups, summed, added), sizes)
    product = Contract(Constant(full.reshape(count, width, columns)), (count, rows, width))
    made = [*groups, *kept, *added]
    shape = tuple(length[a] for a in result)
    ids = np.arange(prod(product.shape)).reshape([length[a] for a in made])
    fold = gather(ids.transpose([made.index(a) for a in result]), product.shape)
    return Affine(kind, (Term(operand, (gather(index, source, rows=True), product, fold)),), shape, offset)


def _lengths(source: tuple[int, ...], mine: str, weight: Array, theirs: str) -> dict[str, int]:
    length: dict[str, int] = {}
    for letters, shape in ((mine, source), (theirs, weight.shape)):
        if len(letters) != len(shape):
            raise MalformedModel(f"expected {len(letters)} axes for '{letters}', got shape {tuple(shape)}")
        for letter, size in zip(letters, shape, strict=True):
            if length.setdefault(letter, size) != size:
                raise MalformedModel(f"shapes {source} and {tuple(weight.shape)} do not fit")
    return length


def _expanded(weight: Array, letters: str, groups: list[str], summed: list[str], added: list[str]) -> Array:
    """The weight with its axes in order, and an axis of 1 for each that it lacks."""
    order = [*groups, *summed, *added]
    present = [a for a in order if a in letters]
    moved = weight.transpose([letters.index(a) for a in present])
    sizes = iter(moved.shape)
    return moved.reshape([next(sizes) if a in letters else 1 for a in order])
