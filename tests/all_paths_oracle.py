"""What any values of a few elements do to a plain network, along all paths: exact, and independent of DeepCheck.

One or two elements: the rectangle is cut into its linear pieces in fractions, and every piece is a polygon with exact
corners. More: Z3 is asked. Levels: every combination is run.
"""

import itertools
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
import z3
from oracles import Span, fractions_of, label_of, label_scores, onnx_label, onnx_outputs, run_exactly
from plain_networks import Net

TINY = 2.0**-30
"""Leads of float64 runs nearer to 0, as a share of the scores, are decided in fractions."""
ROOM = 64
"""A margin of so many units in the last place, times the steepest slope, leaves room for a number of the type."""


@dataclass(frozen=True)
class Piece:
    """A convex piece: corners ``(corners, 1 + k)`` with a leading 1, scores as forms ``(1 + k, labels)``."""

    corners: list
    scores: np.ndarray


@dataclass
class AllPaths:
    """One input of a plain network, any values of a few elements in a box or on levels.

    Args:
        net: The network.
        x: The input.
        lower: The least value of each element, a number or one per element. Likewise upper.
        table: The values that an element may take, as fractions, or None.
    """

    net: Net
    x: np.ndarray
    lower: object = 0.0
    upper: object = 1.0
    table: list | None = None
    known: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        self.origins = fractions_of(self.x).ravel()
        self.low, self.high = (
            fractions_of(np.broadcast_to(end, self.x.shape)).ravel() for end in (self.lower, self.upper)
        )
        self.scores = self.net.outputs(self.x)
        self.label = label_of(self.scores)
        self.others = [j for j in range(len(self.scores)) if j != self.label]

    @property
    def agrees(self):
        """Has the model the same label in its own arithmetic?"""
        return onnx_label(self.net.model, self.x, sigmoid=self.sigmoid) == self.label

    @property
    def sigmoid(self):
        return self.net.shapes[-1] == (1,)

    def can(self, elements, label, *, won):
        """Can the elements reach a label by the rule for ties (``won``: with a margin over every other label)?"""
        key = (tuple(sorted(elements)), label, won)
        if key not in self.known:
            smaller = itertools.combinations(key[0], len(key[0]) - 1) if len(key[0]) > 1 else ()
            if any(self.known.get((part, label, won)) for part in smaller):
                self.known[key] = True
            elif self.table is not None:
                self.known[key] = self._on_levels(*key)
            else:
                self.known[key] = self._by_pieces(*key) if len(key[0]) <= 2 else self._by_z3(*key)
        return self.known[key]

    def labels(self, elements, target=None, *, won):
        return [j for j in self.others if target in (None, j) and self.can(elements, j, won=won)]

    def attackable(self, elements, target=None):
        """Is there a label with a margin? That needs a witness."""
        return bool(self.labels(elements, target, won=True))

    def robust(self, elements, target=None):
        """Does the label never change (to the target), ties included? Only that may be called proved."""
        return not self.labels(elements, target, won=False)

    def touches(self, elements, target=None):
        """Does a label (the target) come up to the input's own, be it without changing it?"""
        key = ("touches", tuple(sorted(elements)), target)
        if key not in self.known:
            self.known[key] = not self.robust(elements, target) or self._touches(*key[1:])
        return self.known[key]

    def _touches(self, elements, target):
        wanted = [j for j in self.others if target in (None, j)]
        if self.table is None:
            return any(self._by_z3(elements, j, False, rivals=[self.label], closed=True) for j in wanted)
        leads = [s[self.label] - s[j] for s in map(self.net.outputs, self._grid(elements)) for j in wanted]
        return min(leads) <= 0

    # one or two elements

    def pieces(self, elements):
        """The linear pieces of the box of one or two elements."""
        key = ("pieces", tuple(elements))
        if key not in self.known:
            start = np.full((1 + len(elements), len(self.origins)), Fraction(0), dtype=object)
            start[0] = self.origins
            for k, element in enumerate(elements):
                start[0, element], start[1 + k, element] = Fraction(0), Fraction(1)
            ends = [(self.low[e], self.high[e]) for e in elements]
            box = [(Fraction(1), *corner) for corner in itertools.product(*ends)]
            corners = [box[i] for i in (0, 1, 3, 2)] if len(elements) == 2 else box
            self.known[key] = list(cut_through(self.net, start, list(dict.fromkeys(corners))))
        return self.known[key]

    def _by_pieces(self, elements, label, won):
        return any(won_in(piece, label, won) for piece in self.pieces(elements))

    def intervals(self, element, label):
        """The closed hulls of one element's values with a label, apart from each other, in fractions."""
        return intervals_of(self.pieces((element,)), label)

    def roomy(self, elements, target=None):
        """Is some label reached with a margin so large that a number of the model's type must be there?"""
        unit = Fraction(float(np.finfo(self.net.dtype).eps)) * ROOM * self.net.steepest
        lead = max(unit, Fraction(ROOM, 2**24))
        key = ("roomy", tuple(sorted(elements)), target)
        if key not in self.known:
            wanted = [j for j in self.others if target in (None, j)]
            self.known[key] = any(self._by_z3(elements, j, True, lead) for j in wanted)
        return self.known[key]

    # any elements

    @cached_property
    def _solver(self):
        solver = z3.SolverFor("QF_LRA")
        self.v = [z3.Real(f"v{i}") for i in range(len(self.origins))]
        self.frozen = [z3.Bool(f"p{i}") for i in range(len(self.origins))]
        for v, p, x, low, high in zip(self.v, self.frozen, self.origins, self.low, self.high, strict=True):
            solver.add(z3.Implies(p, v == number(x)), v >= number(low), v <= number(high))
        self.terms = terms_of(self.net, self.v, solver)
        return solver

    def _by_z3(self, elements, label, won, least=Fraction(0), *, rivals=None, closed=False):
        solver = self._solver
        solver.push()
        for j in range(len(self.scores)) if rivals is None else rivals:
            if j != label:
                lead = self.terms[label] - self.terms[j] - number(least)
                solver.add(lead > 0 if won or (j < label and not closed) else lead >= 0)
        answer = solver.check(*(p for i, p in enumerate(self.frozen) if i not in elements))
        solver.pop()
        assert answer != z3.unknown
        return answer == z3.sat

    # levels

    def _grid(self, elements):
        """The input with every combination of levels, ``(points, size)``."""
        allowed = [[v for v in self.table if self.low[e] <= v <= self.high[e]] for e in elements]
        points = list(itertools.product(*allowed))
        batch = np.repeat(self.x.reshape(1, -1).astype(np.float64), len(points), axis=0)
        batch[:, list(elements)] = np.array(points, dtype=np.float64)
        return batch

    def _on_levels(self, elements, label, won):
        batch = self._grid(elements)
        scores = self.net.float_outputs(batch)
        leads = np.stack([scores[:, label] - s for j, s in enumerate(scores.T) if j != label], axis=1).min(axis=1)
        close = np.abs(leads) <= TINY * (1 + np.abs(scores).max(axis=1))
        if (leads[~close] > 0).any():
            return True
        return any(wins(self.net.outputs(batch[i]), label, won) for i in np.flatnonzero(close))


