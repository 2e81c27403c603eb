"""The solvers side by side: one interface, one file each; each is imported when it is asked for."""

from collections.abc import Callable
from importlib import import_module

from deepcheck.constraints import Answer
from deepcheck.errors import OptionError

MODULES = {
    "interval": "deepcheck.solvers.interval_system",
    "polygon": "deepcheck.solvers.polygon_system",
    "lp": "deepcheck.solvers.lp",
    "milp": "deepcheck.solvers.milp",
    "smt": "deepcheck.solvers.smt",
}
NAMES = tuple(MODULES)


def solver(name: str) -> Callable[..., Answer]:
    """A solver by name: ``decide(system, timeout=None)``; milp and smt also take ``grids``.

    Raises:
        OptionError: If there is no such solver.
    """
    if name not in MODULES:
        raise OptionError(f"expected a solver of auto, {', '.join(NAMES)}, got '{name}'")
    found: Callable[..., Answer] = import_module(MODULES[name]).decide
    return found
