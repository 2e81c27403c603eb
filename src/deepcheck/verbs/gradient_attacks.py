"""Attacks along the loss's gradient, which move every pixel a little: FGSM and PGD."""

import math

import numpy as np

from deepcheck.attacks.gradient import FGSM, PGD, Climb, Start, attacked, smallest_epsilons
from deepcheck.attacks.gradient_result import GradientAttack, GradientAttacks
from deepcheck.domains import Pixels
from deepcheck.domains.bounds import inwards
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program, chunks_of, in_parallel
from deepcheck.program.parallel import one_thread_a_product
from deepcheck.symbolic import run
from deepcheck.verbs.questions import received_in

CHUNK_BYTES = 8 << 20


def fgsm(
    program: Program, x: Array, epsilon: float | None = None, *, domain: Pixels | None = None
) -> GradientAttack | GradientAttacks:
    """Move every pixel by epsilon along the sign of the loss's gradient (the fast gradient sign method).

    The loss is the cross-entropy of the network's own label of the input.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        epsilon: How far each pixel moves, in pixel units. None: the smallest one that changes the label, by a fixed
            search: 1/256, 2/256, ... of a pixel's range until the label changes, then 12 halvings between that and the
            one before.
        domain: Where pixels may be; by default ``[0, 1]``.

    Returns:
        A `GradientAttack`, or for a batch `GradientAttacks`. Its claims about labels are checked in exact arithmetic
        and replayed on the untouched model; that it finds nothing proves nothing.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
        NoDecision: If the network is a regression.

    Source: section IV-C, RQ5; Goodfellow et al. (2015).
    """
    return _climbed(program, x, epsilon, FGSM, domain)


def pgd(
    program: Program,
    x: Array,
    epsilon: float | None = None,
    *,
    steps: int = PGD.steps,
    step: float = PGD.share,
    domain: Pixels | None = None,
) -> GradientAttack | GradientAttacks:
    """Climb the loss in many steps and stay within epsilon of the input in every pixel (projected gradient descent).

    It starts at the input itself, so that the answer is always the same, and the last point counts.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        epsilon: As for `fgsm`.
        steps: How many steps.
        step: The length of a step, as a share of epsilon.
        domain: As for `fgsm`.

    Returns:
        As for `fgsm`.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
        NoDecision: If the network is a regression.

    Source: Madry et al. (2018).
    """
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1:
        raise OptionError(f"expected 1 or more steps, got {steps!r}")
    if not _positive(step):
        raise OptionError(f"expected a step of a positive share of epsilon, got {step!r}")
    return _climbed(program, x, epsilon, Climb(int(steps), float(step)), domain)


def _climbed(
    program: Program, x: Array, epsilon: float | None, climb: Climb, domain: Pixels | None
) -> GradientAttack | GradientAttacks:
    if epsilon is not None and not _positive(epsilon):
        raise OptionError(f"expected a positive epsilon, or None for the smallest that changes the label: {epsilon!r}")
    program.decided()
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    if not box.bounded or box.tables is not None:
        raise OptionError(f"expected bounds without levels for a gradient attack, got {pixels.describe()}")
    bounds = inwards(pixels.element_bounds(program.input_shape), program.dtype)
    bounds = bounds.reshape(2, *program.input_shape).astype(program.dtype)
    batch = program.batch(x)
    outcome = run(program, received, borders=False)
    if outcome.overflow.any():
        raise InputError("the network overflows float64 on this input: it has no label to change")
    start = Start(program, batch, outcome.labels, bounds)
    chunks = chunks_of(len(batch), 8 * max(math.prod(shape) for shape in program.shapes), CHUNK_BYTES)
    with one_thread_a_product():
        parts = in_parallel(lambda items: _attack(start.take(items), epsilon, climb), chunks)
    found = GradientAttacks.of(start, *(np.concatenate(each) for each in zip(*parts, strict=True)))
    return found[0] if np.ndim(x) == len(program.input_shape) else found


def _attack(start: Start, epsilon: float | None, climb: Climb) -> tuple[Array, Array]:
    """The epsilons of some items, and the pixels of their attacks."""
    if epsilon is not None:
        given = np.full(len(start.pixels), float(epsilon))
        return given, attacked(start, given, climb)
    smallest = smallest_epsilons(start, climb)
    pixels = np.array(start.pixels)
    found = np.flatnonzero(~np.isnan(smallest))
    if len(found):
        pixels[found] = attacked(start.take(found), smallest[found], climb)
    return smallest, pixels


def _positive(number: object) -> bool:
    real = isinstance(number, (int, float, np.integer, np.floating)) and not isinstance(number, bool)
    return real and math.isfinite(float(number)) and float(number) > 0  # type: ignore[arg-type]
