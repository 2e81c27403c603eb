"""What the figures about pairs say, in sentences whose numbers come from the JSON."""

from deepcheck.reproduce.layout import Content, number, percent
from deepcheck.reproduce.pairs.law import fulfilled


def pair_remarks(table2: Content, pairs: Content) -> tuple[str, ...]:
    """Sentences for the page."""
    top, every = pairs["scopes"]["top"], pairs["scopes"]["all"]
    found = {domain: every[domain]["all"] for domain in every}
    chance = " / ".join(percent(share, 2) for share in pairs["random_share"].values())
    return (*_on_ten_images(table2), *_on_the_test_set(top["bounded"]["all"], top["unbounded"]["all"], found, chance))


def _on_ten_images(table2: Content) -> tuple[str, ...]:
    rows = {where: [row["pairs"] for row in found if row["pairs"]] for where, found in table2["rows"].items()}
    sums = {where: [sum(p[name] for p in found) for name in ("attackable", "new")] for where, found in rows.items()}
    broken = [
        str(row["digit"])
        for row in table2["rows"]["paper"]
        if not fulfilled(*(row["pairs"][name] for name in ("pixels", "alone", "attackable", "new")))
    ]
    none = sum(not p["attackable"] for p in rows["bounded"])
    everywhere = sum(p["everywhere"] for p in rows["bounded"])
    return (
        f"Attackable (new) pairs in the top 5 % by coi on the ten images: {_named(sums)}. In [0, 1] {none} of our "
        f"images have none there, while all their pixels together make {everywhere:,} attackable pairs.",
        f"The paper's rows for digits {' and '.join(broken)} contradict its own count of attackable pixels: see the "
        "law of pairs below table II. Ours satisfy the law on every image and shortlist measured.",
    )


def _named(sums: dict[str, list[int]]) -> str:
    names = {"paper": "in the paper", "bounded": "in [0, 1]", "unbounded": "unbounded"}
    return ", ".join(f"{attackable:,} ({new:,}) {names[where]}" for where, (attackable, new) in sums.items())


def _on_the_test_set(bounded: Content, unbounded: Content, every: dict[str, Content], chance: str) -> tuple[str, ...]:
    inside, anywhere = every["bounded"], every["unbounded"]
    medians = ", ".join(f"{m} {number(f['median'])}" for m, f in inside["first_features"].items())
    shares = ", ".join(
        f"{m} " + " / ".join(percent(s["pairs_share"], 2) for s in f.values()) for m, f in inside["shortlists"].items()
    )
    return (
        f"The 741 pairs in the top 5 % by coi have an attackable one on {percent(bounded['attackable_share'])} of "
        f"{bounded['images']:,} test images in [0, 1], on {percent(unbounded['attackable_share'])} of "
        f"{unbounded['images']:,} unbounded.",
        f"Among all 306,936 pairs {percent(inside['attackable_share'])} of {inside['images']:,} images have one in "
        f"[0, 1] ({inside['only_by_pairs_images']:,} of these images have no attackable pixel), and "
        f"{percent(anywhere['attackable_share'])} of {anywhere['images']:,} unbounded "
        f"({anywhere['only_by_pairs_images']:,}). Checking all pairs, which the paper calls not scalable, took "
        f"{_milliseconds(inside)} an image in [0, 1] and {_milliseconds(anywhere)} unbounded, replay left out.",
        f"Share of all attackable pairs in [0, 1] that the pairs in the top 5 / 10 / 30 % are: {shares}; of random "
        f"pixels {chance}. The top 39 pixels have 741 pairs, so no order has a large share where an image has "
        "thousands of attackable ones; to find one pair, though, an order may need few pixels. The median number of "
        f"top pixels that have a pair: {medians}.",
    )


def _milliseconds(group: Content) -> str:
    return f"{1000 * group['seconds_an_image']:,.0f} ms"
