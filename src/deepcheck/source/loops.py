"""From digits to loops: neighbours that every form reads as one number become one loop, and loops get names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from deepcheck.source.forms import Loop, Scalar
from deepcheck.source.layout import Digit, Fitted, Linear, row_major
from deepcheck.source.nest import Names, Nest, Piece, join_loops, kept

IMAGE = ("column", "row", "channel", "item")
SPATIAL = ("depth", "row", "column")
INNER = ("dx", "dy", "dz")


@dataclass(frozen=True, eq=False)
class Parts:
    """What a nest is made of, before its loops are joined and named.

    Attributes:
        digits: All digits, those of the output first.
        outer: How many belong to the output.
        axes: Which axis of the output each belongs to; None for what is summed.
        store: Where an output element lies.
        pieces: The summands.
        offset: What is added.
        shape: The output's shape.
        source: The shape of what the only piece reads.
    """

    digits: Sequence[Digit]
    outer: int
    axes: Sequence[int | None]
    store: Linear
    pieces: tuple[Piece, ...]
    offset: Scalar | None
    shape: tuple[int, ...]
    source: tuple[int, ...]


def nest_of(parts: Parts, names: Names, live: dict[str, tuple[str, int]]) -> Nest:
    """The loops, with names; a sum over an array of which only some elements are live runs over those."""
    forms = [parts.store, *_forms(parts.offset)]
    for piece in parts.pieces:
        forms += [piece.place.forms if isinstance(piece.place, Fitted) else piece.place.form]
        forms += [*_forms(piece.weight), *_forms(piece.factor)]
    groups = join_loops(parts.digits, parts.outer, forms)
    pieces = tuple(_kept_piece(piece, groups) for piece in parts.pieces)
    outer = sum(group[0] < parts.outer for group in groups)
    lengths = [prod(parts.digits[digit].length for digit in group) for group in groups]
    words = _words(parts, groups, outer, pieces)
    loops = tuple(Loop(names.fresh(word), length) for word, length in zip(words, lengths, strict=True))
    nest = Nest(loops, outer, kept(parts.store, groups), pieces, _kept_scalar(parts.offset, groups))
    return _only_live(nest, live)


def _forms(scalar: Scalar | None) -> list[Linear]:
    return [] if scalar is None or scalar.form is None else [scalar.form]


def _kept_scalar(scalar: Scalar | None, groups: Sequence[tuple[int, ...]]) -> Scalar | None:
    if scalar is None or scalar.form is None:
        return scalar
    return replace(scalar, form=kept(scalar.form, groups))


def _kept_piece(piece: Piece, groups: Sequence[tuple[int, ...]]) -> Piece:
    place = piece.place
    if isinstance(place, Fitted):
        place = replace(place, forms=kept(place.forms, groups))
    else:
        place = replace(place, form=kept(place.form, groups))
    return Piece(piece.array, place, _kept_scalar(piece.weight, groups), _kept_scalar(piece.factor, groups))


def _words(parts: Parts, groups: Sequence[tuple[int, ...]], outer: int, pieces: Sequence[Piece]) -> list[str]:
    """Names for people: rows and columns where there are several loops, else ``i`` and ``j``."""
    if outer == 1:
        words = ["i"]
    else:
        axes = [parts.axes[group[-1]] for group in groups[:outer]]
        words = [_outer_name(axes, position, parts) for position in range(outer)]
    inner = groups[outer:]
    if len(inner) == 1:
        return [*words, "j"]
    place = pieces[0].place if pieces else None
    for position in range(outer, len(groups)):
        words.append(_inner_name(place, parts.source, position) if isinstance(place, Fitted) else "j")
    return words


def _outer_name(axes: Sequence[int | None], position: int, parts: Parts) -> str:
    """An axis of the output by what it is: of a convolution's result, or of an image's."""
    axis, rank = axes[position] or 0, len(parts.shape)
    spatial = rank - 2
    if parts.pieces[:1] and parts.pieces[0].weight is not None and 1 <= spatial <= len(SPATIAL):
        if axis == 1:
            return "group" if axes[position + 1 : position + 2] == [1] else "channel"
        return "item" if axis == 0 else SPATIAL[axis - rank]
    place = rank - 1 - axis
    return IMAGE[place] if place < len(IMAGE) else f"axis{axis}"


def _inner_name(place: Fitted, source: tuple[int, ...], position: int) -> str:
    """A summed loop, by the axis of the source that it walks along: a channel or a place in a kernel."""
    strides = row_major(source)
    own = place.forms.coefficients[:, position] * row_major(place.source)
    step = abs(int(own.sum()))
    axis = next((a for a, stride in enumerate(strides) if source[a] > 1 and stride <= step), len(source) - 1)
    spatial = len(source) - 1 - axis
    if spatial >= len(INNER) or (len(source) > 1 and spatial == max(len(source) - 2, 1)):
        return "c"
    return INNER[spatial]


def _only_live(nest: Nest, live: dict[str, tuple[str, int]]) -> Nest:
    """Sum over the live elements, where a single loop walks over the whole of an array that has dead ones."""
    if len(nest.loops) != nest.outer + 1 or len(nest.pieces) != 1 or nest.pieces[0].array not in live:
        return nest
    place, last = nest.pieces[0].place, nest.loops[-1]
    if not isinstance(place, Fitted) or place.tested or len(place.source) != 1 or place.source[0] != last.length:
        return nest
    row = place.forms.coefficients[0].tolist()
    if place.forms.constants[0] or row != [0] * (len(row) - 1) + [1]:
        return nest
    table, length = live[nest.pieces[0].array]
    return replace(nest, loops=(*nest.loops[:-1], Loop(last.name, length, table)))
