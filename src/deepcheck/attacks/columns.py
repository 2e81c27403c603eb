"""All results of one call, as arrays: what views and JSON are made from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcheck.attacks.deployed_proofs import Lines, deployed_features
from deepcheck.attacks.findings import Regions
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.study import Study
from deepcheck.program import Array


@dataclass(frozen=True)
class Columns:
    """All results of one call, as arrays.

    Attributes:
        study: What all results share; each feature owns one element.
        order: Elements in the order tried, ``(items, m)``.
        outcomes: What became of each, in the same order, ``(items, m)``.
        regions: All regions of attackable elements, sorted by item, then by the order tried.
        chosen: Rows of ``regions`` that hold each attackable element's witness, in the order tried.
        replayed: For each chosen row: does the label survive replay?
        same_path_float32: For each chosen row: same activations in the model's own arithmetic?
        exact: How many questions needed exact arithmetic, ``(items,)``.
        seconds: How long the analysis took, replay left out.
        replay_seconds: How long replay took.
        along: What became of the same elements along the inputs' paths, where all paths were asked about; else None.
        lines: What decided elements over all paths; else None.
    """

    study: Study
    order: Array
    outcomes: Array
    regions: Regions
    chosen: Array
    replayed: Array
    same_path_float32: Array
    exact: Array
    seconds: float
    replay_seconds: float
    along: Array | None = None
    lines: Lines | None = None

    @cached_property
    def deployed(self) -> tuple[Array, str]:
        """Which proved elements are proved for the deployed network, in the order tried, and why not all."""
        return deployed_features(self.study, self.order, self.outcomes, self.lines)

    @cached_property
    def chosen_starts(self) -> Array:
        """Where each item's chosen rows start, ``(items + 1,)``."""
        return np.asarray(np.searchsorted(self.regions.item[self.chosen], np.arange(len(self.study.x) + 1)))

    @cached_property
    def region_starts(self) -> Array:
        """Where each item's regions start, ``(items + 1,)``."""
        return np.asarray(np.searchsorted(self.regions.item, np.arange(len(self.study.x) + 1)))

    @cached_property
    def first(self) -> Array:
        """At which try, counted from 1, the first attackable feature was found; 0 where none was, ``(items,)``."""
        hits = self.outcomes == Outcome.ATTACKABLE
        return np.asarray(np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0))


def witnesses(columns: Columns, rows: Array) -> Array:
    """The changed inputs of some regions, ``(rows, *input_shape)``, in the model's type."""
    regions = columns.regions
    changed = columns.study.x[regions.item[rows]].reshape(len(rows), columns.study.program.size).copy()
    changed[np.arange(len(rows)), regions.element[rows]] = regions.value[rows].astype(columns.study.x.dtype)
    return changed.reshape(len(rows), *columns.study.x.shape[1:])


def values_of(columns: Columns, item: int, element: int, displacements: Array) -> Array:
    """Values of one element in the user's units, kept inside the domain, for displacements of any shape."""
    program = columns.study.program
    origin = columns.study.x[item].reshape(-1)[element].astype(np.float64)
    received = np.clip(origin + displacements, columns.study.box.lower[element], columns.study.box.upper[element])
    one = np.zeros((received.size, program.size))
    one[:, element] = received.ravel()
    pixels = program.preprocessing.pixels(one.reshape(-1, *program.input_shape)).reshape(received.size, -1)
    found = pixels[:, element].reshape(received.shape)
    lower, upper = columns.study.pixels.element_bounds(program.input_shape)[:, element]
    return np.asarray(np.clip(found, lower, upper))
