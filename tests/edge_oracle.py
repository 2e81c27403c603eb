"""Every set of features of a small network decided in fractions, along one path or along all, by elimination.

The network is one of `plain_networks`. Along all paths every choice of pieces is tried; along one, that of the input:
at a breakpoint the lower piece, among equal candidates the first. Rows are closed, goals strict against lower labels.
"""

from fractions import Fraction
from itertools import combinations, product

from filter_oracle import holds, solvable
from oracles import fractions_of

ATTACK, TIE, PROVED = "attack", "tie", "proved"


class Edges:
    """One input of a network.

    Args:
        net: The network.
        x: The input, in the model's type.
        lower: Least value of each element, or None.
        upper: Largest, or None.
        levels: The values that an element may take, or None.
        target: The only label that counts, or None.
    """

    def __init__(self, net, x, lower, upper, *, levels=None, target=None):
        self.net, self.x, self.levels = net, fractions_of(x).ravel().tolist(), levels
        self.lower, self.upper = (
            [None] * len(self.x) if e is None else fractions_of(e).tolist() for e in (lower, upper)
        )
        scores = net.outputs(x).tolist()
        self.label = scores.index(max(scores))
        wanted = range(len(scores)) if target is None else [target]
        self.others = [j for j in wanted if j != self.label]

    def every(self, size, paths):
        """What becomes of each set of so many features."""
        return {chosen: self.decided(chosen, paths) for chosen in combinations(range(len(self.x)), size)}

    def decided(self, chosen, paths):
        """An attack, a tie where no label wins strictly, or a proof."""
        systems = [rows for guards, scores in self.pieces(chosen, paths) for rows in self.systems(guards, scores)]
        if any(self.reached(chosen, guards, won) for guards, _, won in systems):
            return ATTACK
        return TIE if any(self.reached(chosen, guards, goal) for guards, goal, _ in systems) else PROVED

    def systems(self, guards, scores):
        """The path's rows, the goal's, and the goal's with a margin over every other label."""
        for j in self.others:
            leads = [(minus(scores[j], scores[k]), k < j) for k in range(len(scores)) if k != j]
            yield (
                [(row[1:], row[0], False) for row in guards],
                [(row[1:], row[0], strict) for row, strict in leads],
                [(row[1:], row[0], True) for row, _ in leads],
            )

    def reached(self, chosen, guards, goal):
        ends = [(self.lower[i], self.upper[i], self.x[i]) for i in chosen]
        if self.levels is not None:
            steps = [[Fraction(v) - x for v in self.levels if low <= v <= high] for low, high, x in ends]
            return any(holds(guards + goal, step) for step in product(*steps))
        domain = []
        for at, (low, high, x) in enumerate(ends):
            unit = tuple(int(at == other) for other in range(len(chosen)))
            domain += [] if low is None else [(unit, x - low, False)]
            domain += [] if high is None else [(tuple(-u for u in unit), high - x, False)]
        return solvable(guards + goal + domain)

    def pieces(self, chosen, paths):
        """Guards and scores of each choice of pieces, as rows ``(constant, slopes...)`` over the chosen features."""
        width = len(chosen)
        start = [(x, *(Fraction(i == c) for c in chosen)) for i, x in enumerate(self.x)]
        open_ones = [([start], [])]
        for name, given in self.net.operations:
            grown = []
            for values, guards in open_ones:
                for out, more in self.step(name, given, values, paths, width):
                    grown.append(([*values, out], guards + more))
            open_ones = grown
        for values, guards in open_ones:
            out = values[-1]
            yield guards, ([tuple(-v for v in out[0]), out[0]] if len(out) == 1 else out)

    def step(self, name, given, values, paths, width):
        """What one operation can make of the values so far, and the guards of each possibility."""
        value = values[-1]
        if name == "linear":
            yield [combined(row, constant, value) for row, constant in zip(*given, strict=True)], []
        elif name == "add":
            yield (
                [tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in zip(value, values[given], strict=True)],
                [],
            )
        else:
            each = [pool_arms([value[i] for i in group]) for group in given] if name == "largest" else [
                clip_arms(row, *given, width) for row in value]  # fmt: skip
            if paths == "same":
                each = [[arms[0]] for arms in each]
            for choice in product(*each):
                yield [row for row, _ in choice], [guard for _, guards in choice for guard in guards]


def combined(row, constant, value):
    total = [constant, *(0 for _ in value[0][1:])]
    for weight, form in zip(row, value, strict=True):
        total = [t + weight * v for t, v in zip(total, form, strict=True)]
    return tuple(total)


def minus(a, b):
    return tuple(x - y for x, y in zip(a, b, strict=True))


def clip_arms(z, low, high, width):
    """The pieces of a clip, the input's own first: at an end the lower one."""
    flat = (0,) * width
    arms = [(z, [minus(z, (e, *flat)) for e in [low] if e is not None] + [minus((e, *flat), z) for e in [high] if
             e is not None])]  # fmt: skip
    own = 0
    if low is not None:
        arms.append(((low, *flat), [minus((low, *flat), z)]))
        own = len(arms) - 1 if z[0] <= low else own
    if high is not None:
        arms.append(((high, *flat), [minus(z, (high, *flat))]))
        own = len(arms) - 1 if z[0] > high else own
    return [arms[own], *arms[:own], *arms[own + 1 :]]


def pool_arms(values):
    """The candidates of a maximum, the input's own first: the first of the largest."""
    numbers = [value[0] for value in values]
    own = numbers.index(max(numbers))
    arms = [(value, [minus(value, other) for other in values if other is not value]) for value in values]
    return [arms[own], *arms[:own], *arms[own + 1 :]]
