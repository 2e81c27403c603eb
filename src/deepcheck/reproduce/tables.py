"""Tables II and III: the paper's rows beside ours, and what becomes of its claims."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcheck.ranking import shortlist_length
from deepcheck.reproduce import paper
from deepcheck.reproduce.claims import TABLE_2_CLAIMS, TABLE_3_CLAIMS, Claim, judged
from deepcheck.reproduce.measure import Measured, metrics_in
from deepcheck.reproduce.pairs.claims import FIRST_PAIR_CLAIMS, PAIR_CLAIMS
from deepcheck.reproduce.pairs.measure import TOP, MeasuredPairs
from deepcheck.reproduce.pairs.rows import every_pair, pairs_of
from deepcheck.reproduce.places import PLACES, places_of
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.rows import Pairs, Row
from deepcheck.reproduce.rules import BASELINE, DOMAINS, PIXELS, RULES, SHORTLISTS
from deepcheck.reproduce.study import Study

SCHEMA = 3


def table2(study: Study) -> dict[str, Any]:
    """How many attackable pixels each version finds."""
    lengths = {shortlist: shortlist_length(shortlist, PIXELS) for shortlist in SHORTLISTS}
    return _table(study, "table2", TABLE_2_CLAIMS + PAIR_CLAIMS) | {"shortlists": lengths}


def table3(study: Study) -> dict[str, Any]:
    """How many pixels each version tries before the first attack."""
    return _table(study, "table3", TABLE_3_CLAIMS + FIRST_PAIR_CLAIMS)


def rows_of(study: Study, domain: str) -> tuple[Row, ...]:
    """Our rows in a domain, one per label."""
    measured = study.chosen(domain)
    if measured is None:
        return tuple(_no_row(label) for label in range(len(study.picked)))
    places = places_of(measured, study.train, study.lit_in_training)
    pairs = pairs_of(study, domain)
    positions = {int(item): row for row, item in enumerate(measured.items)}
    return tuple(
        _no_row(label)
        if item is None
        else _row(measured, places[positions[item]], positions[item], domain, pairs[positions[item]])
        for label, item in enumerate(study.picked)
    )


def _table(study: Study, part: str, claims: Sequence[Claim]) -> dict[str, Any]:
    rows = {"paper": paper.rows()} | {domain: rows_of(study, domain) for domain in DOMAINS}
    used = [found for domain in DOMAINS for found in _used(study, domain) if found is not None]
    return {
        "schema": SCHEMA,
        "part": part,
        "provenance": provenance(study.program, part, study.quick, [study.train], used),
        "rules": list(RULES),
        "rows": {where: [row.as_json() for row in found] for where, found in rows.items()},
        "claims": [
            {
                "text": claim.text,
                "source": claim.source,
                "question": claim.question,
                "found": {where: judged(claim, found) for where, found in rows.items()},
            }
            for claim in claims
        ],
    }


def _row(measured: Measured, places: Sequence[int], row: int, domain: str, pairs: Pairs) -> Row:
    metrics = metrics_in(DOMAINS[domain])
    within = measured.within[row]
    return Row(
        digit=int(measured.truth[row]),
        image=int(measured.items[row]),
        attackable=int(measured.counts[row]),
        within={s: {m: int(within[i, j]) for i, m in enumerate(metrics)} for j, s in enumerate(SHORTLISTS)},
        first={
            order: int(tries) or None for order, tries in zip((BASELINE, *metrics), measured.first[row], strict=True)
        },
        reached=tuple(int(label) for label in np.flatnonzero(measured.reached[row])),
        places={name: int(n) for name, n in zip(PLACES, places, strict=True)},
        pairs=pairs,
    )


def _used(study: Study, domain: str) -> list[Measured | MeasuredPairs | None]:
    """All measurements of the images picked; those of all pairs may be left out."""
    return [study.chosen(domain), study.chosen_pairs(domain, TOP), *every_pair(study, domain)]


def _no_row(digit: int) -> Row:
    return Row(digit=digit, image=None, attackable=0, within={}, first={})
