"""What the paper says about pairs of pixels, and the law that it does not mention, as questions to any such table.

Source: Sections III-C, IV-A.2b and IV-C.
"""

from deepcheck.reproduce.claims import OURS, Claim, Finding
from deepcheck.reproduce.pairs.law import explained, touching
from deepcheck.reproduce.rows import Pairs, Row, Rows
from deepcheck.reproduce.rules import PIXELS


def _with_pairs(rows: Rows) -> list[tuple[Row, Pairs]]:
    return [(row, row.pairs) for row in rows if row.pairs is not None]


def _totals(rows: Rows) -> tuple[int, int]:
    """All attackable pairs, and the new ones."""
    found = [pairs for _, pairs in _with_pairs(rows)]
    return sum(pairs.attackable for pairs in found), sum(pairs.new for pairs in found)


def _new(rows: Rows) -> Finding:
    attackable, new = _totals(rows)
    return Finding(None, f"{new} new of {attackable} attackable pairs")


def _old(rows: Rows) -> Finding:
    attackable, new = _totals(rows)
    return Finding(2 * (attackable - new) >= attackable, f"{attackable - new} of {attackable} pairs")


def _several_new(rows: Rows) -> Finding:
    found = [pairs.new for _, pairs in _with_pairs(rows)]
    some = sum(new > 0 for new in found)
    return Finding(some > 0, f"{some} of {len(found)} images have new pairs")


def _every_image(rows: Rows) -> Finding:
    found = [pairs.attackable for _, pairs in _with_pairs(rows)]
    some = sum(attackable > 0 for attackable in found)
    return Finding(some == len(found), f"{some} of {len(found)} images")


def _several_labels(rows: Rows) -> Finding:
    known = [pairs.reached for _, pairs in _with_pairs(rows) if pairs.reached is not None]
    if not known:
        return Finding(None, "in words only")
    several = sum(len(labels) > 1 for labels in known)
    return Finding(10 * several >= 4 * len(known), f"{several} of {len(known)} images")


def _near_the_digit(rows: Rows) -> Finding:
    known = [pairs for _, pairs in _with_pairs(rows) if pairs.places is not None]
    if not known:
        return Finding(None, "a picture only")
    lit, near, far = (sum((pairs.places or {})[name] for pairs in known) for name in ("lit", "near", "far"))
    asked, asked_lit = sum(p.pixels for p in known), sum(p.shortlist_lit or 0 for p in known)
    words = f"{lit} lit, {near} near, {far} far (of the {asked} pixels asked about {asked_lit} are lit)"
    return Finding(far == 0, words)


def _law(rows: Rows) -> Finding:
    found = _with_pairs(rows)
    broken = [_broken(row.digit, pairs) for row, pairs in found if not pairs.lawful]
    return Finding(not broken, "; ".join(broken) if broken else f"{len(found)} images")


def _broken(digit: int, pairs: Pairs) -> str:
    old, law = pairs.attackable - pairs.new, touching(pairs.pixels, pairs.alone)
    other = "" if explained(pairs.pixels, pairs.attackable, pairs.new) else ", and no other a gives that"
    return f"digit {digit}: {pairs.attackable} - {pairs.new} = {old}, but a = {pairs.alone} gives {law}{other}"


def _needed(rows: Rows) -> tuple[list[int], str]:
    """How many of the top pixels each image needs, and which images have no pair, in words."""
    found = _with_pairs(rows)
    none = [str(row.digit) for row, pairs in found if pairs.first_features is None]
    known = [pairs.first_features for _, pairs in found if pairs.first_features is not None]
    return known, f"; no pair on digit {', '.join(none)}" if none else ""


def _top_two(rows: Rows) -> Finding:
    needed, none = _needed(rows)
    two, images = sum(n == 2 for n in needed), len(_with_pairs(rows))
    return Finding(10 * two >= 7 * images, f"{two} of {images} images{none}")


def _top_nineteen(rows: Rows) -> Finding:
    needed, none = _needed(rows)
    return Finding(not none and max(needed) <= 19, (f"at most {max(needed)}" if needed else "none") + none)


def _no_later(rows: Rows) -> Finding:
    """The first pixel attackable alone makes a pair with the one at the top."""
    late = [row.digit for row, pairs in _with_pairs(rows) if _late(row, pairs)]
    return Finding(not late, f"not on digit {', '.join(map(str, late))}" if late else f"{len(rows)} images")


def _late(row: Row, pairs: Pairs) -> bool:
    single = row.first["coi"] or PIXELS + 1
    return single <= pairs.pixels and not (pairs.first_features or PIXELS + 1) <= max(2, single)


PAIR_CLAIMS = (
    Claim("819 attackable pixels for 2-pixel attacks (they are the new pairs)", "IV-C, RQ2", 2, _new),
    Claim("Many attackable pairs (here: half) have a pixel that is attackable alone", "IV-A.2b", 2, _old),
    Claim("Several new pairs are found", "IV-A.2b", 2, _several_new),
    Claim("Every image has an attackable pair in the top 5 % (coi)", "table II", 3, _every_image),
    Claim("4 of 10 images reach several wrong labels by pairs", "IV-A.2b", 2, _several_labels),
    Claim(
        "The pixels of attackable pairs lie on or very close to the digit", "IV-A.2b, figure 3(b)", 2, _near_the_digit
    ),
    Claim("The law: attackable - new = C(39, 2) - C(39 - a, 2)", OURS, 2, _law),
)
FIRST_PAIR_CLAIMS = (
    Claim("On 7 of 10 images the top 2 pixels are an attackable pair", "IV-A.2b", 3, _top_two),
    Claim("The top 19 pixels have an attackable pair on every image", "IV-A.2b", 3, _top_nineteen),
    Claim("A pair is found no later than coi's first pixel (or with the top 2)", OURS, 3, _no_later),
)
