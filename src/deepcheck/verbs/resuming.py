"""Going on with a search that a time limit or Ctrl-C stopped."""

import time
from dataclasses import replace

from deepcheck.attacks import Result, SetResult, replayed_again
from deepcheck.errors import OptionError
from deepcheck.explore import Ladder, climb


def resume(result: Result, *, timeout: float | None = None) -> Result:
    """Go on with a search over all paths where it stopped; nothing that is decided is decided again.

    Args:
        result: A result of ``attack(size=..., paths="all")``, about one input.
        timeout: Seconds after which what is left stays untried.

    Returns:
        The result as far as it went; the one that was given is not changed.

    Raises:
        OptionError: If the result is not of such a search, or the timeout is not positive.
    """
    if timeout is not None and not timeout > 0:
        raise OptionError(f"expected a timeout above 0 seconds, got {timeout}")
    if not isinstance(result, SetResult) or not isinstance(result.search, Ladder):
        raise OptionError("expected the result of a search over sets of features with paths='all' to go on with")
    search, size = result.search, result.size
    started = time.perf_counter()
    search.deadline = None if timeout is None else time.monotonic() + timeout
    climb(search, size)
    found = replayed_again(result, search.family(size), time.perf_counter() - started)
    return replace(found, search=search)
