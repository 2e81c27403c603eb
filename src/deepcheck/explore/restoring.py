"""From plain data back to a search over all paths.

Verified: that the counts add up to the sets asked about, and every attackable set, whose witness is run again in exact
arithmetic wherever floats do not settle it. Trusted, as this program is: what is said to be proved.
"""

import base64
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import comb, prod
from typing import Any

import numpy as np

from deepcheck.attacks.family import Family, Wins
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.question import Question
from deepcheck.attacks.smallest import Smallest
from deepcheck.errors import DataError
from deepcheck.explore.attempts import CHUNK_BYTES, certified, changed
from deepcheck.explore.found import Attackable
from deepcheck.explore.ladder import Ladder
from deepcheck.explore.node import Node
from deepcheck.explore.tree import Tally
from deepcheck.program import Array
from deepcheck.symbolic.bounds import Known

TYPES = {"int64": np.int64, "float64": np.float64, "bool": np.bool_}


@contextmanager
def damaged(name: str) -> Iterator[None]:
    """Whatever is wrong with plain data is one error that names its file."""
    try:
        yield
    except DataError as problem:
        raise DataError(f"{name} is damaged: {problem}: delete it to begin anew") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise DataError(f"{name} is damaged: something is missing or misplaced: delete it to begin anew") from None


def expect(holds: object, what: str) -> None:
    """Refuse what does not fit.

    Raises:
        DataError: If it does not hold.
    """
    if not holds:
        raise DataError(f"what it says of {what} does not fit the question")


def unpacked(held: dict[str, Any], kind: str, shape: Sequence[int | None]) -> Array:
    """An array from plain data, of a type and a shape; None stands for any length."""
    stored = [_count(length) for length in held["shape"]]
    expect(held["type"] == kind and len(stored) == len(shape), "an array")
    expect(all(want in (None, got) for want, got in zip(shape, stored, strict=True)), "an array's shape")
    content, form = base64.b64decode(held["data"], validate=True), np.dtype(TYPES[kind]).newbyteorder("<")
    expect(len(content) == prod(stored) * form.itemsize, "an array's length")
    expect(kind != "bool" or not content.strip(b"\x00\x01"), "an array of yes and no")
    return np.frombuffer(content, dtype=form).reshape(stored).astype(TYPES[kind])


def attackables_from(question: Question, held: list[dict[str, Any]], most: int) -> list[Attackable]:
    """Attackable sets from plain data: each witness is run again."""
    found: list[Attackable] = []
    for some in held:
        features = unpacked(some["features"], "int64", (None, None))
        count, size = features.shape
        expect(1 <= size <= most, "an attackable set")
        _sets(features, question.order)
        labels, margins = unpacked(some["labels"], "int64", (count,)), unpacked(some["margins"], "float64", (count,))
        width = size * question.features.members.shape[1]
        values = unpacked(some["values"], "float64", (count, width))
        _check(question, features, labels, values)
        expect((np.isfinite(margins) & (margins > 0)).all(), "a witness's margin")
        rows = zip(features.tolist(), labels.tolist(), values.tolist(), margins.tolist(), strict=True)
        found += [Attackable(tuple(own), label, tuple(at), margin) for own, label, at, margin in rows]
    expect(len({each.features for each in found}) == len(found), "the attackable sets")
    return found


