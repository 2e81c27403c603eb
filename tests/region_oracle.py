"""Every activation pattern that a box of a few elements meets with an inside: in fractions, by Z3. No DeepCheck here.

A pattern is, for each clip, on which side of its ends each element is (0 below or at the lower end, ...), and for each
maximum which element wins, ties to the first. Patterns that only occur where something is exactly 0 do not count,
unless it is 0 on a whole region: then the lower side is taken.
"""

from fractions import Fraction

import numpy as np
import z3
from oracles import fractions_of


def patterns(net, x, elements, lower, upper):
    """The set of all patterns with an inside."""
    origins = fractions_of(x).ravel()
    start = np.full((1 + len(elements), len(origins)), Fraction(0), dtype=object)
    start[0] = origins
    for k, element in enumerate(elements):
        start[0, element], start[1 + k, element] = Fraction(0), Fraction(1)
    unknowns = [z3.Real(f"v{k}") for k in range(len(elements))]
    solver = z3.SolverFor("QF_LRA")
    for v, low, high in zip(unknowns, lower, upper, strict=True):
        solver.add(v > number(Fraction(low)), v < number(Fraction(high)))
    return set(_walk(net.operations, [start], (), unknowns, solver))


def pattern_at(net, point):
    """The pattern of one input in fractions."""
    values, found = [np.array(point, dtype=object)[None]], []
    for operation in net.operations:
        ((form, arms, _),) = _arms(operation, values, lambda row: [sign_of(row[0])])
        values.append(form)
        found += arms
    return tuple(found)


def sign_of(value):
    return (value > 0) - (value < 0)


def number(fraction):
    return z3.RealVal(f"{fraction.numerator}/{fraction.denominator}")


def _walk(operations, values, pattern, unknowns, solver):
    if len(values) - 1 == len(operations):
        yield pattern
        return

    def term(row):
        return z3.Sum([number(row[0]), *(number(c) * v for c, v in zip(row[1:], unknowns, strict=True))])

    def signs(row):
        """The signs that a form has inside of the region so far."""
        if not any(row[1:]):
            return [sign_of(row[0])]
        found = []
        for sign in (1, -1):
            solver.push()
            solver.add(sign * term(row) > 0)
            if solver.check() == z3.sat:
                found.append(sign)
            solver.pop()
        return found

    def add(row, sign):
        solver.push()
        if any(row[1:]):
            solver.add(sign * term(row) > 0)

    yield from _branch(operations[len(values) - 1], operations, values, pattern, unknowns, solver, signs, add)


def _branch(operation, operations, values, pattern, unknowns, solver, signs, add):
    """Split the region by the first element that is on both sides of something; go on where none is."""
    for form, arms, split in _arms(operation, values, signs):
        if split is None:
            yield from _walk(operations, [*values, form], pattern + tuple(arms), unknowns, solver)
            return
        for sign in (1, -1):
            add(split, sign)
            yield from _branch(operation, operations, values, pattern, unknowns, solver, signs, add)
            solver.pop()
        return


def _arms(operation, values, signs):
    """One operation: the new form and its arms; or a row that has both signs, to split by first."""
    name, given = operation
    form, arms = values[-1], []
    if name == "linear":
        out = form @ given[0].T
        out[0] = out[0] + given[1]
        yield out, arms, None
    elif name == "add":
        yield form + values[given], arms, None
    elif name == "clip":
        out = form.copy()
        for i in range(form.shape[1]):
            ends = [end for end in given if end is not None]
            arm = 0
            for end in ends:
                row = form[:, i].copy()
                row[0] = row[0] - end
                found = signs(row)
                if len(found) > 1:
                    yield None, None, row
                    return
                arm += found[0] > 0
            slope, end = _piece(given, arm)
            out[:, i] = form[:, i] * slope
            out[0, i] = out[0, i] + end
            arms += [arm] if ends else []
        yield out, arms, None
    else:
        columns = []
        for group in given:
            best = 0
            for other in range(1, len(group)):
                row = form[:, group[other]] - form[:, group[best]]
                found = signs(row)
                if len(found) > 1:
                    yield None, None, row
                    return
                best = other if found[0] > 0 else best
            columns.append(form[:, group[best]])
            arms.append(best)
        yield np.stack(columns, axis=1), arms, None


def _piece(ends, arm):
    """Slope and intercept of a piece of a clip."""
    low, high = ends
    if low is None:
        return (1, Fraction(0)) if arm == 0 else (0, high)
    return [(0, low), (1, Fraction(0)), (0, high)][arm]
