"""Where the paper contradicts itself: each slip with the evidence, worked out from its own printed figures."""

from math import comb
from typing import NamedTuple

from deepcheck.ranking import shortlist_length
from deepcheck.reproduce import paper
from deepcheck.reproduce.pairs.law import touching
from deepcheck.reproduce.rows import Pairs, Row
from deepcheck.reproduce.rules import BASELINE, PAIR_SHORTLIST, PIXELS, SHORTLISTS


class Slip(NamedTuple):
    """A sentence or figure of the paper, where it stands, and what contradicts it."""

    printed: str
    source: str
    evidence: str


def slips() -> tuple[Slip, ...]:
    """All that are known."""
    rows = paper.rows()
    return (
        _binomial(),
        _all_attacks(rows),
        _half(rows),
        *_lawless(rows),
        _caption(rows),
        _pixels(rows),
        _attacks(rows),
    )


def consistent() -> tuple[Slip, ...]:
    """Where tables II and III contradict each other; the paper's do not.

    A shortlist has an attackable pixel just when the order meets the first one inside of it.
    """
    found = []
    for row in paper.rows():
        for shortlist in SHORTLISTS:
            for metric, count in row.within[shortlist].items():
                first = row.first[metric]
                if (count > 0) != (first is not None and first <= shortlist_length(shortlist, PIXELS)):
                    text = f"digit {row.digit}, {metric}, {shortlist}: {count} in the shortlist, the first at {first}"
                    found.append(Slip(text, "tables II and III", "a shortlist ends before or after the first"))
    return tuple(found)


def _binomial() -> Slip:
    return Slip(
        f"784 over 2 is {paper.PRINTED_PAIRS_OF_AN_IMAGE:,}",
        "IV-C, RQ3",
        f"784 x 783 / 2 = {comb(PIXELS, 2):,}",
    )


def _all_attacks(rows: tuple[Row, ...]) -> Slip:
    found, there = sum(row.within["10%"]["coi"] for row in rows), sum(row.attackable for row in rows)
    return Slip(
        "Exploring just top 10% of the important pixels helps generate all possible 1-pixel attacks",
        "IV-C, RQ3",
        f"Table II: by coi, the best of the three, {found} of {there} attackable pixels are in the top 10 %",
    )


def _half(rows: tuple[Row, ...]) -> Slip:
    short = [(row, n) for row in rows if 2 * (n := row.within["10%"]["coi"]) < row.attackable]
    words = ", ".join(f"digit {row.digit} has {n} of {row.attackable}" for row, n in short)
    rest = [row for row in rows if row.within["10%"]["coi"] < row.attackable]
    together = f"{sum(row.within['10%']['coi'] for row in rest)} of {sum(row.attackable for row in rest)}"
    return Slip(
        "Even for the remaining images, short-list-10 % discovers half of the total number of attacks",
        "IV-A.2a",
        f"Table II: {words}; only taken together have the {len(rest)} remaining images {together}",
    )


def _lawless(rows: tuple[Row, ...]) -> tuple[Slip, ...]:
    found: list[tuple[Row, Pairs]] = [(row, row.pairs) for row in rows if row.pairs is not None]
    return tuple(
        Slip(
            f"Digit {row.digit}: {pairs.attackable} attackable pairs, {pairs.new} of them new",
            "table II",
            f"{pairs.alone} of the {pairs.pixels} pixels attackable alone make {touching(pairs.pixels, pairs.alone)} "
            f"pairs that have one and are attackable; {pairs.attackable} - {pairs.new} = "
            f"{pairs.attackable - pairs.new}",
        )
        for row, pairs in found
        if not pairs.lawful
    )


def _caption(rows: tuple[Row, ...]) -> Slip:
    new = next(row.pairs.new for row in rows if row.digit == 3 and row.pairs is not None)
    return Slip(
        "Figure 1(e): a 2-pixel attack that does include an attackable pixel",
        "figure 1",
        f"Section III-C: {new} of the pairs contain only pixels that are not attackable alone; figure 1(e) shows one "
        "such pair",
    )


def _pixels(rows: tuple[Row, ...]) -> Slip:
    new = sum(row.pairs.new for row in rows if row.pairs is not None)
    most = max((row.pairs for row in rows if row.pairs is not None), key=lambda pairs: pairs.attackable)
    return Slip(
        f"{paper.PRINTED_PAIR_PIXELS} attackable pixels for 2-pixel attacks",
        "IV-C, RQ2",
        f"{new} is the sum of the column of new pairs, not of pixels: a shortlist has "
        f"{shortlist_length(PAIR_SHORTLIST, PIXELS)} pixels, and one image alone has {most.attackable} in the column "
        f"of attackable ones, of {comb(most.pixels, 2)} pairs",
    )


def _attacks(rows: tuple[Row, ...]) -> Slip:
    pixels = sum(row.attackable for row in rows)
    return Slip(
        f"We were able to generate {paper.PRINTED_ATTACKS} 1-pixel attacks",
        "IV-C, RQ2",
        f"Table II: {pixels} is the number of attackable pixels; section IV-A.2a gives digit 6 two attacks (labels 5 "
        "and 8) on its one pixel, so there are more attacks than that",
    )


class Chance(NamedTuple):
    """A row of table III beside what a random order needs on average; figures of one image."""

    digit: int
    attackable: int
    baseline: int
    expected: float
    coi: int


def against_chance() -> tuple[Chance, ...]:
    """The control that table III lacks: a random order finds the first of ap pixels after 785 / (ap + 1) tries."""
    return tuple(
        Chance(
            row.digit,
            row.attackable,
            row.first[BASELINE] or 0,
            (PIXELS + 1) / (row.attackable + 1),
            row.first["coi"] or 0,
        )
        for row in paper.rows()
    )
