"""Every instruction: one line here runs all the laws of `tests/laws` on it.

An affine instance names how to build the instruction for an operand of a given shape, and the same layer in plain
NumPy, ``(items, *shape) -> (items, *out)``, in any number type (float64 or fractions).
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from deepcheck.program import Affine, Constant, Gather, Largest, Piecewise, Scale, Sliding, Term, affine
from deepcheck.program.contraction import contraction
from deepcheck.program.maps import ABSENT, Permuted


@dataclass(frozen=True)
class AffineLayer:
    name: str
    shapes: tuple
    build: Any
    plain: Any

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class BranchLayer:
    name: str
    shape: tuple
    build: Any
    plain: Any

    def __str__(self):
        return self.name


RNG = np.random.default_rng(11)
NASTY = np.array([0.0, 1.0, -1.0, 1e20, -1e20, 1e-20, 1e-38, 1 / 3, 0.1, -7.25, 3e38, 1e-45], np.float32)


def weights(*shape):
    """Stored numbers, some of them zero, huge or tiny."""
    plain = RNG.normal(size=shape).astype(np.float32)
    return np.where(RNG.random(shape) < 0.3, RNG.choice(NASTY, shape), plain)


def like(constant, x):
    """A constant in the number type of ``x``."""
    if x.dtype != object:
        return np.asarray(constant, np.float64)
    exact = np.empty(np.size(constant), dtype=object)
    exact[:] = [Fraction(float(v)) for v in np.ravel(constant)]
    return exact.reshape(np.shape(constant))


def zeros(x, shape):
    return np.zeros(shape) if x.dtype != object else np.full(shape, Fraction(0), dtype=object)


def sliding(kernel, strides=None, dilations=None, before=None, after=None, *, ceil=False):
    d = len(kernel)
    return Sliding(kernel, strides or (1,) * d, dilations or (1,) * d, before or (0,) * d, after or (0,) * d, ceil)


def taps(spatial, s):
    """Every output position of a sliding kernel with the source position of each tap."""
    counts = []
    for n, k, stride, dilation, b, a in zip(spatial, s.kernel, s.strides, s.dilations, s.before, s.after, strict=True):
        room = n + b + a - dilation * (k - 1) - 1
        counts.append((-(-room // stride) if s.ceil else room // stride) + 1)
    for out in itertools.product(*map(range, counts)):
        yield (
            out,
            [
                tuple(
                    o * st - b + t * d
                    for o, st, b, t, d in zip(out, s.strides, s.before, tap, s.dilations, strict=True)
                )
                for tap in itertools.product(*map(range, s.kernel))
            ],
        )


def inside(at, spatial):
    return all(0 <= p < n for p, n in zip(at, spatial, strict=True))


def plain_convolution(weight, bias, s, groups):
    def run(x):
        spatial, w = x.shape[2:], like(weight, x)
        positions = list(taps(spatial, s))
        shape = tuple(np.add(positions[-1][0], 1))
        out = zeros(x, (len(x), len(weight), *shape))
        per_group, channels = len(weight) // groups, weight.shape[1]
        for (at, sources), m in itertools.product(positions, range(len(weight))):
            for tap, source in enumerate(sources):
                for c in range(channels if inside(source, spatial) else 0):
                    term = x[(slice(None), m // per_group * channels + c, *source)] * w[m, c].ravel()[tap]
                    out[(slice(None), m, *at)] += term
        return out if bias is None else out + like(bias, x).reshape(1, -1, *(1,) * len(spatial))

    return run


def plain_average(s, *, counted):
    def run(x):
        spatial = x.shape[2:]
        positions = list(taps(spatial, s))
        out = zeros(x, (*x.shape[:2], *np.add(positions[-1][0], 1)))
        for at, sources in positions:
            real = [p for p in sources if inside(p, spatial)]
            declared = [
                p
                for p in sources
                if all(-b <= q < n + a for q, n, b, a in zip(p, spatial, s.before, s.after, strict=True))
            ]
            total = sum(x[(slice(None), slice(None), *p)] for p in real)
            out[(slice(None), slice(None), *at)] = total / (len(declared) if counted else len(real))
        return out

    return run


def convolution(name, shape, weight_shape, s, *, groups=1, bias=True):
    weight, offset = weights(*weight_shape), weights(weight_shape[0]) if bias else None
    return AffineLayer(
        name,
        (shape,),
        lambda: affine.convolution(0, shape, weight, offset, sliding=s, groups=groups),
        per_item(plain_convolution(weight, offset, s, groups)),
    )


def per_item(plain):
    """A layer of ``(n, channels, *spatial)``, for operands with one more axis in front."""
    return lambda x: plain(x.reshape(-1, *x.shape[2:])).reshape(*x.shape[:2], *plain(x[:, 0]).shape[1:])


def average(name, shape, s, *, counted):
    build = lambda: affine.average_pool(0, shape, s, count_padding=counted)  # noqa: E731
    return AffineLayer(name, (shape,), build, per_item(plain_average(s, counted=counted)))


def dense(name, shape, width, *, bias=True):
    weight, offset = weights(shape[-1], width), weights(width) if bias else None
    return AffineLayer(
        name,
        (shape,),
        lambda: affine.dense(0, shape, weight, None if offset is None else Constant(offset)),
        lambda x: x @ like(weight, x) + (0 if offset is None else like(offset, x)),
    )


def einsum(name, shape, weight_shape, axes):
    """A contraction, by NumPy's einsum; ``axes`` as "value,weight->result"."""
    weight, (left, result) = weights(*weight_shape), axes.split("->")
    return AffineLayer(
        name,
        (shape,),
        lambda: contraction(0, shape, weight, axes=(*left.split(","), result)),
        lambda x: np.einsum(f"z{left}->z{result}", x, like(weight, x)),
    )


