"""Bounds over boxes of small networks held against the networks in fractions, at the points where they are tight."""

from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
from filter_systems import NUMBERS
from oracles import fractions_of
from plain_networks import RELU, Net, clip, dense

import deepcheck
from deepcheck.symbolic import run
from deepcheck.symbolic.bounds import Bounds
from deepcheck.symbolic.frame import Frame
from deepcheck.symbolic.parts import Boxes
from deepcheck.symbolic.prepared import Prepared


class TooHigh(AssertionError):
    """A bound lies above what it bounds."""


def network(draw, size):
    """A few layers; some differences of scores do not depend on the input at all, or nearly so."""
    number, steps, width = draw.choice(NUMBERS), [], size
    limit = float(np.finfo(np.float32).max) ** 0.25
    for _ in range(draw.randint(0, 2)):
        wider = draw.randint(1, 4)
        steps += [dense(matrix(draw, number, width, wider, limit), matrix(draw, number, 1, wider, limit)[0])]
        steps += [draw.choice((RELU, RELU, clip(0.0, 1.0)))]
        width = wider
    weight, bias = matrix(draw, number, width, 3, limit), matrix(draw, number, 1, 3, limit)[0]
    if draw.random() < 0.5:
        weight[:, 1] = weight[:, 0]
        weight[draw.randrange(width), 1] *= 1 + draw.choice((0, 2.0**-23))
    return Net((size,), (*steps, dense(weight.astype(np.float32), bias)))


def matrix(draw, number, rows, columns, limit):
    found = [[max(-limit, min(limit, float(number(draw)))) for _ in range(columns)] for _ in range(rows)]
    return np.array(found, np.float32)


def boxes_of(draw, size, count):
    """Boxes of one to three elements, some of them points, some with ends next to each other."""
    k = draw.randint(1, min(3, size))
    elements, lower, upper = [], [], []
    for _ in range(count):
        elements.append(draw.sample(range(size), k))
        ends = [draw.choice((0.0, 1.0, -1.0, 0.1, 1 / 3, draw.uniform(-1, 1), 2.0**-149)) for _ in range(2 * k)]
        pairs = [sorted(pair) for pair in zip(ends[:k], ends[k:], strict=True)]
        lower.append([pair[0] for pair in pairs])
        upper.append([draw.choice((pair[1], pair[1], pair[0], np.nextafter(pair[0], 2))) for pair in pairs])
    return Boxes(np.array(elements), np.array(lower), np.array(upper))


def by_bounds(draw, count=8):
    """How many differences of scores were bounded over boxes: "positive", "negative", or "open" where bounds differ.

    Raises:
        TooHigh: If a bound does not hold at a corner or a point between.
    """
    net = network(draw, draw.randint(2, 4))
    program = deepcheck.load(net.model)
    x = np.array([[draw.choice((0.0, 1.0, 0.5, draw.random())) for _ in range(net.shape[0])]], np.float32)
    outcome = run(program, x, sharp=True)
    said = Counter()
    if outcome.overflow[0] or outcome.unsettled[0]:
        return said
    parts = boxes_of(draw, net.shape[0], count)
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
    """All corners of a box, and a few points between, as inputs in fractions."""
    ends = [(Fraction(float(a)), Fraction(float(b))) for a, b in zip(parts.lower[part], parts.upper[part], strict=True)]
    steps = [*product(*ends), *([a + (b - a) * Fraction(draw.random()) for a, b in ends] for _ in range(2))]
    for step in steps:
        point = fractions_of(x)
        for element, move in zip(parts.elements[part], step, strict=True):
            point[element] += move
        yield point
