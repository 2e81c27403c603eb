"""What verbs have in common when they print and draw."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from deepcheck.cli.telling import Teller


def print_json(found: dict[str, Any]) -> None:
    """Print one JSON object, on one line."""
    print(json.dumps(found, allow_nan=False))


def say(message: str) -> None:
    """Say what was done, on standard error: standard output is for the answer."""
    print(message, file=sys.stderr)


@contextmanager
def working(what: str) -> "Iterator[Teller | None]":
    """Show that something is going on, how far it is and how long it may take, where a person looks at standard error.

    Nothing is shown of what is over in half a second, and nothing is left when it is over.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from deepcheck.cli.telling import Teller  # only terminals pay for it

    teller = Teller(what)
    try:
        yield teller
    finally:
        teller.close()


def shares(say: "Teller | None") -> Callable[[float], None] | None:
    """What to call with the share of the work that is done."""
    return None if say is None else say.share


def paths(say: "Teller | None") -> Callable[[int, int], None] | None:
    """What to call with how many paths were visited and how many are ahead."""
    return None if say is None else lambda visited, ahead: say(f"{visited:,} paths visited, {ahead:,} ahead")


def bounds(say: "Teller | None") -> Callable[[int, int | None], None] | None:
    """What to call with the proved bound and the best size so far."""
    if say is None:
        return None
    return lambda bound, size: say(f"at least {bound}" + ("" if size is None else f", at most {size}"))


def position(feature: int, shape: tuple[int, ...]) -> str:
    """Where a feature lies, such as "(7, 16)" for row 7, column 16; "" where it has no place but its index."""
    if len(shape) < 2:
        return ""
    return f"({', '.join(str(int(i)) for i in np.unravel_index(feature, shape))})"
