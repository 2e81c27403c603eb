"""Bounds over parts of small networks' domains held against the networks in fractions, where they are tight."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import numpy as np
from filter_systems import NUMBERS
from oracles import fractions_of
from plain_networks import FLATTEN, RELU, Net, clip, dense, pool

import deepcheck
from deepcheck.symbolic import run
from deepcheck.symbolic.bounds import Bounds
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Blocks, Boxes, Movable, Parts
from deepcheck.symbolic.prepared import Prepared

LEAST = 2.0**-149


class TooHigh(AssertionError):
    """A bound lies above what it bounds."""


def network(draw):
    """A few layers; some differences of scores do not depend on the input at all, or nearly so."""
    number, steps, shape = draw.choice(NUMBERS), [], (draw.randint(2, 4),)
    if draw.random() < 0.3:
        shape, steps = (1, 2, draw.randint(2, 3)), [pool(2, 1), FLATTEN]
    width = shape[0] if len(shape) == 1 else shape[-1] - 1
    for _ in range(draw.randint(0, 2)):
        wider = draw.randint(1, 4)
        steps += [dense(matrix(draw, number, width, wider), matrix(draw, number, 1, wider)[0])]
        steps += [draw.choice((RELU, RELU, clip(0.0, 1.0)))]
        width = wider
    weight, bias = matrix(draw, number, width, 3), matrix(draw, number, 1, 3)[0]
    if draw.random() < 0.5:
        weight[:, 1] = weight[:, 0]
        weight[draw.randrange(width), 1] *= 1 + draw.choice((0, 2.0**-23))
    return Net(shape, (*steps, dense(weight.astype(np.float32), bias)))


LARGEST = 2.0**32
"""Weights of up to three layers whose products stay within float32."""


def matrix(draw, number, rows, columns):
    found = [[max(-LARGEST, min(LARGEST, float(number(draw)))) for _ in range(columns)] for _ in range(rows)]
    return np.array(found, np.float32)


def parts_of(draw, size, count):
    """Boxes of one to three elements, or changes of at most one to three of some elements."""
    if draw.random() < 0.3:
        ends = np.array([[draw.choice((0.0, 0.1, 1 / 3, 1.0, LEAST)) for _ in range(size)] for _ in range(2)])
        movable = Movable(np.arange(size)[:, None], -ends[0], ends[1])
        cuts = np.array([[draw.randint(1, size)] for _ in range(count)])
        counts = np.minimum(np.array([[draw.randint(1, 3)] for _ in range(count)]), cuts)
        return Blocks(movable, np.arange(size), np.zeros_like(cuts), cuts, counts, {})
    k = draw.randint(1, min(3, size))
    elements, lower, upper = [], [], []
    for _ in range(count):
        elements.append(draw.sample(range(size), k))
        ends = [draw.choice((0.0, 1.0, -1.0, 0.1, 1 / 3, draw.uniform(-1, 1), LEAST)) for _ in range(2 * k)]
        pairs = [sorted(pair) for pair in zip(ends[:k], ends[k:], strict=True)]
        lower.append([pair[0] for pair in pairs])
        upper.append([draw.choice((pair[1], pair[1], pair[0], np.nextafter(pair[0], 2))) for pair in pairs])
    return Boxes(np.array(elements), np.array(lower), np.array(upper))


def kinked(draw):
    """A network of float64 and an input that lies on its kinks, as nearly as floats can say; one output is a kink's."""
    size, hidden = draw.randint(1, 3), draw.randint(1, 3)
    x = np.array([draw.choice((0.0, draw.random(), draw.random())) for _ in range(size)])
    weight = np.array([[draw.gauss(0, 1) * 2.0 ** draw.randint(-3, 20) for _ in range(hidden)] for _ in range(size)])
    bias = -(fractions_of(weight.T) @ fractions_of(x))
    near = [draw.choice((float(b), np.nextafter(float(b), 1e99), np.nextafter(float(b), -1e99))) for b in bias]
    last = np.array([[draw.choice((-1.0, 0.0, 1.0, draw.gauss(0, 1))) for _ in range(3)] for _ in range(hidden)])
    steps = (dense(weight, np.array(near)), draw.choice((RELU, RELU, clip(0.0, 1.0))), dense(last, np.zeros(3)))
    return Net((size,), steps, dtype=np.dtype(np.float64)), x[None]


