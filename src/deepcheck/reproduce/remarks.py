"""What the figures about single pixels say, in sentences whose numbers come from the JSON."""

from typing import Any

from deepcheck.reproduce.claims import OURS
from deepcheck.reproduce.layout import TITLES, number, percent


def remarks(table2: dict[str, Any], table3: dict[str, Any], census: dict[str, Any]) -> tuple[str, ...]:
    """What the figures say, in sentences whose numbers come from the JSON."""
    bounded, unbounded = (census["domains"][domain]["all"] for domain in ("bounded", "unbounded"))
    places, median = bounded["places"], {order: found["median"] for order, found in bounded["tries"].items()}
    return (
        f"{percent(bounded['attackable_share'])} of the {census['images']:,} test images have an attackable pixel in "
        f"[0, 1], {percent(unbounded['attackable_share'])} where pixels are unbounded. {bounded['replayed']:,} of "
        f"{bounded['attackable_pixels']:,} and {unbounded['replayed']:,} of {unbounded['attackable_pixels']:,} such "
        f"pixels survive replay. Of {bounded['pixels_asked']:,} pixels {bounded['undecided_pixels']} and "
        f"{unbounded['undecided_pixels']} are undecided; every other one is attackable, or proved not to be on "
        "the path of its image.",
        "The same code judges the paper's claims on all tables. "
        + " ".join(_score(table2["claims"] + table3["claims"], where) for where in ("paper", "bounded", "unbounded")),
        f"{percent(places['lit'])} of our attackable pixels in [0, 1] are lit, {percent(places['near'])} are "
        f"background near the digit, {percent(places['far'])} background far from it. In the paper they lie on "
        "the digit or very close to it.",
        "A background pixel has value 0, so coi scores it 0: it stands behind every pixel with a positive score, among "
        "the other background pixels in index order, however strongly the network reacts to it.",
        "In [0, 1] a background pixel can only become lighter, which lowers the label's score where its coefficient is "
        "negative: co, which puts large positive coefficients first, tries those pixels last.",
        f"The first attackable pixel in [0, 1] has median rank {number(median['reach'])} by reach, "
        f"{number(median['abs'])} by abs, {number(median['coi'])} by coi, {number(median['co'])} by co, "
        f"{number(median['baseline'])} in index order, and {number(median['random'])} (the median of the expected "
        "tries) in a random order.",
    )


def _score(claims: list[dict[str, Any]], where: str) -> str:
    found = [claim["found"][where]["holds"] for claim in claims if claim["source"] != OURS]
    return f"On {TITLES[where]} {found.count(True)} hold and {found.count(False)} do not."
