"""The two-pixel columns of our tables."""

import numpy as np

from deepcheck.program import Array
from deepcheck.ranking import shortlist_length
from deepcheck.reproduce.measure import ranks_of
from deepcheck.reproduce.pairs.measure import ALL, TOP, MeasuredPairs
from deepcheck.reproduce.places import PLACES, places_in
from deepcheck.reproduce.rows import Pairs
from deepcheck.reproduce.rules import DOMAINS, PAIR_ORDER, PAIR_SHORTLIST, PIXELS
from deepcheck.reproduce.study import Study


def pairs_of(study: Study, domain: str) -> tuple[Pairs, ...]:
    """The columns of the images picked, by rising label."""
    found = study.chosen_pairs(domain, TOP)
    if found is None:
        return ()
    lit = study.train.images[found.items] > 0
    places = places_in(found.partners > 0, lit, study.lit_in_training)
    asked_lit = np.count_nonzero(shortlisted(study, found.items) & lit.reshape(len(found), -1), axis=1)
    everything = next(iter(every_pair(study, domain)), None)
    return tuple(_pairs(found, places[row], int(asked_lit[row]), everything, row) for row in range(len(found)))


def every_pair(study: Study, domain: str) -> list[MeasuredPairs]:
    """What came of all pairs of the images picked: nothing where the run is a quick one and bounds do not help it."""
    if study.quick and DOMAINS[domain].unbounded:
        return []
    found = study.chosen_pairs(domain, ALL)
    return [] if found is None else [found]


def shortlisted(study: Study, items: Array) -> Array:
    """Which pixels of some training images the pairs are made of, ``(n, pixels)``."""
    ranks = ranks_of(study.program, study.train.pixels(items), PAIR_ORDER, DOMAINS["bounded"])
    return np.asarray(ranks <= shortlist_length(PAIR_SHORTLIST, PIXELS))


def _pairs(found: MeasuredPairs, places: Array, lit: int, everything: MeasuredPairs | None, row: int) -> Pairs:
    alone, attackable, new = (int(n) for n in found.within[row, 0, 0])
    return Pairs(
        pixels=shortlist_length(PAIR_SHORTLIST, PIXELS),
        alone=alone,
        attackable=attackable,
        new=new,
        first_features=int(found.first_features[row, 0]) or None,
        reached=tuple(int(label) for label in np.flatnonzero(found.reached[row])),
        places={name: int(n) for name, n in zip(PLACES, places, strict=True)},
        shortlist_lit=lit,
        everywhere=None if everything is None else int(everything.attackable[row]),
        everywhere_new=None if everything is None else int(everything.new[row]),
    )