def cancelled(draw):
    """A network of float64 all of whose neurons are on, and whose coefficients cancel but for their rounding."""
    size, hidden, factor = draw.randint(1, 3), draw.randint(1, 3), draw.gauss(0, 1)
    first = np.array([[draw.gauss(0, 1) for _ in range(hidden)] for _ in range(size)])
    row, share = np.array([draw.gauss(0, 1) for _ in range(hidden)]), draw.gauss(0, 1)
    last = np.zeros((2, 3))
    last[:, 0] = share, -share / factor
    steps = (dense(first, np.full(hidden, 1e3)), RELU, dense(np.stack([row, row * factor], axis=1), np.full(2, 1e6)))
    x = np.array([[draw.random() for _ in range(size)]])
    return Net((size,), (*steps, RELU, dense(last, np.zeros(3))), dtype=np.dtype(np.float64)), x


def narrowed(draw, parts):
    """The same boxes around the input, much smaller."""
    scale = 2.0 ** -draw.randint(0, 60)
    lower, upper = np.minimum(parts.lower, 0.0), np.maximum(parts.upper, 0.0)
    return Boxes(parts.elements, lower * scale, upper * scale)


def by_bounds(draw, count=8):
    """How many differences of scores were bounded over boxes: "positive", "negative", or "open" where bounds differ.

    Raises:
        TooHigh: If a bound does not hold at a corner or a point between.
    """
    kinks, cancels = draw.random() < 0.5, draw.random() < 0.2
    if cancels:
        net, x = cancelled(draw)
    elif kinks:
        net, x = kinked(draw)
    else:
        net = network(draw)
        numbers = [draw.choice((0.0, 1.0, 0.5, draw.random())) for _ in range(int(np.prod(net.shape)))]
        x = np.array(numbers, np.float32).reshape(1, *net.shape)
    program, size = deepcheck.load(net.model), x.size
    outcome = run(program, x, sharp=True)
    said = Counter()
    if outcome.overflow[0] or outcome.unsettled[0]:
        return said
    parts = parts_of(draw, size, count)
    if kinks and not cancels and isinstance(parts, Boxes):
        parts = narrowed(draw, parts)
    seeds = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 1.0, -1.0], [0.0, -1.0, 1.0]])
    items = np.tile(np.arange(parts.count), len(seeds))
    with np.errstate(all="ignore"):
        bounds = Bounds(Frame.of(program, x, outcome.path, Prepared.of(program)), parts)
        least = bounds.forms(np.repeat(seeds, parts.count, axis=0), items).least.reshape(len(seeds), -1)
    centre = net.outputs(x[0])
    for part in range(parts.count):
        moved = [net.outputs(point) - centre for point in points(draw, parts, part, x[0])]
        for row, seed in enumerate(seeds):
            true = min(sum(int(s) * m for s, m in zip(seed, each, strict=True)) for each in moved)
            bound = least[row, part]
            if bound > -np.inf and Fraction(float(bound)) > true:
                raise TooHigh(f"{bound} is above {float(true)} ({true}): {net}, {x}, {parts}, part {part}, {seed}")
            other = -least[row ^ 1, part]
            said["positive" if bound > 0 else "negative" if other < 0 else "open"] += 1
    return said


def points(draw, parts, part, x):
    """All corners of a part, and a few points between, as inputs in fractions."""
    for elements, ends in corners_of(parts, part):
        steps = [*product(*ends), *([a + (b - a) * Fraction(draw.random()) for a, b in ends] for _ in range(2))]
        for step in steps:
            point = fractions_of(x).ravel()
            for element, move in zip(elements, step, strict=True):
                point[element] += move
            yield point.reshape(x.shape)


def corners_of(parts: Parts, part):
    """Elements that move together, and the ends of each."""
    if isinstance(parts, Boxes):
        chosen, lower, upper = [parts.elements[part].tolist()], parts.lower[part], parts.upper[part]
        places = {element: at for at, element in enumerate(chosen[0])}
    else:
        assert isinstance(parts, Blocks)
        own = parts.listed[parts.starts[part, 0] : parts.ends[part, 0]].tolist()
        chosen, lower, upper = combinations(own, int(parts.counts[part, 0])), parts.movable.lower, parts.movable.upper
        places = {element: element for element in own}
    for elements in chosen:
        yield elements, [(Fraction(float(lower[places[e]])), Fraction(float(upper[places[e]]))) for e in elements]
