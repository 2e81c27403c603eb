"""DeepCheck as it would be without its float filter: no error bounds, no exact arithmetic. For timing alone.

Plain float64 everywhere: every product without the bound on its error, the input run once, one interval where there
are an outer and an inner one, and what would be left open counts as refuted. The loops that cut polygons are the same
(their slack of a few multiplications a row stays), with errors of 0. What it says is not proved by anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from deepcheck.attacks import search
from deepcheck.attacks.exact_sets import Settled
from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.program import Bounded
from deepcheck.program.bounded import NormBounded, least_of_rows
from deepcheck.program.floats import Floats
from deepcheck.solvers.interval import Fold, Interval
from deepcheck.symbolic import concrete

UNARY = ("scale", "contract", "contract_transposed", "convolve", "convolve_transposed", "gather_transposed", "shift")


@contextmanager
def unfiltered() -> Iterator[None]:
    """While it lasts nothing is bounded and nothing is exact."""
    draft = concrete._Draft
    replaced = [
        *((NormBounded, name, _unary(name)) for name in UNARY),
        (NormBounded, "product", staticmethod(_product)),
        (NormBounded, "add", _binary("add")),
        (NormBounded, "subtract", _binary("subtract")),
        (NormBounded, "times", _with_table("times")),
        (NormBounded, "plus", _with_table("plus")),
        (draft, "sharp", staticmethod(draft.quick)),
        (Fold, "emit", _emit),
        (Fold, "require", _require),
        (search, "decide_exactly", lambda *_: Regions.empty()),
        (Question, "exactly", lambda self, sets, labels: [Settled(Outcome.PROVED)] * len(sets)),
    ]
    patches = [mock.patch.object(owner, name, made) for owner, name, made in replaced]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def _unary(name: str) -> Any:
    method = getattr(Floats, name)

    def plain(self: NormBounded, given: object, x: Bounded) -> Bounded:
        return Bounded(method(self.floats, given, x.value), x.error, x.size)

    return plain


def _binary(name: str) -> Any:
    method = getattr(Floats, name)

    def plain(self: NormBounded, x: Bounded, y: Bounded) -> Bounded:
        return Bounded(method(self.floats, x.value, y.value), x.error, x.size)

    return plain


def _with_table(name: str) -> Any:
    method = getattr(Floats, name)

    def plain(self: NormBounded, x: Bounded, table: Any) -> Bounded:
        return Bounded(method(self.floats, x.value, table), x.error, x.size)

    return plain


def _product(value: np.ndarray, growth: float, terms: int, x: Bounded, *, measured: bool = False) -> Bounded:
    return Bounded(value, x.error, x.size)


def _emit(self: Fold, values: Bounded, slopes: Bounded, present: np.ndarray) -> None:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        far = np.maximum(values.value, 0.0) / np.abs(slopes.value)
    far = np.where(present & (slopes.value != 0), far, np.inf)
    lower = np.maximum(self.interval.outer_lower, -least_of_rows(np.where(slopes.value > 0, far, np.inf)))
    upper = np.minimum(self.interval.outer_upper, least_of_rows(np.where(slopes.value < 0, far, np.inf)))
    self.interval = Interval(lower, lower, upper, upper)


def _require(self: Fold, values: Bounded, slopes: Bounded) -> None:
    v, s = values.value, slopes.value
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        end = -v / s
    lower = np.where(s > 0, end, np.where((s == 0) & (v < 0), np.inf, -np.inf))
    upper = np.where(s < 0, end, np.inf)
    low = np.maximum(self.interval.outer_lower, -least_of_rows(-lower))
    high = np.minimum(self.interval.outer_upper, least_of_rows(upper))
    self.interval = Interval(low, low, high, high)
