"""Systems at which a solver in floats is most easily wrong, in fractions, and as floats with error bounds.

A system is what the path of one input leaves of a network: guards that hold at displacement 0, and for every other
label how far its score is above the input's own. The families touch in one point, or nearly do, have lines that are
nearly one, leave a thin wedge, or reach 0 by products that are rounded where their sum is not; numbers go from 2**-149
to 2**120, in one family below the least normal float64.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

FAMILIES = (
    "random",
    "tangent",
    "one point",
    "corner",
    "parallel",
    "cone",
    "strip",
    "sliver",
    "sliver",
    "cancelling",
    "deep",
)
NUDGES = (0, 0, 2**-200, 2**-60, 2**-52, 2**-45, 2**-25)


@dataclass(frozen=True)
class System:
    """One system in fractions.

    Attributes:
        family: What makes it hard.
        guards: ``(constant, slopes)`` of each guard, non-negative at 0.
        gaps: The same of each other label's score less the input's.
        label: Which of them is asked about, by position.
        own: The input's own label.
        origin: Each unknown's value, float32.
        lower: Its least value, a float; infinite without one.
        upper: Its largest.
        loose: Are its floats wrong by more than rounding?
    """

    family: str
    guards: list
    gaps: list
    label: int
    own: int
    origin: tuple
    lower: tuple
    upper: tuple
    loose: bool

    @property
    def ends(self):
        """Least and largest displacement of each unknown; None without one."""
        return [
            tuple(Fraction(end) - Fraction(start) if math.isfinite(end) else None for end in ends)
            for start, *ends in zip(self.origin, self.lower, self.upper, strict=True)
        ]

    def domain(self):
        """The rows of the domain."""
        for at, ends in enumerate(self.ends):
            for end, sign in zip(ends, (1, -1), strict=True):
                if end is not None:
                    yield tuple(sign * (at == other) for other in range(len(self.origin))), -sign * end, False

    def goal(self, *, won=False):
        """The leads over every other label; strict against lower ones, against all where the label is to win."""
        value, slopes = self.gaps[self.label]
        yield slopes, value, won or self.own < number_of(self.label, self.own)
        for at, (other, rates) in enumerate(self.gaps):
            if at != self.label:
                rates = tuple(a - b for a, b in zip(slopes, rates, strict=True))
                yield rates, value - other, won or at < self.label

    def rows(self, *, won=False):
        """Everything that an attack must satisfy."""
        return [*((slopes, value, False) for value, slopes in self.guards), *self.domain(), *self.goal(won=won)]


def number_of(position, own):
    """The label at a position among the others."""
    return position + (position >= own)


def drawn(draw, unknowns, *, unbounded=0.1, levels=None, guards=5):
    """A system of so many unknowns.

    Args:
        draw: ``random.Random``.
        unknowns: How many.
        unbounded: The share without a domain.
        levels: The numbers that an unknown may be, or None.
        guards: The most guards.
    """
    family, number = draw.choice(FAMILIES), draw.choice(NUMBERS)
    if levels is None:
        starts = (0.0, 0.5, 1.0, float(np.float32(1 / 3)), float(np.float32(draw.random())), 2.0**-149)
        origin = tuple(draw.choice(starts) for _ in range(unknowns))
    else:
        origin = tuple(draw.choice(levels) for _ in range(unknowns))
    if family == "cancelling":
        origin = origin[:1] * unknowns
    free = levels is None and draw.random() < unbounded and family != "cancelling"
    ends = [(-math.inf, math.inf) if free else domain_of(draw, start) for start in origin]
    if family == "cancelling":
        ends = [(0.0, 1.0)] * unknowns
    lower, upper = zip(*ends, strict=True)
    bare = System(family, [], [], 0, 0, origin, lower, upper, loose=draw.random() < 0.2)
    point = [meeting(draw, ends) for ends in bare.ends]
    if levels is not None and draw.random() < 0.5:
        point = [Fraction(draw.choice(levels)) - Fraction(start) for start in origin]
    others = draw.choice((1, 1, 2, 3))
    count = draw.randint(0, guards)
    made = [through(draw, number, point) if family != "random" else any_row(draw, number, unknowns) for _ in
            range(count)]  # fmt: skip
    if family == "sliver":
        point = [low + (high - low) * Fraction(draw.randint(0, 16), 16) for low, high in map(finite, bare.ends)]
        made = sliver(draw, point)
    made = [positive(row) for row in made]
    goals = [goal_of(draw, family, number, point, made, bare) for _ in range(others)]
    own = draw.randint(0, others)
    moves = family not in ("sliver", "cancelling") or draw.random() < 0.3
    goals = [nudged(draw, negative(row)) if moves else negative(row) for row in goals]
    goals = [
        (value if value < 0 or at >= own else -Fraction(draw.choice((1, 2**-80))), slopes)
        for at, (value, slopes) in enumerate(goals)
    ]
    made = [positive(nudged(draw, row) if moves else row) for row in made]
    goals, made = scaled(draw, family, goals, each=False), scaled(draw, family, made, each=True)
    return System(family, made, goals, draw.randrange(others), own, origin, lower, upper, bare.loose)


def domain_of(draw, start):
    """Ends around a value, sometimes a single point."""
    return draw.choice(((0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (-2.0, 3.0), (start, start), (start, 1.5), (-0.25, start)))


def finite(ends):
    return (Fraction(-1), Fraction(2)) if ends[0] is None else ends


def meeting(draw, ends):
    """A displacement where rows may meet: an end, a dyadic share of the way, or a third."""
    low, high = finite(ends)
    share = draw.choice(
        (0, 1, Fraction(1, 2), Fraction(1, 3), Fraction(draw.randint(1, 6), 7), Fraction(draw.random()))
    )
    return low + (high - low) * share


def small(draw):
    return Fraction(draw.randint(-2, 2))


def dyadic(draw):
    return Fraction(draw.randint(-64, 64), 2 ** draw.randint(0, 8))


def third(draw):
    return Fraction(draw.randint(-9, 9), draw.choice((3, 5, 7, 9)))


def single(draw):
    return Fraction(float(np.float32(draw.gauss(0, 1))))


def double(draw):
    return Fraction(draw.gauss(0, 1))


def wide(draw):
    return Fraction(draw.choice((-1, 1)) * (1 + draw.random())) * Fraction(2) ** draw.randint(-149, 120)


NUMBERS = (small, small, dyadic, third, single, double, wide)


def any_row(draw, number, unknowns):
    return number(draw), tuple(number(draw) for _ in range(unknowns))


def through(draw, number, point):
    """A row that is 0 at a point."""
    return through_point([number(draw) for _ in point], point)


def sliver(draw, point):
    """Two rows that leave nothing but a thin wedge from 0 to a point; exact as floats where the point is."""
    slopes = [Fraction(0)] * len(point)
    i, j = draw.sample(range(len(point)), 2) if len(point) > 1 else (0, 0)
    slopes[i], slopes[j] = point[j], -point[i] * (len(point) > 1)
    turned = [-s * (1 + draw.choice((-1, 1)) * Fraction(1, 2 ** draw.randint(10, 34))) for s in slopes]
    return [through_point(row, point) for row in (slopes, turned)]


def through_point(slopes, point):
    return -sum(s * p for s, p in zip(slopes, point, strict=True)), tuple(slopes)


def positive(row):
    return (-row[0], tuple(-s for s in row[1])) if row[0] < 0 else row


def negative(row):
    return (-row[0], tuple(-s for s in row[1])) if row[0] > 0 else row


def goal_of(draw, family, number, point, guards, bare):
    """A goal that touches what the guards leave, or nearly so."""
    unknowns = len(point)
    if family == "sliver":
        return through_point([p * bool(s) for p, s in zip(point, guards[0][1], strict=True)], point)
    if family == "cancelling" and unknowns > 1:
        whole, part = Fraction(draw.randint(1, 3)), Fraction(draw.getrandbits(50), 2**50)
        slopes = [part, whole - part, *[Fraction(0)] * (unknowns - 2)]
        return through_point(slopes, [high for _, high in bare.ends])
    if family == "corner":
        point = [draw.choice(ends) if ends[0] is not None else Fraction(1) for ends in bare.ends]
    if family in ("one point", "corner") or (family != "random" and not guards):
        return through(draw, number, point)
    if family == "random":
        return any_row(draw, number, unknowns)
    if family == "parallel":
        value, slopes = draw.choice(guards)
        turned = [s * (1 + draw.choice((-1, 0, 1)) * Fraction(draw.choice((2**-52, 2**-50, 2**-30)))) for s in slopes]
        return -sum(s * p for s, p in zip(turned, point, strict=True)), tuple(-s for s in turned)
    if family == "strip":
        value, slopes = draw.choice(guards)
        return -value, tuple(-s for s in slopes)
    shares = [Fraction(draw.randint(0, 3), draw.choice((1, 3, 4))) for _ in guards]
    value = -sum(share * row[0] for share, row in zip(shares, guards, strict=True))
    slopes = [-sum(share * row[1][at] for share, row in zip(shares, guards, strict=True)) for at in range(unknowns)]
    return Fraction(value), tuple(map(Fraction, slopes))


def nudged(draw, row):
    """One number of a row moved a little, or not at all."""
    value, slopes = row
    share = 1 + draw.choice((-1, 1)) * Fraction(draw.choice(NUDGES))
    if draw.random() < 0.5:
        return value * share, slopes
    at = draw.randrange(len(slopes))
    return value, (*slopes[:at], slopes[at] * share, *slopes[at + 1 :])


def scaled(draw, family, rows, *, each):
    """Rows times powers of 2, of their own or all alike; far below the floats in one family."""
    least, most = (-1070, -1040) if family == "deep" else (-149, 120)
    alike = draw.choice((0, draw.randint(least, most))) if family != "deep" else draw.randint(least, most)
    factors = [draw.randint(least, most) if each and draw.random() < 0.2 else alike for _ in rows]
    return [
        (value * Fraction(2) ** f, tuple(s * Fraction(2) ** f for s in slopes))
        for (value, slopes), f in zip(rows, factors, strict=True)
    ]
