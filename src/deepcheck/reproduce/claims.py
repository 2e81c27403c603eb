"""What the paper says about its tables, as questions that any such table answers.

The same code judges the paper's own tables and ours, so a claim that its own figures do not bear out shows.

Source: Sections IV-A and IV-C.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from deepcheck.reproduce.rows import Row, Rows
from deepcheck.reproduce.rules import BASELINE, PAPER_METRICS, PIXELS, SHORTLISTS

OURS = "ours"
"""The source of what the paper does not say, but must hold on any table."""


@final
@dataclass(frozen=True)
class Finding:
    """Does a claim hold on a table (None: the table cannot say, or it is a figure and no claim), and the figures."""

    holds: bool | None
    detail: str


@final
@dataclass(frozen=True)
class Claim:
    """One sentence of the paper, or of `OURS`.

    Attributes:
        text: The sentence.
        source: Where the paper says it.
        question: Which of its research questions it answers, 1 to 5.
        judge: Does it hold on a table?
    """

    text: str
    source: str
    question: int
    judge: Callable[[Rows], Finding]


def _first(row: Row, order: str) -> int:
    """Tries before the first attack; one more than there are pixels where there is none."""
    return row.first.get(order) or PIXELS + 1


def _total(rows: Rows) -> Finding:
    return Finding(None, f"{sum(row.attackable for row in rows)} in total")


def _complete(rows: Rows) -> list[Row]:
    return [row for row in rows if row.within["10%"]["coi"] == row.attackable]


def _ten_percent_suffices(rows: Rows) -> Finding:
    complete = len(_complete(rows))
    return Finding(2 * complete >= len(rows), f"{complete} of {len(rows)} images")


def _ten_percent_is_all(rows: Rows) -> Finding:
    found = sum(row.within["10%"]["coi"] for row in rows)
    return Finding(len(_complete(rows)) == len(rows), f"{found} of {sum(row.attackable for row in rows)} pixels")


def _half_of_each(rows: Rows) -> Finding:
    short = [
        f"{row.digit}: {n} of {row.attackable}" for row in rows if 2 * (n := row.within["10%"]["coi"]) < row.attackable
    ]
    return Finding(not short, "all images" if not short else "less on digit " + ", ".join(short))


def _half_of_the_rest(rows: Rows) -> Finding:
    rest = [row for row in rows if row not in _complete(rows)]
    found, there = (sum(n) for n in ([r.within["10%"]["coi"] for r in rest], [r.attackable for r in rest]))
    return Finding(2 * found >= there, f"{found} of {there} pixels on {len(rest)} images")


def _coi_shortlists(rows: Rows) -> Finding:
    sums = {s: {m: sum(row.within[s][m] for row in rows) for m in PAPER_METRICS} for s in SHORTLISTS}
    best = all(found["coi"] == max(found.values()) for found in sums.values())
    words = "; ".join(f"{s}: " + ", ".join(f"{m} {n}" for m, n in found.items()) for s, found in sums.items())
    return Finding(best, words)


def _near_the_digit(rows: Rows) -> Finding:
    known = [row.places for row in rows if row.places is not None]
    if not known:
        return Finding(None, "a picture only")
    lit, close, far, never = (sum(found[name] for found in known) for name in ("lit", "near", "far", "never_lit"))
    words = f"{lit} lit, {close} near, {far} far; {never} never lit in training"
    return Finding(far == 0, words)


def _one_label(rows: Rows) -> Finding:
    known = [row.reached for row in rows if row.reached is not None]
    if not known:
        return Finding(None, "in words only")
    single = sum(len(labels) == 1 for labels in known)
    return Finding(single >= len(known) - 1, f"{single} of {len(known)} images")


def _one_third(rows: Rows) -> Finding:
    most = {m: max(_first(row, m) for row in rows) for m in PAPER_METRICS}
    return Finding(max(most.values()) <= PIXELS / 3, "at most " + ", ".join(f"{m} {n}" for m, n in most.items()))


def _under_ten(rows: Rows) -> Finding:
    few = {m: sum(_first(row, m) < 10 for row in rows) for m in PAPER_METRICS}
    return Finding(2 * min(few.values()) >= len(rows), ", ".join(f"{m} {n}" for m, n in few.items()) + " images")


def _fewer_than_baseline(rows: Rows) -> Finding:
    fewer = {m: sum(_first(row, m) < _first(row, BASELINE) for row in rows) for m in PAPER_METRICS}
    return Finding(min(fewer.values()) == len(rows), ", ".join(f"{m} {n}" for m, n in fewer.items()) + " images")


def _coi_first(rows: Rows) -> Finding:
    least = [row for row in rows if _first(row, "coi") == min(_first(row, m) for m in PAPER_METRICS)]
    return Finding(len(least) == len(rows), f"{len(least)} of {len(rows)} images")


def _coi_most(rows: Rows) -> Finding:
    most = max(_first(row, "coi") for row in rows)
    return Finding(most <= 21, f"at most {most}")


def _coi_top(rows: Rows) -> Finding:
    top = sum(_first(row, "coi") == 1 for row in rows)
    return Finding(10 * top >= 4 * len(rows), f"{top} of {len(rows)} images")


TABLE_2_CLAIMS = (
    Claim("126 one-pixel attacks on the ten images", "IV-C, RQ2", 2, _total),
    Claim("For half of the images the top 10 % (coi) have every attackable pixel", "IV-A.2a", 3, _ten_percent_suffices),
    Claim("The top 10 % (coi) have at least half of the attackable pixels of every image", "IV-A.2a", 3, _half_of_each),
    Claim("On the remaining images the top 10 % (coi) have half of all", "IV-A.2a", 3, _half_of_the_rest),
    Claim("The top 10 % (coi) have all attackable pixels", "IV-C, RQ3", 3, _ten_percent_is_all),
    Claim("coi is the best of the three: its shortlists have the most", "IV-C, RQ4", 4, _coi_shortlists),
    Claim("Attackable pixels lie on or very close to the digit", "IV-A.2a, figure 3(a)", 2, _near_the_digit),
    Claim("All images but one reach a single wrong label", "IV-A.2a", 2, _one_label),
)
TABLE_3_CLAIMS = (
    Claim("Every order needs fewer tries than the baseline on every image", "IV-A.2a", 3, _fewer_than_baseline),
    Claim("At most one third of any ordered list (261 of 784) must be tried", "IV-A.2a", 3, _one_third),
    Claim("Every order needs less than 10 tries on at least half of the images", "IV-A.2a", 3, _under_ten),
    Claim("coi needs the fewest tries of the three on every image", "IV-A.2a", 4, _coi_first),
    Claim("coi needs at most 21 tries", "IV-A.2a", 4, _coi_most),
    Claim("On 4 of 10 images the pixel that coi ranks first is attackable", "IV-A.2a", 4, _coi_top),
)


def judged(claim: Claim, rows: Rows) -> dict[str, bool | str | None]:
    """A finding as a JSON object; images that do not exist have no say."""
    known = [row for row in rows if row.attackable]
    found = claim.judge(known) if known else Finding(None, "no image")
    return {"holds": found.holds, "detail": found.detail}
