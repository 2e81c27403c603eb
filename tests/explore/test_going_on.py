"""A search over all paths stops in time, loses nothing, and goes on; the smallest set agrees with it."""

import sys

import numpy as np
import pytest
from strategies import dense_network

import deepcheck
import deepcheck.explore.tree as tree
from deepcheck.errors import OptionError
from deepcheck.explore import Ladder
from deepcheck.explore.node import halves
from deepcheck.explore.splitting import Splitting
from deepcheck.explore.tree import Tree


def network(seed=0, features=24, width=12):
    rng = np.random.default_rng(seed)
    sizes = [(features, width), (width, width), (width, 3)]
    layers = [
        ((rng.normal(size=s) / np.sqrt(s[0])).astype(np.float32), 0.1 * rng.normal(size=s[1]).astype(np.float32))
        for s in sizes
    ]
    program = deepcheck.load(dense_network(layers))
    return program, rng.random((1, features)).astype(np.float32).reshape(program.input_shape)


def totals(result):
    return sum(result.counts[name] for name in ("attackable", "proved", "undecided", "untried"))


@pytest.mark.parametrize("size", [2, 3])
def test_a_stopped_search_goes_on_to_the_same_answer(size, monkeypatch):
    program, x = network()
    whole = deepcheck.attack(program, x, size=size, paths="all")
    assert whole.counts["untried"] == 0
    assert 0 < whole.counts["attackable"] < whole.asked
    asked, limit = [], [2]

    def late(self):
        asked.append(self)
        return len(asked) > limit[0]

    monkeypatch.setattr(Ladder, "late", late)
    found, stops = deepcheck.attack(program, x, size=size, paths="all"), 0
    while found.counts["untried"]:
        assert totals(found) == whole.asked
        assert found.verdict in ("attack", "undecided")
        assert set(found.attackable) <= set(whole.attackable)
        limit[0] = len(asked) + 3
        found, stops = deepcheck.resume(found), stops + 1
    assert stops > 1
    assert found.counts | {"replayed": 0} == whole.counts | {"replayed": 0}
    assert set(found.attackable) == set(whole.attackable)
    assert found.new == whole.new


def test_ctrl_c_leaves_an_answer_that_goes_on(monkeypatch):
    program, x = network()
    whole = deepcheck.attack(program, x, size=2, paths="all")
    rounds, through = Tree._round, []

    def interrupted(self, nodes):
        through.append(len(nodes))
        if len(through) == 2:
            self.work += nodes
            raise KeyboardInterrupt
        rounds(self, nodes)

    monkeypatch.setattr(Tree, "_round", interrupted)
    found = deepcheck.attack(program, x, size=2, paths="all")
    assert found.counts["untried"] > 0
    assert totals(found) == whole.asked
    found = deepcheck.resume(found)
    assert (found.counts, set(found.attackable)) == (whole.counts, set(whole.attackable))


def interrupting(function, skip):
    """Raises KeyboardInterrupt once, as a signal would, before a line of a function: after ``skip`` lines of it."""
    seen = []

    def lines(frame, event, argument):
        if event == "line":
            seen.append(frame.f_lineno)
            if len(seen) == skip + 1:
                raise KeyboardInterrupt
        return lines

    def calls(frame, event, argument):
        return lines if frame.f_code is function.__code__ and len(seen) <= skip else None

    return calls, seen


@pytest.mark.parametrize("first", [56, 96])
def test_ctrl_c_at_any_line_of_a_step_proves_nothing_more(first):
    program, x = network()
    whole = deepcheck.attack(program, x, size=3, paths="all")
    assert 0 < whole.counts["attackable"] < whole.asked
    before = sys.gettrace()
    for skip in range(first, first + 9):
        calls, seen = interrupting(Splitting._settle, skip)
        sys.settrace(calls)
        try:
            found = deepcheck.attack(program, x, size=3, paths="all")
        finally:
            sys.settrace(before)
        assert len(seen) > skip
        assert found.counts["proved"] <= whole.counts["proved"]
        found = deepcheck.resume(found)
        assert (found.counts["proved"], set(found.attackable)) == (whole.counts["proved"], set(whole.attackable)), skip


@pytest.mark.parametrize(("size", "seed"), [(2, 0), (2, 2), (3, 0), (3, 7), (4, 3)])
def test_families_that_are_halved_lose_no_set(size, seed, monkeypatch):
    program, x = network(seed, features=16)
    whole = deepcheck.attack(program, x, size=size, paths="all")
    monkeypatch.setattr(tree, "BATCH_ELEMENTS", 1)
    monkeypatch.setattr(tree, "LISTED", 8)
    halved = []
    monkeypatch.setattr(tree, "halves", lambda *given: halved.append(halves(*given)) or halved[-1])
    again = deepcheck.attack(program, x, size=size, paths="all")
    assert halved
    assert (again.counts["untried"], again.counts["undecided"]) == (0, 0)
    assert (again.counts, again.attackable, again.new) == (whole.counts, whole.attackable, whole.new)


def test_only_a_search_over_all_paths_goes_on():
    program, x = network()
    with pytest.raises(OptionError, match="paths='all'"):
        deepcheck.resume(deepcheck.attack(program, x, size=2))
    with pytest.raises(OptionError, match="timeout above 0"):
        deepcheck.resume(deepcheck.attack(program, x, size=2, paths="all"), timeout=0)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5])
def test_the_smallest_set_is_the_first_size_that_is_attackable(seed):
    program, x = network(seed, features=10)
    least = deepcheck.smallest(program, x, paths="all")
    assert least.scope == "all paths"
    assert least.optimal
    for size in range(1, min(least.size, 4) + 1):
        counts = deepcheck.attack(program, x, size=size, paths="all").counts
        assert (counts["attackable"] > 0) == (least.features is not None and size >= least.size)
    along = deepcheck.smallest(program, x)
    if along.features is not None:
        assert least.size <= along.size
    assert least.bound <= along.bound


def test_options_without_meaning_over_all_paths():
    program, x = network()
    with pytest.raises(OptionError, match="bounded domain"):
        deepcheck.attack(program, x, size=2, paths="all", domain=deepcheck.Pixels(unbounded=True))
    with pytest.raises(OptionError, match="objective='margin'"):
        deepcheck.attack(program, x, size=2, paths="all", objective="l1")
    with pytest.raises(OptionError, match="solver='auto'"):
        deepcheck.attack(program, x, size=2, paths="all", solver="milp")
    with pytest.raises(OptionError, match="paths='same' or 'all'"):
        deepcheck.attack(program, x, paths="every")


def test_a_limit_of_features_is_heeded():
    program, x = network(7)
    least = deepcheck.smallest(program, x, paths="all")
    assert least.size > 1
    found = deepcheck.smallest(program, x, paths="all", most=least.size - 1)
    assert (found.features, found.bound, found.verdict) == (None, least.size, "undecided")
