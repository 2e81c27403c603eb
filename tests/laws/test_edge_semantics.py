"""The edges that docs/semantics.md writes down, each with the answer by hand and every set against fractions.

A case says the label, the borders and the verdicts about single features, along the input's path and along all; sets of
one, two and three features are then counted by `edge_oracle`, which tries every choice of pieces by elimination.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from edge_oracle import ATTACK, PROVED, TIE, Edges
from plain_networks import FLATTEN, RELU, Net, add, clip, dense, pool

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import InputError, NoDecision, OptionError

LEAST = 2.0**-149
"""The least float32 above 0."""


def layer(weight, bias):
    return dense(np.array(weight, np.float32), np.array(bias, np.float32))


@dataclass(frozen=True)
class Case:
    """A network, an input, a domain, and what is to be said.

    Attributes:
        name: What it is about.
        steps: The network.
        x: The input.
        said: Label, borders, and the verdicts about single features along the path and along all paths.
        lower: Least values, one or one each; None: unbounded.
        upper: Largest.
        more: levels, target, final (the last operator), or sizes: those asked about over all paths, where ties that no
            bound settles take a second or more.
    """

    name: str
    steps: tuple
    x: list
    said: tuple
    lower: object = 0.0
    upper: object = 1.0
    more: dict = field(default_factory=dict)

    @property
    def net(self):
        return Net(np.shape(self.x), self.steps, final=self.more.get("final", ""))

    def asked(self, program, size, paths):
        x = np.array(self.x, np.float32)
        levels = self.more.get("levels")
        domain = Pixels(unbounded=True) if self.lower is None else Pixels(self.lower, self.upper, levels=levels)
        options = {"domain": domain, "target": self.more.get("target"), "features_as": "element"}
        return deepcheck.attack(program, x, size=size, paths=paths, **options)

    def oracle(self):
        x, levels = np.array(self.x, np.float32), self.more.get("levels")
        ends = [None if e is None else np.broadcast_to(e, x.shape).ravel() for e in (self.lower, self.upper)]
        table = None if levels is None else [float(np.float32(v) / np.float32(levels - 1)) for v in range(levels)]
        return Edges(self.net, x, *ends, levels=table, target=self.more.get("target"))


STEP = layer([[1, 1], [0, 0], [0, 0]], [-0.5, 0])
BEND = (layer([[1, 0], [0, 1], [1, 0]], [-0.5, 0.0]), RELU, layer([[2, 0], [0, 1]], [0, 0.2]))
THREE = layer([[-1, 2, 2], [0, 0, 0], [0, 0, 0]], [1, -1, -1])
POOL = (pool(2, 1), FLATTEN, layer([[0, 1]], [0.75, 0]))
TIED = "undecided"

CASES = [
    # A pre-activation of exactly 0: the inactive arm is the path; the attack is on the other one.
    Case("zero, attack behind it", (layer([[1], [1], [0]], [-1]), RELU, layer([[0, 4]], [1, 0])), [0.5, 0.5, 0],
         (0, 1, "proved", "attack")),
    Case("zero at an end of a clip", (layer([[1, 0], [0, 1], [0, 0]], [0, 0]), clip(0.0, 0.5),
         layer([[0, 1], [0, 1]], [0.75, 0])), [0.5, 0.25, 0.5], (0, 1, "attack", "attack"), more={"sizes": (1,)}),
    Case("zeros on both sides of a point", (layer([[1, -1, 0], [0, 0, 1], [0, 0, 0]], [-0.5, 0.5, 0]), RELU,
         layer([[0, 0], [0, 0], [0, 1]], [0.25, 0])), [0.5, 0, 0], (0, 3, "proved", "attack")),
    Case("zero at the corner of the domain", (layer(np.ones((3, 2)), [-3, -3]), RELU, layer([[1, 2], [3, 4]],
         [0, 0.5])), [1, 1, 1], (1, 2, "proved", "proved")),
    # Max pooling: the first of the largest is the path.
    Case("pool, a tie of two", POOL, [[[0.5, 0.5], [0.25, 0]]], (0, 1, "attack", "attack")),
    Case("pool, a tie of all", POOL, [[[0.5, 0.5], [0.5, 0.5]]], (0, 3, "attack", "attack")),
    Case("pool, the second cannot lead along the path", POOL, [[[0.5, 0.5], [0.25, 0]]], (0, 1, "proved", "attack"),
         [[[0.0, 0.0], [0.0, 0.0]]], [[[0.5, 1.0], [0.5, 0.5]]]),
    # Ties between labels.
    Case("a tie won by the lower label", (layer([[1, 0], [0, 0], [0, 0]], [0, 0.5]),), [0, 0.3, 0.5],
         (1, 0, TIED, TIED), 0.0, 0.5),
    Case("a tie kept by the lower label", (layer([[0, 1], [0, 0], [0, 0]], [0.5, 0]),), [0, 0.3, 0.5],
         (0, 0, "proved", "proved"), 0.0, 0.5),
    Case("a tie at the input", (layer([[0, 1], [0, -1], [0, 0]], [0, 0]),), [0.5, 0.5, 1], (0, 0, "attack", "attack")),
    Case("no label ever wins strictly", (THREE,), [0, 0, 0], (0, 0, TIED, TIED), more={"sizes": (1,)}),
    Case("a target that wins ties", (THREE,), [0, 0, 0], (0, 0, TIED, TIED), more={"target": 1, "sizes": (1,)}),
    Case("a target that loses ties", (THREE,), [0, 0, 0], (0, 0, "proved", "proved"),
         more={"target": 2, "sizes": (1,)}),
    # Closed guards and strict goals: relu(x - 1/2) stays off up to x = 1/2, where label 0 ties.
    Case("the goal at the guard's border, tie won", (STEP, RELU, layer([[0, 0], [1, 0]], [0, 0])), [0.25, 0.5, 0.5],
         (0, 0, "proved", "proved")),
    Case("the goal on a closed guard", (layer([[1, 1], [0, 0], [0, 0]], [-0.5, 0]), RELU,
         layer([[0, 0], [1, 0]], [0, 0.5])), [0.25, 0.5, 0.5], (1, 0, TIED, "attack")),
    # Features without branches, or without anything.
    Case("features that reach no branch", (layer(np.eye(3), [0, 0, 0]), RELU, layer(-np.eye(3), [0.1] * 3), RELU,
         add(2), layer([[0, 1], [0, 1], [0, 0]], [0.9, 0])), [0.25, 0.5, 0.75], (0, 0, "attack", "attack")),
    Case("no branch at all", (layer([[0, 0, 1], [0, 0, 0], [0, 0, 1]], [0.8, 0, 0]),), [0, 0, 0.5],
         (0, 0, "attack", "attack")),
    Case("features that reach nothing", (layer([[1, 0], [0, 0], [0, 0]], [0, 0.1]), RELU,
         layer([[0, 1], [0, 1]], [0.5, 0])), [0.25, 0.5, 0.75], (0, 0, "attack", "attack")),
    Case("dead", (layer(np.ones((3, 2)), [-9, -9]), RELU, layer([[1, 2], [3, 4]], [0, 0.5])), [0.25, 0.5, 0.75],
         (1, 0, "proved", "proved")),
    Case("constant scores, all equal", (layer(np.zeros((3, 3)), [1, 1, 1]),), [0.25, 0.5, 0.75],
         (0, 0, "proved", "proved"), more={"sizes": (1,)}),
    Case("constant scores", (layer(np.zeros((3, 3)), [1, 2, 3]),), [0.25, 0.5, 0.75], (2, 0, "proved", "proved")),
    Case("scores that move together", (layer([[1, 1], [2, 2], [3, 3]], [0, 0]),), [0.25, 0.5, 0.75],
         (0, 0, "proved", "proved"), more={"sizes": (1,)}),
    # One score.
    Case("a score of exactly 0", (layer([[1], [-1], [0]], [0]),), [0.5, 0.5, 0.125], (0, 0, "attack", "attack"),
         more={"final": "Sigmoid"}),
    Case("a score that stays 0 or below", (layer([[-1], [-1], [0]], [0]),), [0, 0, 0.125], (0, 0, "proved", "proved"),
         more={"final": "Sigmoid"}),
    Case("a score that falls to exactly 0", (layer([[1], [0], [0]], [0]),), [0.5, 0, 0.125], (1, 0, TIED, TIED),
         more={"final": "Sigmoid"}),
    # Numbers.
    Case("negative zeros", (layer([[1, -1], [0, 1], [0, 0]], [0, 0.125]), RELU, layer([[0, 1], [0, 0]], [0.5, 0])),
         [-0.0, -0.0, 0.0], (0, 1, "proved", "attack")),
    Case("subnormal inputs", (layer([[1, 0], [0, 1], [0, 0]], [0, 0]), RELU, layer(np.eye(2), [0, 0])),
         [LEAST, 2 * LEAST, 2.0**-130], (1, 0, "attack", "attack")),
    Case("a subnormal domain", (layer([[1, 0], [0, 1], [0, 0]], [0, 0]), RELU, layer(np.eye(2), [0, 0])),
         [LEAST, 2 * LEAST, 4 * LEAST], (1, 0, "attack", "attack"), 0.0, 8 * LEAST),
    Case("equal features", (layer(np.ones((3, 2)), [-1, 0]), RELU, layer([[2, -1], [0, 1]], [0, 1.2])), [0.25] * 3,
         (1, 0, "proved", "proved")),
    # Domains.
    Case("an input at the lower end", BEND, [0, 0, 0], (1, 1, "proved", "attack")),
    Case("an input at the upper end", BEND, [1, 1, 1], (0, 0, "attack", "attack")),
    Case("a feature of one value", BEND, [0.5, 0.5, 0.5], (0, 0, "attack", "attack"),
         np.array([0.5, 0, 0.5]), np.array([0.5, 1, 1.0])),
    Case("no feature with room", BEND, [0.5, 0.5, 0.5], (0, 0, "proved", "proved"), np.full(3, 0.5), np.full(3, 0.5)),
    Case("unbounded", (layer([[1, 0], [0, 1], [1, 0]], [0.5, 0.0]), RELU, layer([[2, 0], [0, 1]], [0, 0.2])),
         [0, 0, 0], (0, 1, "attack", ""), None, None, {"sizes": ()}),
    # Levels.
    Case("a level on a tie", (layer([[0, 1, 0], [0, 0, 0], [0, 0, 0]], [0, -0.5, 0]),), [0.5, 0, 0],
         (0, 0, "attack", "attack"), more={"levels": 3}),
    Case("an attack between two levels", (layer([[1, -1], [0, 0], [0, 0]], [-0.1, 0.4]), RELU, layer([[0, -1], [0, -1]],
         [-0.2, 0.2])), [0, 0, 0], (0, 0, "proved", "proved"), more={"levels": 2}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_edge(case):
    program, oracle = deepcheck.load(case.net.model), case.oracle()
    label, borders, *verdicts = case.said
    for paths, verdict in zip(("same", "all"), verdicts, strict=True):
        for size in case.more.get("sizes", (1, 2, 3)) if paths == "all" else (1, 2, 3):
            result, want = case.asked(program, size, paths), oracle.every(size, paths)
            counts = {word: sum(found == word for found in want.values()) for word in (ATTACK, TIE, PROVED)}
            said = {ATTACK: "attackable", TIE: "undecided", PROVED: "proved"}
            assert {word: result.counts[said[word]] for word in counts} == counts, (paths, size)
            assert all(want.get(found, ATTACK) == ATTACK for found in result.attackable)
            assert (result.label, result.borders) == (label, borders)
            if size == 1:
                assert result.verdict == verdict
                assert result.reason == ("tie" if verdict == TIED else "")
            if paths == "same":
                assert result.scope == ("this path (one of several through x)" if borders else "this path")
            else:
                assert result.scope == "all paths"


BUMP = (layer([[1, -1], [0, 0], [0, 0]], [-0.1, 0.4]), RELU, layer([[0, -1], [0, -1]], [-0.2, 0.2]))


def test_between_the_levels_of_an_edge_there_is_an_attack():
    """The last case without its levels."""
    result = Case("", BUMP, [0, 0, 0], ()).asked(deepcheck.load(Net((3,), BUMP).model), 1, "all")
    assert (result.verdict, result.attackable) == ("attack", ((0,),))


PLAIN = (layer(np.eye(2), [0, 0]),)
X = np.array([0.25, 0.5], np.float32)


@pytest.mark.parametrize("paths", ["same", "all"])
@pytest.mark.parametrize("size", [0, -1, 3, True, 1.5, None])
def test_sets_of_nothing_are_no_question(size, paths):
    """With nothing changed the label stays, whatever the network: that would be proved about nothing."""
    with pytest.raises(OptionError, match="expected a size"):
        deepcheck.attack(deepcheck.load(Net((2,), PLAIN).model), X, size=size, paths=paths)


@pytest.mark.parametrize("final", ["", "Softmax"])
def test_one_label_only_is_no_decision(final):
    net = Net((2,), (layer([[1], [1]], [0]),), final=final)
    with pytest.raises(NoDecision):
        deepcheck.attack(deepcheck.load(net.model), X)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (lambda: Pixels(0.5, 0.5), "finite bounds A < B"),
        (lambda: Pixels(np.array([0.0, 0.6]), np.array([1.0, 0.5])), "A <= B everywhere"),
        (lambda: Pixels(np.array([0.25, 1 / 3 + 1e-12]), np.array([0.25, 1 / 3 + 2e-12])), "some float32 number"),
        (lambda: Pixels(np.array([0.2, 0.4]), np.array([0.3, 0.6]), levels=3), "at least one of 3 levels"),
    ],
)
@pytest.mark.parametrize("paths", ["same", "all"])
def test_domains_that_hold_nothing_are_refused(domain, words, paths):
    with pytest.raises(OptionError, match=words):
        deepcheck.attack(deepcheck.load(Net((2,), PLAIN).model), X, domain=domain(), paths=paths)


@pytest.mark.parametrize("paths", ["same", "all"])
def test_an_input_off_its_levels_or_bounds_is_refused(paths):
    program = deepcheck.load(Net((2,), PLAIN).model)
    with pytest.raises(InputError, match=r"one of 3 levels, got 0\.25 at element 0"):
        deepcheck.attack(program, X, domain=Pixels(levels=3), paths=paths)
    with pytest.raises(InputError, match=r"within 0:0\.375"):
        deepcheck.attack(program, X, domain=Pixels(0.0, 0.375), paths=paths)


def test_unbounded_domains_are_for_one_path():
    with pytest.raises(OptionError, match="bounded domain"):
        deepcheck.attack(deepcheck.load(Net((2,), PLAIN).model), X, domain=Pixels(unbounded=True), paths="all")


@pytest.mark.parametrize("paths", ["same", "all"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_elements_that_do_not_change_keep_their_bits(paths, size):
    """Zeros keep their sign where they are not selected."""
    net = Net((3,), (layer([[0, 0], [0, 0], [0, 1]], [0.25, 0]),))
    x = np.array([-0.0, 0.0, -0.0], np.float32)
    result = deepcheck.attack(deepcheck.load(net.model), x, size=size, paths=paths, domain=Pixels(-1, 1))
    assert result.verdict == "attack"
    for attack in result.attacks:
        stored, kept = attack.witness.model_input, [i for i in range(3) if i not in attack.features]
        assert stored.dtype == x.dtype
        assert stored[kept].tobytes() == x[kept].tobytes()


@pytest.mark.parametrize("paths", ["same", "all"])
def test_the_sign_of_a_zero_says_nothing(paths):
    steps = (layer([[1, -1], [0, 1], [0, 0]], [0, 0.125]), RELU, layer([[0, 1], [0, 0]], [0.1, 0]))
    program = deepcheck.load(Net((3,), steps).model)
    both = [deepcheck.attack(program, np.array([zero, zero, 0], np.float32), paths=paths) for zero in (0.0, -0.0)]
    assert both[0].counts == both[1].counts
    assert both[0].attackable == both[1].attackable
    assert both[0].borders == both[1].borders


def test_beside_an_end_of_the_box_regions_are_looked_for_inside():
    """From a wall next to an end, a step across it left the box: the exact program was asked about a point outside."""
    net = Net((3,), (layer([[-1.0, -0.5], [1.0, 0.5], [0.0, 1.0]], [0, 0]), RELU, layer([[1.0], [0]], [0])),
              final="Sigmoid")  # fmt: skip
    x, lower = np.array([LEAST, 1, 1], np.float32), np.array([LEAST, 0, 0])
    for size in (2, 3):
        result = deepcheck.attack(
            deepcheck.load(net.model), x, size=size, paths="all", domain=Pixels(lower, np.ones(3))
        )
        want = Edges(net, x, lower, np.ones(3)).every(size, "all")
        assert result.counts["attackable"] == sum(found == ATTACK for found in want.values())
        assert result.counts["proved"] == sum(found == PROVED for found in want.values())


def test_a_feature_given_twice_counts_once():
    program = deepcheck.load(Net((2,), PLAIN).model)
    twice, once = (deepcheck.attack(program, X, features=chosen) for chosen in ([0, 0, 1], [0, 1]))
    assert twice.counts == once.counts
    with pytest.raises(OptionError, match="at most the 1 features"):
        deepcheck.attack(program, X, features=[0, 0], size=2)


TESTS = Path(__file__).parent.parent
HOLDERS = ("laws/test_edge_semantics.py", "attacks/test_edges.py", "attacks/test_sets_edges.py")


def test_what_the_page_says_is_held_by_tests_that_exist():
    """docs/semantics.md names cases and tests in italics, a few words of each; " ..." stands for several."""
    known = [case.name for case in CASES]
    for path in HOLDERS:
        known += [name.replace("_", " ") for name in re.findall(r"def (test_\w+)", (TESTS / path).read_text())]
    page = (TESTS.parent / "docs" / "semantics.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    named = [name.removesuffix(" ...").rstrip(",") for row in rows for name in re.findall(r"\*([^*]+)\*", row[3])]
    assert len(named) > 40
    assert [name for name in named if not any(name in each for each in known)] == []
