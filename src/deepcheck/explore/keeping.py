"""A search over all paths between two steps as plain data: what is decided, and what is still open.

Families that wait are kept as they are, with the layers' ranges; a set that is being looked at is looked at anew.
"""

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcheck.attacks.family import Family
from deepcheck.attacks.smallest import Smallest
from deepcheck.explore.found import Attackable
from deepcheck.explore.ladder import Ladder
from deepcheck.explore.node import Node
from deepcheck.explore.tree import Tally, Tree
from deepcheck.program import Array
from deepcheck.symbolic.bounds import Known

MOST_BYTES = 16 << 20
"""Ranges beyond this are left out: those of the family that holds all sets take their place, a little wider."""


def packed(array: Array) -> dict[str, Any]:
    """An array as plain data."""
    kept = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    content = base64.b64encode(kept.tobytes()).decode()
    return {"type": array.dtype.name, "shape": list(array.shape), "data": content}


def attackables_as_json(found: Sequence[Attackable]) -> list[dict[str, Any]]:
    """Attackable sets as plain data, sets of one size together."""
    kept = []
    for size in sorted({len(each.features) for each in found}):
        some = [each for each in found if len(each.features) == size]
        kept.append(
            {
                "features": packed(np.array([each.features for each in some], dtype=np.int64)),
                "labels": packed(np.array([each.label for each in some], dtype=np.int64)),
                "values": packed(np.array([each.values for each in some], dtype=np.float64)),
                "margins": packed(np.array([each.margin for each in some], dtype=np.float64)),
            }
        )
    return kept


def smallest_as_json(found: Smallest) -> dict[str, Any]:
    """What is known of the smallest set along the input's path as plain data."""
    return {
        "bound": found.bound,
        "features": None if found.features is None else list(found.features),
        "label": found.label,
        "values": list(found.values),
        "margin": None if math.isnan(found.margin) else found.margin,
        "optimal": found.optimal,
        "nodes": found.nodes,
        "reason": found.reason,
    }


def family_as_json(family: Family) -> dict[str, Any]:
    """What became of all sets along the input's path as plain data."""
    wins = family.wins
    return {
        "ranks": packed(wins.ranks),
        "label": packed(wins.label),
        "values": packed(wins.values),
        "margin": packed(wins.margin),
        "attackable": family.attackable,
        "new": family.new,
        "undecided": {why.name: count for why, count in family.undecided.items()},
        "untried": family.untried,
        "exact": family.exact,
    }


def ladder_as_json(ladder: Ladder) -> dict[str, Any]:
    """A search over all sets of at most so many features as plain data."""
    shelf = _Shelf()
    root = ladder.root
    return {
        "levels": [_tally(each) for each in ladder.levels],
        "known": attackables_as_json(list(ladder.known.sets.values())),
        "root": None if root is None or root.known is None else {"size": root.size, **_labels(root, shelf)},
        "tree": None if ladder.tree is None else _tree(ladder.tree, shelf),
        "ranges": shelf.kept,
    }


class _Shelf:
    """Layers' ranges, each kept once: families that come from one share them."""

    def __init__(self) -> None:
        self.kept: list[list[dict[str, Any]]] = []
        self.places: dict[int, int] = {}
        self.bytes = 0

    def place(self, known: tuple[Known, ...] | None) -> int | None:
        """Where ranges are; None where they are left out."""
        if known is None:
            return None
        if id(known) not in self.places:
            size = sum(low.nbytes + high.nbytes for low, high in known)
            if self.kept and self.bytes + size > MOST_BYTES:
                return None
            self.bytes += size
            self.places[id(known)] = len(self.kept)
            self.kept.append([packed(np.stack(each).astype(np.float64)) for each in known])
        return self.places[id(known)]


def _labels(node: Node, shelf: _Shelf) -> dict[str, Any]:
    return {"labels": packed(node.labels), "ranges": shelf.place(node.known)}


def _tally(tally: Tally) -> dict[str, Any]:
    sets = np.array([each.features for each in tally.attackable], dtype=np.int64)
    return {
        "proved": tally.proved,
        "containing": tally.containing,
        "attackable": packed(sets),
        "undecided": {why.name: packed(np.array(sets, dtype=np.int64)) for why, sets in tally.undecided.items()},
        "families": tally.families,
        "pieces": tally.pieces,
    }


def _tree(tree: Tree, shelf: _Shelf) -> dict[str, Any]:
    return {
        "tally": _tally(tree.tally),
        "left": tree.left,
        "work": [
            {
                "blocks": [[features.tolist(), count] for features, count in node.blocks],
                "danger": None if math.isinf(node.danger) else node.danger,
                **_labels(node, shelf),
            }
            for node in tree.work
        ],
        "waiting": [
            {"sets": packed(sets), "labels": packed(labels), "ranges": shelf.place(known)}
            for sets, labels, known in tree.unbooked()
        ],
        "rectangles": [packed(sets) for sets in tree.rectangles],
        "opened": [[list(features), why.name] for features, why in tree.opened],
    }
