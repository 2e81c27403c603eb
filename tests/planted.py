"""Networks with a hidden counter-example: exactly t chosen features reach another label, in a tiny region far away.

In the spirit of SoundnessBench (arXiv 2412.03154), but the truth is known by construction. For each chosen feature
``hat = relu(u + 1) - 2 relu(u) + relu(u - 1)`` with ``u = (x - centre) / width`` is 1 at its centre and 0 outside of a
tiny interval; ``relu(sum of hats - (t - 1))`` is positive only where all t are near their centres. It adds its height
to another label's score. Around it are random neurons that change both scores alike, but written in two ways, so that
a relaxation does not see it; and layers that mix everything with whole numbers while nothing is clipped. All constants
are dyadic: nothing is rounded. Inputs must stay in [0, 1].
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from oracles import fractions_of, label_of
from plain_networks import FLATTEN, RELU, Net, convolve, dense, pool

GAP = 1.0
HEIGHTS = {"reaches": 1.5, "hardly": GAP + 2.0**-20, "tie": GAP, "fails": GAP - 2.0**-20}
"""How high the bump is: above the gap between the labels, just above, equal to it, just below."""
CHANNELS = 4


@dataclass(frozen=True)
class Planted:
    """A network, an input, and the truth: which sets of ``size`` features come above or up to the other label."""

    net: Net
    x: np.ndarray
    size: int
    sets: tuple
    outcome: str
    swapped: bool
    peak: np.ndarray

    @property
    def attackable(self):
        return self.outcome in ("reaches", "hardly")

    @property
    def robust(self):
        """Does the label never change? A tie changes it only towards a lower index."""
        return self.outcome == "fails" or (self.outcome == "tie" and not self.swapped)

    def check(self):
        """The truth at the top of the bump, in fractions."""
        scores, before = self.net.outputs(self.peak), self.net.outputs(self.x)
        label, other = (1, 0) if self.swapped else (0, 1)
        assert label_of(before) == label
        assert before[label] - before[other] == Fraction(GAP)
        assert scores[other] - scores[label] == Fraction(HEIGHTS[self.outcome]) - Fraction(GAP)


def plant(kind, size, outcome, *, exponent=7, depth=1, count=10, swapped=False, decoy=True, border=False, seed=0):
    """Make one.

    Args:
        kind: "dense", "convolution" or "pool".
        size: How many features the bump needs.
        outcome: One of `HEIGHTS`.
        exponent: The bump is ``2 ** -exponent`` wide to either side.
        depth: How many mixing layers follow.
        count: How many inputs a dense network has.
        swapped: Is the input's label 1 and the other 0?
        decoy: Is there another bump, of one feature less, that just fails?
        border: Do pre-activations vanish at the input, the bump's own among them?
        seed: Of everything random.
    """
    rng = np.random.default_rng([seed, size, exponent, depth])
    width = 2.0**-exponent
    shape = (count,) if kind == "dense" else (1, 4, 4)
    x = rng.integers(1, 5, shape).astype(np.float64) / 16
    centre = rng.integers(10, 15) / 16
    if border:
        # The input lies at the foot of the bump.
        centre = 0.5
        x[...] = np.where(rng.random(shape) < 0.5, x, centre - width)
    chosen = sorted(rng.choice(4 if kind == "pool" else x.size, size, replace=False).tolist())
    if kind != "pool" and border:
        x.reshape(-1)[chosen[0]] = centre - width
    others = [i for i in range(4 if kind == "pool" else x.size) if i not in chosen]
    bumps = [(chosen, HEIGHTS[outcome])]
    if decoy and size > 1 and len(others) >= size - 1:
        bumps.append((others[: size - 1], HEIGHTS["fails"]))
    make = {"dense": _dense_front, "convolution": _convolution_front, "pool": _pool_front}[kind]
    steps, hats, same = make(rng, x, centre, width, border)
    steps, rows = _bumps(steps, hats, same, bumps)
    mixes = [_mix(rng, rows) for _ in range(depth)]
    last = _scores(rng, rows, len(bumps), [height for _, height in bumps], same, swapped)
    for mix in mixes:
        steps += [dense(mix.T, np.zeros(rows)), RELU]
    weights = last[0]
    for mix in mixes:
        weights = weights @ np.round(np.linalg.inv(mix))
    steps.append(dense(exactly(weights.T), exactly(last[1])))
    sets, peak = _truth(kind, chosen, x, centre)
    made = Planted(Net(shape, tuple(steps)), x.astype(np.float32), size, sets, outcome, swapped, peak)
    made.check()
    return made


def exactly(array):
    """The same numbers in float32, none of them rounded."""
    array = np.asarray(array, np.float64)
    assert (array.astype(np.float32) == array).all()
    return array.astype(np.float32)


# A front gives its steps, for each feature the rows and factors of its hat, and pairs of ways to write the same
# number: ((rows, factors), (rows, factors)), all rows being at least 0 and elements of a flat vector.


def _dense_front(rng, x, centre, width, border):
    count = x.size
    matrix, bias, hats = [], [], []
    for i in range(count):
        unit = np.eye(count)[i] / width
        hats.append((list(range(3 * i, 3 * i + 3)), [1, -2, 1]))
        matrix += [unit] * 3
        bias += [1 - centre / width, -centre / width, -1 - centre / width]
    same = []
    for _ in range(4):
        weight = rng.integers(-8, 9, count) / 8
        offset = -float(weight @ x.ravel()) if border else float(rng.integers(-16, 17) / 16)
        at = len(matrix)
        matrix += [weight, -weight, weight + 1]
        bias += [offset, -offset, offset + count]
        # relu(a) = a + relu(-a), and a = (a + sum x + count) - sum x - count; the last is never clipped.
        same.append((([at], [1]), ([at + 1, at + 2], [1, 1]), -count))
    matrix += [np.ones(count)]
    bias += [0]
    same = [(one, ([*rows, len(matrix) - 1], [*by, -1]), shift) for one, (rows, by), shift in same]
    weight = exactly(np.array(matrix).T)
    return [dense(weight, exactly(bias)), RELU], hats, same


def _kernels(rng, centre, width):
    """Three channels of a hat's parts, then pairs of random channels, the second twice the first."""
    kernels, bias = np.zeros((3 + CHANNELS, 1, 3, 3)), np.zeros(3 + CHANNELS)
    kernels[:3, 0, 1, 1] = 1 / width
    bias[:3] = [1 - centre / width, -centre / width, -1 - centre / width]
    for pair in range(CHANNELS // 2):
        kernels[3 + 2 * pair] = rng.integers(-8, 9, (1, 3, 3)) / 8
        bias[3 + 2 * pair] = rng.integers(-8, 9) / 16
        kernels[4 + 2 * pair], bias[4 + 2 * pair] = 2 * kernels[3 + 2 * pair], 2 * bias[3 + 2 * pair]
    return exactly(kernels), exactly(bias)


def _convolution_front(rng, x, centre, width, border):
    size = x.size
    hats = [([i, size + i, 2 * size + i], [1, -2, 1]) for i in range(size)]
    at = [(3 + 2 * pair) * size + i for pair in range(CHANNELS // 2) for i in range(size)]
    same = [(([i], [2]), ([i + size], [1]), 0) for i in at]
    return [convolve(*_kernels(rng, centre, width), pad=1), RELU, FLATTEN], hats, same


def _pool_front(rng, x, centre, width, border):
    join = np.zeros((1 + CHANNELS, 3 + CHANNELS, 1, 1))
    join[0, :3, 0, 0] = [1, -2, 1]
    join[1:, 3:, 0, 0] = np.eye(CHANNELS)
    steps = [convolve(*_kernels(rng, centre, width), pad=1), RELU]
    steps += [convolve(exactly(join), exactly(np.zeros(1 + CHANNELS))), RELU, pool(2, 2), FLATTEN]
    hats = [([window], [1]) for window in range(4)]
    at = [(1 + 2 * pair) * 4 + i for pair in range(CHANNELS // 2) for i in range(4)]
    return steps, hats, [(([i], [2]), ([i + 4], [1]), 0) for i in at]


def _bumps(steps, hats, same, bumps):
    """A layer of the bumps and of all other rows as they are; their number."""
    before = 1 + max(row for one, two, _ in same for rows, _ in (one, two) for row in rows)
    matrix, bias = np.zeros((len(bumps) + before, before)), np.zeros(len(bumps) + before)
    for b, (features, _) in enumerate(bumps):
        for feature in features:
            rows, factors = hats[feature]
            matrix[b, rows] = factors
        bias[b] = 1 - len(features)
    matrix[len(bumps) :] = np.eye(before)
    return [*steps, dense(exactly(matrix.T), exactly(bias)), RELU], len(matrix)


def _mix(rng, rows):
    """A whole-number matrix of ones on the diagonal and a few above it: its inverse is one, too."""
    mix = np.eye(rows)
    for i in range(0, rows - 1, 2):
        mix[i, rng.integers(i + 1, rows)] = 1
    return mix


def _scores(rng, rows, bumps, heights, same, swapped):
    """Weights ``(3, rows)`` and biases of the scores: what is the same goes into both, in two ways."""
    weights, bias = np.zeros((3, rows)), np.zeros(3)
    label, other = (1, 0) if swapped else (0, 1)
    bias[label], bias[2] = GAP, -64.0
    weights[other, :bumps] = heights
    for one, two, shift in same:
        factor = float(rng.choice([-0.5, -0.25, 0.25, 0.5]))
        for score, (given, by), offset in ((label, one, 0), (other, two, shift)):
            for row, each in zip(given, by, strict=True):
                weights[score, bumps + row] += factor * each
            bias[score] += factor * offset
    return weights, bias


def _truth(kind, chosen, x, centre):
    """All sets that reach the bump, and an input at its top."""
    places = [[feature] for feature in chosen]
    if kind == "pool":
        at = np.arange(16).reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
        places = [at[window].tolist() for window in chosen]
    sets = tuple(sorted(tuple(sorted(each)) for each in itertools.product(*places)))
    peak = x.astype(np.float32).copy()
    peak.reshape(-1)[list(sets[0])] = centre
    assert (fractions_of(peak).ravel() == fractions_of(peak.astype(np.float64)).ravel()).all()
    return sets, peak