def region(piece, label):
    """The part of a piece where a label is at least as good as every other."""
    corners = piece.corners
    for j in range(piece.scores.shape[1]):
        if j != label and corners:
            corners = half(corners, piece.scores[:, label] - piece.scores[:, j])
    return corners


def won_in(piece, label, won):
    """Is a label reached somewhere on a piece, by the rule for ties or (``won``) with a margin?"""
    corners = region(piece, label)
    if not corners:
        return False
    strict = [j for j in range(piece.scores.shape[1]) if j != label and (won or j < label)]
    # The mean of a corner for each label that must be beaten beats them all: the region is convex.
    leads = [at(corners, piece.scores[:, label] - piece.scores[:, j]) for j in strict]
    return all(max(lead) > 0 for lead in leads)


def intervals_of(pieces, label):
    """The closed hulls of one element's values with a label, apart from each other, in fractions."""
    merged = []
    for piece in sorted(pieces, key=lambda p: min(c[1] for c in p.corners)):
        if not won_in(piece, label, False):
            continue
        corners = region(piece, label)
        low, high = min(c[1] for c in corners), max(c[1] for c in corners)
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return [tuple(ends) for ends in merged]


def pieces_along(model, x, element, low, high):
    """The linear pieces of any ONNX model along one element, found by exact runs at points not yet covered."""
    point, gaps = fractions_of(x), [(low, high)]
    found = []
    while gaps:
        left, right = gaps.pop()
        middle = (left + right) / 2
        point.reshape(-1)[element] = middle
        exact = run_exactly(model, point)
        span = Span(left, right)
        for value, slope in exact.guards[[0, 1 + element]].T:
            span = span.cut(value - slope * middle, slope, strict=False)
        forms = label_scores(exact.outputs)[[0, 1 + element]]
        forms[0] = forms[0] - forms[1] * middle
        found.append(Piece([(Fraction(1), span.low), (Fraction(1), span.high)], forms))
        gaps += [gap for gap in ((left, span.low), (span.high, right)) if gap[0] < gap[1]]
    return found


