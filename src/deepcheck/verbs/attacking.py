"""Attack a prediction by a few features, or prove that none can."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepcheck.attacks import (
    COLUMN_BYTES,
    Asked,
    Attacks,
    Decide,
    Family,
    FeatureAttacks,
    Result,
    Search,
    SetResult,
    Sets,
    SetStrategy,
    Strategy,
    Study,
    assemble,
    replayed,
    replayed_sets,
)
from deepcheck.domains import Box, Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import OptionError
from deepcheck.explore import AllPaths, Keeper, search_lines
from deepcheck.program import Array, Program
from deepcheck.ranking import order_of, shortlist_length
from deepcheck.symbolic import Run, run
from deepcheck.verbs.questions import chosen_features, received_in
from deepcheck.verbs.refusals import check_all_paths, check_options, check_target
from deepcheck.verbs.scoring import feature_scores
from deepcheck.verbs.states import digest, keeper_for, question_of


def attack(
    program: Program,
    x: Array,
    *,
    size: int | str = 1,
    features: Sequence[int] | Array | None = None,
    exclude: Sequence[int] | Array | None = None,
    order: str | None = None,
    shortlist: str | int | None = None,
    first: bool = False,
    target: int | None = None,
    domain: Pixels | None = None,
    objective: str = "margin",
    solver: str = "auto",
    paths: str = "same",
    timeout: float | None = None,
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    memory_bytes: int | None = None,
    state: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Result | Attacks:
    """Change a few features, keep the path, change the label; or prove that no such features exist.

    Every set of ``size`` features gets a verdict in exact arithmetic, for the path of the input: *attackable*, with a
    witness that is replayed on the untouched model (and for a single feature the exact set of attacking values for
    each label); or *proved*.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        size: How many features change at once at most: every set of so many is asked about. "all": one set, of all
            features that are given by ``features`` or the shortlist.
        features: Only these features, by index or as a mask; by default all.
        exclude: None of these, by index or as a mask.
        order: Try features by falling "coi", "co", "abs" or "reach"; by default in index order (the baseline).
            Sets come in colexicographic order of rank: (1,2), (1,3), (2,3), (1,4), ...
        shortlist: Try only the top of that order: "5%" or a number of features; the rest stays untried.
        first: Stop at the first attackable set; the rest stays untried.
        target: Only this label counts.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        objective: Witness with the largest "margin", or the smallest change ("l1", "linf"), among the points that
            error bounds can vouch for: a little inside of the region, and with levels not on its border.
        solver: "auto": what is fastest, every answer exact. Or one of the solvers side by side, exact too: "interval"
            (sets of one element) and "polygon" (of two), which are what is fastest there; "lp", "milp", "smt" (Z3, the
            paper's; needs the extra ``smt``), asked about one set after another without any bound first.
        paths: "same": along the input's path. "all": along any path, complete for at most so many features; bounds
            are rounded outward, and minimal sets are listed.
        timeout: Seconds after which the rest stays untried.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        memory_bytes: How much memory the columns of one forward pass may take, by default 256 MiB; with less there are
            more passes.
        state: A file for a search of sets over all paths, about one input: what is known is kept there about every 30
            seconds and at the end, and the same call goes on from there. Compressed if it ends in ``.gz``. What it says
            is proved is trusted as this program is; attackable sets are run again.
        progress: Called with the number of inputs finished.

    Returns:
        A `Result`, or for a batch an `Attacks`, a sequence of results.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
        NoDecision: If the network is a regression.
        DataError: If ``state`` is another search's file, or damaged.

    Source: Section III-C.
    """
    check_options(program, paths, objective, target, order, shortlist, timeout)
    if memory_bytes is not None and not memory_bytes > 0:
        raise OptionError(f"expected a positive number of bytes for memory_bytes, got {memory_bytes}")
    grouped = Features.of(program.input_shape, features_as, layout)
    asked_about = chosen_features(grouped, features, exclude)
    pixels = domain or Pixels()
    received, box = received_in(program, x, pixels)
    started = time.perf_counter()
    outcome = run(program, received, sharp=True)
    check_target(target, outcome)
    ranked = _ranked(program, program.batch(x), received, outcome, box, grouped, asked_about, order)
    call = _Call(
        Search(program, box, target, objective, COLUMN_BYTES if memory_bytes is None else memory_bytes),
        Study(
            program, received, outcome, grouped, pixels, box, Asked(order, shortlist, first, objective, target, paths),
            np.zeros(0, np.int64), "",
        ),
        ranked,
        shortlist_length(shortlist, ranked.shape[1]),
        timeout,
        progress,
        None,
    )  # fmt: skip
    count = _size(size, call)
    if size == "all":
        call = replace(call, ranked=ranked[:, : call.tried])
    if paths == "all":
        check_all_paths(box, objective, solver)
        single = count == 1 and grouped.single
        keeper = None
        if state is not None:
            _check_state(single, np.ndim(x) != len(program.input_shape))
            asked = question_of(
                program, grouped, pixels, size=count, first=first, target=target, tried=call.tried,
                order=digest(call.ranked[0]),
            )  # fmt: skip
            keeper = keeper_for(state, program, received, asked)
        found = call.lines(started) if single else call.all_paths(count, started, keeper)
        return found[0] if np.ndim(x) == len(program.input_shape) else found
    if state is not None:
        raise OptionError("expected paths='all' with a state to go on from: along one path there is none")
    call = replace(call, solver=_solver(solver, count * grouped.members.shape[1], box))
    fast = count == 1 and grouped.single and call.solver is None
    results = call.single_features(started) if fast else call.sets(count, started)
    return results[0] if np.ndim(x) == len(program.input_shape) else results


@dataclass(frozen=True)
class _Call:
    """One call: what is searched, in which order (features, ``(items, m)``), how far down it, and for how long."""

    query: Search
    study: Study
    ranked: Array
    tried: int
    timeout: float | None
    progress: Callable[[float], None] | None
    solver: Decide | None

    def single_features(self, started: float) -> FeatureAttacks:
        """Sets of one feature that owns one element."""
        study = self.study
        elements = self.ranked if study.features.in_order else study.features.elements[self.ranked]
        strategy = Strategy(elements[:, : self.tried], study.asked.first, self.timeout, self.progress)
        found = strategy.run(self.query, study.x, study.run)
        columns = assemble(study, found, elements, time.perf_counter() - started)
        return FeatureAttacks(replayed(columns))

    def lines(self, started: float) -> FeatureAttacks:
        """Sets of one feature that owns one element, along all paths, and along each input's own beside them."""
        study = self.study
        elements = self.ranked if study.features.in_order else study.features.elements[self.ranked]
        own = Strategy(elements[:, : self.tried], study.asked.first, self.timeout)
        along = assemble(study, own.run(self.query, study.x, study.run), elements, 0.0)
        strategy = replace(own, progress=self.progress, decide=search_lines)
        found = strategy.run(self.query, study.x, study.run)
        columns = assemble(study, found, elements, time.perf_counter() - started)
        return FeatureAttacks(replace(replayed(columns), along=along.outcomes, lines=search_lines))

    def sets(self, size: int, started: float) -> Attacks:
        """Sets of several features, or of one that owns several elements."""
        study = self.study
        strategy = SetStrategy(
            study.features, self.ranked, size, self.tried, study.asked.first, self.solver, self.timeout, self.progress
        )
        before = (time.perf_counter() - started) / len(study.x)
        families, seconds = strategy.run(self.query, study.x, study.run)
        found = replayed_sets(study, families, [before + each for each in seconds])
        return replace(found, results=tuple(replace(each, again=self._again(size, each)) for each in found.results))

    def _again(self, size: int, result: SetResult) -> Sets:
        """Ask about the sets of one input again, of another program and in a share of the time that it took."""
        features, anywhere = self.study.features, self.study.asked.paths == "all"
        limit = max(AGAIN_SECONDS, AGAIN_SHARE * result.took)

        def again(query: Search, x: Array, run: Run, order: Array) -> Family:
            if anywhere:
                return AllPaths(features, order, size, order.shape[1], timeout=limit).run(query, x, run)[0].family
            return SetStrategy(features, order, size, order.shape[1], timeout=limit).run(query, x, run)[0][0]

        return again

    def all_paths(self, size: int, started: float, keeper: Keeper | None = None) -> Attacks:
        """Sets of any size along all paths."""
        study = self.study
        strategy = AllPaths(
            study.features, self.ranked, size, self.tried, study.asked.first, self.timeout, self.progress, keeper
        )
        before = (time.perf_counter() - started) / len(study.x)
        found = strategy.run(self.query, study.x, study.run)
        seconds = [before + each.seconds for each in found]
        results = replayed_sets(study, [each.family for each in found], seconds, [each.along for each in found])
        searched = [
            replace(result, search=each.search, again=self._again(size, result))
            for result, each in zip(results.results, found, strict=True)
        ]
        return replace(results, results=tuple(searched))


AGAIN_SECONDS, AGAIN_SHARE = 5.0, 0.2
"""For so long, or such a share of the time that they took, sets are looked at again for the deployed network."""
FASTEST = {"interval": 1, "polygon": 2}
"""Solvers that are the fastest for so many unknowns, and the only ones for which they work."""


def _check_state(single: bool, batch: bool) -> None:
    """Refuse a state of what has none."""
    if single:
        raise OptionError("expected sets of 2 or more features with a state to go on from: single ones are quick")
    if batch:
        raise OptionError("expected one input with a state to go on from, got a batch")


def _solver(name: str, unknowns: int, box: Box) -> Decide | None:
    """The solver asked for; None where it is the fastest anyway."""
    if name == "auto":
        return None
    if name in FASTEST:
        if FASTEST[name] != unknowns:
            raise OptionError(f"expected sets of {FASTEST[name]} input elements for {name}, got {unknowns}: use lp")
        return None
    if name == "lp" and box.tables is not None:
        raise OptionError("expected a continuous domain for lp, got levels: use milp or smt")
    from deepcheck.solvers import registry

    return registry.solver(name)


def _size(size: int | str, call: _Call) -> int:
    """How many features a set has."""
    count = call.ranked.shape[1]
    if size == "all":
        return call.tried
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not size >= 1:
        raise OptionError(f"expected a size of 1 or more features, or 'all', got {size!r}")
    if size > count:
        raise OptionError(f"expected a size of at most the {count} features asked about, got {size}")
    return int(size)


def _ranked(
    program: Program,
    pixels: Array,
    received: Array,
    outcome: Run,
    box: Box,
    features: Features,
    asked: Array,
    order: str | None,
) -> Array:
    """The features asked about, first to try first, ``(items, m)``."""
    if order is None:
        return np.broadcast_to(asked, (len(received), len(asked)))
    scores = feature_scores(program, pixels, received, outcome, box, features, order)
    return np.asarray(asked[order_of(scores[:, asked])])
