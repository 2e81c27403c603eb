"""A search that is kept at every step and thrown away goes on to the same answer; a late start proves nothing."""

import numpy as np
import pytest
from test_going_on import network

import deepcheck
import deepcheck.explore.keeping as keeping
import deepcheck.explore.minimal as minimal
from deepcheck.errors import DataError, OptionError
from deepcheck.explore import Ladder
from deepcheck.explore.tree import Tree


def stop_after(monkeypatch, steps):
    """Let a search take so many steps from each start on."""
    asked = [0]

    def late(self):
        asked[0] += 1
        return asked[0] > steps

    monkeypatch.setattr(Ladder, "late", late)
    return asked


def same(found, whole):
    left, right = deepcheck.as_json(found), deepcheck.as_json(whole)
    return {**left, "seconds": 0} == {**right, "seconds": 0}


@pytest.mark.parametrize(("size", "steps", "most"), [(2, 3, 1 << 24), (3, 4, 1 << 24), (3, 9, 1)])
def test_a_file_is_enough_to_go_on(size, steps, most, tmp_path, monkeypatch):
    program, x = network()
    monkeypatch.setattr(keeping, "MOST_BYTES", most)
    whole, file, starts = deepcheck.attack(program, x, size=size, paths="all"), tmp_path / "search.json", 0
    assert whole.counts["untried"] == 0
    while True:
        asked = stop_after(monkeypatch, steps + starts)
        found, starts = deepcheck.attack(program, x, size=size, paths="all", state=file), starts + 1
        assert sum(found.counts[kind] for kind in ("attackable", "proved", "undecided", "untried")) == whole.asked
        assert set(found.attackable) <= set(whole.attackable)
        if not found.counts["untried"]:
            break
        assert asked[0] > steps
        assert starts < 100
    assert starts > 2
    assert (found.counts | {"replayed": 0}, set(found.attackable), found.new) == (
        whole.counts | {"replayed": 0}, set(whole.attackable), whole.new,
    )  # fmt: skip
    stop_after(monkeypatch, 0)
    assert same(deepcheck.attack(program, x, size=size, paths="all", state=file), found)


@pytest.mark.parametrize("seed", [1, 3, 5])
def test_the_smallest_set_goes_on_from_a_file(seed, tmp_path, monkeypatch):
    program, x = network(seed, features=10)
    whole, file = deepcheck.smallest(program, x, paths="all"), tmp_path / "search.json.gz"
    for start in range(100):
        stop_after(monkeypatch, 3 + start)
        found = deepcheck.smallest(program, x, paths="all", state=file)
        assert found.bound <= whole.bound
        if found.optimal:
            break
    assert (found.size, found.bound, found.optimal) == (whole.size, whole.bound, True)
    assert file.read_bytes()[:2] == b"\x1f\x8b"


@pytest.mark.parametrize("levels", [0, 1])
def test_a_size_that_was_not_looked_at_is_not_proved(levels, monkeypatch):
    """The time runs out before a size is begun, and the walk finds nothing: nothing is proved about it."""
    program, x = next(
        each for each in map(network, range(40)) if deepcheck.smallest(*each, paths="all", most=3).size == levels + 1
    )
    monkeypatch.setattr(minimal, "greedy", lambda question: None)
    monkeypatch.setattr(minimal._Climb, "seed", lambda self, along: setattr(self, "along", along))
    monkeypatch.setattr(Ladder, "late", lambda self: len(self.levels) >= levels)
    found = deepcheck.smallest(program, x, paths="all")
    assert found.bound <= levels + 1
    assert not found.optimal
    assert found.reason == "time limit"


def test_what_exact_arithmetic_had_no_time_for_is_untried_not_undecided(monkeypatch):
    program, x = network()
    whole = deepcheck.attack(program, x, size=3, paths="all")
    monkeypatch.setattr("deepcheck.explore.tree.PIECES", 1)
    asked, late, exactly = [], [False], Ladder._exactly

    def cut_off(self, features, why):
        asked.append(features)
        late[0] = len(asked) == 3
        return why if late[0] else exactly(self, features, why)

    monkeypatch.setattr(Ladder, "_exactly", cut_off)
    monkeypatch.setattr(Ladder, "late", lambda self: late[0])
    found = deepcheck.attack(program, x, size=3, paths="all")
    assert len(asked) == 3
    assert found.counts["undecided"] == 0
    assert found.counts["untried"] > 0
    late[0] = False
    found = deepcheck.resume(found)
    assert asked[2] == asked[3]
    assert found.counts | {"replayed": 0} == whole.counts | {"replayed": 0}


def test_a_kept_family_less_is_noticed(tmp_path, monkeypatch):
    """A fault planted where a search is kept."""
    program, x = network()
    unbooked = Tree.unbooked
    monkeypatch.setattr(Tree, "unbooked", lambda self: unbooked(self)[1:])
    file, refused = tmp_path / "search.json", False
    for start in range(50):
        stop_after(monkeypatch, 3 + start)
        try:
            if not deepcheck.attack(program, x, size=3, paths="all", state=file).counts["untried"]:
                break
        except DataError as problem:
            refused = "what is open" in str(problem)
            break
    assert refused


def test_a_state_is_of_one_input():
    program, x = network()
    with pytest.raises(OptionError, match="got a batch"):
        deepcheck.attack(program, np.stack([x, x]), size=2, paths="all", state="s.json")