def combined(name, shape, factors, offset=None, divisor=None):
    """A sum of several operands, each times its own constant, all over a divisor."""
    divisors = None if divisor is None else np.asarray(float(divisor))
    terms = [
        Term(i, () if f is None else (Scale(Constant(np.asarray(f), divisors), shape),)) for i, f in enumerate(factors)
    ]
    added = None if offset is None else Constant(offset, divisors)

    def plain(*operands):
        out = sum(x if f is None else x * like(f, x) for x, f in zip(operands, factors, strict=True))
        out = out if offset is None else out + like(offset, out)
        return out if divisor is None else out / divisor

    return AffineLayer(name, (shape,) * len(factors), lambda: Affine(name, tuple(terms), shape, added), plain)


FACTOR, DIVISOR, SHIFT = weights(3, 1), np.array([3.0, 7.0, 0.1], np.float32), weights(4)
ORDER, SLOPES = np.arange(12).reshape(3, 4).T, weights(3, 4)

AFFINE = [
    dense("dense", (5,), 3),
    dense("dense without bias on rows", (2, 4), 3, bias=False),
    dense("dense of one", (1,), 1),
    convolution("convolution 2-D", (1, 2, 4, 5), (3, 2, 2, 3), sliding((2, 3))),
    convolution(
        "convolution strided and padded", (1, 1, 5, 5), (2, 1, 3, 3), sliding((3, 3), (2, 2), None, (1, 1), (1, 0))
    ),
    convolution("convolution dilated", (1, 1, 5, 6), (2, 1, 2, 2), sliding((2, 2), None, (2, 3)), bias=False),
    convolution("convolution in groups", (2, 4, 3, 3), (6, 2, 2, 2), sliding((2, 2)), groups=2),
    convolution(
        "convolution per channel", (1, 3, 4, 4), (3, 1, 3, 3), sliding((3, 3), None, None, (1, 1), (1, 1)), groups=3
    ),
    convolution("convolution 1-D", (2, 2, 7), (3, 2, 3), sliding((3,), (2,), (2,), (2,), (1,))),
    convolution("convolution of several images", (3, 2, 4, 3), (2, 2, 2, 2), sliding((2, 2))),
    convolution(
        "convolution of several images in groups",
        (3, 4, 4, 3),
        (2, 2, 3, 2),
        sliding((3, 2), (2, 1), None, (1, 0), (2, 1)),
        groups=2,
    ),
    convolution("convolution per channel of several", (2, 2, 3, 4), (2, 1, 2, 2), sliding((2, 2)), groups=2),
    convolution("convolution twice per channel", (2, 2, 3, 3), (4, 1, 2, 2), sliding((2, 2)), groups=2),
    convolution("convolution to one channel", (2, 1, 4, 3), (1, 1, 2, 2), sliding((2, 2), (1, 2))),
    convolution("convolution 1x1", (2, 3, 3, 2), (4, 3, 1, 1), sliding((1, 1))),
    convolution("convolution 1x1 strided", (2, 3, 5, 4), (2, 3, 1, 1), sliding((1, 1), (2, 3))),
    convolution("convolution 1x1 padded", (1, 2, 2, 3), (2, 2, 1, 1), sliding((1, 1), None, None, (1, 0), (0, 1))),
    convolution("convolution of all positions", (2, 2, 2, 3), (3, 2, 2, 3), sliding((2, 3))),
    convolution(
        "convolution 3-D", (1, 2, 3, 4, 3), (2, 2, 2, 2, 2), sliding((2, 2, 2), (1, 2, 1), None, (0, 1, 1), (1, 0, 0))
    ),
    convolution(
        "convolution padded by more than its kernel",
        (1, 1, 3, 4),
        (2, 1, 2, 2),
        sliding((2, 2), None, None, (3, 0), (0, 4)),
    ),
    convolution(
        "convolution dilated and strided", (1, 2, 7, 6), (2, 2, 2, 3), sliding((2, 3), (2, 1), (3, 2), (1, 0), (0, 1))
    ),
    average("average, ceil", (2, 2, 5, 6), sliding((3, 3), (2, 2), None, (1, 0), (1, 0), ceil=True), counted=False),
    average("average of all positions", (2, 2, 3, 2), sliding((3, 2)), counted=False),
    average("average, dilated", (1, 2, 5, 5), sliding((2, 2), (1, 2), (3, 2)), counted=False),
    average("average", (1, 2, 4, 4), sliding((2, 2), (2, 2)), counted=False),
    average("average without padding", (1, 1, 4, 5), sliding((3, 3), (2, 2), None, (1, 1), (1, 1)), counted=False),
    average("average with padding", (1, 1, 4, 5), sliding((3, 3), (2, 2), None, (1, 1), (1, 1)), counted=True),
    average("average 1-D, ceil", (2, 2, 6), sliding((3,), (2,), None, (1,), (1,), ceil=True), counted=True),
    AffineLayer(
        "scale by quotients",
        ((3, 4),),
        lambda: affine.scale_and_shift(0, (3, 4), Constant(FACTOR, DIVISOR[:, None]), Constant(SHIFT), kind="scale"),
        lambda x: x * (like(FACTOR, x) / like(DIVISOR[:, None], x)) + like(SHIFT, x),
    ),
    AffineLayer(
        "scale by a scalar",
        ((3,),),
        lambda: affine.scale_and_shift(0, (3,), Constant(np.float32(0.1)), Constant(np.asarray(1e20)), kind="scale"),
        lambda x: x * like(np.float32(0.1), x) + like(1e20, x),
    ),
    AffineLayer(
        "shift to a larger shape",
        ((4,),),
        lambda: affine.scale_and_shift(0, (4,), None, Constant(FACTOR), kind="shift"),
        lambda x: np.broadcast_to(x[:, None, :], (len(x), 3, 4)) + like(FACTOR, x),
    ),
    AffineLayer("add", ((3, 4), (3, 4)), lambda: affine.add(((0, (3, 4)), (1, (3, 4)))), lambda x, y: x + y),
    AffineLayer(
        "add repeated", ((3, 4), (4,)), lambda: affine.add(((0, (3, 4)), (1, (4,)))), lambda x, y: x + y[:, None]
    ),
    AffineLayer("add to itself", ((4,), (4,)), lambda: affine.add(((0, (4,)), (1, (4,)))), lambda x, y: x + y),
    AffineLayer(
        "concatenate",
        ((2, 3), (2, 1)),
        lambda: affine.concatenate(((0, (2, 3)), (1, (2, 1))), 1),
        lambda x, y: np.concatenate([x, y], axis=2),
    ),
    AffineLayer(
        "transpose", ((3, 4),), lambda: affine.move(0, (3, 4), ORDER, kind="move"), lambda x: x.transpose(0, 2, 1)
    ),
    AffineLayer(
        "repeat and pad",
        ((3,),),
        lambda: affine.move(0, (3,), np.array([ABSENT, 2, 2, 0, ABSENT]), kind="move"),
        lambda x: np.stack([0 * x[:, 0], x[:, 2], x[:, 2], x[:, 0], 0 * x[:, 0]], axis=1),
    ),
    AffineLayer(
        "nothing", ((3,),), lambda: affine.move(0, (3,), np.full(2, ABSENT), kind="move"), lambda x: 0 * x[:, :2]
    ),
    einsum("contraction in groups", (2, 3, 4), (2, 4, 3), "grk,gkm->grm"),
    einsum("contraction with the groups behind", (3, 2), (2, 3, 2), "kg,gkm->mg"),
    einsum("contraction from the left", (3, 4), (2, 3), "kr,mk->mr"),
    einsum("contraction with summed axes", (2, 3, 2), (3, 2), "akb,km->m"),
    einsum("contraction that sums only", (2, 3, 2), (), "abc,->b"),
    einsum("contraction of a diagonal", (3, 3, 2), (3, 2), "aab,am->mb"),
    einsum("contraction of a trace", (3, 2, 3), (), "aba,->b"),
    einsum("contraction without sums", (3, 2), (2, 4), "ab,bm->amb"),
    combined("mean", (3, 4), (np.float32(1), np.float32(1), np.float32(-1)), FACTOR, divisor=3),
    combined("parametric relu", (3, 4), (SLOPES, -SLOPES, None)),
]