def wins(scores, label, won):
    if won:
        return all(scores[label] > s for j, s in enumerate(scores) if j != label)
    return label_of(scores) == label


def at(corners, row):
    """A form at corners."""
    return [sum((a * b for a, b in zip(corner, row, strict=True)), Fraction(0)) for corner in corners]


def half(corners, row):
    """The part of a convex polygon (or line, or point) where a form is at least 0."""
    values, kept = at(corners, row), []
    for i, (here, value) in enumerate(zip(corners, values, strict=True)):
        before, earlier = corners[i - 1], values[i - 1]
        if value * earlier < 0:
            share = earlier / (earlier - value)
            kept.append(tuple(a + share * (b - a) for a, b in zip(before, here, strict=True)))
        if value >= 0:
            kept.append(here)
    return list(dict.fromkeys(kept))


def cut_through(net, start, corners):
    """Follow a polygon through a network and cut it wherever a piece ends."""
    open_parts = [([start], corners)]
    while open_parts:
        values, corners = open_parts.pop()
        position = len(values) - 1
        if position == len(net.operations):
            scores = values[-1]
            yield Piece(corners, np.concatenate([-scores, scores], axis=1) if scores.shape[1] == 1 else scores)
            continue
        found = step_forward(*net.operations[position], values, corners)
        if isinstance(found, list):
            open_parts += [(values, part) for row in found if (part := half(corners, row))]
        else:
            open_parts.append(([*values, found], corners))


def step_forward(name, given, values, corners):
    """The next forms on a polygon; or two opposite forms to cut it by first."""
    form = values[-1]
    if name == "linear":
        out = form @ given[0].T
        out[0] = out[0] + given[1]
        return out
    if name == "add":
        return form + values[given]
    if name == "clip":
        return clipped(form, given, corners)
    columns = []
    for group in given:
        best = group[0]
        for other in group[1:]:
            leads = at(corners, form[:, other] - form[:, best])
            if min(leads) < 0 < max(leads):
                return both_sides(form[:, other] - form[:, best])
            best = other if max(leads) > 0 else best
        columns.append(form[:, best])
    return np.stack(columns, axis=1)


def clipped(form, ends, corners):
    out = form.copy()
    for i in range(form.shape[1]):
        for end, sign in zip(ends, (1, -1), strict=True):
            if end is None:
                continue
            row = sign * form[:, i]
            row[0] = row[0] - sign * end
            inside = at(corners, row)
            if min(inside) < 0 < max(inside):
                return both_sides(row)
            if min(inside) < 0 or max(inside) <= 0:
                out[:, i] = Fraction(0)
                out[0, i] = end
    return out


def both_sides(row):
    return [row, -row]


def number(fraction):
    return z3.RealVal(f"{fraction.numerator}/{fraction.denominator}")


def terms_of(net, start, solver):
    """The scores as Z3's terms, a name for each value."""
    values = [list(start)]
    for name, given in net.operations:
        here = values[-1]
        if name == "linear":
            made = [
                z3.Sum([number(b), *(number(w) * v for w, v in zip(row, here, strict=True) if w)])
                for row, b in zip(*given, strict=True)
            ]
        elif name == "add":
            made = [a + b for a, b in zip(here, values[given], strict=True)]
        elif name == "clip":
            made = [clip_term(v, *given) for v in here]
        else:
            made = [largest_term([here[i] for i in group]) for group in given]
        values.append([named(term, f"{len(values)}_{i}", solver) for i, term in enumerate(made)])
    return [-values[-1][0], values[-1][0]] if len(values[-1]) == 1 else values[-1]


def named(term, name, solver):
    variable = z3.Real(name)
    solver.add(variable == term)
    return variable


def clip_term(v, low, high):
    if low is not None:
        v = z3.If(v >= number(low), v, number(low))
    return v if high is None else z3.If(v <= number(high), v, number(high))


def largest_term(terms):
    best = terms[0]
    for term in terms[1:]:
        best = z3.If(term > best, term, best)
    return best


def every_level(model, x, table):
    """The label that onnxruntime gives for every level of every element, one changed at a time: ``(size, levels)``.

    Args:
        model: The ONNX model.
        x: The input.
        table: The numbers that the model receives for the levels.
    """
    batch = np.repeat(x.reshape(1, 1, -1), x.size, axis=0).repeat(len(table), axis=1)
    batch[np.arange(x.size), :, np.arange(x.size)] = table
    outputs = onnx_outputs(model, batch.reshape(-1, *x.shape))
    labels = (outputs[:, 0] > 0).astype(int) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
    return labels.reshape(x.size, len(table))
