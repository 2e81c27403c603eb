"""Options without meaning, refused before any work."""

import numpy as np

from deepcheck.attacks import OBJECTIVES
from deepcheck.domains import Box
from deepcheck.errors import OptionError
from deepcheck.program import Program
from deepcheck.symbolic import Run
from deepcheck.verbs.scoring import ORDERS


def check_options(
    program: Program,
    paths: str,
    objective: str,
    target: int | None,
    order: str | None,
    shortlist: str | int | None,
    timeout: float | None,
) -> None:
    """Raise `OptionError` for options without meaning."""
    if paths not in ("same", "all"):
        raise OptionError(f"expected paths='same' or 'all', got '{paths}'")
    if objective not in OBJECTIVES:
        raise OptionError(f"expected an objective of {', '.join(OBJECTIVES)}, got '{objective}'")
    labels = program.decided().labels
    if target is not None and (not isinstance(target, (int, np.integer)) or not 0 <= target < labels):
        raise OptionError(f"expected a target label from 0 to {labels - 1}, got {target}")
    if order is not None and order not in ORDERS:
        raise OptionError(f"expected an order of {', '.join(ORDERS)}, got '{order}'")
    if shortlist is not None and order is None:
        raise OptionError("expected an order (such as 'coi') with a shortlist")
    if timeout is not None and not timeout > 0:
        raise OptionError(f"expected a timeout above 0 seconds, got {timeout}")


def check_all_paths(box: Box, objective: str = "margin", solver: str = "auto") -> None:
    """Raise `OptionError` for options that a search over all paths has no use for."""
    if not box.bounded:
        raise OptionError(
            "expected a bounded domain for paths='all': give domain=deepcheck.Pixels(A, B) or --bounds A:B"
        )
    if objective != "margin":
        raise OptionError(f"expected objective='margin' with paths='all', got '{objective}': any witness counts there")
    if solver != "auto":
        raise OptionError(f"expected solver='auto' with paths='all', got '{solver}': solvers work along one path")


def check_target(target: int | None, outcome: Run) -> None:
    """Raise `OptionError` if some input has the target label already."""
    already = np.flatnonzero(outcome.labels == target)
    if target is not None and len(already):
        raise OptionError(f"expected a target other than the label, but input {already[0]} has label {target} already")
