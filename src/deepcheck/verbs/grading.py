"""What each feature alone can do at worst, and how well a ranking agrees with that."""

from collections.abc import Callable

import numpy as np

from deepcheck import zoo
from deepcheck.attacks import COLUMN_BYTES, Search
from deepcheck.datasets import mnist
from deepcheck.datasets.locate import Folder
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping
from deepcheck.errors import InputError, OptionError
from deepcheck.explore.worst_margins import WorstMargins, find_worst_margins
from deepcheck.program import Array, Program
from deepcheck.ranking.grades import Grades, Truth, graded
from deepcheck.symbolic import run
from deepcheck.verbs.loading import load
from deepcheck.verbs.questions import received_in
from deepcheck.verbs.refusals import check_options, check_target

CLOSE = 1e-6
"""Relative: margins of the same input differ by rounding only."""
BENCHMARK = "mnist_10x4"
"""The network of the zoo that rankings of MNIST's test images are graded on."""


def worst_margins(
    program: Program,
    x: Array,
    *,
    paths: str = "all",
    domain: Pixels | None = None,
    target: int | None = None,
    features_as: Grouping | None = None,
    memory_bytes: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> WorstMargins:
    """The exact worst margin that each feature alone can cause over its range, attackable or not.

    The margin of an input is ``max over j != label of f[j] - f[label]``. Its supremum over the range of one feature,
    all others unchanged, is above 0 iff that feature alone can change the label (ties aside).

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        paths: "all": over the whole range. "same": over the part of it on the input's own path.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        target: Only this label counts.
        features_as: "element": each channel of a pixel is a feature of its own. By default a pixel is one feature.
        memory_bytes: About how much memory one value of a pass may take, by default 256 MiB.
        progress: Called with the number of inputs finished.

    Returns:
        Arrays for the batch (of one input too), each margin with a bound on its error, rounded outward.

    Raises:
        OptionError: If an option has no meaning, or a feature owns several elements (a pixel of a colour image).
        InputError: If the input does not fit the program or lies outside its domain.
        NoDecision: If the network is a regression.
    """
    check_options(program, paths, "margin", target, None, None, None)
    if memory_bytes is not None and not memory_bytes > 0:
        raise OptionError(f"expected a positive number of bytes for memory_bytes, got {memory_bytes}")
    features = Features.of(program.input_shape, features_as)
    if not features.single:
        raise OptionError(
            f"expected features of one input element each for worst margins, got pixels of "
            f"{program.size // features.count} channels in an input of shape {program.input_shape}: "
            "give features_as='element'"
        )
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    outcome = run(program, received, sharp=True, borders=False)
    check_target(target, outcome)
    query = Search(program, box, target, column_bytes=COLUMN_BYTES if memory_bytes is None else memory_bytes)
    return find_worst_margins(query, received, outcome, features, pixels, paths, progress)


def grade(
    scores: Array,
    program: Program | None = None,
    x: Array | None = None,
    *,
    paths: str | None = None,
    domain: Pixels | None = None,
    truth: WorstMargins | None = None,
    among: Array | None = None,
    features_as: Grouping | None = None,
    data: Folder | None = None,
    progress: Callable[[float], None] | None = None,
) -> Grades:
    """Grade a ranking of features against what each feature alone can do at worst.

    With scores alone it is graded on the public benchmark: the network ``mnist_10x4`` and as many of the first MNIST
    test images as there are rankings.

    Args:
        scores: One score a feature, more important ones higher: a ranking, or a batch of them, of the features' shape,
            flat, or shaped like the input. In ties the lower index comes first.
        program: The program.
        x: The inputs that the rankings are about, in their order.
        paths: "all" (the default) or "same": see `worst_margins`.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        truth: Worst margins computed before; program, inputs, paths and domain may then be left out.
        among: Grade the order of these features alone, ``(n, features)`` booleans in any shape that scores may have.
        features_as: See `worst_margins`.
        data: The folder of the data sets, for the benchmark.
        progress: Called with the number of inputs finished.

    Returns:
        Grades for every image, which print themselves as a table of means; against 0 and 1 only for images with an
        attackable feature.

    Raises:
        OptionError: If the arguments contradict each other.
        InputError: If scores have the wrong shape, or are not numbers.
    """
    if truth is None:
        if (program is None) != (x is None):
            raise OptionError("expected both a program and its inputs, or neither (the benchmark), got one of them")
        if program is None or x is None:
            program = load(zoo.path(BENCHMARK))
            x = benchmark_images(len(rankings_of(scores, features_of(program))), program, data)
        rankings = rankings_of(scores, features_of(program, features_as))
        count = len(program.batch(x))
        if len(rankings) != count:
            raise InputError(f"expected one ranking for each of {count} inputs, got {len(rankings)}")
        truth = worst_margins(
            program, x, paths=paths or "all", domain=domain, features_as=features_as, progress=progress
        )
    else:
        _check_truth(truth, program, x, paths, domain)
    rankings = rankings_of(scores, truth.shape, len(truth))
    mask = None if among is None else rankings_of(np.asarray(among), truth.shape, len(truth), "a mask") != 0
    if mask is not None and not mask.any(axis=1).all():
        raise InputError("expected a mask that keeps a feature of each image, got one that keeps none of some")
    return graded(rankings, truth_of(truth, mask), mask)


def truth_of(found: WorstMargins, among: Array | None = None) -> Truth:
    """What rankings are graded against, from worst margins; with ``among`` only these features leave an image open."""
    undecided = found.undecided if among is None else found.undecided & among
    return Truth(
        found.margins, found.gains, found.attackable, np.asarray(undecided.any(axis=1)), found.scope,
        f"{found.paths} paths, {found.domain.describe()}, {found.arithmetic}",
    )  # fmt: skip


def features_of(program: Program, features_as: Grouping | None = None) -> tuple[int, ...]:
    """The shape that rankings of a program's features have."""
    return Features.of(program.input_shape, features_as).shape


def benchmark_images(count: int, program: Program, data: Folder | None = None) -> Array:
    """The first test images of MNIST, for a program of their size.

    Raises:
        InputError: If there are not so many.
    """
    images = mnist("test", data)
    if count > len(images.images):
        raise InputError(f"expected at most the {len(images.images)} test images of MNIST, got {count} rankings")
    return images.pixels(np.arange(count)).reshape(count, *program.input_shape)


def _check_truth(
    truth: WorstMargins, program: Program | None, x: Array | None, paths: str | None, domain: Pixels | None
) -> None:
    if program is not None and program.origin.sha256 != truth.model[1]:
        raise OptionError(f"expected worst margins of {program.origin.name}, got those of {truth.model[0]}")
    if program is not None and x is not None and len(program.batch(x)) != len(truth):
        raise InputError(f"expected worst margins of {len(program.batch(x))} inputs, got those of {len(truth)}")
    if program is not None and x is not None and not _are_those_of(truth, program, x):
        raise InputError("expected worst margins of these inputs and this preprocessing, got those of others")
    if paths not in (None, truth.paths) or domain not in (None, truth.domain):
        raise OptionError(
            f"expected the paths and the domain of the worst margins ({truth.paths}, {truth.domain.describe()}), "
            "got others: leave them out"
        )


def _are_those_of(truth: WorstMargins, program: Program, x: Array) -> bool:
    """Do the margins at the inputs themselves, in float64, agree with those known?"""
    scores = program.decided().scores(program(program.batch(x)).reshape(len(truth), -1))
    rows = np.arange(len(truth))
    own = scores[rows, truth.own_labels]
    if truth.target is None:
        scores[rows, truth.own_labels] = -np.inf
        best = scores.max(axis=1)
    else:
        best = scores[:, truth.target]
    known = np.isfinite(truth.current)
    slack = truth.current_errors + CLOSE * (1 + np.abs(own) + np.abs(best))
    return bool((np.abs(best - own - truth.current) <= slack)[known].all())


def rankings_of(given: Array, shape: tuple[int, ...], count: int | None = None, what: str = "scores") -> Array:
    """Scores as ``(n, features)`` float64.

    Args:
        given: Scores of one input or a batch, flat, in the features' shape, or with a channel axis of length 1.
        shape: The features' shape.
        count: How many there must be, or None.
        what: What they are, for people.

    Raises:
        InputError: If they are something else.
    """
    found, size = np.asarray(given), int(np.prod(shape))
    if found.dtype.kind not in "biuf":
        raise InputError(f"expected {what} as numbers, got {found.dtype}")
    single = {(size,), shape, (1, *shape)}
    if found.shape not in single and found.shape[1:] not in single:
        shapes = " or ".join(str(each) for each in sorted({(size,), shape}))
        raise InputError(f"expected {what} of shape {shapes}, or a batch of them, got {found.shape}")
    rows = found.reshape(-1, size).astype(np.float64)
    if len(rows) == 0 or (count is not None and len(rows) != count):
        raise InputError(f"expected {what} for {count or 'at least 1'} inputs, got {len(rows)}")
    if np.isnan(rows).any():
        raise InputError(f"expected {what} without NaN, got NaN in row {int(np.isnan(rows).any(axis=1).argmax())}")
    return rows
