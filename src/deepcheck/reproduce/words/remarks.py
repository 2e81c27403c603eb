"""What the figures about words say, in sentences whose numbers come from the JSON."""

from deepcheck.reproduce.layout import Content, number, percent
from deepcheck.reproduce.rules import MOST
from deepcheck.reproduce.words.claims import on_sentences, on_the_papers_table


def sentence_remarks(content: Content) -> tuple[str, ...]:
    """What table IV says."""
    rows = content["rows"]
    paper, ours = on_the_papers_table(rows), on_sentences(rows, "random")
    same = sum(row["label"] == row["paper"]["network"] for row in rows)
    exact = [row["exact"]["found"] for row in rows if row["exact"]["found"] == row["exact"]["bound"]]
    return (
        f"Words: in the paper's own table IV the random choice needs fewer words than importance on {paper.worse} of "
        f"{len(rows)} sentences, which fair coins would give or exceed with p = {paper.p:.2g}. With our network (the "
        f"same label as the paper's on {same} of {len(rows)}) the mean random draw does on {ours.worse}, and coi on "
        f"{ours.better}. One word suffices on {exact.count(1)} of {len(rows)}, over all paths, where the paper's "
        f"importance replaces {min(row['paper']['importance'] for row in rows)} to "
        f"{max(row['paper']['importance'] for row in rows)}.",
    )


def review_remarks(content: Content) -> tuple[str, ...]:
    """What the reviews say."""
    return (*_on_reviews(content["reviews"]), _on_rounding(content))


def _on_reviews(reviews: Content) -> tuple[str, ...]:
    orders = reviews["orders"]
    success = ", ".join(f"{order} {percent(found['success']['value'])}" for order, found in orders.items())
    medians = ", ".join(f"{order} {number(found['median']['value'])}" for order, found in orders.items())
    verdicts = ", ".join(
        f"{rival} {found['better']:,} to {found['worse']:,} (p = {found['p']:.2g})"
        for rival, found in reviews["compared"].items()
    )
    return (
        f"On {reviews['count']:,} test reviews an attack with at most {MOST} symbolic words is found by {success}; "
        f"where it is, the median number of words that differ is {medians}. The smallest number over all paths and all "
        f"words is 1 on {percent(reviews['exact']['at_most']['1']['value'])} of the reviews, and proved "
        f"on {reviews['exact']['proved_smallest']:,}.",
        f"coi is shorter than another order on so many reviews to so many on which it is longer: {verdicts}.",
    )


def _on_rounding(content: Content) -> str:
    reviews, replay = content["reviews"], content["replay"]
    coi, least = reviews["rounding"]["coi"], reviews["smallest_change"]
    return (
        f"Of {coi['vectors']:,} sets of words (by coi) whose vectors change the label along the path, "
        f"{percent(coi['lost_share'])} have nearest words that do not, and {coi['lost_altogether']:,} of "
        f"{coi['asked']:,} reviews are lost altogether. With the smallest change in l1 the nearest words differ from "
        f"the old ones in {least['moved']:,} of {least['vectors']:,} sets, and {least['attacks']:,} of "
        f"{least['asked']:,} reviews have an attack. {replay['replayed']:,} of {replay['attacks']:,} attacks survive "
        "replay."
    )