def piecewise(name, breakpoints, slopes, intercepts, plain):
    numbers = [tuple(Fraction(v) for v in values) for values in (breakpoints, slopes, intercepts)]
    return BranchLayer(name, (4,), lambda: Piecewise(0, (4,), name, *numbers), plain)


def elementwise(function):
    def run(x):
        out = np.empty_like(x)
        out.reshape(-1)[:] = [function(v) for v in x.reshape(-1)]
        return out

    return run


def largest(name, shape, s):
    def plain(x):
        spatial = shape[1:]
        positions = list(taps(spatial, s))
        out = zeros(x, (*x.shape[:2], *np.add(positions[-1][0], 1)))
        for at, sources in positions:
            for n, c in itertools.product(range(len(x)), range(shape[0])):
                out[(n, c, *at)] = max(x[(n, c, *p)] for p in sources if inside(p, spatial))
        return out

    return BranchLayer(name, shape, lambda: Largest(0, affine.windows(shape, s)), plain)


def largest_along(name, shape, axis):
    """The largest element along an axis: of a stack, or a reduction."""
    axes = (*(a for a in range(len(shape)) if a != axis), axis)
    windows = Permuted(shape, axes, tuple(shape[a] for a in axes))
    build = lambda: Largest(0, Gather(windows, shape, rows=True))  # noqa: E731
    return BranchLayer(name, shape, build, lambda x: x.max(axis=1 + axis))