def _check(question: Question, features: Array, labels: Array, values: Array) -> None:
    """Run witnesses again: each lies in the domain and gets its label."""
    query, box = question.query, question.query.box
    elements = question.features.members[features].reshape(len(features), -1)
    expect((values.astype(query.program.dtype).astype(np.float64) == values).all(), "a witness")
    expect(((box.lower[elements] <= values) & (values <= box.upper[elements])).all(), "a witness")
    if box.tables is not None:
        levels = box.tables[box.channel[elements]]
        expect((levels == values[..., None]).any(axis=-1).all(), "a witness")
    step = max(1, CHUNK_BYTES // (8 * query.program.size))
    for at in range(0, len(features), step):
        rows = slice(at, at + step)
        tries = certified(question, changed(question, elements[rows], values[rows]))
        expect((tries.label == labels[rows]).all() and (tries.label >= 0).all(), "a witness")


def smallest_from(question: Question, held: dict[str, Any], most: int) -> Smallest:
    """What was known of the smallest set along the input's path."""
    bound, optimal, reason = _count(held["bound"]), held["optimal"], held["reason"]
    expect(isinstance(optimal, bool) and isinstance(reason, str) and 1 <= bound <= most + 1, "this path")
    if held["features"] is None:
        expect(optimal == (bound > most), "this path")
        return Smallest(bound, None, None, (), float("nan"), optimal, _count(held["nodes"]), None, reason)
    features, values = tuple(map(_count, held["features"])), tuple(map(float, held["values"]))
    label, margin = _count(held["label"]), float(held["margin"])
    ordered = np.argsort(features)
    rows = np.array(values).reshape(len(features), -1)[ordered].reshape(1, -1)
    _sets(np.array(features)[ordered][None], question.order)
    expect(rows.shape[1] == len(features) * question.features.members.shape[1], "this path")
    expect(bound <= len(features) and optimal == (bound == len(features)), "this path")
    _check(question, np.array(features)[ordered][None], np.array([label]), rows)
    return Smallest(bound, features, label, values, margin, optimal, _count(held["nodes"]), None, reason)


def check_seeds(question: Question, seeds: Sequence[Attackable]) -> None:
    """Run the witnesses again of sets that are said to be attackable along the input's path."""
    for each in seeds:
        expect(math.isfinite(each.margin) and each.margin > 0, "a witness's margin")
    for size in sorted({len(each.features) for each in seeds}):
        some = [each for each in seeds if len(each.features) == size]
        features, labels = np.array([each.features for each in some]), np.array([each.label for each in some])
        _check(question, features, labels, np.array([each.values for each in some]))


def family_from(question: Question, held: dict[str, Any], size: int) -> Family:
    """What was known of all sets along the input's path."""
    count, width = len(question.order), question.features.members.shape[1]
    ranks = unpacked(held["ranks"], "int64", (None, size))
    expect(((ranks >= -1) & (ranks < count)).all() and (ranks[:, -1:] >= 0).all(), "this path")
    increasing = (ranks[:, 1:] > ranks[:, :-1]) | (ranks[:, :-1] == -1)
    expect(increasing.all(), "this path")
    rows = len(ranks)
    label, margin = unpacked(held["label"], "int64", (rows,)), unpacked(held["margin"], "float64", (rows,))
    values = unpacked(held["values"], "float64", (rows, size * width))
    expect(np.isin(label, question.others).all(), "this path")
    undecided = {Outcome[name]: _count(sets) for name, sets in held["undecided"].items()}
    new = None if held["new"] is None else _count(held["new"])
    wins = Wins(ranks, label, values, margin)
    attackable, untried, exact = (_count(held[name]) for name in ("attackable", "untried", "exact"))
    family = Family(size, question.order, wins, attackable, new, undecided, untried, exact)
    expect(family.proved >= 0, "this path")
    return family


def restore(ladder: Ladder, held: dict[str, Any], most: int) -> None:
    """Put a search that was not begun where another one was kept.

    Args:
        ladder: The search.
        held: What was kept.
        most: How many features a set has at most.

    Raises:
        DataError: If it does not fit the search.
    """
    question, others = ladder.question, len(ladder.ball.gap)
    ladder.known.add(attackables_from(question, held["known"], most))
    widths = [int(np.prod(branch.source_shape)) for branch in ladder.ball.frame.program.branches]
    ranges = [_ranges(each, widths) for each in held["ranges"]]
    expect(len(held["levels"]) <= most, "the sizes")
    ladder.levels = [_level(ladder, each, size) for size, each in enumerate(held["levels"], 1)]
    root = held["root"]
    if root is not None:
        labels, size = unpacked(root["labels"], "bool", (others,)), _count(root["size"])
        expect(1 <= size <= most, "the sizes")
        ladder.root = Node(((ladder.asked, size),), labels, ranges[_count(root["ranges"])])
    if held["tree"] is not None:
        expect(root is not None and len(ladder.levels) < most, "what is open")
        _tree(ladder, held["tree"], ranges)


def _tree(ladder: Ladder, held: dict[str, Any], ranges: list[tuple[Known, ...]]) -> None:
    """The size in progress: the sets that are open, and the counts of the others."""
    size, others = len(ladder.levels) + 1, len(ladder.ball.gap)
    root = ladder.root
    assert root is not None
    features = ladder.left(size)
    tree = ladder.level(size, root, seeded=False)
    whole = root.known

    def known(place: int | None) -> tuple[Known, ...] | None:
        return whole if place is None else ranges[_count(place)]

    nodes = []
    for each in held["work"]:
        blocks = tuple((np.array([_count(f) for f in own], dtype=np.int64), _count(n)) for own, n in each["blocks"])
        used = np.concatenate([own for own, _ in blocks])
        expect(len(np.unique(used)) == len(used) and np.isin(used, features).all(), "a family")
        expect(all(1 <= count <= len(own) and (np.diff(own) > 0).all() for own, count in blocks), "a family")
        danger = -math.inf if each["danger"] is None else float(each["danger"])
        node = Node(blocks, unpacked(each["labels"], "bool", (others,)), known(each["ranges"]), danger)
        expect(node.size == size, "a family")
        nodes.append(node)
    for each in held["waiting"]:
        sets = unpacked(each["sets"], "int64", (None, size))
        ranges_of = known(each["ranges"])
        assert ranges_of is not None
        tree.waiting.append((sets, unpacked(each["labels"], "bool", (others,)), ranges_of))
    tree.rectangles = [unpacked(sets, "int64", (None, size)) for sets in held["rectangles"]]
    tree.opened = [(tuple(map(_count, own)), Outcome[why]) for own, why in held["opened"]]
    expect(all(why.undecided and len(own) == size for own, why in tree.opened), "an open set")
    listed = [sets for sets, _, _ in tree.waiting] + tree.rectangles + [np.array([own]) for own, _ in tree.opened]
    for sets in listed:
        _sets(sets, features)
    tree.work = nodes
    tree.left = _count(held["left"])
    expect(tree.left == sum(node.sets for node in nodes) + sum(map(len, listed)), "what is open")
    tree.tally = _tally(ladder, held["tally"], size)
    tree.tally.untried = tree.left
    _adds_up(tree.tally, tree.total, len(features), size)
    ladder.tree = tree


def _level(ladder: Ladder, held: dict[str, Any], size: int) -> Tally:
    """A size that is through."""
    tally, count = _tally(ladder, held, size), len(ladder.left(size))
    _adds_up(tally, comb(count, size), count, size)
    return tally


def _tally(ladder: Ladder, held: dict[str, Any], size: int) -> Tally:
    """The counts of one size; what it says is attackable is known."""
    rows = unpacked(held["attackable"], "int64", (None, size) if held["attackable"]["shape"] != [0] else (0,))
    found = [ladder.known.sets[tuple(own)] for own in rows.tolist()]
    expect(len(set(map(id, found))) == len(found), "the attackable sets")
    undecided = {}
    for name, sets in held["undecided"].items():
        why, own = Outcome[name], unpacked(sets, "int64", (None, size))
        expect(why.undecided, "an open set")
        _sets(own, ladder.asked)
        undecided[why] = [tuple(each) for each in own.tolist()]
    proved, containing, families, pieces = (_count(held[n]) for n in ("proved", "containing", "families", "pieces"))
    return Tally(proved, containing, found, undecided, 0, families, pieces)


def _adds_up(tally: Tally, total: int, features: int, size: int) -> None:
    counted = tally.proved + tally.containing + len(tally.attackable) + tally.untried
    counted += sum(map(len, tally.undecided.values()))
    expect(counted == total == (comb(features, size) if features >= size else 0), "how many sets there are")


def _ranges(held: list[dict[str, Any]], widths: list[int]) -> tuple[Known, ...]:
    """The layers' ranges of a family."""
    expect(len(held) == len(widths), "the layers' ranges")
    pairs = [unpacked(each, "float64", (2, width)) for each, width in zip(held, widths, strict=True)]
    expect(all(not (low > high).any() for low, high in pairs), "the layers' ranges")
    return tuple((low.copy(), high.copy()) for low, high in pairs)


def _sets(sets: Array, among: Array) -> None:
    """Refuse rows that are no sets of some features, increasing."""
    expect(np.isin(sets, among).all() and (np.diff(sets, axis=1) > 0).all(), "a set")


def _count(value: object) -> int:
    """A whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DataError("what it says of a number does not fit the question")
    return value
