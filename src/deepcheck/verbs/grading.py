"""What each feature alone can do at worst, and how well a ranking agrees with that."""

from collections.abc import Callable

from deepcheck.attacks import COLUMN_BYTES, Search
from deepcheck.domains import Features, Pixels
from deepcheck.errors import OptionError
from deepcheck.explore.worst_margins import WorstMargins, find_worst_margins
from deepcheck.program import Array, Program
from deepcheck.symbolic import run
from deepcheck.verbs.questions import received_in
from deepcheck.verbs.refusals import check_options, check_target


def worst_margins(
    program: Program,
    x: Array,
    *,
    paths: str = "all",
    domain: Pixels | None = None,
    target: int | None = None,
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
    features = Features.of(program.input_shape)
    if not features.single:
        raise OptionError(
            f"expected features of one input element each for worst margins, got pixels of "
            f"{program.size // features.count} channels in an input of shape {program.input_shape}: "
            "use deepcheck.attack, which takes such features"
        )
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    outcome = run(program, received, sharp=True, borders=False)
    check_target(target, outcome)
    query = Search(program, box, target, column_bytes=COLUMN_BYTES if memory_bytes is None else memory_bytes)
    return find_worst_margins(query, received, outcome, features, pixels, paths, progress)