LEAK, TENTH, THIRD = (Fraction(float(np.float32(v))) for v in (0.01, 0.1, 1 / 3))
BRANCHES = [
    piecewise("relu", [0], [0, 1], [0, 0], elementwise(lambda v: max(v, 0 * v))),
    piecewise("leaky relu", [0], [LEAK, 1], [0, 0], elementwise(lambda v: v if v > 0 else v * type(v)(LEAK))),
    piecewise("abs", [0], [-1, 1], [0, 0], elementwise(abs)),
    piecewise("relu6", [0, 6], [0, 1, 0], [0, 0, 6], elementwise(lambda v: min(max(v, 0 * v), 0 * v + 6))),
    piecewise("hat", [-1, 0, 1], [0, 1, -1, 0], [0, 1, 1, 0], elementwise(lambda v: max(0 * v, 1 - abs(v)))),
    largest("max 2-D", (2, 4, 4), sliding((2, 2), (2, 2))),
    largest("max padded", (1, 3, 3), sliding((3, 3), (1, 1), None, (1, 1), (1, 1))),
    largest("max dilated", (1, 4, 4), sliding((2, 2), (1, 1), (2, 2))),
    largest("max 1-D, ceil", (2, 5), sliding((2,), (2,), ceil=True)),
    largest("max of one", (2, 3), sliding((1,))),
    piecewise(
        *("hard sigmoid down", [-1, Fraction(1, 3)], [0, Fraction(-3, 4), 0], [1, Fraction(1, 4), 0]),
        elementwise(lambda v: min(max(v * type(v)(-0.75) + type(v)(0.25), 0 * v), 0 * v + 1)),
    ),
    piecewise(
        *("shrink", [-THIRD, THIRD], [1, 0, 1], [THIRD, 0, -THIRD]),
        elementwise(lambda v: max(v - type(v)(THIRD), 0 * v) + min(v + type(v)(THIRD), 0 * v)),
    ),
    piecewise("max with a constant", [TENTH], [0, 1], [TENTH, 0], elementwise(lambda v: max(v, type(v)(TENTH)))),
    piecewise("min with a constant", [-2], [1, 0], [0, -2], elementwise(lambda v: min(v, type(v)(-2)))),
    largest_along("max of a stack", (2, 2, 3), 2),
    largest_along("max along the first axis", (3, 4), 0),
]
